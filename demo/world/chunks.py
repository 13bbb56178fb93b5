"""The world as a list of independent chunks, each made from seed, scale and day alone, in any process."""

from datetime import date
from typing import NamedTuple

from demo.world import clients, declarations, food, places, shipments, suspects, travellers
from demo.world.load import Packed, pack
from demo.world.scale import CHUNK_CROSSINGS, CHUNK_SHIPMENTS, Scale, scale_named
from demo.world.tables import Batch
from demo.world.world import World

GENERATOR_VERSION = 5
"""Raised whenever the same seed would give other rows or indexes: stores of another version must be made anew."""


class Task(NamedTuple):
    """One chunk: what kind, which number."""

    kind: str
    chunk: int


_world: World | None = None


def tasks(scale: Scale) -> list[Task]:
    """All chunks of a world, in the order in which they are loaded."""

    def upto(count: int, size: int) -> range:
        return range(-(-count // size))

    return [
        Task("reference", 0),
        *(Task("permits", n) for n in upto(scale.permits, food.CHUNK_PERMITS)),
        *(Task("people", n) for n in upto(scale.people, travellers.CHUNK_PEOPLE)),
        *(Task("shipments", n) for n in upto(scale.shipments, CHUNK_SHIPMENTS)),
        *(Task("crossings", n) for n in upto(scale.crossings - scale.expected, CHUNK_CROSSINGS)),
    ]


def prepare(scale: str, seed: int, day: date) -> None:
    """Sets this process's world."""
    global _world
    _world = World.of(seed, scale_named(scale), day)


def make(task: Task) -> Packed:
    """Makes one chunk of this process's world."""
    if _world is None:
        raise RuntimeError("prepare() comes first")
    return pack(rows(_world, task))


def rows(world: World, task: Task) -> Batch:
    """One chunk's rows. Raises KeyError for an unknown kind."""
    batch = Batch()
    _KINDS[task.kind](world, task.chunk, batch)
    return batch


def _reference(world: World, _chunk: int, batch: Batch) -> None:
    places.reference(world, batch)
    food.commodities(batch)
    suspects.suspects(world, batch)
    travellers.expected_chunk(world, batch)


def _people(world: World, chunk: int, batch: Batch) -> None:
    travellers.seen_chunk(world, chunk, batch)
    clients.client_chunk(world, chunk, batch)


def _shipments(world: World, chunk: int, batch: Batch) -> None:
    made = shipments.cargo_chunk(world, chunk, batch)
    declared = declarations.release_chunk(world, chunk, made, batch)
    food.food_chunk(world, chunk, declared, batch)


_KINDS = {
    "reference": _reference,
    "permits": food.permit_chunk,
    "people": _people,
    "shipments": _shipments,
    "crossings": travellers.completed_chunk,
}
