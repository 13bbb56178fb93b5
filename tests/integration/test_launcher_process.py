"""`guichet demo` as a process: its gateway, its generator, and a second one beside it."""
# ruff: noqa: ASYNC240 - nobody else waits for this loop

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from demo.installation import discard
from demo.launcher import agencies
from demo.supervisor import command_line, until
from tests.kit.launching import ONLY, Launch, Launcher, eventually_none

# -- the gateway, played by a program that answers /readyz after a while and writes down how it was run

GATEWAY = """#!{python}
import http.server, json, os, signal, sys, threading, time
begun = time.monotonic()
place = os.environ["GUICHET_DEMO_DIR"]
json.dump({{"argv": sys.argv[1:], "env": dict(os.environ)}}, open(place + "/seen.json", "w"))
def end(*_):
    open(place + "/ended", "w").write(str(os.path.exists(place + "/run/postgres-customs.json")))
    os._exit(0)
signal.signal(signal.SIGTERM, end)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            print("boom: out of luck", flush=True)
            os._exit(3)
        self.send_response(200 if time.monotonic() > begun + 0.3 else 503)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    script = tmp_path / "guichet"
    script.write_text(GATEWAY.format(python=sys.executable))
    script.chmod(0o755)
    return script


@pytest.fixture
def in_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guichet.toml").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_checkout")
async def test_the_gateway_is_started_last_and_ended_first(home: Path, launch: Launch, fake: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    launcher = launch(port, fake)
    assert await launcher.ready() == f"Guichet is ready: http://127.0.0.1:{port}/graphql\n"
    info = json.loads((home / "demo.json").read_text())
    assert info["gateway"]["url"] == f"http://127.0.0.1:{port}/graphql"
    assert info["gateway"]["admin"].startswith("http://127.0.0.1:")
    assert str(fake) in command_line(info["gateway"]["pid"])
    seen = json.loads((home / "seen.json").read_text())
    assert seen["argv"] == ["serve", "--config", str(fake.parent / "guichet.toml"), "--port", str(port)]
    assert seen["env"]["CUSTOMS_DSN"] == info["agencies"]["customs"]["dsn"]
    assert seen["env"]["GUICHET_STATE_DSN"] == info["state"]["dsn"]
    assert seen["env"]["GUICHET_DEMO_DIR"] == str(home.resolve())
    assert Path(seen["env"]["GUICHET_IDENTITY_JWKS_FILE"]).exists()
    assert len(base64.b64decode(seen["env"]["GUICHET_KEY"])) == 32
    code, errors = await launcher.end(signal.SIGTERM)
    assert (code, "Traceback" in errors) == (0, False)
    assert (home / "ended").read_text() == "True"
    await eventually_none(home, 0)


@pytest.mark.usefixtures("in_checkout")
async def test_a_gateway_that_ends_ends_the_demo(home: Path, launch: Launch, fake: Path) -> None:
    launcher = launch(0, fake)
    url = (await launcher.ready()).split()[-1]
    async with aiohttp.ClientSession() as session:
        with contextlib.suppress(aiohttp.ClientError):
            await session.get(url.replace("/graphql", "/die"))
    code, errors = await launcher.end()
    assert code == 1
    assert "guichet demo: gateway: ended with 3: boom: out of luck" in errors
    assert "Traceback" not in errors
    await eventually_none(home, 0)


@pytest.mark.usefixtures("in_checkout")
async def test_a_port_in_use_is_told_before_anything_starts(home: Path, launch: Launch, fake: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        launcher = launch(squatter.getsockname()[1], fake)
        code, errors = await launcher.end()
    assert code == 1
    assert "in use; choose another with --port" in errors
    assert errors.count("\n") == 1


def members(group: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, pgrp, *_ = stat.read_text().rpartition(")")[2].split()
            if int(pgrp) == group and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_a_generator_with_workers_ends_with_its_launcher(tmp_path: Path, sign: signal.Signals) -> None:
    launcher = Launcher(tmp_path, 0, None, scale="medium")
    record = tmp_path / "run" / "seeding.json"
    try:
        assert await until(record.exists, 30)
        group = json.loads(record.read_text())["pid"]
        assert await until(lambda: len(members(group)) >= 3, 30)
        await launcher.end(sign)
        assert await until(lambda: not members(group), 5)
        await eventually_none(tmp_path)
        assert not (tmp_path / "world-stamp.json").exists()
    finally:
        if launcher.process.returncode is None:
            await launcher.end(signal.SIGTERM)
        discard(tmp_path)


async def test_a_second_launcher_is_refused_in_one_line(home: Path, launch: Launch) -> None:
    async with agencies(home, only=ONLY):
        second = launch()
        code, errors = await second.end()
        assert code == 1
        assert f"in use by another guichet demo (pid {os.getpid()})" in errors
        assert "Traceback" not in errors
