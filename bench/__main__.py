"""`python -m bench`: agencies up, contenders compared, then measured; the table, and `bench/RESULTS.md`."""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvloop
from rich.console import Console

from bench import peers
from bench.agreement import Disagreement, Witness
from bench.floor_sources import LONG_ROWS
from bench.load import Refused, Request, generator
from bench.measure import Rounds
from bench.plot import plot
from bench.processes import CONTENDERS, LEAN, ROOT, STOCK, Contender, contenders, free_port
from bench.profile import Profile, profile, show_profile
from bench.relay import relayed
from bench.report import Results, markdown, show
from bench.requests import STORES, environment, requests_of
from bench.variables import variables
from demo.launcher import DemoError, agencies

QUERIES = ("q1", "q2", "q3", "q4")
VARIANTS = ("", ".bare")
WIDTH = 150
GROWTH = (1, 250, 500, 750, LONG_ROWS)
"""Rows of the lists whose CPU shows how it grows."""

CONFIG = ROOT / "guichet.toml"
PROFILED_A_SECOND = 60
"""Requests of a profile's round, for each of its seconds."""

RESULTS = ROOT / "bench" / "RESULTS.md"


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="guichet bench", description="The gateway beside what could stand there.")
    parser.add_argument("--only", action="append", choices=QUERIES, help="this query; may be repeated")
    parser.add_argument("--against", action="append", choices=CONTENDERS[1:], help="this contender; may be repeated")
    parser.add_argument(
        "--variant", action="append", choices=("client", "bare"), help="with id and __typename, or bare"
    )
    parser.add_argument("--concurrency", action="append", type=int, help="requests in flight; may be repeated (1, 16)")
    parser.add_argument("--scale", default="medium", choices=("small", "medium", "large"))
    parser.add_argument("--dir", type=Path, help="where the demo's data is (.guichet/bench-SCALE)")
    parser.add_argument("--persona", default="developer")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one contender in one round")
    parser.add_argument("--warm", type=int, default=400, help="requests to each contender before a query is measured")
    parser.add_argument("--compared", type=int, default=24, help="answers compared before measuring, a query")
    parser.add_argument(
        "--profile", choices=[query + suffix for query in QUERIES for suffix in VARIANTS], help="what a query spends"
    )
    parser.add_argument("--results", type=Path, help=f"where to write (a whole run: {RESULTS.relative_to(ROOT)})")
    return parser.parse_args(argv)


def directory_of(asked: argparse.Namespace) -> Path:
    found: Path = asked.dir or Path(".guichet") / f"bench-{asked.scale}"
    return found


def chosen_contenders(asked: argparse.Namespace) -> tuple[str, ...]:
    """The gateway first. Without Node there are no Node peers; to ask for one by name is a fault then."""
    if asked.against:
        if peers.node() is None and (missing := sorted(set(asked.against) & set(peers.PEERS))):
            raise DemoError(f"{', '.join(missing)}: npm ci --prefix bench/node has not been run, or Node is not there")
        return ("gateway", *(name for name in CONTENDERS[1:] if name in asked.against))
    return tuple(name for name in CONTENDERS if name not in peers.PEERS or peers.node() is not None)


async def run(asked: argparse.Namespace, console: Console) -> Results:
    """Raises ``DemoError``, ``Disagreement``, ``Refused``."""
    names = chosen_contenders(asked)
    suffixes = [
        suffix for suffix, word in zip(VARIANTS, ("client", "bare"), strict=True) if word in (asked.variant or word)
    ]
    queries = [query + suffix for query in asked.only or QUERIES for suffix in suffixes]
    async with agencies(directory_of(asked), asked.scale, statement_log=False) as demo:
        known = environment(demo)
        sets = await variables(known["CUSTOMS_DSN"])
        used = {query: len(sets[query]) for query in asked.only or QUERIES}
        results = Results(asked.scale, asked.persona, asked.rounds, asked.seconds, used, asked.compared)
        token = demo.keys.token(asked.persona)

        def wire(
            query: str, running: Mapping[str, Contender], count: int | None = None, rows: int | None = None
        ) -> dict[str, list[Request]]:
            chosen = sets[query.partition(".")[0]]
            chosen = chosen[:: max(1, len(chosen) // count)][:count] if count else chosen
            return {name: requests_of(query, one, token, chosen, rows) for name, one in running.items()}

        async with contextlib.AsyncExitStack() as stack:
            relays = {name: await stack.enter_async_context(relayed(known[name])) for name in STORES}
            through = known | {name: relay.dsn for name, relay in relays.items()}
            running = await stack.enter_async_context(contenders(names, through, demo.logs))
            logs = [entry["log"] for entry in demo.info["agencies"].values() if entry["kind"] == "rest"]
            witness = Witness(list(relays.values()), logs, [base64.b64decode(known["GUICHET_KEY"])])
            for query in queries:
                console.print(f"comparing {query}", style="dim")
                await witness.forget()
                counted = await witness.compare(list(running.values()), wire(query, running, asked.compared), query)
                results.asked |= {(query, name): found for name, found in counted.items()}
        async with contenders(names, known, demo.logs) as running, generator() as load:
            results.load = load.name
            rounds = Rounds(load, asked.rounds, asked.seconds, asked.warm)
            for query in queries:
                sent = wire(query, running)
                console.print(f"warming {query}", style="dim")
                await rounds.warmed(list(running.values()), sent)
                for concurrency in asked.concurrency or (1, 16):
                    console.print(f"measuring {query}, {concurrency} in flight", style="dim")
                    results.cells.append(await rounds.measure(list(running.values()), sent, query, concurrency))
            if "q3" in (asked.only or QUERIES):
                few = [one for one in running.values() if one.name not in (*STOCK, LEAN)]
                for rows in GROWTH:
                    console.print(f"measuring a list of {rows}", style="dim")
                    results.growth[rows] = await rounds.measure(few, wire("q3", running, rows=rows), "q3", 1)
            results.memory = {name: one.peak_megabytes() for name, one in running.items()}
    return results


async def profiled(asked: argparse.Namespace) -> Profile:
    """Raises ``DemoError``, ``Refused``."""
    async with agencies(directory_of(asked), asked.scale, statement_log=False) as demo:
        known = environment(demo)
        sets = (await variables(known["CUSTOMS_DSN"]))[asked.profile.partition(".")[0]]
        port = free_port()
        requests = requests_of(asked.profile, Contender("gateway", port, 0), demo.keys.token(asked.persona), sets)
        amount = max(1, round(asked.seconds * PROFILED_A_SECOND))
        with (demo.logs / "bench-profile.log").open("w") as log, contextlib.redirect_stderr(log):
            return await profile(CONFIG, {**os.environ, **known}, port, requests, asked.rounds, amount)


def main(argv: Sequence[str] | None = None) -> int:
    asked = options(argv)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)  # nothing to fit into
    try:
        if asked.profile:
            found = uvloop.run(profiled(asked))
            show_profile(found, asked.profile, console)
            return 0
        results = uvloop.run(run(asked, console))
    except (DemoError, Disagreement, Refused) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    show(results, console)
    whole = not any((asked.only, asked.against, asked.variant, asked.concurrency))
    if file := asked.results or (RESULTS if whole else None):
        picture = file.with_suffix(".png")
        drawn = plot(results, picture)
        file.write_text(markdown(results, picture.name if drawn else None))
        console.print(f"written: {file}" + ("" if drawn else " (no matplotlib: no plot)"), highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
