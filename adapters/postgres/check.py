"""What ``guichet check`` asks a PostgreSQL source: the connection, its tables and columns, its code lists.

Findings print names and counts; values only of codes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from adapters.contract import Child, CollectionSpec, FieldBinding, Finding, Lookup
from adapters.errors import SourceError, Unsupported
from adapters.postgres.catalog import COLUMNS_SQL, catalog, quoted
from adapters.postgres.check_collection import collection_findings
from adapters.postgres.check_indexes import index_findings
from adapters.postgres.check_lists import list_findings
from adapters.postgres.checked import Checked
from adapters.postgres.indexes import INDEXES_SQL, Indexes
from adapters.postgres.operands import NAIVE


async def check(source: Checked) -> Sequence[Finding]:
    """Compare the agency file with the live system. A dead source is one finding."""
    try:
        facts = await source.fetch(
            "SELECT current_setting('transaction_read_only'), clock_timestamp(),"
            " has_database_privilege(current_database(), 'CREATE'), current_user::text,"
            " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()),"
            " host(inet_client_addr())",
            (),
            None,
        )
    except SourceError as error:
        return [Finding(f"sources.{source.name}", str(error))]
    return [finding async for finding in _findings(source, facts[0])]


async def _findings(source: Checked, facts: Any) -> AsyncIterator[Finding]:
    read_only, clock, may_create, role, encrypted, client = facts
    here = f"sources.{source.name}"
    if read_only != "on":
        yield Finding(here, "the session is not read-only")
    if not encrypted and leaves(client):
        yield Finding(here, "the connection is not encrypted; give it `tls`", note=True)
    skew = abs((datetime.now(UTC) - clock).total_seconds())
    if skew > 5:
        yield Finding(here, f"its clock is {skew:.0f} s off", note=True)
    names = sorted(source.table_names())
    wanted = (names, [quoted(name) for name in names])
    source.catalog = catalog(await source.fetch(COLUMNS_SQL, wanted, None))
    source.known = True
    writable = await source.fetch(
        "SELECT count(*) FROM unnest($1::text[]) n WHERE to_regclass(n) IS NOT NULL"
        " AND has_table_privilege(to_regclass(n), 'INSERT, UPDATE, DELETE')",
        (wanted[1],),
        None,
    )
    if writable[0][0] or may_create:
        yield Finding(here, f"role {role} can write; give the gateway a role that only reads", note=True)
    indexes = Indexes(await source.fetch(INDEXES_SQL, wanted, None))
    if unzoned := sum(1 for binding, table in _times(source) if _has_no_zone(source, binding, table)):
        problem = f"is not said, and {unzoned} fields hold times without a zone: they are taken for UTC"
        yield Finding(f"{here}.timezone", problem, note=True)
    for lookup in source.lookups.values():
        async for finding in _lookup(source, lookup):
            yield finding
    for spec in source.collections.values():
        missing = list(_missing(source, spec))
        for finding in missing:
            yield finding
        if missing:
            continue
        try:
            async for finding in collection_findings(source, spec, indexes.rows(spec.table)):
                yield finding
            async for finding in list_findings(source, spec):
                yield finding
        except (SourceError, Unsupported) as error:
            yield Finding(f"collections.{spec.name}", str(error))
        for finding in index_findings(spec, source.capabilities.collections[spec.name].orders, indexes):
            yield finding


def leaves(client: str | None) -> bool:
    """Whether the way to the server leaves this machine; ``client``: our address as the server sees it, none for a
    socket."""
    return client is not None and not ip_address(client).is_loopback


def _times(source: Checked) -> Iterator[tuple[FieldBinding, str]]:
    """Bindings of moments, and the tables that they are read from; none when the file says which zone is theirs."""
    if "timezone" in source.settings.model_fields_set:
        return
    for spec in source.collections.values():
        for table, fields in [(spec.table, spec.fields), *((part.table, part.fields) for part in spec.parts.values())]:
            yield from ((binding, table) for binding in fields.values() if binding.type == "DateTime")


def _has_no_zone(source: Checked, binding: FieldBinding, table: str) -> bool:
    kinds = {source.catalog.type_of(table, column).name for column in binding.columns}
    return NAIVE in kinds or "HH" in binding.format


async def _lookup(source: Checked, lookup: Lookup) -> AsyncIterator[Finding]:
    here = f"lookups.{lookup.name}"
    code = quoted(lookup.code)
    # Identifiers of the agency file, quoted.
    text = f"SELECT count(*) FROM (SELECT {code} FROM {quoted(lookup.table)} GROUP BY 1 HAVING count(*) > 1) d"  # noqa: S608
    try:
        [[twice]] = await source.fetch(text, (), None)
    except SourceError as error:
        yield Finding(here, str(error))
        return
    if twice:
        yield Finding(here, f"{twice} codes occur more than once; the first value counts", note=True)


def _missing(source: Checked, spec: CollectionSpec) -> Sequence[Finding]:
    """Tables and columns that are not there, or not readable."""
    found: list[Finding] = []
    here = f"collections.{spec.name}"

    def need(key: str, table: str, columns: Sequence[str]) -> None:
        known = source.catalog.tables.get(table)
        if known is None:
            found.append(Finding(f"{key}.table", f"{table} does not exist, or may not be seen"))
            return
        for column in dict.fromkeys(columns):
            if column not in known:
                found.append(Finding(key, f"{table} has no column {column}"))

    own = [name for binding in spec.fields.values() for name in binding.columns]
    need(here, spec.table, [*own, *spec.where, *spec.unless, *spec.newest])
    for part in spec.parts.values():
        theirs = [name for binding in part.fields.values() for name in binding.columns]
        need(f"{here}.parts.{part.name}", part.table, [*part.on, *part.newest, *theirs])
        need(f"{here}.parts.{part.name}.on", spec.table, list(part.on.values()))
    for child in spec.children.values():
        _missing_child(f"{here}.children.{child.name}", spec.table, child, need)
    if spec.as_of is not None and spec.as_of.table:
        need(f"{here}.as_of", spec.as_of.table, [spec.as_of.column])
    return found


def _missing_child(key: str, above: str, child: Child, need: Any) -> None:
    if not child.table:
        return
    bindings = [child.value] if child.value is not None else list(child.fields.values())
    need(key, child.table, [*child.on, *child.order, *(name for binding in bindings for name in binding.columns)])
    need(f"{key}.on", above, list(child.on.values()))
    for nested in child.children.values():
        _missing_child(f"{key}.children.{nested.name}", child.table, nested, need)
