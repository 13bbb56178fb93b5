"""The commands as a user types them, on the running demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from demo.keys import Keys
from demo.running import environment_of
from gateway.cli.main import run
from tests.kit.demo import GUICHET, RunningDemo
from tests.kit.places import ROOT

QUEUE = """query Queue($ccn: CargoControlNumber!) {
  shipments(filter: {ccn: {eq: $ccn}}, first: 5) { nodes { ccn importer { organization { legalName } } } }
}"""


def guichet(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command to its end. A traceback is never the answer."""
    done = subprocess.run(
        [str(GUICHET), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


class Said(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Here = Callable[..., Said]


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    """A command in this process: what it says is the same, and it starts at once."""
    monkeypatch.chdir(ROOT)

    def command(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        return Said(code, *capsys.readouterr())

    return command


PLANTED = {
    "collections.shipment.fields.mode": "codes not mapped: 9",
    "collections.shipment.fields.conveyance.mode": "codes not mapped: 9",
    "collections.shipment.fields.status": "codes not mapped: Q",
    "collections.shipment.fields.exporter.country": "codes not mapped: ROM",
    "collections.risk.fields.band": "codes not mapped: Z",
    "collections.item.fields.originCountry": "codes not mapped: ROM",
    "collections.required.fields.agency": "codes not mapped: 19",
}
"""What the generator leaves out of every code list on purpose."""


def test_check_notes_the_planted_data_and_finds_nothing_wrong(demo: RunningDemo) -> None:
    """Dirty data is flagged where it is shown: no reason to fail."""
    done = guichet("check", "--dir", demo.directory)
    assert (done.returncode, done.stdout) == (0, "")
    *notes, last = done.stderr.splitlines()
    assert last == "guichet.toml: 7 agencies, 15 roles: no fault found"
    lines = [line.split(": ", 3) for line in notes]
    assert {kind for _, _, kind, _ in lines} == {"note"}
    codes = {key: problem.partition(" (")[0] for _, key, _, problem in lines if "codes not mapped" in problem}
    assert codes == PLANTED
    told = {Path(file).name for file, _, _, problem in lines if "ambiguous local time" not in problem}
    assert told == {"customs.toml", "food.toml", "police.toml"}
    secrets = Keys.open(demo.directory).secrets
    for name in secrets.__slots__:
        assert getattr(secrets, name) not in done.stderr


def test_check_finds_what_is_missing(
    demo: RunningDemo, tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column that the agency does not have is one line with file and key."""
    agencies = tmp_path / "agencies"
    agencies.mkdir()
    text = (ROOT / "agencies" / "trade_controls.toml").read_text().replace('"permit_type"', '"permit_kind"')
    (agencies / "trade_controls.toml").write_text(text)
    (tmp_path / "policy").symlink_to(ROOT / "policy")
    (tmp_path / "guichet.toml").write_text((ROOT / "guichet.toml").read_text())
    for name, value in environment_of(demo.directory).items():
        monkeypatch.setenv(name, value)
    done = here("check", "--config", tmp_path / "guichet.toml")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "permit_kind" in line]
    assert line.startswith(f"{agencies / 'trade_controls.toml'}: collections.permit: ")
    nobody = here("check", "--dir", tmp_path)
    assert (nobody.returncode, nobody.stderr) == (1, f"guichet: {tmp_path}: no demo runs there\n")


def test_schema_of_a_role(demo: RunningDemo, here: Here) -> None:
    """The view of the role is the one that its persona downloads."""
    done = here("schema", "--role", "carrier")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(re.findall(r"^type (\w+)", done.stdout, re.M)) == set(
        re.findall(r"^type (\w+)", demo.read("/schema.graphql", "carrier").text, re.M)
    )
    assert not re.search(r"RiskAssessment|DutyAssessment|Person\b", done.stdout)
    assert here("schema", "--role", "emperor").returncode == 2


def test_plan_shows_statements_and_no_values(tmp_path: Path, here: Here) -> None:
    document = tmp_path / "queue.graphql"
    document.write_text(QUEUE)
    done = here("plan", document, "--role", "border-officer", "--variables", '{"ccn": "9095PARS0000001"}')
    assert (done.returncode, done.stderr) == (0, "")
    assert "cargo.ccd_hdr" in done.stdout
    assert "/v1/accounts?bn={businessNumber}" in done.stdout
    assert ":claims.ports" in done.stdout
    assert "9095PARS0000001" not in done.stdout
    gone = here("plan", tmp_path / "nothing.graphql", "--role", "border-officer")
    assert gone.returncode == 2
    assert len(gone.stderr.splitlines()) == 1
    assert "nothing.graphql" in gone.stderr


def test_a_token_on_standard_output(demo: RunningDemo, here: Here) -> None:
    done = guichet("token", "demo", "officer-montreal", "--dir", demo.directory)
    assert (done.returncode, done.stderr) == (0, "")
    answer = demo.post(done.stdout.strip(), "{ viewer { subject } }").json()
    assert answer == {"data": {"viewer": {"subject": "officer-montreal"}}}
    unknown = here("token", "demo", "nobody", "--dir", demo.directory)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert len(unknown.stderr.splitlines()) == 1


def test_access_is_explained(here: Here) -> None:
    done = here("explain-access", "--role", "border-officer", "--field", "RiskAssessment.band")
    assert done.returncode == 0
    assert re.search(r"RiskAssessment\.band\s+SHOW\s+role:border-officer", done.stdout)
    hidden = here("explain-access", "--role", "border-officer", "--field", "RiskAssessment.rules")
    assert re.search(r"RiskAssessment\.rules\s+HIDE", hidden.stdout)


@pytest.mark.parametrize("persona", ["officer-vancouver", "trader-acme", "privacy-officer"])
def test_the_caller_as_the_gateway_understands_it(demo: RunningDemo, persona: str) -> None:
    claims = Keys.open(demo.directory).claims(persona)
    query = (
        "{ viewer { subject organization roles scopes purpose agreement { id } access { coordinate action rule } } }"
    )
    viewer = demo.ask(persona, query)["data"]["viewer"]
    access = {one["coordinate"]: one for one in viewer.pop("access")}
    assert viewer == {
        "subject": persona,
        "organization": claims["org"],
        "roles": claims["roles"],
        "scopes": sorted(claims["scope"].split()),
        "purpose": claims.get("purpose"),
        "agreement": None,
    }
    text = demo.read("/schema.graphql", persona).text
    shown = {f"{name}.{field}" for name, fields in types_of(text).items() for field in fields}
    assert {coordinate for coordinate in access if not coordinate.startswith("Query.")} <= shown
    assert ("Shipment.risk" in access) == (persona == "officer-vancouver")
    assert {one["action"] for one in access.values()} == {"SHOW"}


def types_of(sdl: str) -> dict[str, set[str]]:
    """Type → its fields."""
    plain = re.sub(r'"""[^"]*(?:"(?!"")[^"]*)*"""', "", sdl)
    found = re.findall(r"^type (\w+)[^{]*\{\n(.*?)^\}", plain, re.M | re.S)
    return {name: set(re.findall(r"^  (\w+)", body, re.M)) for name, body in found}


def test_what_is_logged(demo: RunningDemo) -> None:
    """One line a request, with who and what kind; never a value, a variable, a token or a secret."""
    world = json.loads((demo.directory / "world.json").read_text())
    ccn, number = world["special"]["seized"]["ccn"], world["trader_bn"]
    document = world["traveller_document"]
    trader = """query Portal($ccn: CargoControlNumber!, $bn: BusinessNumber!) {
      shipment(ccn: $ccn) { ccn importer { name businessNumber } } organization(businessNumber: $bn) { legalName } }"""
    demo.ask("trader-acme", trader, {"ccn": ccn, "bn": number})
    demo.ask("officer-vancouver", f'{{ shipment(ccn: "{ccn}") {{ ccn containers {{ number }} }} }}')
    demo.ask("officer-vancouver", f'{{ shipment(ccn: "{ccn}") {{ nothing }} }}')
    people = "query ($d: TravelDocumentKey!) { person(document: $d) { records { familyName } } }"
    answer = demo.post(demo.token("traveller-anna"), people, {"d": document})
    log = (demo.directory / "logs" / "gateway.log").read_text()
    for value in (
        ccn,
        number,
        document["number"],
        "Eriksson",
        "Acme",
        *map(demo.token, ("trader-acme", "traveller-anna")),
    ):
        assert value not in log, value
    lines = [json.loads(line) for line in log.splitlines()]
    (line,) = [one for one in lines if one.get("request_id") == answer.headers["X-Request-Id"]]
    assert line["subject"] == "traveller-anna"
    assert line["roles"] == ["traveller"]
    assert line["outcome"] == "OK"
    assert line["rows"] >= 1
    assert set(line["sources"]) <= {"IMMIGRATION", "POLICE", "TRAVELLER"}
    assert {"organization", "purpose", "agreement", "operation", "operation_hash", "milliseconds"} <= set(line)
    assert "Portal" in {one.get("operation") for one in lines}


def test_no_secret_is_in_any_log(demo: RunningDemo) -> None:
    secrets = Keys.open(demo.directory).secrets
    private = json.loads((demo.directory / "keys" / "signing.json").read_text())["d"]
    for path in sorted((demo.directory / "logs").glob("*.log")):
        text = path.read_text(errors="replace")
        for name in secrets.__slots__:
            assert getattr(secrets, name) not in text, (path.name, name)
        assert private not in text, path.name
