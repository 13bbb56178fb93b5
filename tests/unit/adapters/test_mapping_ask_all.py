"""Many values asked for at once are asked for as each alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import MISSING, CodeMap, Decision, FieldBinding, Lookup, Step
from adapters.mapping import Asking, CodeTables, asking, parse_step


def steps(*names: str) -> tuple[Step, ...]:
    return tuple(map(parse_step, names))


def ask(columns: int = 1, type: str = "String", **rest: Any) -> Asking:
    tables = CodeTables()
    tables.set("port", [("809", "CAVAN"), ("810", "CA VAN")])
    binding = FieldBinding("path", type, tuple(f"c{i}" for i in range(columns)), **rest)
    return asking(binding, zone="America/Toronto", tables=tables)


BINDINGS = {
    "plain": ask(),
    "clean": ask(type="CargoControlNumber", read=steps("trim", "upper"), ask=()),
    "read": ask(read=steps("digits", "left:14")),
    "grouped": ask(read=steps("alnum", "upper"), ask=steps("group:2-7")),
    "padded": ask(read=steps("lpad0:4"), ask=steps("lstrip0")),
    "absent": ask(read=steps("upper"), absent="NONE"),
    "codes": ask(codes=CodeMap({"1": "A", "2": "B", "3": "A"})),
    "lookup": ask(type="Locode", codes=Lookup("port", "s", "code", "value")),
    "decision": ask(2, codes=Decision(((("P", "*"), "A"), (("*", "Y"), "B")))),
    "constant": ask(0, const="A"),
    "key": ask(2, tuple_key=True),
    "date": ask(type="DateTime", format="yyyyMMddHHmm"),
}
assert BINDINGS["constant"].binding.const is not MISSING
TEXTS = st.text("AaB0 1é-9", max_size=12) | st.sampled_from(
    ["A", "B", "NONE", "CAVAN", "GC0012345", '["a","b"]', "0497"]
)
MOMENTS = st.sampled_from([datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)])
VALUES = st.lists(TEXTS) | st.lists(TEXTS | st.integers(0, 9) | st.booleans() | MOMENTS | st.none())


@pytest.mark.parametrize("name", BINDINGS)
@given(values=VALUES)
def test_as_each_alone(name: str, values: list[Any]) -> None:
    how = BINDINGS[name]

    def each() -> Any:
        return [how.ask(value) for value in values]

    assert outcome(lambda: how.ask_all(values)) == outcome(each)


def outcome(run: Any) -> Any:
    try:
        return run()
    except Exception as error:  # whatever it is, it is the same
        return type(error)
