"""What an agency says of itself, however odd, is read, left alone or a ``SourceError``: never a fault of ours."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from adapters.contract import Paging, Request
from adapters.errors import SourceError
from adapters.rest.age import UNKNOWN_AGE, moment
from adapters.rest.client import Answer, Client, retry_after
from adapters.rest.paging import Pages, next_link
from adapters.rest.settings import RestOptions
from adapters.rest.template import Template

HEADERS = st.text(st.characters(max_codepoint=255))
DATES = st.from_regex(
    r"(Mon, )?\d{1,6} (Jan|Feb) \d{1,6} \d{1,4}:\d{1,4}:\d{1,4} ([+-]\d{1,20}|GMT)", fullmatch=True
) | st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d([+-]\d\d:\d\d)?)?", fullmatch=True)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=5
)
URLS = st.from_regex(r"(https?:)?/{0,3}[\[\]a-z0-9:@%.-]{0,20}/?[^ ]{0,5}", fullmatch=True)


@given(HEADERS | DATES)
@example("²")
@example("0\x1f")
@example("Mon, 01 Jan 2024 00:00:00 +99999999999999")
def test_when_to_ask_again(said: str) -> None:
    found = retry_after(said)
    assert found is None or found >= 0


@given(JSON | HEADERS | DATES)
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
@example(1e300)
def test_how_old_a_copy_is(said: Any) -> None:
    found = moment(said)
    assert found is UNKNOWN_AGE or found.utcoffset() == timedelta(0)


@given(HEADERS | URLS)
def test_where_a_link_leads(said: str) -> None:
    client = Client("FOOD.api", RestOptions(base_url="http://127.0.0.1:1/v1"))
    here = URL("http://127.0.0.1:1/v1/permits?page=1")
    with contextlib.suppress(SourceError):
        assert client.same_origin("FOOD.api", here, said).origin() == here.origin()


@given(JSON)
@example("²")
@example("9" * 5_000)
@example(-1)
def test_how_many_there_are(said: Any) -> None:
    request = Request("GET", "/permits", query={"page": "{page}"}, paging=Paging(size=2, total="total"))
    pages = Pages(Template(request))
    answer = Answer({"total": said}, CIMultiDict(), URL("http://127.0.0.1:1/permits"), b"", "GET /permits")
    pages.more(answer, 2, lambda _place, _here, _link: URL())
    assert pages.total is None or pages.total >= 0


@pytest.mark.parametrize("unit", ["<", "<a>;", "<a", '<a>;a="', "<a>; "])
def test_a_long_link_header_is_read_in_time(unit: str) -> None:
    """Four times as long takes four times as long, not sixteen."""

    def spent(length: int) -> float:
        started = time.perf_counter()
        next_link([unit * (length // len(unit))])
        return time.perf_counter() - started

    short, long = (min(spent(length) for _ in range(5)) for length in (4_000, 16_000))
    assert long < 10 * short
