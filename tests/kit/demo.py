"""The demo as a user starts it: the command in a process of its own, its ready line, its ``demo.json``."""

from __future__ import annotations

import contextlib
import json
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx

from demo.installation import discard
from tests.kit.places import ROOT

READY = "Guichet is ready: "
START_SECONDS = 180.0
STOP_SECONDS = 60.0
GUICHET = Path(sys.executable).with_name("guichet")


class RunningDemo(dict[str, Any]):
    """``demo.json``, and who may ask."""

    def __init__(self, directory: Path, info: dict[str, Any]) -> None:
        super().__init__(info)
        self.directory = directory
        self._tokens: dict[str, str] = {}
        self._client = httpx.Client(timeout=60)

    @property
    def url(self) -> str:
        return cast(str, self["gateway"]["url"])

    def at(self, path: str) -> str:
        """Another path of the gateway: ``/healthz``."""
        return self.url.removesuffix("/graphql") + path

    def token(self, persona: str) -> str:
        """A persona's token, as the query page gets it."""
        if persona not in self._tokens:
            answer = httpx.post(self.at("/demo/token"), json={"persona": persona}, timeout=30)
            self._tokens[persona] = answer.raise_for_status().json()["token"]
        return self._tokens[persona]

    def headers(self, persona: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(persona)}"}

    def ask(self, persona: str, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The response body of one operation, whatever its status."""
        return cast(dict[str, Any], self.post(self.token(persona), query, variables, **headers).json())

    def post(
        self, token: str | None, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """One operation with any token, or none."""
        bearer = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return self._client.post(
            self.url, json={"query": query, "variables": variables or {}}, headers={**bearer, **headers}
        )

    def read(self, path: str, persona: str, **parameters: str) -> httpx.Response:
        """A path of the gateway by GET."""
        return self._client.get(self.at(path), params=parameters, headers=self.headers(persona))

    def fault(self, agency: str, **faults: Any) -> None:
        """Replaces all faults of an agency; none heals it."""
        self._client.post(self["agencies"][agency]["control"], json=faults).raise_for_status()

    def pid(self, agency: str) -> int:
        """The agency's process as it is now: a restarted server is another one."""
        return cast(int, json.loads((self.directory / "demo.json").read_text())["agencies"][agency]["pid"])

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def running(directory: Path, scale: str = "small") -> Iterator[RunningDemo]:
    """Started and ready; stopped by SIGTERM, which it must survive cleanly; then its databases go."""
    output = (directory / "output.log").open("w+b")
    command = [str(GUICHET), "demo", "--port", "0", "--dir", str(directory), "--scale", scale]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=output)
    try:
        _await_ready(process, output.name)
        with contextlib.closing(RunningDemo(directory, json.loads((directory / "demo.json").read_text()))) as started:
            yield started
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
            output.close()
            discard(directory)
    assert code == 0, f"guichet demo ended with {code}"


def _await_ready(process: subprocess.Popen[bytes], log: str) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    seen = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if selector.select(0.5):
                chunk = process.stdout.read1(65536)  # type: ignore[attr-defined]  # a BufferedReader
                seen += chunk
                if READY.encode() in seen:
                    return
                if not chunk:
                    break
    raise AssertionError(f"the demo did not get ready\n{seen.decode()}\n{Path(log).read_text()}")
