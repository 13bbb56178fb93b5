"""How big a world is."""

from dataclasses import dataclass

CHUNK_SHIPMENTS = 2_000
CHUNK_CROSSINGS = 10_000


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of one size of world. `near` is the share of shipments that arrive within 36 hours of today's noon."""

    name: str
    shipments: int
    people: int
    crossings: int
    permits: int
    importers: int
    suspects: int
    expected: int
    history_days: int
    near: float


SCALES = {
    scale.name: scale
    for scale in (
        Scale("small", 2_000, 1_500, 6_000, 800, 120, 300, 1_200, 60, 0.35),
        Scale("medium", 100_000, 30_000, 300_000, 15_000, 3_000, 1_000, 12_000, 365, 0.15),
        Scale("large", 1_000_000, 300_000, 3_000_000, 150_000, 20_000, 3_000, 60_000, 730, 0.05),
    )
}


def scale_named(name: str) -> Scale:
    """Raises ValueError with the known names when there is no such scale."""
    if name not in SCALES:
        raise ValueError(f"unknown scale {name!r}: one of {', '.join(SCALES)}")
    return SCALES[name]
