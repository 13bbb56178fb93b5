"""Ports are kept while they are free."""

import socket
from pathlib import Path

from demo import ports


def test_ports_differ_and_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = ports.choose(["a", "b", "c"], file)
    assert len(set(first.values())) == 3
    assert ports.choose(["c", "a"], file) == {"c": first["c"], "a": first["a"]}
    assert ports.choose(["a", "b", "c"], file) == first


def test_a_port_that_another_took_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = ports.choose(["a", "b"], file)
    with socket.socket() as other:
        other.bind((ports.HOST, first["a"]))
        other.listen()
        assert not ports.free(first["a"])
        second = ports.choose(["a", "b"], file)
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]


def test_a_damaged_memory_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    for text in ("", "[1]", '{"a": "x"}', '{"a": 1}'):
        file.write_text(text)
        assert ports.choose(["a"], file)["a"] > 1023
