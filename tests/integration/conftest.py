"""What is right about the demo, read from its agencies' stores."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from demo.installation import discard
from tests.kit.demo import RunningDemo
from tests.kit.faults import Border, border
from tests.kit.launching import Launch, Launcher, processes_of
from tests.kit.statements import StatementLog
from tests.kit.truth import Row, Truth
from tests.kit.truth_people import PeopleTruth
from tests.kit.truth_permits import PermitTruth


@pytest.fixture(scope="session")
def world(demo: RunningDemo) -> dict[str, Any]:
    """``world.json``: where the special cases are."""
    found: dict[str, Any] = json.loads((demo.directory / "world.json").read_text())
    return found


@pytest.fixture(scope="session")
def truth(demo: RunningDemo) -> Truth:
    return Truth(demo["agencies"])


@pytest.fixture(scope="session")
def permits(truth: Truth) -> PermitTruth:
    return PermitTruth(truth)


@pytest.fixture(scope="session")
def people(truth: Truth) -> PeopleTruth:
    return PeopleTruth(truth)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broken_border(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Border]:
    """Agencies of their own for tests that break them."""
    async with border(tmp_path_factory.mktemp("border")) as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One demo directory for the module: generating a world takes seconds."""
    directory = tmp_path_factory.mktemp("demo")
    yield directory
    discard(directory)
    assert processes_of(directory) == []


@pytest.fixture
def launch(home: Path) -> Iterator[Launch]:
    """Starts launchers on `home`; those that a failed test leaves are ended."""
    started: list[Launcher] = []

    def start(port: int = 0, fake: Path | None = None) -> Launcher:
        started.append(Launcher(home, port, fake))
        return started[-1]

    yield start
    for launcher in started:
        if launcher.process.returncode is None:
            launcher.process.terminate()
            launcher.process.communicate(timeout=60)


@pytest.fixture
def customs(demo: RunningDemo) -> StatementLog:
    """What customs' database is asked from here on."""
    log = StatementLog(demo, "customs")
    log.mark()
    return log


@pytest.fixture(scope="session")
def foreign(truth: Truth) -> Row:
    """A shipment at Montréal with a declaration and holds of both agencies."""
    for row in truth.shipments("p.unlocode = 'CAMTR'"):
        if row["ccn"] in truth.declarations and len({one["agency"] for one in truth.holds.get(row["ccn"], ())}) == 2:
            return {**row, "txn": truth.declarations[row["ccn"]][0]["txn"]}
    raise AssertionError("no such shipment")
