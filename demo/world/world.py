"""What every generator of a world needs to know: seed, scale, day, and facts computed from an index alone."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from demo.world.chance import mix, weighted
from demo.world.clock import DAY, HOUR, midnight
from demo.world.identifiers import air_waybill
from demo.world.permits import Permits
from demo.world.reference import AWB_PREFIX, CARRIERS, PORTS, Port
from demo.world.scale import Scale

SPECIAL = (
    "unmappedStatus",  # status history ends in a code that no list has
    "wrongContainer",  # container number with a wrong check digit
    "untidyContainer",  # lower case and spaces
    "badEta",  # a date that does not exist
    "blankImporter",  # no business number
    "heldByTwo",  # one container under an open hold of customs and of food, at Vancouver
    "seized",
    "movedVersion",  # the superseded version of its declaration names another shipment
    "unknownPermitIssuer",  # cites a permit of an agency number that the code list lacks
    "missingPermit",  # cites a permit that its issuer does not have
    "unknownRequiredAgency",  # requires an agency that gives no decisions
    "invalidImporter",  # a business number that lacks the pattern
)
_PORT_TABLE = weighted(PORTS, [port.weight for port in PORTS])


class Place(NamedTuple):
    """Where and how a shipment arrives; `ccn` is its cargo control number."""

    ccn: str
    port: Port
    mode: str
    carrier: str
    carrier_name: str
    master: str


@dataclass(frozen=True)
class World:
    """A world to be generated. `today` in days since the epoch."""

    seed: int
    scale: Scale
    today: int
    permits: Permits = field(repr=False)

    @classmethod
    def of(cls, seed: int, scale: Scale, today: date) -> "World":
        """Builds the index of permits; everything else is made on demand."""
        days = midnight(today) // DAY
        return cls(seed, scale, days, Permits(seed, scale.permits, scale.importers, days))

    @property
    def noon(self) -> int:
        """12:00 UTC of today, seconds since the epoch: what lies after has not happened yet."""
        return self.today * DAY + 12 * HOUR

    def place(self, index: int) -> Place:
        """Of shipment `index`. The special shipments come by sea to Vancouver."""
        bits = mix(self.seed ^ 0xCC, index)
        special = index < len(SPECIAL)
        port = PORTS[0] if special else _PORT_TABLE[bits % len(_PORT_TABLE)]
        mode = "1" if special else port.modes[(bits >> 8) % len(port.modes)]
        carrier, name = CARRIERS[mode][(bits >> 16) % len(CARRIERS[mode])]
        if mode == "4":
            master = air_waybill(AWB_PREFIX[carrier], index)
        else:
            master = f"{carrier}{(bits >> 24) % 10_000:04d}{index:07d}"
        return Place(f"{carrier}PARS{index:07d}", port, mode, carrier, name, master)

    def suspect_step(self) -> int:
        """Every such person is known to the police."""
        return max(2, self.scale.people * 2 // self.scale.suspects)
