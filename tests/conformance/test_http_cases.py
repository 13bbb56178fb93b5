"""The cases that an agency file must express, over HTTP: the file's text, what the API answers, what comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from graphql import build_schema

from adapters import rest
from adapters.contract import ChildSelect, FetchCall, FetchSpec, Rows
from gateway.settings.agencies import TypeCatalog, load_agencies, type_catalog

ROOT = Path(__file__).parents[2]
ENVELOPE = """
format = 1
code = "FOOD"
name = { en = "Food", fr = "Aliments" }
[sources.api]
kind = "rest"
base_url = "URL"
timezone = "America/Toronto"
"""

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def types() -> TypeCatalog:
    return type_catalog(build_schema((ROOT / "schema.graphql").read_text("utf-8")))


@pytest.fixture
async def ask(tmp_path: Path, types: TypeCatalog) -> AsyncIterator[Ask]:
    """``ask(file, answers, spec, keys…)``: answers by path and query (or path alone); rows and the targets asked."""
    answers: dict[str, Any] = {}
    asked: list[str] = []
    sources: list[rest.RestSource] = []

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        asked.append(request.raw_path + (f" {body.decode()}" if body else ""))
        document = answers.get(asked[-1], answers.get(request.raw_path, answers.get(request.path)))
        if document is None:
            return web.Response(status=404)
        return web.Response(body=orjson.dumps(document), content_type="application/json")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    async def run(
        text: str, served: Mapping[str, Any], spec: FetchSpec, *keys: tuple[Any, ...]
    ) -> tuple[Rows, list[str]]:
        answers.clear()
        answers.update(served)
        asked.clear()
        file = tmp_path / "food.toml"
        file.write_text(ENVELOPE.replace("URL", f"http://127.0.0.1:{runner.addresses[0][1]}") + text, "utf-8")
        (agency,) = load_agencies([file], types)
        source = rest.create("api", agency.code, agency.sources["api"], agency.collections, agency.lookups)
        sources.append(source)
        await source.start()
        rows = await source.prepare(spec).run(FetchCall(keys=list(keys)))
        return rows, list(asked)

    yield run
    for source in sources:
        await source.close()
    await runner.cleanup()


PERMIT = """
[collections.permit]
source = "api"
provides = "Permit"
[[collections.permit.requests]]
get = "/permits"
[collections.permit.fields]
number = "no"
"""


def permits(path: str, binding: str) -> str:
    return f"{PERMIT}{path} = {binding}\n"


COLUMN_CASES: list[tuple[str, str, str, list[dict[str, Any]], list[Any]]] = [
    (
        "status from two columns",
        "status",
        '{ from = ["st", "susp"], codes = [["*", "true", "SUSPENDED"], ["A", "*", "ISSUED"]] }',
        [{"st": "A", "susp": True}, {"st": "A", "susp": None}, {"st": "A", "susp": False}, {"st": "Q"}],
        ["SUSPENDED", "ISSUED", "ISSUED", None],
    ),
    (
        "codes inline",
        "status",
        '{ from = "st", codes = { A = "ISSUED" } }',
        [{"st": "A"}, {"st": "B"}],
        ["ISSUED", None],
    ),
    ("array", "originCountries", '"origins"', [{"origins": ["CA", "US"]}, {"origins": []}], [["CA", "US"], []]),
    (
        "separated list",
        "originCountries",
        '{ from = "origins", split = ";" }',
        [{"origins": "CA;US"}, {"origins": None}],
        [["CA", "US"], None],
    ),
    (
        "fields deep in the row, with a dot in a name, and by index",
        "holder.name",
        '''"who.0.'full.name'"''',
        [{"who": [{"full.name": "A"}]}, {"who": []}],
        ["A", None],
    ),
    (
        "upper-cased and stripped",
        "type",
        '{ from = "kind", read = ["trim", "upper"] }',
        [{"kind": " meat "}],
        ["MEAT"],
    ),
]


@pytest.mark.parametrize(
    ("path", "binding", "rows", "expected"), [c[1:] for c in COLUMN_CASES], ids=[c[0] for c in COLUMN_CASES]
)
async def test_columns(ask: Ask, path: str, binding: str, rows: list[dict[str, Any]], expected: list[Any]) -> None:
    answer, _ = await ask(
        permits(path, binding),
        {"/permits": [{"no": str(i), **row} for i, row in enumerate(rows)]},
        FetchSpec("permit", (path,)),
    )
    got = list(answer.columns[0])
    assert [v or [] if isinstance(e, list) or e is None else v for v, e in zip(got, expected, strict=True)] == [
        [] if e is None else e for e in expected
    ]


DUTY = """
[collections.duty]
source = "api"
provides = "DutyAssessment"
[[collections.duty.requests]]
by = ["transactionNumber"]
post = "/duties"
body = { t = ["{transactionNumber}"] }
many = "body"
max_keys = 2
rows = "items.*.lines"
[collections.duty.fields]
transactionNumber = { from = "^.txn", read = ["left:14"] }
version = "^.v"
sequence = "n"
duty.amount = { from = "duty", as = "cents" }
gst.amount = "gst"
exciseTax.amount = { from = "excise", as = "decimal-comma" }
"""


async def test_nested_rows_money_and_long_transaction_numbers(ask: Ask) -> None:
    lines = [
        {"n": 1, "duty": 12345, "gst": "9.50", "excise": "1.234,50"},
        {"n": 2, "duty": None, "gst": "x", "excise": None},
    ]
    answer, asked = await ask(
        DUTY.replace('"duty.amount"', "duty.amount")
        .replace('"gst.amount"', "gst.amount")
        .replace('"exciseTax.amount"', "exciseTax.amount"),
        {"/duties": {"items": [{"txn": "1234567890123400001", "v": 3, "lines": lines}, {"txn": "9", "lines": lines}]}},
        FetchSpec(
            "duty",
            ("transactionNumber", "version", "sequence", "duty.amount", "gst.amount", "exciseTax.amount"),
            keys=("transactionNumber",),
        ),
        ("12345678901234",),
        ("22345678901234",),
        ("32345678901234",),
    )
    assert answer.columns[:3] == (["12345678901234"] * 4, [3] * 4, [1, 2, 1, 2])
    assert answer.columns[3][:2] == ["123.45", None]
    assert answer.columns[4][:2] == ["9.50", None]
    assert answer.columns[5][:2] == ["1234.50", None]
    assert {flag.path for flag in answer.flags} == {"gst.amount"}
    assert sorted(asked) == ['/duties {"t":["12345678901234","22345678901234"]}', '/duties {"t":["32345678901234"]}']


async def test_children_and_codes_from_an_endpoint(ask: Ask) -> None:
    text = (
        """
