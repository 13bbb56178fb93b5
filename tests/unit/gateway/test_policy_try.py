"""``guichet policy try``: each way in which a changed policy changes an operation, told as such and as nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import run
from gateway.policy.trial import Change, told
from gateway.policy.view import FieldAccess, View
from tests.kit.memory_world import MASTER
from tests.kit.places import ROOT

TRIAL = Callable[..., list[dict[str, Any]]]

QUEUE = "query Queue { shipments { nodes { ccn packages masterTransportDocument risk { band } } } }"
OFFICER = {"persona": "officer-vancouver"}
SHIPMENT = 'Shipment = { classes = ["COMMERCIAL"], rows = { portOfArrival = { in = "claims.ports" } } }'
OWN = 'Shipment = { classes = ["COMMERCIAL"], rows = { importer.businessNumber = { in = "claims.bn" } } }'


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> TRIAL:
    """Changes of one recorded operation, or of what its caller is ``told``, when ``old`` is ``new`` in the policy."""
    monkeypatch.chdir(ROOT)

    def changes(
        record: dict[str, Any], old: str, new: str, file: str = "roles.toml", of: str = "changed"
    ) -> list[dict[str, Any]]:
        against = tmp_path / "changed"
        shutil.copytree(ROOT / "policy", against, dirs_exist_ok=True)
        text = (against / file).read_text()
        assert old in text
        (against / file).write_text(text.replace(old, new, 1))
        recording = tmp_path / "ops.jsonl"
        recording.write_text(json.dumps(record) + "\n")
        command = ["policy", "try", "--against", str(against), "--recording", str(recording)]
        code = run([*command, "--json"])
        said = json.loads(capsys.readouterr().out)
        assert (said["operations"], code) == (1, int(bool(said["changed"] or said["told"])))
        assert run(command) == code
        assert capsys.readouterr().out.splitlines()[-2:] == [
            f"{len(said['told'])} of {said['principals']} principals would be told otherwise what they may see",
            f"{len(said['changed'])} of 1 operations would change",
        ]
        return [change for each in said[of] for change in each["changes"]]

    return changes


def brief(changes: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(each["kind"], each["of"], each["before"], each["after"]) for each in changes]


def test_the_same_policy_changes_nothing(trial: TRIAL) -> None:
    assert trial({**OFFICER, "document": QUEUE}, "# Who may see what", "# Who might see what") == []


def test_what_other_roles_gain_is_no_change(trial: TRIAL) -> None:
    record = {"persona": "trader-acme", "document": "{ shipments { nodes { ccn importer { name } } } }"}
    assert trial(record, SHIPMENT, SHIPMENT.replace('"COMMERCIAL"', '"COMMERCIAL", "INTELLIGENCE"')) == []


def test_masks_and_withheld_fields(trial: TRIAL) -> None:
    dim = 'mask = { masterTransportDocument = "PARTIAL" }, withhold = ["packages"], rows = {'
    found = trial({**OFFICER, "document": QUEUE}, SHIPMENT, SHIPMENT.replace("rows = {", dim))
    assert brief(found) == [
        ("action", "Shipment.packages", "SHOW", "WITHHOLD"),
        ("action", "Shipment.masterTransportDocument", "SHOW", "MASK_PARTIAL"),
    ]
    assert found[0]["why"] == "role:border-officer (roles.toml: roles.border-officer.types.Shipment.withhold.0)"


def test_row_rules(trial: TRIAL) -> None:
    found = trial(
        {**OFFICER, "document": QUEUE},
        SHIPMENT,
        SHIPMENT.replace(', rows = { portOfArrival = { in = "claims.ports" } }', ""),
    )
    assert ("rows", "Shipment", "portOfArrival in claims.ports", "all rows") in brief(found)


def test_a_lost_field_refuses_the_operation_and_is_named(trial: TRIAL) -> None:
    risk = 'RiskAssessment = { classes = ["COMMERCIAL"] }'
    kinds = brief(trial({**OFFICER, "document": QUEUE}, risk, ""))
    assert [each[:2] for each in kinds] == [
        ("refused", "operation"),
        ("lost", "Shipment.risk"),
        ("lost", "RiskAssessment.band"),
    ]
    assert kinds[0][2] == "answered"
    assert kinds[0][3].startswith("GRAPHQL_VALIDATION_FAILED: Cannot query field 'risk'")


def test_a_gained_field_answers_an_operation_that_was_refused(trial: TRIAL) -> None:
    record = {**OFFICER, "document": "{ shipments { nodes { risk { score } } } }"}
    risk = 'RiskAssessment = { classes = ["COMMERCIAL"] }'
    kinds = brief(trial(record, risk, 'RiskAssessment = { classes = ["COMMERCIAL", "INTELLIGENCE"] }'))
    assert [each[:2] for each in kinds] == [("answered", "operation"), ("gained", "RiskAssessment.score")]


def test_a_closed_channel_refuses_by_variable_too(trial: TRIAL) -> None:
    record = {
        **OFFICER,
        "document": "query Q($f: ShipmentFilter) { shipments(filter: $f) { nodes { ccn } } }",
        "variables": {"f": {"importer": {"eq": "123456782RM0001"}}},
    }
    party = 'Shipment = { classes = ["COMMERCIAL"], rows'
    (found,) = trial(record, party, 'Party = { fields = ["name"] }\n' + party)
    assert (found["kind"], found["after"].partition(":")[0]) == ("refused", "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('roles = ["border-officer"]', 'roles = ["carrier"]', "PURPOSE_NOT_PERMITTED"),
        ("[purposes.border-clearance]", "[purposes.border-clearing]", "PURPOSE_NOT_PERMITTED"),
    ],
)
def test_purposes(trial: TRIAL, old: str, new: str, code: str) -> None:
    (found,) = trial({**OFFICER, "document": QUEUE}, old, new, file="purposes.toml")
    assert (found["kind"], found["after"].partition(":")[0]) == ("refused", code)


def test_agreements(trial: TRIAL) -> None:
    record = {"persona": "partner-us", "document": "query ($c: CargoControlNumber!) { shipment(ccn: $c) { ccn } }"}
    record["variables"] = {"c": "014APARS0001777"}  # type: ignore[assignment]  # texts elsewhere
    (found,) = trial(record, "requests = 5000", "requests = 50", file="agreements.toml")
    assert brief([found]) == [("agreement", "quota", "5000", "50")]


def test_claims_are_needed_before_and_after(trial: TRIAL) -> None:
    """A recorded principal has the claims that it has; a rule that names another refuses it."""
    principal = {"organization": "CUSTOMS", "roles": ["border-officer"], "purpose": "border-clearance"}
    principal["scopes"] = ["shipments:read"]
    record = {"principal": {**principal, "claims": {"ports": ["CAVAN"]}}, "document": QUEUE}
    (found,) = trial(
        record, SHIPMENT, SHIPMENT.replace("rows = {", 'rows = { carrierCode = { eq = "claims.carrier" },')
    )
    assert (found["kind"], found["after"].partition(":")[0]) == ("refused", "FORBIDDEN")


def test_what_a_node_id_reads(trial: TRIAL) -> None:
    record = {**OFFICER, "document": "query ($id: ID!) { node(id: $id) { __typename } }", "variables": {"id": "x"}}
    found = trial(
        record,
        'query = ["shipment", "shipments", "declaration", "holds", "heldContainers", "verifyPermit", "permit"]',
        'query = ["shipment", "shipments", "declaration", "heldContainers", "verifyPermit"]',
    )
    assert ("node", "Permit", "by id", "not by id") in brief(found)


def test_per_row_verdicts_of_several_roles(trial: TRIAL) -> None:
    principal = {"organization": "X", "roles": ["trader", "carrier"], "scopes": ["shipments:read"]}
    claims = {"bn": ["123456782RM0001"], "carrier": "9QRT"}
    rule = 'Shipment = { classes = ["COMMERCIAL"], rows = { importer'
    found = trial(
        {"principal": {**principal, "claims": claims}, "document": "{ shipments { nodes { ccn packages } } }"},
        rule,
        rule.replace("rows = {", 'withhold = ["packages"], rows = {'),
    )
    imported, carried = "where importer.businessNumber in claims.bn", "where carrierCode eq claims.carrier"
    assert brief(found) == [
        ("action", "Shipment.packages", f"HIDE {carried}; SHOW {imported}", f"HIDE {carried}; WITHHOLD {imported}")
    ]


CCN = {**OFFICER, "document": "{ shipments { nodes { ccn } } }"}


def test_what_viewer_access_tells_whatever_is_asked(trial: TRIAL) -> None:
    """The recorded operation is answered as before."""
    risk = 'RiskAssessment = { classes = ["COMMERCIAL"] }'
    found = trial(CCN, risk, 'RiskAssessment = { classes = ["COMMERCIAL", "INTELLIGENCE"] }', of="told")
    assert ("gained", "RiskAssessment.score", "HIDE", "SHOW") in brief(found)
    assert all(each["of"].startswith("RiskAssessment.") for each in found)


def test_what_introspection_shows_of_inputs_and_of_nullability(trial: TRIAL) -> None:
    """A withheld field is nullable, and can be neither filtered nor ordered by."""
    found = trial(
        CCN, SHIPMENT, SHIPMENT.replace("rows = {", 'withhold = ["portOfArrival", "eta"], rows = {'), of="told"
    )
    said = brief(found)
    assert ("action", "Shipment.eta", "SHOW", "WITHHOLD") in said
    assert ("schema", "ShipmentFilter.portOfArrival", "LocodeFilter", "absent") in said
    assert ("schema", "ShipmentOrderField.ETA", "value", "absent") in said
    assert not [each for each in said if each[0] in ("gained", "lost", "rule")]


def test_another_grant_for_the_same_field_is_told() -> None:
    one, other = (View(name, MASTER, access=(FieldAccess("Agency.code", "SHOW", None, name),)) for name in ("a", "b"))
    assert told(one, other) == [Change("rule", "Agency.code", "a", "b")]


def test_a_row_rule_is_told_once(trial: TRIAL) -> None:
    found = trial(CCN, SHIPMENT, OWN, of="told")
    assert found == []  # the claim that the rule names is not the officer's: he is refused, which the operation tells
    carrier = SHIPMENT.replace("rows = {", 'rows = { status = { ne = "SEIZED" },')
    (rows,) = trial(CCN, SHIPMENT, carrier, of="told")
    assert (rows["kind"], rows["of"]) == ("rows", "Shipment")


def test_an_operation_that_neither_can_read_is_no_change(trial: TRIAL) -> None:
    assert (
        trial({**OFFICER, "document": "{ shipments {"}, SHIPMENT, SHIPMENT.replace("rows", "withhold = [], rows")) == []
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"persona": "nobody", "document": "{ a }"}', "there is no persona nobody"),
        ('{"document": 1}', "1: document: input should be a valid string"),
    ],
)
def test_mistakes_in_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    monkeypatch.chdir(ROOT)
    recording = tmp_path / "ops.jsonl"
    recording.write_text(text)
    assert run(["policy", "try", "--against", "policy", "--recording", str(recording)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err


def test_faults_of_the_changed_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "roles.toml").write_text('[roles.r]\nquery = ["nonsense"]\n')
    (tmp_path / "ops.jsonl").write_text("")
    assert run(["policy", "try", "--against", str(tmp_path), "--recording", str(tmp_path / "ops.jsonl")]) == 2
    assert f"{tmp_path}/roles.toml: roles.r.query" in capsys.readouterr().err


def test_what_is_logged_meanwhile_is_not_in_the_json(tmp_path: Path) -> None:
    """Under the changed policy the view cannot be served, which is logged where it is found out."""
    shutil.copytree(ROOT / "policy", tmp_path / "changed")
    roles = tmp_path / "changed" / "roles.toml"
    rule = 'rows = { holder.businessNumber = { in = "claims.bn" } }'
    text = roles.read_text()
    assert rule in text
    leaving = 'rows = { or = [{ holder.organization.legalName = { eq = "X" } }, { status = { eq = "ISSUED" } }] }'
    roles.write_text(text.replace(rule, leaving))
    recording = tmp_path / "ops.jsonl"
    recording.write_text('{"persona": "trader-acme", "document": "{ permits { nodes { number } } }"}')
    guichet = Path(sys.executable).with_name("guichet")
    command = [guichet, "policy", "try", "--against", roles.parent, "--recording", recording, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    (changed,) = json.loads(done.stdout)["changed"]
    assert changed["changes"][0]["after"].startswith("FORBIDDEN: ")
    assert "view cannot be served" in done.stderr
