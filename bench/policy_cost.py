"""What a row rule costs: `python -m bench.policy_cost`.

The same rows of one port are asked as `officer-vancouver`, whose role narrows rows and fields, and under a role
`everything`, made for this alone, which narrows nothing; both of one gateway process, in turn, round by round. Fails
when the officer's CPU per request is more than 1.10 of the other's in the median round.
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
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.agreement import Disagreement, difference
from bench.load import Refused, Request, answers, generator
from bench.measure import Rounds
from bench.processes import ROOT, Contender, contenders
from bench.report import cpu, spread
from bench.requests import environment
from bench.variables import variables
from demo.installation import discard
from demo.launcher import DemoError, agencies
from gateway.policy.coordinates import object_types
from resolvers.schema import schema

OFFICER, EVERYTHING, PORT = "officer-vancouver", "everything", "CAVAN"
MOST = 1.10
QUERIES = ("q1", "q2")
SETS = 40
WARM = 400
HEAD = "| query | in flight | everything, CPU ms | officer, CPU ms | ratio (spread) |"


def everything(policy: Path, into: Path) -> None:
    """The deployment's policy with one role more, that sees every field of every row."""
    shutil.copytree(policy, into, dirs_exist_ok=True)
    developer = tomllib.loads((policy / "roles.toml").read_text())["roles"]["developer"]
    fields = {name: list(object_types(schema._schema)[name].fields) for name in developer["types"]}
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


async def run(options: argparse.Namespace, policy: Path) -> float:
    """The greatest median ratio. Raises ``DemoError``, ``Disagreement``, ``Refused``."""
    worst = 0.0
    async with agencies(options.dir, options.scale, statement_log=False) as demo:
        known = environment(demo) | {"GUICHET_POLICY": str(policy)}
        pages = [one for one in (await variables(known["CUSTOMS_DSN"]))["q1"] if one["port"] == PORT][:SETS]
        tokens = {
            EVERYTHING: demo.keys.token("developer", sub=EVERYTHING, roles=[EVERYTHING]),
            OFFICER: demo.keys.token(OFFICER),
        }
        async with contenders(("gateway",), known, demo.logs) as running, generator() as made:
            gateway = running["gateway"]
            callers = [replace(gateway, name=name) for name in tokens]
            rounds = Rounds(made, options.rounds, options.seconds, WARM)
            sets: Sequence[Mapping[str, Any]] = pages
            print(f"{options.scale}, {len(pages)} pages of {PORT}, {options.rounds} rounds of {options.seconds:g} s")
            print(f"\n{HEAD}\n|---|---:|---:|---:|---:|")
            for query in QUERIES:
                requests = {name: asked(query, sets, token) for name, token in tokens.items()}
                data = await agreed(gateway, requests, query)
                await rounds.warmed(callers, requests)
                for concurrency in options.concurrency or (1, 16):
                    cell = await rounds.measure(callers, requests, query, concurrency)
                    ratio = cell.ratio(OFFICER, EVERYTHING, cpu)
                    worst = max(worst, ratio[0])
                    middle = [f"{cell.middle(name, cpu):.2f}" for name in tokens]
                    print(f"| {query} | {concurrency} | {' | '.join(middle)} | {spread(*ratio)} |", flush=True)
                if query == "q1":
                    found = dict.fromkeys(node["ccn"] for page in data for node in page["shipments"]["nodes"])
                    sets = [{"ccn": ccn} for ccn in list(found)[:: max(1, len(found) // 240)]]
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.policy_cost")
    parser.add_argument("--scale", default="medium", choices=("small", "medium", "large"))
    parser.add_argument("--dir", type=Path, help="where the demo's data is, which then stays (made and removed)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one caller in one round")
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
