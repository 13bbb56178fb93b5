"""What ``guichet check`` gathers: what each source says of itself, what agencies' keys say of each other, and what of
the schema nobody can serve. Findings come with the file that they are about."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from adapters.contract import FetchCall, FetchSpec, Finding, Source
from adapters.errors import SourceError, Unsupported
from gateway.app import Built
from gateway.planning.serving import unserved
from gateway.planning.shared_keys import SharedKey, shared_keys

SECONDS = 60.0
KEYS = 200
"""Keys looked up for each collection that lists none itself."""

Found = list[tuple[str, Finding]]


async def findings(built: Built) -> Found:
    """All of it. A source that fails is one finding."""
    files = {agency.code: str(agency.file) for agency in built.agencies}
    sources = list(built.sources.values())
    try:
        told = await asyncio.gather(*(_ask(source) for source in sources))
        keys = list(shared_keys(built.engine.planner.catalog))
        shared = await asyncio.gather(*(shared_findings(key) for key in keys))
    finally:
        await asyncio.gather(*(source.close() for source in sources), return_exceptions=True)
    found = [(files[source.agency], one) for source, many in zip(sources, told, strict=True) for one in many]
    found += [(files[key.owner.agency], one) for key, many in zip(keys, shared, strict=True) for one in many]
    return found + unserved_of(built)


def unserved_of(built: Built) -> Found:
    """Needs no agency to answer."""
    files = {agency.code: str(agency.file) for agency in built.agencies} | {"": str(built.settings.file)}
    return [(files[agency], note) for agency, note in unserved(built.schema._schema, built.engine.planner.catalog)]


async def _ask(source: Source) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(SECONDS):
            await source.start()
            return await source.check()
    except TimeoutError:
        return [Finding(f"sources.{source.name}", f"no answer within {SECONDS:.0f} s")]
    except Exception as error:  # the operator's own terminal: what went wrong is what they want to read
        return [Finding(f"sources.{source.name}", f"{type(error).__name__}: {' '.join(str(error).split())}")]


async def shared_findings(key: SharedKey) -> Sequence[Finding]:
    """What is wrong with an agency's answers for keys that another one names. One that fails has said so itself."""
    owner, giver, of = key.owner, key.giver, ", ".join(key.owner.key)
    try:
        async with asyncio.timeout(SECONDS):
            listed = giver.source.prepare(FetchSpec(giver.spec.name, key.paths, limit=True))
            rows = await listed.run(FetchCall(limit=KEYS))
            keys = [one for one in dict.fromkeys(zip(*rows.columns, strict=True)) if None not in one]
            looked_up = owner.source.prepare(FetchSpec(owner.spec.name, owner.key, keys=owner.key))
            answer = await looked_up.run(FetchCall(keys=keys))
    except (SourceError, Unsupported, TimeoutError):
        return []
    counts = Counter(zip(*answer.columns, strict=True))
    at = f"collections.{owner.spec.name}.requests"
    if keys and not counts:
        return [Finding(at, f"none of {len(keys)} keys ({of}) that {giver.id} names is found", note=True)]
    twice = sum(count > 1 for count in counts.values())
    return [Finding(at, f"{twice} of {len(counts)} keys ({of}) have more than one row")] if twice else []
