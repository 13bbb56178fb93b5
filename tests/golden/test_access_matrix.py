"""The role × field matrix of the demo's policy, as reviewed: its difference is the review of a policy change.

``UPDATE_MATRIX=1`` writes the file anew; so does ``guichet explain-access --matrix > tests/golden/access_matrix.md``.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from gateway.cli.main import run

HERE = Path(__file__).parent


def test_the_matrix_is_the_reviewed_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(HERE.parents[1])
    assert run(["explain-access", "--matrix"]) == 0
    matrix = capsys.readouterr().out
    file = HERE / "access_matrix.md"
    if os.environ.get("UPDATE_MATRIX"):
        file.write_text(matrix, encoding="utf-8")
    assert "- immigration-officer under us-immigration-2024 lacks of the role: Authorization.uci, " in matrix
    assert matrix.splitlines() == file.read_text(encoding="utf-8").splitlines(), "set UPDATE_MATRIX=1 to accept"


def test_the_csv_has_every_role_and_what_agreements_leave_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(HERE.parents[1])
    assert run(["explain-access", "--matrix", "--format", "csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    said = {(one["coordinate"], one["role"], one["agreement"]): one for one in rows}
    assert len(said) == len(rows)
    officer, agreement = "immigration-officer", "us-immigration-2024"
    assert said["Authorization.uci", officer, ""]["verdict"] == "SHOW"
    assert said["Authorization.uci", officer, agreement]["verdict"] == "HIDE"
    assert said["Authorization.kind", officer, agreement]["rule"] == f"role:{officer} under agreement:{agreement}"
    assert "not (records.citizenships eq claims.nationality)" in said["Person.records", officer, agreement]["rows"]
    assert not [one for one in rows if one["agreement"] == "us-customs-2019"]