[lookups.commodity]
source = "api"
get = "/ref"
rows = "items"
code = "code"
value = "hs"
refresh = "24h"
"""
        + PERMIT
        + """
[collections.permit.children.lines]
from = "lines"
[collections.permit.children.lines.fields]
line = "n"
hs = { from = "c", codes = "commodity" }
"""
    )
    answer, asked = await ask(
        text,
        {
            "/ref": {"items": [{"code": "A", "hs": "040110"}]},
            "/permits": [{"no": "1", "lines": [{"n": 1, "c": "A"}, {"n": 2, "c": "?"}]}, {"no": "2"}],
        },
        FetchSpec("permit", ("number",), (ChildSelect("lines", ("line", "hs")),)),
    )
    assert answer.children[0].offsets == [0, 2, 2]
    assert answer.children[0].columns == ([1, 2], ["040110", None])
    assert [(flag.row, flag.path) for flag in answer.flags] == [(0, "lines[1].hs")]
    assert asked == ["/ref", "/permits"]


async def test_local_times_without_a_zone(ask: Ask) -> None:
    text = """
[collections.decision]
source = "api"
provides = "AgencyDecision"
[[collections.decision.requests]]
get = "/d"
[collections.decision.fields]
transactionNumber = "t"
sequence = "n"
at = { from = ["day", "time"], as = "yyyyMMdd HHmm" }
"""
    times = [("20261124", "1200"), ("20261101", "0130"), (None, None), ("20269999", "0000")]
    answer, _ = await ask(
        text,
        {"/d": [{"t": "1", "n": i, "day": day, "time": time} for i, (day, time) in enumerate(times)]},
        FetchSpec("decision", ("at",)),
    )
    noon, earlier = datetime(2026, 11, 24, 17, tzinfo=UTC), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert answer.columns[0] == [noon, earlier, None, None]
    assert sorted(flag.row for flag in answer.flags) == [1, 3], "the ambiguous hour, and what is no date"


async def test_one_type_over_two_endpoints(ask: Ask) -> None:
    text = (
        PERMIT
        + """
[collections.permit.parts.state]
[[collections.permit.parts.state.requests]]
by = ["number"]
get = "/states"
query = { no = "{number}" }
many = "comma"
max_keys = 50
[collections.permit.parts.state.fields]
status = { from = "st", codes = { A = "ISSUED" } }
"""
    )
    answer, asked = await ask(
        text,
        {"/permits": [{"no": "1"}, {"no": "2"}], "/states": [{"no": "2", "st": "A"}]},
        FetchSpec("permit", ("status",)),
    )
    assert answer.columns == ([None, "ISSUED"],)
    assert asked == ["/permits", "/states?no=1,2"]


async def test_caveats_travel_with_their_record(ask: Ask) -> None:
    text = """
[collections.lookout]
source = "api"
provides = "Lookout"
[[collections.lookout.requests]]
by = ["personKey"]
get = "/p/{personKey}/lookouts"
missing = [404]
[collections.lookout.fields]
key = "id"
personKey = "p"
caveat = "handling.caveat"
originator = "handling.by"
"""
    answer, asked = await ask(
        text,
        {"/p/1/lookouts": [{"id": "a", "p": "1", "handling": {"caveat": "C", "by": "X"}}, {"id": "b", "p": "1"}]},
        FetchSpec("lookout", ("key", "caveat", "originator"), keys=("personKey",)),
        ("1",),
        ("2",),
    )
    assert answer.columns == (["a", "b"], ["C", None], ["X", None])
    assert sorted(asked) == ["/p/1/lookouts", "/p/2/lookouts"]


async def test_several_types_at_one_endpoint_and_keys_of_several_columns(ask: Ask) -> None:
    text = """
[collections.hold]
source = "api"
provides = "Hold"
[[collections.hold.requests]]
get = "/events"
query = { kind = "HLD" }
[collections.hold.fields]
key = "id"
[collections.inspection]
source = "api"
provides = "Inspection"
[[collections.inspection.requests]]
get = "/events"
query = { kind = "INS" }
[collections.inspection.fields]
key = { from = ["y", "id"], read = ["trim"] }
"""
    events = {"/events?kind=HLD": [{"id": "1"}], "/events?kind=INS": [{"y": "26 ", "id": "3"}]}
    answer, _ = await ask(text, events, FetchSpec("hold", ("key",)))
    assert answer.columns == (["1"],)
    answer, _ = await ask(text, events, FetchSpec("inspection", ("key",)))
    assert answer.columns == (['["26","3"]'],)
