"""What a row rule costs: `python -m bench.policy_cost`.

The same rows of one port are asked as `officer-vancouver`, whose role narrows rows and fields, and under a role
`everything`, made for this alone, which narrows nothing. Both ask one gateway process, by turns, a burst each, so that
what else runs on the machine meets both. Fails when the officer's CPU is more than 1.10 of the other's in the median
round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import uvloop

from bench.agreement import Disagreement, difference
from bench.load import Refused, Request, answers, exchange
from bench.processes import ROOT, Contender, contenders
from bench.report import spread
from bench.requests import environment
from bench.variables import variables
from demo.installation import discard
from demo.launcher import DemoError, agencies
from gateway.policy.coordinates import object_types
from resolvers.schema import master

OFFICER, EVERYTHING, PORT = "officer-vancouver", "everything", "CAVAN"
MOST = 1.10
QUERIES = ("q1", "q2")
PAGES, SHIPMENTS = 40, 160
REST_SECONDS = 0.002
"""What the gateway does after an answer, such as its log line, belongs to whom it answered."""

HEAD = "| query | in flight | everything, CPU ms | officer, CPU ms | ratio (spread) |"


def everything(policy: Path, into: Path) -> None:
    """The deployment's policy with one role more, that sees every field of every row."""
    shutil.copytree(policy, into, dirs_exist_ok=True)
    developer = tomllib.loads((policy / "roles.toml").read_text())["roles"]["developer"]
    fields = {name: list(object_types(master()._schema)[name].fields) for name in developer["types"]}
    lines = [f"[roles.{EVERYTHING}]", f"query = {json.dumps(developer['query'])}", f"[roles.{EVERYTHING}.types]"]
    lines += [f"{name} = {{ fields = {json.dumps(each)} }}" for name, each in fields.items()]
    with (into / "roles.toml").open("a") as file:
        file.write("\n" + "\n".join(lines) + "\n")


def asked(query: str, sets: Sequence[Mapping[str, Any]], token: str) -> list[Request]:
    text = (ROOT / "bench" / "queries" / f"{query}.graphql").read_text()
    return [Request("/graphql", orjson.dumps({"query": text, "variables": one}), token) for one in sets]


async def agreed(contender: Contender, requests: Mapping[str, Sequence[Request]], query: str) -> list[Any]:
    """The data of all answers, which both callers get alike. Raises ``Disagreement``."""
    bodies = [[orjson.loads(body) for body in await answers(contender.port, each)] for each in requests.values()]
    for one, other in zip(*bodies, strict=True):
        if found := difference(one["data"], other["data"]):
            raise Disagreement(f"{query}: {found}")
    return [body["data"] for body in bodies[0]]


async def measured(
    gateway: Contender, requests: Mapping[str, Sequence[Request]], concurrency: int, rounds: int
) -> dict[str, list[float]]:
    """Per caller, milliseconds of CPU a request, one a round. ``concurrency``: requests of a burst."""
    spent: dict[str, list[float]] = {name: [] for name in requests}
    lines = [await asyncio.open_connection("127.0.0.1", gateway.port, limit=1 << 22) for _ in range(concurrency)]
    try:
        for turn in range(rounds + 1):
            used = dict.fromkeys(requests, 0.0)
            count = len(requests[OFFICER])
            for at in range(0, count, concurrency):
                names = list(requests) if (turn + at // concurrency) % 2 else list(requests)[::-1]
                for name in names:
                    burst = [one.wire(gateway.port) for one in requests[name][at : at + concurrency]]
                    before = gateway.cpu_seconds()
                    await asyncio.gather(*(exchange(*line, one) for line, one in zip(lines, burst, strict=False)))
                    await asyncio.sleep(REST_SECONDS)
                    used[name] += gateway.cpu_seconds() - before
            if turn:  # the first only warms up
                for name, seconds in used.items():
                    spent[name].append(seconds * 1000 / count)
    finally:
        for _, writer in lines:
            writer.close()
    return spent


async def run(options: argparse.Namespace, policy: Path) -> float:
    """The greatest median ratio. Raises ``DemoError``, ``Disagreement``, ``Refused``."""
    worst = 0.0
    async with agencies(options.dir, options.scale, statement_log=False) as demo:
        known = environment(demo) | {"GUICHET_POLICY": str(policy)}
        pages = [one for one in (await variables(known["CUSTOMS_DSN"]))["q1"] if one["port"] == PORT][:PAGES]
        tokens = {
            EVERYTHING: demo.keys.token("developer", sub=EVERYTHING, roles=[EVERYTHING]),
            OFFICER: demo.keys.token(OFFICER),
        }
        async with contenders(("gateway",), known, demo.logs) as running:
            gateway = running["gateway"]
            sets: Sequence[Mapping[str, Any]] = pages
            print(f"{options.scale}, {len(pages)} pages of {PORT}, {SHIPMENTS} shipments, {options.rounds} rounds")
            print(f"\n{HEAD}\n|---|---:|---:|---:|---:|")
            for query in QUERIES:
                requests = {name: asked(query, sets, token) for name, token in tokens.items()}
                data = await agreed(gateway, requests, query)
                for concurrency in options.concurrency or (1, 16):
                    spent = await measured(gateway, requests, concurrency, options.rounds)
                    ratios = [one / other for one, other in zip(spent[OFFICER], spent[EVERYTHING], strict=True)]
                    worst = max(worst, median(ratios))
                    middle = " | ".join(f"{median(spent[name]):.2f}" for name in tokens)
                    told = spread(median(ratios), min(ratios), max(ratios))
                    print(f"| {query} | {concurrency} | {middle} | {told} |", flush=True)
                if query == "q1":
                    found = dict.fromkeys(node["ccn"] for page in data for node in page["shipments"]["nodes"])
                    sets = [{"ccn": ccn} for ccn in list(found)[:: max(1, len(found) // SHIPMENTS)]]
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.policy_cost")
    parser.add_argument("--scale", default="medium", choices=("small", "medium", "large"))
    parser.add_argument("--dir", type=Path, help="where the demo's data is, which then stays (made and removed)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--concurrency", action="append", type=int, help="requests in flight; may be repeated (1, 16)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guichet-policy-") as scratch:
        everything(ROOT / "policy", Path(scratch) / "policy")
        made = options.dir is None
        options.dir = options.dir or Path(scratch) / "demo"
        try:
            worst = uvloop.run(run(options, Path(scratch) / "policy"))
        except (DemoError, Disagreement, Refused) as failure:
            print(f"bench: {failure}", file=sys.stderr)
            return 1
        except (KeyboardInterrupt, asyncio.CancelledError):
            return 130
        finally:
            if made:
                discard(options.dir)
    print(f"\n{'passed' if worst <= MOST else 'FAILED'}: {worst:.3f}, at most {MOST:.2f}")
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
