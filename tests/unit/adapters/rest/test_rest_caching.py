"""What an agency file permits to be kept is asked for once, over HTTP, and says when it was read."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters import registry
from adapters.contract import CollectionSpec, FetchCall, FetchSpec, FieldBinding, Request
from tests.kit.served_api import Api

FIELDS = {"code": FieldBinding("code", "String", ("c",)), "name.en": FieldBinding("name.en", "String", ("n",))}
REQUEST = Request("GET", "/offices", ("code",), {"c": "{code}"}, many="comma", max_keys=50)
SPEC = FetchSpec("office", ("code", "name.en"), keys=("code",))


async def test_one_request_instead_of_two_and_as_of_is_the_time_of_the_fetch(api: Api) -> None:
    api.calls(lambda request, _: [{"c": code, "n": f"Office {code}"} for code in request.query["c"].split(",")])
    for seconds, requests in ((0, 2), (60, 1)):
        api.asked.clear()
        office = CollectionSpec(
            "CUSTOMS", "api", "office", "CustomsOffice", FIELDS, requests=(REQUEST,), cache_seconds=seconds
        )
        source = registry.create("api", "CUSTOMS", {"kind": "rest", "base_url": api.url}, [office], {})
        try:
            fetch = source.prepare(SPEC)
            first = await fetch.run(FetchCall([("1",)], scope="view"))
            answered = datetime.now(UTC)
            second = await fetch.run(FetchCall([("1",)], scope="view"))
        finally:
            await source.close()
        assert first.columns == second.columns == (["1"], ["Office 1"])
        assert len(api.asked) == requests
        assert (second.as_of == first.as_of <= answered) is bool(seconds)
        state = registry.state_of(source)
        assert (state.hits, state.misses) == ((1, 1) if seconds else (0, 0))
