"""The statement log: what PostgreSQL logs about the reader's statements, as the promised JSON lines."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from demo.statements import Follower, parameters, statement


def logged(message: str, **more: Any) -> bytes:
    entry = {
        "timestamp": "2026-11-24 16:16:40.212 UTC",
        "user": "guichet_ro",
        "dbname": "customs",
        "error_severity": "LOG",
        "message": message,
        **more,
    }
    return json.dumps(entry).encode()


def read(line: bytes) -> dict[str, Any] | None:
    found = statement(line, "guichet_ro")
    return None if found is None else json.loads(found)


def test_a_prepared_statement_with_parameters() -> None:
    line = logged("execute __asyncpg_stmt_1__: SELECT a: b\nFROM t", detail="Parameters: $1 = 'it''s', $2 = NULL")
    assert read(line) == {
        "time": "2026-11-24T16:16:40.212Z",
        "database": "customs",
        "text": "SELECT a: b\nFROM t",
        "parameters": ["it's", None],
    }


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("statement: SELECT 1", "SELECT 1"),
        ("execute <unnamed>: SELECT 2", "SELECT 2"),
        ("execute fetch from s/p: SELECT 3", "SELECT 3"),
    ],
)
def test_other_forms(message: str, text: str) -> None:
    found = read(logged(message))
    assert found is not None
    assert (found["text"], found["parameters"]) == (text, [])


@pytest.mark.parametrize(
    "line",
    [
        logged("statement: SELECT 1", user="guichet_owner"),
        logged("cannot execute INSERT in a read-only transaction", error_severity="ERROR", statement="INSERT"),
        logged("checkpoint starting: time"),
        b"not json",
        b"[]",
        b"",
    ],
)
def test_everything_else_is_left_out(line: bytes) -> None:
    assert read(line) is None


@pytest.mark.parametrize(
    ("detail", "values"),
    [
        ("", []),
        ("parameters: $1 = '1'", ["1"]),  # PostgreSQL 16 writes it in lower case
        ("Parameters: $1 = '{a,\"b''\"}', $2 = '$3 = ''x'''", ['{a,"b\'"}', "$3 = 'x'"]),
        ("Parameters: $1 = '', $2 = NULL, $3 = 'NULL'", ["", None, "NULL"]),
    ],
)
def test_parameters(detail: str, values: list[str | None]) -> None:
    assert parameters(detail) == values


async def test_a_follower_waits_for_the_file_and_for_the_end_of_a_line(tmp_path: Path) -> None:
    source, target = tmp_path / "server.json", tmp_path / "statements.jsonl"
    follower = Follower({source: target}, "guichet_ro")
    follower.start()
    await asyncio.sleep(0.05)
    whole = logged("statement: SELECT 'é'") + b"\n"
    with source.open("wb", buffering=0) as out:
        out.write(whole + whole[:40])
        await asyncio.sleep(0.2)
        assert len(target.read_text().splitlines()) == 1
        out.write(whole[40:])
        await asyncio.sleep(0.2)
        assert [json.loads(line)["text"] for line in target.read_text().splitlines()] == ["SELECT 'é'"] * 2
        out.write(whole)
        await follower.close()
    assert len(target.read_text().splitlines()) == 3
