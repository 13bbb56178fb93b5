"""What the benchmark counts and compares, without agencies."""

from __future__ import annotations

import pytest

from bench.agreement import difference, plain_ids
from bench.load import Request
from bench.measure import Cell, Sample, percentile
from bench.relay import SSL_REQUEST, Frontend
from bench.report import Results, cpu, spread
from bench.variables import _pages
from gateway.execution.node_ids import NodeIds


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


START = (8).to_bytes(4, "big") + SSL_REQUEST.to_bytes(4, "big") + (8).to_bytes(4, "big") + (196608).to_bytes(4, "big")


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_statements_are_counted_however_the_bytes_arrive(piece: int) -> None:
    sent = START + message(b"p", b"secret")
    sent += message(b"P", b"EEE") + message(b"B", b"QE") + message(b"E", b"x") + message(b"S") + message(b"Q", b"E")
    frontend = Frontend()
    for at in range(0, len(sent), piece):
        frontend.feed(sent[at : at + piece])
    assert frontend.statements == 2


def test_percentiles() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7


def test_ratios_compare_within_a_round() -> None:
    def samples(*spent: float) -> list[Sample]:
        return [Sample(one, 1, 1, 1) for one in spent]

    cell = Cell("q1", 1, {"gateway": samples(2, 4, 9), "floor": samples(1, 4, 3)})
    assert cell.ratio("gateway", "floor", cpu) == (2, 1, 3)
    assert cell.middle("gateway", cpu) == 4
    assert spread(2, 1, 3) == "2.00 (1.00–3.00)"


def test_ids_become_the_keys_that_they_stand_for() -> None:
    ids = NodeIds([b"k" * 32])
    made = ids.column(b"ab", ["9QRT1000", "a key that is longer than a block"])
    answer = {"nodes": [{"id": made[0], "ccn": "9QRT1000"}, {"id": made[1], "ccn": None}, {"id": "other"}]}
    assert [one["id"] for one in plain_ids(answer, ids)["nodes"]] == [
        "9QRT1000",
        "a key that is longer than a block",
        "other",
    ]


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, None),
        ({"a": [1, 2]}, {"a": [1, 3]}, "data.a[1]: 2 / 3"),
        ({"a": [1]}, {"a": [1, 2]}, "data.a: [1] / [1, 2]"),
        ({"a": 1}, {"b": 1}, "data: {'a': 1} / {'b': 1}"),
        ({"a": 1}, {"a": True}, "data.a: 1 / True"),
    ],
)
def test_the_first_difference_is_named(one: object, other: object, where: str | None) -> None:
    assert difference(one, other) == where


def test_a_request_says_its_length_and_who_asks() -> None:
    head, _, body = Request("/graphql", b"{}", "token").wire(80).partition(b"\r\n\r\n")
    assert body == b"{}"
    assert b"content-length: 2" in head
    assert b"authorization: Bearer token" in head
    assert b"authorization" not in Request("/q1", b"{}").wire(80)


def test_the_slope_is_what_a_row_more_costs() -> None:
    def cell(*spent: float) -> Cell:
        return Cell("q3", 1, {"gateway": [Sample(one, 1, 1, 1) for one in spent]})

    results = Results("small", "developer", 1, 1, {}, 1, growth={1: cell(1.0), 501: cell(2.0, 3.0, 9.0), 1001: cell(5)})
    assert results.slope("gateway") == pytest.approx(4.0)


def test_pages_alternate_ports_and_go_back_in_time() -> None:
    etas = [f"2026{month:02}{day:02}1200" for month in range(12, 0, -1) for day in range(28, 0, -1)]
    sets = _pages({"CAVAN": etas, "CAMTR": etas}, 50)
    assert [one["port"] for one in sets[:4]] == ["CAVAN", "CAMTR", "CAVAN", "CAMTR"]
    assert len({(one["port"], one["since"]) for one in sets}) == len(sets) >= 200
    assert sets[0]["since"] > sets[-1]["since"]
    assert all(one["since"].endswith("Z") for one in sets)
