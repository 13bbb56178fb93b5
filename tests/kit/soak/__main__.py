"""`python -m tests.kit.soak`: load, faults, and at the end exit code 1 when anything was wrong."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.kit.soak.run import Result, soak, soaked


async def run(seconds: float, seed: int, directory: Path) -> Result:
    async with soaked(directory) as (border, gateway):
        return await soak(border, gateway, seconds, seed, lambda line: print(line, flush=True))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kit.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1, help="what breaks and what is asked, in which order")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guichet-soak-") as directory:
        result = asyncio.run(run(asked.seconds, asked.seed, Path(directory)))
    print(result.text())
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
