"""Starts and stops the demo's processes and leaves none behind, even when it was killed itself.

Three defences, because `kill -9` cannot be caught: on Linux every child asks the kernel for a signal when its parent
dies; every child has a record in `<run>/<name>.json`; and the next start on the same directory ends what the records
still name. A record holds the start time beside the pid, so a recycled pid is never taken for ours.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import json
import math
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

POLL = 0.02
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class SupervisorError(Exception):
    """A process could not be started or ended early; the text is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user a child becomes."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Command:
    """One child: what to run and how to end it.

    `env` is the whole environment. `ask` requests an orderly end; after `grace` seconds the process group is killed.
    `output` receives standard output and error, appended.
    """

    name: str
    argv: Sequence[str]
    output: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    ask: signal.Signals = signal.SIGTERM
    grace: float = 10.0


def identity(pid: int) -> str | None:
    """A text that is this process's alone for as long as the machine is up; None when it has ended."""
    if pid <= 0:
        return None
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        state, *rest = stat.rpartition(")")[2].split()
        return None if state in "ZX" else f"{boot}:{rest[18]}"
    state, _, started = _ps("stat=,lstart=", pid).partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def command_line(pid: int) -> list[str]:
    """The arguments a living process was started with; empty when it has ended or may not be seen."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except OSError:
            return []
    return _ps("command=", pid).split()


def _ps(columns: str, pid: int) -> str:
    argv = ["/bin/ps", "-o", columns, "-p", str(pid)]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - fixed words


async def until(condition: Callable[[], bool], patience: float, poll: float = POLL) -> bool:
    """Waits for a condition outside this process; False when `patience` seconds did not suffice."""
    deadline = time.monotonic() + patience
    while not (met := condition()) and time.monotonic() < deadline:  # noqa: ASYNC110 - nothing signals it
        await asyncio.sleep(poll)
    return met


async def end(pid: int, known: str, ask: signal.Signals, grace: float) -> None:
    """Ends a process that is not our child: asks, waits `grace` seconds, kills. Never touches a recycled pid."""
    for sign, patience in ((ask, grace), (signal.SIGKILL, 5.0)):
        if identity(pid) != known:
            return
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        await until(lambda: identity(pid) != known, patience)


def _signalled_when_parent_dies(sign: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def set_up() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
            # The parent may have died before the request was made.
            if os.getppid() != parent:
                os._exit(1)

    return set_up


class Supervisor:
    """The processes of one demo directory; at most one supervisor holds a directory at a time."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._children: dict[str, tuple[subprocess.Popen[bytes], Command]] = {}
        self._lock: int | None = None

    def acquire(self) -> None:
        """Takes the directory for this process; SupervisorError when a living launcher has it."""
        self._run.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(lock, 32).decode(errors="replace").strip()
            os.close(lock)
            raise SupervisorError(f"{self._run.parent}: in use by another guichet demo (pid {holder or '?'})") from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def sweep(self) -> list[str]:
        """Ends every recorded process that still lives, all at once; the names of those that did."""
        found: list[str] = []
        ends: list[asyncio.Task[None]] = []
        for record in sorted(self._run.glob("*.json")):
            try:
                entry = json.loads(record.read_text())
                pid, known = int(entry["pid"]), str(entry["identity"])
                ask, grace = signal.Signals(entry["ask"]), float(entry["grace"])
            except (ValueError, KeyError, TypeError):
                record.unlink()  # torn by a crash of the machine: nothing in it can still live
                continue
            if identity(pid) == known:
                found.append(record.stem)
                ends.append(asyncio.create_task(end(pid, known, ask, grace)))
        await asyncio.gather(*ends)
        for record in self._run.glob("*.json"):
            record.unlink()
        return found

    def start(self, command: Command) -> int:
        """Starts a child and records it; its pid. OSError text becomes SupervisorError."""
        if self.running(command.name):
            raise SupervisorError(f"{command.name}: already running")
        command.output.parent.mkdir(parents=True, exist_ok=True)
        as_other = command.account is not None and command.account.uid != os.geteuid()
        account = command.account if as_other else None
        with command.output.open("ab") as output, warnings.catch_warnings():
            # From 3.12 on a fork beside threads warns; what runs before exec here takes no lock.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                child = subprocess.Popen(  # noqa: S603 - the launcher's own commands
                    list(command.argv),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(command.env),
                    cwd=command.cwd,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                    # Ctrl-C must reach the launcher only, which then ends everything in order.
                    start_new_session=True,
                    preexec_fn=_signalled_when_parent_dies(command.ask),
                )
            except (OSError, subprocess.SubprocessError) as failure:
                raise SupervisorError(f"{command.name}: cannot start {command.argv[0]}: {failure}") from failure
        self._children[command.name] = (child, command)
        self._record(child.pid, command)
        return child.pid

    def running(self, name: str) -> bool:
        return name in self._children and self._alive(self._children[name][0])

    def pid(self, name: str) -> int:
        """The pid of a child started here; KeyError when there is none of that name."""
        return self._children[name][0].pid

    async def ended(self, name: str, poll: float = POLL) -> int:
        """Waits for a child to end by itself; its return code (negative: the signal)."""
        child, command = self._children[name]
        await until(lambda: not self._alive(child), math.inf, poll)
        return self._reap(child, command)

    async def finish(self, command: Command) -> None:
        """Runs a child to its end; SupervisorError with its last line of output when it fails. Cancelling ends it."""
        self.start(command)
        try:
            code = await self.ended(command.name)
        except asyncio.CancelledError:
            await self.stop(command.name)
            raise
        if code:
            raise SupervisorError(f"{command.name}: ended with {code}: {last_line(command.output)}")

    async def stop(self, name: str) -> None:
        """Ends a child in order, or by force after its grace; nothing when there is none of that name."""
        if name not in self._children:
            return
        child, command = self._children[name]
        if self._alive(child):
            child.send_signal(command.ask)
            await until(lambda: not self._alive(child), command.grace)
        self._reap(child, command)

    async def stop_all(self) -> None:
        """Ends every child, all at once."""
        await asyncio.gather(*(self.stop(name) for name in list(self._children)))

    @staticmethod
    def _alive(child: subprocess.Popen[bytes]) -> bool:
        # Not poll(): that reaps, and the pid must stay taken until its group is known to be gone.
        return child.returncode is None and identity(child.pid) is not None

    def _reap(self, child: subprocess.Popen[bytes], command: Command) -> int:
        if child.returncode is None:
            # Members of its group (workers) may outlive it, and it may have ignored the request.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        code = child.wait()
        self._children.pop(command.name, None)
        (self._run / f"{command.name}.json").unlink(missing_ok=True)
        return code

    def _record(self, pid: int, command: Command) -> None:
        known = identity(pid)
        if known is None:
            return
        entry = {"pid": pid, "identity": known, "ask": int(command.ask), "grace": command.grace}
        write_atomically(self._run / f"{command.name}.json", json.dumps(entry))


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Writes a file so that readers see the old text or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
        out.write(text)
    temporary.replace(path)


def last_line(path: Path) -> str:
    """The last line with text in a log file, for an error message."""
    try:
        lines = path.read_text(errors="replace").split("\n")
    except OSError:
        return "no output"
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
