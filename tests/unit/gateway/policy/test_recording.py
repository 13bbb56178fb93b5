"""Recordings: what is written once, what is read strictly, and that neither harms a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway import settings as configuration
from gateway.app import build
from gateway.cli.inspection import Unset
from gateway.errors import ConfigurationError
from gateway.policy import Policy, recording
from gateway.policy.recording import Recorder, read_recording
from gateway.request import Principal
from tests.kit.gateway import gateway
from tests.kit.places import ROOT

OFFICER = Principal(
    "officer-1",
    "CUSTOMS",
    frozenset({"border-officer"}),
    frozenset({"shipments:read", "permits:read"}),
    "border-clearance",
    token_id="t-1",
    claims={"ports": ("CAVAN",), "document": {"issuer": "CA", "number": "1"}},
)
QUERY = "query Q($n: Int) { shipments(first: $n) { nodes { ccn } } }"


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_is_written_is_read_back_as_who_asked_what(tmp_path: Path) -> None:
    file = tmp_path / "ops.jsonl"
    Recorder(file).note(OFFICER, QUERY, "Q", {"n": 3})
    ((line, found),) = read_recording(file)
    assert (line, found.document, found.operation_name, found.variables) == (1, QUERY, "Q", {"n": 3})
    assert found.principal is not None
    asked = found.principal.principal()
    assert (asked.roles, asked.scopes, asked.purpose) == (OFFICER.roles, OFFICER.scopes, OFFICER.purpose)
    assert asked.claims == {"ports": ["CAVAN"], "document": {"issuer": "CA", "number": "1"}}
    assert file.stat().st_mode & 0o777 == 0o600
    assert "officer-1" not in file.read_text()
    assert "t-1" not in file.read_text()


async def test_the_gateway_notes_what_admitted_callers_ask(policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "ops.jsonl"
    async with gateway(policy) as gate:
        gate.schema.recorder = Recorder(file)
        await gate.post("{ viewer { subject } }")
        await gate.post("{ viewer { subject } }")
        await gate.client.post("/graphql", json={"query": "{ viewer { purpose } }"})
    ((_, found),) = read_recording(file)
    assert found.document == "{ viewer { subject } }"
    assert found.principal is not None
    assert found.principal.roles == ["border-officer"]


def test_each_kind_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "ops.jsonl"
    recorder = Recorder(file)
    filters: list[Any] = [{"ccn": {"eq": "A"}}, {"ccn": {"eq": "B"}}, {"and": [{"ccn": {"eq": "A"}}] * 3}]
    for variables in (None, {}, {"n": 1}, {"n": 2}, {"n": None}, *({"f": each} for each in filters)):
        recorder.note(OFFICER, QUERY, "Q", variables)
    recorder.note(OFFICER, "{ viewer { subject } }", None, None)
    assert [line["variables"] for line in lines(file)] == [
        {},
        {"n": 1},
        {"n": None},
        {"f": filters[0]},
        {"f": filters[2]},
        {},
    ]


def test_a_recording_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_KINDS", 3)
    file = tmp_path / "ops.jsonl"
    recorder = Recorder(file)
    for n in range(9):
        recorder.note(OFFICER, f"{{ a{n}: __typename }}", None, None)
    assert len(lines(file)) == 3


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize("variables", [{"n": 2**80}, {"t": "\ud800"}, {"deep": nested(500)}])
def test_what_cannot_be_written_is_passed_over(tmp_path: Path, variables: dict[str, Any]) -> None:
    file = tmp_path / "ops.jsonl"
    recorder = Recorder(file)
    recorder.note(OFFICER, QUERY, "Q", variables)
    recorder.note(OFFICER, QUERY, "Q", {})
    assert [line["variables"] for line in lines(file)] == [{}]


def test_a_file_that_fails_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "gone" / "ops.jsonl")
    recorder.note(OFFICER, QUERY, "Q", {})
    (tmp_path / "gone").mkdir()
    recorder.note(OFFICER, QUERY, "Q", {"n": 1})
    assert list((tmp_path / "gone").iterdir()) == []


def test_faults_of_all_lines_come_at_once_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "ops.jsonl"
    rows = [
        "nonsense",
        "",
        '{"persona": "p"}',
        '{"document": "{ a }"}',
        '{"document": "{ a }", "persona": "p", "vars": {}}',
        '{"document": "{ a }", "principal": {"organization": "A", "roles": "r"}}',
    ]
    file.write_text("\n".join(rows))
    with pytest.raises(ConfigurationError) as told:
        read_recording(file)
    faults = [str(each).removeprefix(f"{file}:") for each in told.value.faults]
    assert [each.partition(" ")[0] for each in faults] == ["1:", "3:", "4:", "5:", "6:"]
    assert "document: is required" in faults[1]
    assert "exactly one of persona and principal" in faults[2]
    assert "vars: unknown key; did you mean variables?" in faults[3]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_recording(tmp_path / "nope")


@pytest.mark.parametrize(("said", "file"), [("", None), ("ops.jsonl", ROOT / "ops.jsonl")])
def test_a_deployment_records_where_its_configuration_says(said: str, file: Path | None) -> None:
    settings = configuration.load(ROOT / "guichet.toml", Unset())
    telemetry = settings.telemetry.model_copy(update={"recording": said})
    recorder = build(settings.model_copy(update={"telemetry": telemetry}), Unset()).schema.recorder
    assert (recorder and recorder.file) == file
