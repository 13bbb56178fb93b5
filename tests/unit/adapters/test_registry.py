"""Kinds of sources and their factories."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from adapters import registry
from adapters.contract import CollectionSpec, Lookup
from adapters.errors import AgencyFileError


def test_an_unknown_kind_is_a_fault_of_the_agency_file() -> None:
    with pytest.raises(AgencyFileError, match=r"sources\.db\.kind.*'oracle'.*postgres, rest"):
        registry.create("db", "TEST", {"kind": "oracle"}, [], {})


def test_a_source_gets_its_own_collections_and_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def create(
        name: str,
        agency: str,
        table: Mapping[str, Any],
        collections: Sequence[CollectionSpec],
        lookups: Mapping[str, Lookup],
    ) -> object:
        given.append((name, agency, table["kind"], [spec.name for spec in collections], list(lookups)))
        return SimpleNamespace(name=name, agency=agency)

    monkeypatch.setattr(registry, "import_module", lambda name: SimpleNamespace(create=create))
    specs = [CollectionSpec("A", source, name, "Hold", {}) for source, name in (("db", "x"), ("api", "y"))]
    lookups = {name: Lookup(name, name, "c", "v") for name in ("db", "api")}
    made = registry.create("db", "A", {"kind": "postgres", "coalesce_ms": 3}, specs, lookups)
    assert (made.name, made.agency) == ("db", "A")
    assert given == [("db", "A", "postgres", ["x"], ["db"])]


@pytest.mark.parametrize("wrong", [{"coalesce_ms": -1}, {"resilience": {"attempts": 0}}, {"resilience": {"x": 1}}])
def test_options_of_every_kind_are_faults_of_the_agency_file_too(wrong: dict[str, Any]) -> None:
    with pytest.raises(AgencyFileError, match=r"sources\.db"):
        registry.create("db", "TEST", {"kind": "rest", **wrong}, [], {})


def test_no_adapter_is_imported_before_it_is_needed() -> None:
    code = "import sys, adapters.registry; sys.exit(any(m.startswith('adapters.postgres') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
