"""Interleaved rounds: every contender in turn, again and again, so that what disturbs one disturbs all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.load import Generator, Request
from bench.processes import Contender

LEAST = 20
"""Requests of a slice, however slow the contender."""

WARM_IN_FLIGHT = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """One contender in one round. CPU and latencies in milliseconds."""

    cpu: float
    rate: float
    p50: float
    p99: float


@dataclass(slots=True)
class Cell:
    """One query at one concurrency: per contender its samples, in the order of rounds."""

    query: str
    concurrency: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def middle(self, name: str, of: Callable[[Sample], float]) -> float:
        return median(of(sample) for sample in self.samples[name])

    def ratio(self, name: str, to: str, of: Callable[[Sample], float]) -> tuple[float, float, float]:
        """Median, least and greatest over the rounds, each round compared with itself."""
        pairs = zip(self.samples[name], self.samples[to], strict=True)
        found = [of(one) / of(other) for one, other in pairs if of(other)]
        return median(found), min(found), max(found)


@dataclass(frozen=True, slots=True)
class Rounds:
    """``seconds``: about how long a slice lasts. ``warm``: requests before the first slice of a query."""

    generator: Generator
    count: int
    seconds: float
    warm: int

    async def warmed(self, contenders: Sequence[Contender], requests: Mapping[str, Sequence[Request]]) -> None:
        """What is compiled, planned or prepared as it runs, is so before anything is measured."""
        for contender in contenders:
            await self.generator.load(contender.port, requests[contender.name], WARM_IN_FLIGHT, self.warm)

    async def measure(
        self,
        contenders: Sequence[Contender],
        requests: Mapping[str, Sequence[Request]],
        query: str,
        concurrency: int,
        other: Mapping[str, int] | None = None,
    ) -> Cell:
        """Whoever comes first changes from round to round; all begin a round with the same request. A first round,
        which does not count, tells how many requests a slice is. ``other``: the concurrency of contenders that have
        one of their own."""
        cell = Cell(query, concurrency, {contender.name: [] for contender in contenders})
        in_flight = {name: (other or {}).get(name, concurrency) for name in cell.samples}
        least = max(LEAST, 2 * max(in_flight.values()))
        amounts = dict.fromkeys(cell.samples, least)
        for turn in range(self.count + 1):
            start = turn % len(contenders)
            for contender in (*contenders[start:], *contenders[:start]):
                asked = requests[contender.name]
                at = (turn * 37) % len(asked)
                turned = (*asked[at:], *asked[:at])
                sample = await self._slice(contender, turned, in_flight[contender.name], amounts[contender.name])
                if turn:
                    cell.samples[contender.name].append(sample)
                else:
                    amounts[contender.name] = max(least, round(sample.rate * self.seconds))
        return cell

    async def _slice(self, contender: Contender, asked: Sequence[Request], concurrency: int, amount: int) -> Sample:
        before = contender.cpu_seconds()
        made = await self.generator.load(contender.port, asked, concurrency, amount)
        spent = contender.cpu_seconds() - before
        return Sample(
            spent * 1000 / made.requests,
            made.requests / made.seconds,
            percentile(made.latencies, 0.5) * 1000,
            percentile(made.latencies, 0.99) * 1000,
        )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
