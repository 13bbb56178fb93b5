"""Every construct of a binding, read: native columns in, harmonised column and flags out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import CodeMap, Decision, FieldBinding, Lookup
from adapters.mapping import (
    CodeTables,
    FormatError,
    PathError,
    StepError,
    parse_format,
    parse_path,
    parse_step,
    reading,
)
from adapters.mapping.codes import builtin_codes

TORONTO = "America/Toronto"
Flags = list[tuple[int, str]]


def read(*natives: Sequence[Any], type: str = "String", zone: str | None = TORONTO, **rest: Any) -> tuple[Any, Flags]:
    tables = CodeTables()
    tables.set("port", [(809, "CAVAN"), ("395 ", "CA MTR"), (None, "CAHAL"), (1, None)])
    binding = FieldBinding("path", type, tuple(f"c{i}" for i in range(len(natives))), **rest)
    return reading(binding, zone=zone, tables=tables).read(natives, len(natives[0]))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


# ---- types --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "native", "harmonised"),
    [
        ("String", 12, "12"),
        ("String", True, "true"),
        ("String", Decimal("1E+3"), "1000"),
        ("String", date(2026, 1, 2), "2026-01-02"),
        ("Int", 7, 7),
        ("Int", "007", 7),
        ("Int", Decimal("7.00"), 7),
        ("Float", "0.5", 0.5),
        ("Float", 2, 2.0),
        ("Boolean", True, True),
        ("Boolean", "FALSE", False),
        ("Decimal", "1234.50", "1234.50"),
        ("Decimal", Decimal("1E+3"), "1000"),
        ("Decimal", Decimal("1.2300000000"), "1.230000"),
        ("Decimal", 1e-5, "0.00001"),
        ("Decimal", 12, "12"),
        ("Decimal", " 3.10 ", "3.10"),
        ("Date", date(2026, 1, 2), date(2026, 1, 2)),
        ("Date", "2026-01-02", date(2026, 1, 2)),
        ("Date", "2026-01-02T23:30:00Z", date(2026, 1, 2)),
        ("Date", utc(2026, 1, 3, 1), date(2026, 1, 2)),
        ("DateTime", utc(2026, 1, 2), utc(2026, 1, 2)),
        ("DateTime", "2026-01-02T00:00:00-05:00", utc(2026, 1, 2, 5)),
        ("DateTime", "2026-01-02T00:00:00Z", utc(2026, 1, 2)),
        ("DateTime", "2026-01-02T00:00:00", utc(2026, 1, 2, 5)),
        ("DateTime", date(2026, 1, 2), utc(2026, 1, 2, 5)),
        ("PartialDate", "1980", "1980"),
        ("PartialDate", 1980, "1980"),
        ("PartialDate", "1980-02", "1980-02"),
        ("PartialDate", date(1980, 2, 3), "1980-02-03"),
        ("Locode", "ca van", "CAVAN"),
        ("HsCode", "8471.30", "847130"),
        ("HsCode", 8471300000, "8471300000"),
        ("BusinessNumber", " 123456782RM0001 ", "123456782RM0001"),
        ("TransactionNumber", 14969123456789, "14969123456789"),
        ("CountryCode", "UTO", "UTO"),
    ],
)
def test_a_native_reads_as_its_type(type_: str, native: Any, harmonised: Any) -> None:
    out, flags = read([native], type=type_)
    assert out == [harmonised]
    assert type(out[0]) is type(harmonised)
    assert flags == []


@pytest.mark.parametrize(
    ("type_", "native", "problem"),
    [
        ("Int", "x", "not a number"),
        ("Int", 1.5, "not a number"),
        ("Int", True, "not a number"),
        ("Int", 2**31, "not a number"),
        ("Float", "nan", "not a number"),
        ("Decimal", "12,5", "not a number"),
        ("Decimal", Decimal("NaN"), "not a number"),
        ("Decimal", "1e999999", "not a number"),
        ("Boolean", "yes", "not a boolean"),
        ("Date", "2026-02-30", "not a date"),
        ("Date", 5, "not a date"),
        ("DateTime", "soon", "not a date"),
        ("DateTime", "9999-12-31T23:59:59-05:00", "not a date"),
        ("PartialDate", "1980-13", "not a date"),
        ("PartialDate", "1981-02-29", "not a date"),
        ("String", {"a": 1}, "not a text"),
    ],
)
def test_what_a_type_cannot_represent_is_null_and_flagged(type_: str, native: Any, problem: str) -> None:
    assert read([native], type=type_) == ([None], [(0, problem)])


@pytest.mark.parametrize(
    ("type_", "native"),
    [
        ("BusinessNumber", "123456782"),
        ("ContainerNumber", "CSQU305438"),
        ("CargoControlNumber", "1234 PARS"),
        ("HsCode", "84X7"),
        ("CurrencyCode", "cad"),
        ("CountryCode", "CAN"),
        ("TransactionNumber", "1\n2"),
    ],
)
def test_what_fails_its_pattern_is_shown_and_flagged(type_: str, native: str) -> None:
    assert read([native, None], type=type_) == ([native, None], [(0, "pattern")])


def test_enum_values_pass_and_others_are_unmapped() -> None:
    legal = frozenset({"F", "M", "X"})
    assert read(["F", "M ", "U", None], type="Sex", enum=legal) == (["F", "M", None, None], [(2, "unmapped code")])


@pytest.mark.parametrize("type_", ["String", "Int", "Decimal", "Date", "DateTime", "Locode", "PartialDate", "Boolean"])
def test_null_and_blank_are_null(type_: str) -> None:
    assert read([None, "", "  "], type=type_) == ([None, None, None], [])


def test_values_that_come_again_are_read_and_flagged_again() -> None:
    for _ in range(2):
        assert read(["CAVAN", "cavan!", None, "cavan!"], type="Locode", read=(("upper", ""),)) == (
            ["CAVAN", "CAVAN!", None, "CAVAN!"],
            [(1, "pattern"), (3, "pattern")],
        )


def test_a_number_and_a_boolean_are_not_taken_for_each_other() -> None:
    for _ in range(2):
        assert read([1, 0], type="HsCode", read=(("upper", ""),))[0] == ["1", "0"]
        assert read([True, False], type="HsCode", read=(("upper", ""),))[0] == ["TRUE", "FALSE"]


def test_more_than_six_decimals_are_rounded_and_flagged() -> None:
    assert read(["0.12345678"], type="Decimal") == (["0.123457"], [(0, "more than six decimals")])


# ---- constants, absent values -------------------------------------------------------------------


def test_a_constant_needs_no_native() -> None:
    binding = FieldBinding("unit", "String", const="KGM")
    made = reading(binding, zone=None, tables=CodeTables())
    assert made.columns == ()
    assert made.read([], 3) == (["KGM"] * 3, [])


def test_absent_replaces_null_and_blank_but_not_what_cannot_be_read() -> None:
    codes = CodeMap({"Y": True, "N": False})
    out = read(["Y", None, " ", "?"], type="Boolean", codes=codes, absent=False)
    assert out == ([True, False, False, None], [(3, "unmapped code")])


# ---- code lists ---------------------------------------------------------------------------------


def test_codes_ignore_the_padding_of_char_columns_and_the_type_of_the_native() -> None:
    assert read(["A  ", "B", None], codes=CodeMap({"A": "x", "B": "y"})) == (["x", "y", None], [])
    assert read([1, 2], codes=CodeMap({"1": "x", "2": "y"})) == (["x", "y"], [])
    assert read([True, False], codes=CodeMap({"true": "x", "false": "y"})) == (["x", "y"], [])


def test_a_list_may_map_the_blank_code() -> None:
    codes = CodeMap({"": "COMPLETED", "IM": "REFERRED"})
    assert read(["", None, "IM", "ZZ"], codes=codes) == (
        ["COMPLETED", "COMPLETED", "REFERRED", None],
        [(3, "unmapped code")],
    )


def test_iso_and_icao_countries() -> None:
    iso, icao = builtin_codes("iso-3166-alpha3"), builtin_codes("icao-9303")
    assert (iso["CAN"], iso["DEU"], "D" in iso, "CA" in iso) == ("CA", "DE", False, False)
    assert (icao["CAN"], icao["D"], icao["GBD"], icao["UTO"], "XXA" in icao) == ("CA", "DE", "GB", "UTO", False)


def test_a_lookup_reads_what_the_table_says_now() -> None:
    binding = FieldBinding("place", "Locode", ("port",), codes=Lookup("port", "src", "code", "value"))
    tables = CodeTables()
    made = reading(binding, zone=None, tables=tables)
    assert made.read([[809]], 1) == ([None], [(0, "unmapped code")])
    tables.set("port", [(809, "CA VAN"), (809, "CAMTR")])
    assert made.read([[809, "809"]], 2) == (["CAVAN", "CAVAN"], [])
    assert tables.forward("port") == {"809": "CA VAN"}
    assert tables.backward("port") == {"CA VAN": ("809",)}


def test_a_code_of_a_looked_up_value_that_the_type_cannot_say_is_not_mapped() -> None:
    status = FieldBinding("s", "S", ("s",), codes=Lookup("s", "src", "code", "value"), enum=frozenset({"ISSUED"}))
    tables = CodeTables()
    tables.set("s", [("1", "ISSUED"), ("2", "LOST")])
    assert reading(status, zone=None, tables=tables).read([["1", "2"]], 2) == (["ISSUED", None], [(1, "unmapped code")])


def test_the_first_matching_row_of_a_decision_wins() -> None:
    decision = Decision(
        ((("*", "Y"), "SEIZED"), (("A", "+"), "SUSPENDED"), (("A", ""), "ISSUED"), (("", "*"), "UNKNOWN"))
    )
    out, flags = read(
        ["A", "A", "A ", None, "Z", None], ["Y", "2026", " ", "x", None, None], type="Status", codes=decision
    )
    assert out == ["SEIZED", "SUSPENDED", "ISSUED", "UNKNOWN", None, "UNKNOWN"]
    assert flags == [(4, "unmapped code")]
    assert read([True], codes=Decision(((("true",), "yes"),))) == (["yes"], [])


# ---- formats ------------------------------------------------------------------------------------


def test_two_columns_make_one_local_time() -> None:
    out, flags = read(
        ["20260131", "20261101", None, "20260199"],
        ["1230", "0130", "0000", "0000"],
        type="DateTime",
        format="yyyyMMdd HHmm",
    )
    assert out == [utc(2026, 1, 31, 17, 30), utc(2026, 11, 1, 5, 30), None, None]
    assert sorted(flags) == [(1, "ambiguous local time"), (3, "not a date")]


@pytest.mark.parametrize(
    ("format_", "native", "day"),
    [("yyyyMMdd", "20260131", date(2026, 1, 31)), ("dd/MM/yyyy", "31/01/2026", date(2026, 1, 31))],
)
def test_dates_by_tokens(format_: str, native: str, day: date) -> None:
    assert read([native, "", None, "x"], type="Date", format=format_) == ([day, None, None, None], [(3, "not a date")])
    assert read([native] * 3, type="Date", format=format_) == ([day] * 3, [])


def test_numbers_may_be_dates() -> None:
    assert read([20260131], type="Date", format="yyyyMMdd") == ([date(2026, 1, 31)], [])


def test_unknown_months_and_days_leave_a_partial_date() -> None:
    natives = ["19800203", "19800200", "19800000", "19801301"]
    assert read(natives, type="PartialDate", format="yyyyMMdd") == (
        ["1980-02-03", "1980-02", "1980", None],
        [(3, "not a date")],
    )


def test_money() -> None:
    assert read([123450, -5, "7", None, "x"], type="Decimal", format="cents") == (
        ["1234.50", "-0.05", "0.07", None, None],
        [(4, "not a number")],
    )
    assert read([5, 100], type="Decimal", format="cents") == (["0.05", "1.00"], [])
    assert read(["1.234,50", "12,5", "1 234 567,1", "12.5"], type="Decimal", format="decimal-comma") == (
        ["1234.50", "12.5", "1234567.1", None],
        [(3, "not a number")],
    )
    assert read(["1,5"], type="Decimal", format="decimal-comma") == (["1.5"], [])


def test_seconds_and_milliseconds() -> None:
    assert read([0, "60", None], type="DateTime", format="epoch")[0] == [utc(1970, 1, 1), utc(1970, 1, 1, 0, 1), None]
    assert read([1500], type="DateTime", format="epoch-ms")[0] == [utc(1970, 1, 1) + timedelta(seconds=1.5)]
    assert read(["x", 10**30], type="DateTime", format="epoch")[1] == [(0, "not a date"), (1, "not a date")]


@pytest.mark.parametrize(
    ("format_", "type_"),
    [
        ("YYYYMMdd", "Date"),
        ("yyyyMM", "Date"),
        ("yyyydd", "PartialDate"),
        ("yyyyMMddMM", "Date"),
        ("yyyyMMdd HH", "PartialDate"),
        ("yyyyMMdd", "String"),
        ("cents", "Date"),
        ("epoch", "Date"),
        ("", "Date"),
    ],
)
def test_formats_outside_the_closed_list_are_refused(format_: str, type_: str) -> None:
    with pytest.raises(FormatError):
        parse_format(format_, type_)


# ---- local times --------------------------------------------------------------------------------


def test_a_time_in_the_gap_becomes_the_end_of_the_gap() -> None:
    out, flags = read([datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 3)], type="DateTime")
    assert out == [utc(2026, 3, 8, 7), utc(2026, 3, 8, 7)]
    assert flags == [(0, "nonexistent local time")]


def test_without_a_zone_a_local_time_is_no_instant() -> None:
    assert read([datetime(2026, 3, 8)], type="DateTime", zone=None) == ([None], [(0, "no time zone")])


def test_offsets_become_utc() -> None:
    native = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    out, _ = read([native, None], type="DateTime")
    assert out == [utc(2025, 12, 31, 22), None]
    assert out[0].tzinfo is UTC


@given(st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1)), min_size=2))
def test_reading_local_times_keeps_their_order(natives: list[datetime]) -> None:
    natives.sort()
    out, _ = read(natives, type="DateTime")
    assert out == sorted(out)


# ---- steps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "native", "harmonised"),
    [
        (("trim",), "  a b ", "a b"),
        (("upper",), "ab", "AB"),
        (("digits", "left:4"), "12-34-56", "1234"),
        (("alnum", "upper"), "gc-001 2", "GC0012"),
        (("lstrip0",), "00450", "450"),
        (("lpad0:4",), 809, "0809"),
        (("lpad0:4",), "12345", "12345"),
        (("group:2-7",), "GC0012345", "GC-0012345"),
        (("group:2-7",), "GC1", "GC1"),
    ],
)
def test_read_steps(steps: tuple[str, ...], native: Any, harmonised: str) -> None:
    assert read([native, None], read=tuple(map(parse_step, steps))) == ([harmonised, None], [])


def test_fourteen_digits_of_nineteen() -> None:
    steps = tuple(map(parse_step, ("digits", "left:14")))
    assert read(["1496912345678900002"], type="TransactionNumber", read=steps) == (["14969123456789"], [])


@pytest.mark.parametrize("step", ["lower", "left", "left:0", "trim:1", "group:2", "lpad0:x", ""])
def test_steps_outside_the_closed_list_are_refused(step: str) -> None:
    with pytest.raises(StepError):
        parse_step(step)


# ---- several columns, lists, JSON ---------------------------------------------------------------


def test_several_columns_of_a_key_are_a_tuple() -> None:
    out, flags = read([2026, 2026, None], ["15", 'a"b', "1"], tuple_key=True)
    assert out == ['["2026","15"]', '["2026","a\\"b"]', None]
    assert flags == []


def test_several_columns_are_joined_by_a_space_without_blanks() -> None:
    assert read(["Ann ", "", None], ["Lee", "Bo", " "]) == (["Ann Lee", "Bo", None], [])


def test_a_separated_list() -> None:
    codes = CodeMap({"CAN": "CA", "D": "DE"})
    assert read(["CAN/D", "", None, "CAN/QQQ"], type="CountryCode", split="/", list=True, codes=codes) == (
        [["CA", "DE"], [], [], ["CA"]],
        [(3, "unmapped code")],
    )
    assert read(["a, b,"], split=",", list=True) == ([["a", "b"]], [])


def test_an_array_column() -> None:
    assert read([["R1", " ", None, "R2"], None, []], list=True) == ([["R1", "R2"], [], []], [])
    assert read([["CAVAN", "??"]], type="Locode", list=True) == ([["CAVAN", "??"]], [(0, "pattern")])


def test_inside_a_json_column() -> None:
    column = ['{"a":{"b":5}}', {"a": {"b": "z"}}, {"a": 1}, None, "{"]
    assert read(column, json_path="a.b") == (["5", "z", None, None, None], [(4, "not JSON")])
    assert read(['{"x.y":[1,2]}'], type="Int", json_path="'x.y'.1") == ([2], [])


def test_paths() -> None:
    assert parse_path("a.0.'b.c'") == ("a", 0, "b.c")
    assert parse_path("^.^.a", up=True) == ("^", "^", "a")
    assert parse_path("a.*.b", star=True) == ("a", "*", "b")
    for bad in ("a..b", "a.", ".a", "a.*", "^.a", "a b", "'a"):
        with pytest.raises(PathError):
            parse_path(bad)


@pytest.mark.parametrize("type_", ["String", "Int", "Decimal", "Date", "DateTime", "PartialDate", "Boolean", "Locode"])
@given(data=st.data())
def test_no_native_breaks_a_column(type_: str, data: st.DataObject) -> None:
    natives = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.decimals()
    values = natives | st.dates() | st.datetimes() | st.dictionaries(st.text(max_size=2), natives, max_size=2)
    column = data.draw(st.lists(values, max_size=6))
    out, flags = read(column, type=type_)
    assert len(out) == len(column)
    assert all(0 <= row < len(column) for row, _ in flags)
    alone = [read([value], type=type_) for value in column]
    assert [repr(value) for value in out] == [repr(one[0]) for one, _ in alone]
    assert sorted(flags) == sorted((row, problem) for row, (_, found) in enumerate(alone) for _, problem in found)
