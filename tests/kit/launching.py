"""`guichet demo` as a process of its own, and the processes that it starts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from demo.installation import place
from demo.supervisor import command_line, identity, until

ONLY = ["customs", "traveller"]
"""Agencies enough for tests of how they are started and ended."""


def processes_of(directory: Path) -> list[list[str]]:
    """Command lines that name the directory or its servers' place, this process excepted."""
    marks = (str(directory), str(place(directory)))
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and identity(int(entry.name)):
            line = command_line(int(entry.name))
            if any(mark in word for mark in marks for word in line):
                found.append(line)
    return found


async def eventually_none(directory: Path, seconds: float = 10) -> None:
    await until(lambda: not processes_of(directory), seconds)
    assert processes_of(directory) == []


class Launcher:
    """`guichet demo` as a process: without the gateway, or with a program in its place."""

    def __init__(self, directory: Path, port: int, fake: Path | None, scale: str = "small") -> None:
        call = f"run({port}, {str(directory)!r}, {scale!r}, gateway={fake is not None}, only={ONLY})"
        code = (
            f"from demo import launcher; launcher._guichet = lambda: {str(fake)!r}; raise SystemExit(launcher.{call})"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    async def ready(self) -> str:
        assert self.process.stdout is not None
        return await asyncio.wait_for(asyncio.to_thread(self.process.stdout.readline), 90)

    async def end(self, sign: signal.Signals | None = None) -> tuple[int, str]:
        """Its exit code and standard error, after a signal or by itself."""
        if sign:
            self.process.send_signal(sign)
        _, errors = await asyncio.to_thread(self.process.communicate, timeout=60)
        return self.process.returncode, errors


Launch = Callable[..., Launcher]
