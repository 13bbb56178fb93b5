"""The Node peers: GraphQL Yoga and Mercurius, both with graphql-jit, over the floor's own statements and calls."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench import floor_codes, floor_sources

FOLDER = Path(__file__).with_name("node")
PEERS = ("yoga", "mercurius")
SHOWN = ("graphql-yoga", "mercurius", "graphql-jit", "graphql", "postgres", "undici", "autocannon")
KNOWN_VARIABLE = "GUICHET_BENCH_KNOWN"

_STATEMENTS = ("PORTS", "QUEUE", "ONE", "DECLARATIONS", "ITEMS", "PERMITS", "LONG", "PERMITS_FROM")
_CODES = ("STATUS", "MODE", "DIRECTION", "AGENCY", "TRADE_STATE", "FOOD_STATE", "COUNTRY")


def node() -> str | None:
    """Where Node is, if the peers' packages are installed; `make bench` installs them wherever npm is."""
    return shutil.which("node") if (FOLDER / "node_modules").is_dir() else None


def environment() -> dict[str, str]:
    """What the floor knows, so that a peer cannot know it otherwise."""
    known: dict[str, Any] = {
        "statements": {name: getattr(floor_sources, name) for name in _STATEMENTS},
        "codes": {name: getattr(floor_codes, name) for name in _CODES},
        "zone": floor_codes.ZONE.key,
        "page": floor_sources.FOOD_PAGE,
    }
    return {KNOWN_VARIABLE: json.dumps(known), "NODE_ENV": "production"}


def versions() -> dict[str, str]:
    """Of the packages that are installed, as the lock file has them."""
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    return {name: packages[f"node_modules/{name}"]["version"] for name in SHOWN if f"node_modules/{name}" in packages}


def runtime() -> str:
    """Node's own version."""
    told = subprocess.run([node() or "node", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().removeprefix("v")
