"""Children are started, stopped and recorded; none outlives its launcher."""
# ruff: noqa: ASYNC220, ASYNC240 - nobody else waits for this loop

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from demo.supervisor import Command, Supervisor, SupervisorError, identity, until

SLEEP = "import time; time.sleep(600)"
# Starts a worker, tells its pid, and does not listen to SIGTERM.
DEAF = f"""
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "{SLEEP}"]).pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Path]:
    """A directory of process records; whatever a failed test leaves running is ended."""
    directory = tmp_path / "run"
    yield directory
    with contextlib.suppress(FileNotFoundError):
        await Supervisor(directory).sweep()


def python(name: str, code: str, tmp_path: Path, **more: Any) -> Command:
    return Command(name, [sys.executable, "-c", code], tmp_path / f"{name}.log", dict(os.environ), **more)


async def test_a_child_is_started_and_stopped(run: Path, tmp_path: Path) -> None:
    supervisor = Supervisor(run)
    run.mkdir()
    pid = supervisor.start(python("one", SLEEP, tmp_path))
    assert supervisor.running("one")
    assert json.loads((run / "one.json").read_text())["pid"] == pid
    with pytest.raises(SupervisorError, match="already running"):
        supervisor.start(python("one", SLEEP, tmp_path))
    await supervisor.stop("one")
    assert identity(pid) is None
    assert list(run.iterdir()) == []
    await supervisor.stop("one")


async def test_a_deaf_child_and_its_worker_are_killed(run: Path, tmp_path: Path) -> None:
    supervisor = Supervisor(run)
    run.mkdir()
    pid = supervisor.start(python("deaf", DEAF, tmp_path, grace=0.2))
    assert await until(lambda: (tmp_path / "deaf.log").read_text().endswith("\n"), 10)
    worker = int((tmp_path / "deaf.log").read_text())
    assert identity(worker)
    await supervisor.stop_all()
    assert identity(pid) is None
    assert await until(lambda: identity(worker) is None, 5)


async def test_a_failure_is_told_with_the_last_line(run: Path, tmp_path: Path) -> None:
    supervisor = Supervisor(run)
    run.mkdir()
    with pytest.raises(SupervisorError, match=r"bad: ended with 1: ValueError: too bad"):
        await supervisor.finish(python("bad", "raise ValueError('too bad')", tmp_path))
    with pytest.raises(SupervisorError, match="absent: cannot start /no/such"):
        supervisor.start(Command("absent", ["/no/such"], tmp_path / "log"))
    assert list(run.iterdir()) == []


async def test_cancelling_ends_the_child(run: Path, tmp_path: Path) -> None:
    supervisor = Supervisor(run)
    run.mkdir()
    task = asyncio.create_task(supervisor.finish(python("long", SLEEP, tmp_path)))
    await asyncio.sleep(0.1)
    pid = supervisor.pid("long")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert identity(pid) is None


async def test_a_sweep_ends_what_a_dead_launcher_left(run: Path, tmp_path: Path) -> None:
    forgotten = Supervisor(run)
    run.mkdir()
    pid = forgotten.start(python("left", SLEEP, tmp_path))
    (run / "torn.json").write_text('{"pid": 12')
    child = forgotten._children["left"][0]
    sweep = asyncio.create_task(Supervisor(run).sweep())
    await asyncio.to_thread(child.wait, 10)  # a zombie of ours otherwise
    assert await sweep == ["left"]
    assert identity(pid) is None
    assert list(run.iterdir()) == []


async def test_a_recycled_pid_is_left_alone(run: Path, tmp_path: Path) -> None:
    run.mkdir()
    stranger = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        entry = {"pid": stranger.pid, "identity": "of another start", "ask": 15, "grace": 1}
        (run / "one.json").write_text(json.dumps(entry))
        assert await Supervisor(run).sweep() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_directory_has_one_launcher(run: Path) -> None:
    first, second = Supervisor(run), Supervisor(run)
    first.acquire()
    with pytest.raises(SupervisorError, match=f"in use by another guichet demo .pid {os.getpid()}"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
async def test_children_die_with_a_killed_launcher(run: Path, tmp_path: Path) -> None:
    run.mkdir()
    code = (
        "import sys, time, os; from pathlib import Path; from demo.supervisor import *; run = Path(sys.argv[1]);"
        f"s = Supervisor(run); print(s.start(Command('c', [sys.executable, '-c', {SLEEP!r}], run / 'log',"
        " dict(os.environ))), flush=True); time.sleep(600)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", code, str(run)], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    pid = int(launcher.stdout.readline())
    assert identity(pid)
    launcher.kill()
    launcher.communicate()
    assert await until(lambda: identity(pid) is None, 5)
