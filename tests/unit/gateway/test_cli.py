"""The command: exit codes, one line an error, nothing but the answer on standard output."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema

from gateway.cli.main import run
from resolvers.schema import printed
from tests.kit.places import ROOT


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([], 2, "Missing command."),
        (["nonsense"], 2, "No such command 'nonsense'."),
        (["serve", "--prot", "1"], 2, "No such option: --prot"),
        (["serve", "--port", "x"], 2, "Invalid value for '--port'"),
        (["serve", "--config", "nope.toml"], 2, f"{ROOT}/nope.toml: there is no such file"),
        (["demo", "--scale", "huge"], 2, "Invalid value for '--scale'"),
        (["schema", "--role", "borderofficer"], 2, "there is no role borderofficer; did you mean border-officer?"),
        (["schema", "--role", "partner-customs"], 2, "the role partner-customs needs an agreement"),
        (["schema", "--persona", "developper"], 2, "there is no persona developper; did you mean developer?"),
        (["plan", "nope.graphql", "--role", "carrier"], 2, "nope.graphql: cannot be read: No such file or directory"),
        (["explain-access"], 2, "say whose access"),
        (["explain-access", "--role", "carrier", "--field", "A.b"], 2, "the schema has no field A.b"),
        (["token", "demo", "nobody"], 2, "there is no persona nobody"),
        (["token", "demo", "developer", "--dir", "/nope"], 1, "/nope: no demo has run there"),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str) -> None:
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"guichet: {line}")
    assert err.count("\n") == 1


def test_faults_are_a_line_each(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "guichet.toml").write_text("[gateway]\nprot = 1\n[limits]\ndepth = 0\n")
    assert run(["check", "--offline", "--config", str(tmp_path / "guichet.toml")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"guichet: {tmp_path}/guichet.toml: ") for line in lines)


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert capsys.readouterr().out == printed()
    assert run(["schema", "--role", "carrier"]) == 0
    view = capsys.readouterr().out
    assert build_schema(view).query_type is not None
    assert "importer" not in view


def test_schema_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--role", "carrier", "--lang", "fr"]) == 0
    view = capsys.readouterr().out
    assert build_schema(view).query_type is not None
    assert "Numéro de contrôle du fret." in view
    assert "Importateur" not in view


def test_check_offline_needs_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--offline"]) == 0
    assert "7 agencies, 15 roles: no fault found" in capsys.readouterr().err


def test_explain_access(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain-access", "--role", "carrier", "--field", "Shipment.ccn"]) == 0
    assert capsys.readouterr().out == (
        "Shipment.ccn  SHOW  role:carrier  rows: carrierCode eq claims.carrier"
        "  (roles.toml: roles.carrier.types.Shipment.fields.0)\n"
    )
    assert run(["explain-access", "--role", "carrier", "--field", "Shipment.risk"]) == 0
    assert capsys.readouterr().out == "Shipment.risk  HIDE  no grant\n"


def test_plan_shows_statements_and_no_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = tmp_path / "q.graphql"
    document.write_text("query Q($n: Int) { shipments(first: $n) { nodes { ccn } } }")
    assert run(["plan", str(document), "--persona", "officer-vancouver", "--variables", '{"n": 987}']) == 0
    text = capsys.readouterr().out
    assert ":claims.ports" in text
    assert "SELECT" in text
    assert "CAVAN" not in text
    assert "987" not in text


def test_a_plan_of_a_hidden_field_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = tmp_path / "q.graphql"
    document.write_text("{ shipments { nodes { risk { rules } } } }")
    assert run(["plan", str(document), "--role", "border-officer"]) == 1
    assert "Cannot query field 'rules'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "serve", "check", "schema", "plan", "explain-access", "token"])
def test_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run([command, "--help"]) == 0
    assert "--help" in capsys.readouterr().out
