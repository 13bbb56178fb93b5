"""Interleaved rounds: every contender in turn, again and again, so that what disturbs one disturbs all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.load import load
from bench.processes import Contender


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


async def measure(
    contenders: Sequence[Contender],
    requests: Mapping[str, Sequence[bytes]],
    query: str,
    concurrency: int,
    rounds: int,
    seconds: float,
) -> Cell:
    """The first round only warms up. Whoever comes first changes from round to round."""
    cell = Cell(query, concurrency, {contender.name: [] for contender in contenders})
    for turn in range(rounds + 1):
        start = turn % len(contenders)
        for contender in (*contenders[start:], *contenders[:start]):
            asked = requests[contender.name]
            at = (turn * 37) % len(asked)
            before = contender.cpu_seconds()
            made = await load(contender.port, (*asked[at:], *asked[:at]), concurrency, seconds)
            spent = contender.cpu_seconds() - before
            if turn:
                cell.samples[contender.name].append(
                    Sample(
                        spent * 1000 / made.requests,
                        made.requests / made.seconds,
                        percentile(made.latencies, 0.5) * 1000,
                        percentile(made.latencies, 0.99) * 1000,
                    )
                )
    return cell


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
