"""`python -m demo.agencies revenue --port 9001 --store revenue.sqlite --config revenue.json`."""

import argparse
import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from demo.agencies.food import Food
from demo.agencies.immigration import Immigration
from demo.agencies.police import Police
from demo.agencies.revenue import Revenue
from demo.agencies.serving import Agency, serve
from demo.agencies.store import Store

AGENCIES: dict[str, Callable[[Store, Mapping[str, object]], Agency]] = {
    "revenue": Revenue,
    "immigration": Immigration,
    "food": Food,
    "police": Police,
}


def main() -> None:
    """Serves one agency until it is told to stop."""
    parser = argparse.ArgumentParser(prog="demo.agencies", description=__doc__)
    parser.add_argument("agency", choices=sorted(AGENCIES))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True, help='JSON: {"secret": "…"} and settings of the agency')
    options = parser.parse_args()
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    config = json.loads(options.config.read_text("utf-8"))
    store = Store(options.store)
    try:
        asyncio.run(serve(AGENCIES[options.agency](store, config), options.port))
    finally:
        store.close()


if __name__ == "__main__":
    main()
