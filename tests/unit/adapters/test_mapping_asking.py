"""Every construct of a binding, inverted: a harmonised value in, the natives that read as it out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import CodeMap, Decision, FieldBinding, Lookup
from adapters.mapping import ANY, PRESENT, Asking, CodeTables, asking, parse_step, reading

TORONTO = "America/Toronto"
OPS: tuple[Literal["lt", "lte", "gt", "gte"], ...] = ("lt", "lte", "gt", "gte")
COMPARE: dict[str, Any] = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}


def ask(type: str = "String", columns: int = 1, **rest: Any) -> Asking:
    tables = CodeTables()
    tables.set("port", [(809, "CAVAN"), (810, "CA VAN")])
    binding = FieldBinding("path", type, tuple(f"c{i}" for i in range(columns)), **rest)
    return asking(binding, zone=TORONTO, tables=tables)


def steps(*names: str) -> Any:
    return tuple(map(parse_step, names))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_a_plain_column_is_asked_as_it_is() -> None:
    plain = ask()
    assert plain.ask("x") == (("x",),)
    assert plain.ask(None) == ((None,),)
    assert (plain.exact, plain.keeps_order, plain.keeps_prefix, plain.via_read, plain.nulls_exact) == (
        True,
        True,
        True,
        False,
        True,
    )


def test_a_constant_is_every_row_or_none() -> None:
    fixed = ask(columns=0, const="KGM")
    assert fixed.every
    assert fixed.ask("KGM") == ((),)
    assert fixed.ask("TNE") == ()
    assert fixed.ask(None) == ()


def test_codes_are_asked_by_every_code_that_means_the_value() -> None:
    codes = ask("Sex", codes=CodeMap({"F": "F", "X": "X", "U": "X"}))
    assert codes.ask("X") == (("X",), ("U",))
    assert codes.ask("M") == ()
    assert codes.exact
    assert not codes.keeps_order
    assert not codes.nulls_exact
    yes_no = ask("Boolean", codes=CodeMap({"Y": True, "N": False}), absent=False)
    assert yes_no.ask(False) == (("N",), (None,))
    assert yes_no.ask(True) == (("Y",),)
    assert yes_no.ask(None) == ()


def test_the_blank_code_is_null_or_blank() -> None:
    assert ask(codes=CodeMap({"": "COMPLETED", "IM": "REFERRED"})).ask("COMPLETED") == ((None,),)


def test_a_lookup_is_asked_backward() -> None:
    lookup = ask("Locode", codes=Lookup("port", "src", "code", "value"))
    assert lookup.ask("CAVAN") == (("809",), ("810",))
    assert lookup.ask("CAMTR") == ()


def test_a_decision_gives_a_superset_of_patterns() -> None:
    decision = Decision(((("*", "Y"), "SEIZED"), (("A", "+"), "SUSPENDED"), (("A", ""), "ISSUED")))
    asked = ask("Status", 2, codes=decision)
    assert asked.ask("SEIZED") == ((ANY, "Y"),)
    assert asked.ask("SUSPENDED") == (("A", PRESENT),)
    assert asked.ask("ISSUED") == (("A", None),)
    assert not asked.exact


def test_read_without_ask_is_compared_at_the_source() -> None:
    read = ask(read=steps("trim", "upper"))
    assert read.via_read
    assert read.steps == steps("trim", "upper")
    assert read.ask("AB") == (("AB",),)
    assert read.ask("ab") == ()


def test_a_scalar_that_drops_spaces_does_so_at_the_source_unless_stored_clean() -> None:
    assert ask("Locode").via_read
    assert ask("Locode").steps == steps("alnum", "upper")
    assert not ask("Locode", ask=()).via_read


def test_ask_steps_make_what_is_stored() -> None:
    padded = ask(read=steps("trim", "lstrip0"), ask=steps("lpad0:12"))
    assert padded.ask("450") == (("000000000450",),)
    assert padded.ask("0450") == ()
    assert not padded.via_read
    assert not padded.keeps_order
    grouped = ask(read=steps("alnum", "upper"), ask=steps("group:2-7"))
    assert grouped.ask("GC0012345") == (("GC-0012345",),)


def test_stored_clean() -> None:
    clean = ask(read=steps("trim"), ask=())
    assert clean.ask("a") == (("a",),)
    assert clean.keeps_order
    assert not clean.via_read


def test_a_tuple_key_is_asked_column_by_column() -> None:
    key = ask(columns=2, tuple_key=True)
    assert key.ask('["2026","15"]') == (("2026", "15"),)
    for wrong in ('["2026", "15"]', '["2026"]', "[2026,15]", "2026", "", '{"a":1}'):
        assert key.ask(wrong) == ()


def test_joined_columns_and_separated_lists_have_no_inverse() -> None:
    for asked in (ask(columns=2), ask(split=",", list=True)):
        assert not asked.invertible
        with pytest.raises(ValueError, match="no inverse"):
            asked.ask("x")


def test_array_columns_are_asked_by_element() -> None:
    assert ask(list=True).ask("R1") == (("R1",),)


def test_formats_are_inverted() -> None:
    assert ask("Date", format="dd/MM/yyyy").ask(date(2026, 1, 31)) == (("31/01/2026",),)
    assert not ask("Date", format="dd/MM/yyyy").keeps_order
    assert ask("PartialDate", format="yyyyMMdd").ask("1980") == (("19800000",),)
    assert ask("Decimal", format="cents").ask("12.3") == ((1230,),)
    assert ask("Decimal", format="cents").ask("12.345") == ()
    assert ask("Decimal", format="decimal-comma").ask("12.5") == (("12,5",),)
    assert ask("DateTime", format="epoch").ask(utc(1970, 1, 1, 0, 1)) == ((60,),)
    assert ask("DateTime", format="epoch-ms").ask(utc(1970, 1, 1, 0, 1)) == ((60_000,),)
    assert ask("DateTime", 2, format="yyyyMMdd HHmm").ask(utc(2026, 1, 31, 17, 30)) == (("20260131", "1230"),)


def test_the_second_pass_of_an_ambiguous_hour_cannot_be_asked_for() -> None:
    minutes = ask("DateTime", 2, format="yyyyMMdd HHmm")
    assert minutes.ask(utc(2026, 11, 1, 6, 15)) == ()
    assert minutes.ask(utc(2026, 11, 1, 5, 15)) == (("20261101", "0115"),)


def test_bounds_between_natives_are_rounded() -> None:
    minutes = ask("DateTime", 2, format="yyyyMMdd HHmm")
    moment = utc(2026, 1, 31, 17, 30, 5)
    assert minutes.bound("gte", moment) == ("gt", ("20260131", "1230"))
    assert minutes.bound("lt", moment) == ("lte", ("20260131", "1230"))
    assert ask("Decimal", format="cents").bound("gte", "0.001") == ("gt", (0,))


def test_bounds_need_order() -> None:
    with pytest.raises(ValueError, match="order"):
        ask(codes=CodeMap({"A": "B"})).bound("gt", "B")


MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from([datetime(2026, 3, 8, 7), datetime(2026, 11, 1, 6), datetime(2026, 11, 1, 7)]).flatmap(
        lambda change: st.timedeltas(timedelta(hours=-2), timedelta(hours=2)).map(lambda delta: change + delta)
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))
LOCALS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.datetimes(datetime(2026, 3, 8, 1), datetime(2026, 3, 8, 4)),
    st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 1, 3)),
)


@given(native=LOCALS, value=MOMENTS | st.just(utc(2026, 3, 8, 7)), op=st.sampled_from(OPS))
def test_bounds_on_local_columns_are_exact(native: datetime, value: datetime, op: Any) -> None:
    binding = FieldBinding("at", "DateTime", ("ts",))
    shown = reading(binding, zone=TORONTO, tables=CodeTables()).read([[native]], 1)[0][0]
    pushed, (bound,) = ask("DateTime").bound(op, value, naive=True)
    assert COMPARE[pushed](native, bound) == COMPARE[op](shown, value)


@given(native=LOCALS, value=MOMENTS, op=st.sampled_from(OPS))
def test_bounds_on_text_columns_are_exact_for_what_can_be_read(native: datetime, value: datetime, op: Any) -> None:
    binding = FieldBinding("at", "DateTime", ("d", "t"), format="yyyyMMdd HHmm")
    row = (native.strftime("%Y%m%d"), native.strftime("%H%M"))
    shown = reading(binding, zone=TORONTO, tables=CodeTables()).read([[row[0]], [row[1]]], 1)[0][0]
    pushed, bound = asking(binding, zone=TORONTO, tables=CodeTables()).bound(op, value)
    if native.month != 3:  # the minute at which a gap ends is reached by every time within it
        assert COMPARE[pushed](row, bound) == COMPARE[op](shown, value)


@given(st.text(max_size=8), st.sampled_from([(), ("trim",), ("alnum", "upper"), ("digits",), ("trim", "lstrip0")]))
def test_what_is_asked_reads_back(native: str, names: tuple[str, ...]) -> None:
    binding = FieldBinding("x", "String", ("c",), read=steps(*names), ask=() if names else None)
    shown = reading(binding, zone=None, tables=CodeTables()).read([[native]], 1)[0][0]
    if shown is not None:
        for (asked,) in asking(binding, zone=None, tables=CodeTables()).ask(shown):
            assert reading(binding, zone=None, tables=CodeTables()).read([[asked]], 1)[0] == [shown]
