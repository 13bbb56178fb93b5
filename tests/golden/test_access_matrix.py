"""The role × field matrix of the demo's policy, as reviewed: its difference is the review of a policy change.

``UPDATE_MATRIX=1`` writes the file anew; so does ``guichet explain-access --matrix > tests/golden/access_matrix.md``.
"""

from __future__ import annotations

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
    assert matrix.splitlines() == file.read_text(encoding="utf-8").splitlines(), "set UPDATE_MATRIX=1 to accept"
