"""The tables of the world against the agency files that describe them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.world.tables import POSTGRES


def _bound(entry: object) -> Iterator[str]:
    """Columns that the fields of an agency file read."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, list):
        for column in entry:
            yield from _bound(column)
    elif isinstance(entry, dict) and "from" in entry:
        yield from _bound(entry["from"])


def _flat(fields: dict[str, object]) -> Iterator[object]:
    for entry in fields.values():
        nested = isinstance(entry, dict) and not {"from", "const", "codes"} & set(entry)
        yield from _flat(entry) if nested and isinstance(entry, dict) else [entry]


@pytest.mark.parametrize("agency", sorted(POSTGRES))
def test_tables_are_as_the_agency_file_says(agency: str) -> None:
    """Every table and column that the agency's file names is there."""
    spec = tomllib.loads((Path(__file__).parents[3] / "agencies" / f"{agency}.toml").read_text("utf-8"))

    def check(part: dict[str, Any], outer: str) -> None:
        table = part.get("table", outer)
        known = {*POSTGRES[agency][table]}
        named = {column for entry in _flat(part.get("fields", {})) for column in _bound(entry)}
        named |= {*part.get("where", {}), *part.get("except", {}), *part.get("order", []), *part.get("newest", [])}
        named |= {*part.get("on", {})} | ({part["value"]} if "value" in part else set())
        assert named <= known, f"{table}: {named - known}"
        if outer:
            assert {*part.get("on", {}).values()} <= {*POSTGRES[agency][outer]}
        for inner in (*part.get("parts", {}).values(), *part.get("children", {}).values()):
            check(inner, table)

    for collection in spec["collections"].values():
        check(collection, "")
    for lookup in spec.get("lookups", {}).values():
        assert {lookup["code"], lookup["value"]} <= {*POSTGRES[agency][lookup["table"]]}
