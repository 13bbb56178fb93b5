"""Seeded randomness: one generator per chunk or object, and a mixer for attributes computed out of order."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


def stream(seed: int, name: str, index: int) -> Random:
    """The generator of chunk `index` of `name`: the same arguments, the same numbers, on every platform."""
    return Random(f"{seed}/{name}/{index}")


def mix(seed: int, index: int) -> int:
    """64 well-mixed bits (splitmix64)."""
    z = (index * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03 + 0x2545F4914F6CDD1D) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def pick(values: Sequence[T], u: float) -> T:
    """The element at fraction `u` (0 ≤ u < 1)."""
    return values[int(u * len(values))]


def weighted(values: Sequence[T], weights: Sequence[int]) -> tuple[T, ...]:
    """A table in which each value stands as often as its weight, for `pick`."""
    return tuple(v for v, w in zip(values, weights, strict=True) for _ in range(w))
