"""The demo's world: a seeded generator that fills seven agencies' stores with data that joins."""

from demo.world.chunks import GENERATOR_VERSION
from demo.world.seeding import Targets, seed

__all__ = ["GENERATOR_VERSION", "Targets", "seed"]
