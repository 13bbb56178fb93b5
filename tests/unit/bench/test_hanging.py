"""Whether one agency that hangs slows the others: what is asked touches whom it should, and pairs are told as pairs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bench.hanging import ASKED, ASKERS, MEASURED, Bench, Pairs, asked_by, asking, options, request
from gateway.cli.main import run
from tests.kit.patience import until
from tests.unit.bench.test_load import Agency, listening


def touched(query: str, scratch: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The agencies that a query's plan asks."""
    document = scratch / "q.graphql"
    document.write_text(query)
    variables = '{"bn": "100006139RM0001"}' if "$bn" in query else '{"n": 5}'
    assert run(["plan", str(document), "--role", "developer", "--variables", variables]) == 0
    fetches = [line for line in capsys.readouterr().out.splitlines() if line.lstrip().startswith("fetch ")]
    return {agency.lower() for line in fetches for agency in re.findall(r"([A-Z_]+)\.\w", line)}


@pytest.mark.parametrize("query", MEASURED.values(), ids=MEASURED)
def test_what_is_measured_touches_none_that_may_hang(
    query: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert touched(query, tmp_path, capsys) == {"customs"}


@pytest.mark.parametrize("agency", ASKED)
def test_who_asks_for_an_agency_asks_it(agency: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert agency in touched(ASKED[agency], tmp_path, capsys)


def test_a_ratio_is_of_one_pair() -> None:
    pairs = Pairs(healthy=[10.0, 40.0, 20.0], hanging=[11.0, 40.0, 30.0])
    assert pairs.ratios == pytest.approx([1.1, 1.0, 1.5])
    text = pairs.text("food")
    assert text == "food: p99 20.0 ms healthy, 30.0 ms while it hangs; ratio 1.10 (1.00-1.50), 3 pairs"


async def test_either_turn_is_first_in_its_round(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[bool] = []

    async def turn(_: Bench, agency: str, hangs: bool) -> float:
        assert agency == "food"
        turns.append(hangs)
        return 2.0 if hangs else 1.0

    bench = Bench.__new__(Bench)
    monkeypatch.setattr(Bench, "turn", turn)
    async with listening(Agency()) as port:
        bench.port, bench.measured, bench.concurrency = port, [request("token", "{ a }")], 2
        found = await bench.pairs("food", 3)
    assert turns == [True, False, False, True, True, False]
    assert found.ratios == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("agency", ASKED)
def test_everyone_asks_something_else(agency: str) -> None:
    assert len({asked_by(asker, ASKED[agency], "token").body for asker in range(ASKERS)}) == ASKERS


async def test_all_who_ask_do_and_stop_in_the_end() -> None:
    agency = Agency()
    asked = [asked_by(asker, ASKED["food"], "token") for asker in range(ASKERS)]
    async with listening(agency) as port:
        async with asking(port, asked):
            await until(lambda: len(agency.bodies) >= ASKERS)
        assert set(agency.bodies) == {one.body for one in asked}
        seen = len(agency.bodies)
        await asyncio.sleep(0.6)
        assert len(agency.bodies) == seen


async def test_who_cannot_ask_is_told() -> None:
    async with listening(Agency()) as port:
        pass
    with pytest.raises(OSError, match=str(port)):
        async with asking(port, [request("token", "{ a }")]):
            await asyncio.sleep(0.2)


def test_what_is_measured_if_nothing_is_said() -> None:
    asked = options([])
    assert (asked.rounds, asked.agency) == (10, None)
    with pytest.raises(SystemExit):
        options(["--agency", "customs"])
