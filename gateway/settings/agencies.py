"""Agency files: `agencies/*.toml`, read strictly into what planning and the adapters work with.

Nothing of the live system is asked here (that is ``check``), and secrets stay references: see ``agency_secrets``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.contract import CollectionSpec, Lookup
from adapters.errors import AgencyFileError, Fault
from adapters.mapping import BUILTIN_CODES
from gateway.settings.agency_bindings import Scope, column_name
from gateway.settings.agency_catalog import TypeCatalog, type_catalog
from gateway.settings.agency_collections import Context, collection, narrowed
from gateway.settings.agency_keys import FILE, FORMAT, HTTP_KINDS, KINDS, LOOKUP, NAME, SQL_KINDS, TERMS
from gateway.settings.agency_reader import Faults, Table
from gateway.settings.agency_requests import json_rows
from gateway.settings.agency_secrets import resolve
from gateway.settings.strict import did_you_mean

__all__ = ["AgencyFile", "Terms", "TypeCatalog", "load_agencies", "resolve", "type_catalog"]

_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Terms:
    """``withhold``: coordinates (``Lookout.reason``) that nobody gets. What holds of one collection, it says itself."""

    withhold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AgencyFile:
    """One agency. ``sources`` are the raw tables, references unresolved, for the factories of their kinds."""

    code: str
    name: Mapping[str, str]
    sources: Mapping[str, Mapping[str, Any]]
    collections: tuple[CollectionSpec, ...]
    lookups: Mapping[str, Lookup]
    terms: Terms
    file: Path


def load_agencies(paths: Sequence[Path], types: TypeCatalog) -> list[AgencyFile]:
    """The agencies of ``paths``, in that order. Raises ``AgencyFileError`` with every fault of every file."""
    found: list[AgencyFile] = []
    faults: list[Fault] = []
    for path in paths:
        here = Faults(str(path))
        agency = _load(path, types, here)
        faults.extend(here.found)
        if agency is None:
            continue
        twin = next((other for other in found if agency.code and other.code == agency.code), None)
        if twin is not None:
            faults.append(Fault(str(path), "code", f"{agency.code} is the code of {twin.file} too"))
        found.append(agency)
    if faults:
        raise AgencyFileError(faults)
    return found


def _load(path: Path, types: TypeCatalog, faults: Faults) -> AgencyFile | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.add("", f"is not TOML: {error}")
        return None
    except OSError as error:
        faults.add("", f"cannot be read: {error.strerror}")
        return None
    table = Table(document, "", faults)
    if type(document.get("format")) is not int or document["format"] != FORMAT:
        faults.add("format", f"must be {FORMAT}: this gateway reads no other format of agency files")
        return None
    if next(iter(document)) != "format":
        faults.add("format", "must be the first key of the file")
    table.only(FILE)
    code = table.text("code", required=True)
    if code and not _CODE.fullmatch(code):
        table.fault("code", "must be an upper-case name, such as TRADE_CONTROLS")
    sources = dict(_sources(table))
    kinds = {name: str(source.get("kind", "")) for name, source in sources.items()}
    codes = _codes(table)
    lookups = _lookups(table, kinds, codes)
    context = Context(code, kinds, Scope(codes, lookups, column_name), types)
    collections = tuple(
        made
        for name, inner in table.tables("collections")
        if _named(inner, name) and (made := collection(inner, name, context)) is not None
    )
    terms, collections = _terms(table, collections, types)
    return AgencyFile(code, _names(table), sources, collections, lookups, terms, path)


def _named(table: Table, name: str) -> bool:
    if not _NAME.fullmatch(name):
        table.fault("", "names are made of letters, digits and _")
    return True


def _names(table: Table) -> dict[str, str]:
    inner = table.table("name", required=True)
    inner.only(NAME)
    return {language: inner.text(language, required="name" in table) for language in NAME}


def _sources(table: Table) -> list[tuple[str, Mapping[str, Any]]]:
    """Kind and time zone; the rest is for the factory of the kind."""
    found = []
    for name, inner in table.tables("sources"):
        _named(inner, name)
        inner.choice("kind", KINDS, required=True)
        zone = inner.text("timezone")
        if zone:
            try:
                ZoneInfo(zone)
            except (KeyError, OSError, ValueError):
                inner.fault("timezone", f"no time zone `{zone}`; use a name such as America/Toronto")
        found.append((name, inner.data))
    if not found:
        table.fault("sources", "missing: where are the agency's systems?")
    return found


def _codes(table: Table) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for name, inner in table.tables("codes"):
        if name in BUILTIN_CODES:
            inner.fault("", "is the name of a built-in code list")
        for code, value in inner.data.items():
            if not isinstance(value, str | bool | int):
                inner.fault(code, "must be a harmonised value")
        found[name] = {code: value for code, value in inner.data.items() if isinstance(value, str | bool | int)}
    return found


def _lookups(table: Table, kinds: Mapping[str, str], codes: Mapping[str, Any]) -> dict[str, Lookup]:
    found: dict[str, Lookup] = {}
    for name, inner in table.tables("lookups"):
        inner.only(LOOKUP)
        if name in codes or name in BUILTIN_CODES:
            inner.fault("", "is the name of another code list")
        source = inner.text("source", required=True)
        kind = kinds.get(source, "")
        if source and source not in kinds:
            inner.fault("source", f"no source `{source}`{did_you_mean(source, kinds)}")
        needed, unfit = ("table", ("get", "rows")) if kind in SQL_KINDS else ("get", ("table",))
        if kind:
            inner.text(needed, required=True)
            for key in unfit:
                if key in inner:
                    inner.fault(key, f"its source is of kind {kind}: use `{needed}`")
        refresh = inner.duration("refresh")
        found[name] = Lookup(
            name=name,
            source=source,
            code=inner.text("code", required=True),
            value=inner.text("value", required=True),
            table=inner.text("table") if kind not in HTTP_KINDS else "",
            get=inner.text("get") if kind not in SQL_KINDS else "",
            rows=json_rows(inner, "rows"),
            refresh=refresh or timedelta(hours=1),
        )
    return found


def _terms(
    table: Table, collections: tuple[CollectionSpec, ...], types: TypeCatalog
) -> tuple[Terms, tuple[CollectionSpec, ...]]:
    inner = table.table("terms")
    inner.only(TERMS)
    withhold = inner.texts("withhold")
    for coordinate in withhold:
        type_name, _, name = coordinate.partition(".")
        shape = types.types.get(type_name)
        if shape is None:
            inner.fault("withhold", f"no type `{type_name}`{did_you_mean(type_name, types.types)}")
        elif name not in shape.names:
            inner.fault("withhold", f"{type_name} has no field `{name}`{did_you_mean(name, shape.names)}")
    by_name = {spec.name: spec for spec in collections}
    seconds = inner.table("cache_seconds")
    for name in seconds.data:
        kept = seconds.integer(name, least=0) or 0
        if name in by_name:
            by_name[name] = replace(by_name[name], cache_seconds=kept)
        else:
            seconds.fault(name, f"no collection `{name}`{did_you_mean(name, by_name)}")
    for what in ("filterable", "orderable"):
        _narrow(inner.table(what), what, by_name)
    return Terms(frozenset(withhold)), tuple(by_name.values())


def _narrow(table: Table, what: str, by_name: dict[str, CollectionSpec]) -> None:
    """Terms per collection, on top of what the collection itself says."""
    for name in table.data:
        spec = by_name.get(name)
        if spec is None:
            table.fault(name, f"no collection `{name}`{did_you_mean(name, by_name)}")
            continue
        bound = [*spec.fields, *(path for part in spec.parts.values() for path in part.fields)]
        paths = narrowed(table, name, bound, spec.children if what == "filterable" else {})
        own: frozenset[str] | None = getattr(spec, what)
        if paths is not None:
            narrow = paths if own is None else own & paths
            by_name[name] = (
                replace(spec, filterable=narrow) if what == "filterable" else replace(spec, orderable=narrow)
            )
