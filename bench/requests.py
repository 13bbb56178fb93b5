"""Where contenders find the agencies, and what they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bench.floor_sources import LONG_ROWS
from bench.load import Request
from bench.processes import FLOORS, ROOT, UNGUARDED, Contender
from demo.running import Demo

STORES = {"CUSTOMS_DSN": "customs", "TRADE_DSN": "trade_controls", "TRAVELLER_DSN": "traveller"}


def environment(demo: Demo) -> dict[str, str]:
    """That of the demo's gateway, but straight to the databases: no fault proxy, no listener for operators, and time
    enough for the slowest contender on a busy machine."""
    found = demo.environment() | {"GUICHET_GATEWAY_REQUEST_TIMEOUT_MS": "60000"}
    found.pop("GUICHET_GATEWAY_ADMIN_PORT")
    return found | {name: demo.info["agencies"][agency]["store"] for name, agency in STORES.items()}


def requests_of(
    name: str, contender: Contender, token: str, sets: Sequence[Mapping[str, Any]], rows: int | None = None
) -> list[Request]:
    """``rows``: of the long list, if not all. The floors and the peers know no tokens and are sent none."""
    if contender.name in FLOORS:
        more = {} if rows is None else {"rows": rows}
        return [Request(f"/{name}", orjson.dumps({"variables": {**one, **more}})) for one in sets]
    text = (ROOT / "bench" / "queries" / f"{name}.graphql").read_text()
    if rows is not None:
        text = text.replace(f"first: {LONG_ROWS}", f"first: {rows}")
    sent = "" if contender.name in UNGUARDED else token
    return [Request("/graphql", orjson.dumps({"query": text, "variables": one}), sent) for one in sets]
