"""How others reach the agencies: fault proxies before the databases, the HTTP agencies' own processes."""

import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

from demo import seeding
from demo.ports import HOST
from demo.postgres import OWNER, READER, Server
from demo.proxy import Proxy, serve_control
from demo.running import HTTP_AGENCIES, Demo, together
from demo.statements import Follower
from demo.supervisor import Command, write_atomically


async def open_proxies(
    demo: Demo, servers: Mapping[str, Server], stack: contextlib.AsyncExitStack, *, statement_log: bool
) -> None:
    """Fault proxies, their control endpoint and the statement logs, until `stack` closes."""
    proxies: list[Proxy] = []
    logs: dict[Path, Path] = {}
    for name, server in servers.items():
        front = demo.ports[f"{name}-proxy"]
        statements = demo.logs / f"{name}.statements.jsonl"
        demo.info["agencies"][name] = {
            "kind": "postgres",
            "pid": server.pid,
            "dsn": server.dsn(READER, front),
            "store": server.dsn(OWNER),
            "control": f"http://{HOST}:{demo.ports['control']}/{name}/_control",
            "statement_log": str(statements),
        }
        statements.unlink(missing_ok=True)
        if statement_log:
            logs[server.server_log] = statements
        proxies.append(Proxy(name, front, server.port, _restarter(demo, server)))
    for proxy in proxies:
        await proxy.start()
        stack.push_async_callback(proxy.close)
    runner = await serve_control(demo.ports["control"], proxies)
    stack.push_async_callback(runner.cleanup)
    follower = Follower(logs, READER)
    follower.start()
    stack.push_async_callback(follower.close)


def _restarter(demo: Demo, server: Server) -> Callable[[], Awaitable[None]]:
    async def restart() -> None:
        await server.restart()
        demo.info["agencies"][server.name]["pid"] = server.pid
        demo.publish()

    return restart


async def start_http_agencies(demo: Demo, wanted: Collection[str]) -> None:
    """Starts the HTTP agencies as processes and waits until they answer."""
    names = [name for name in HTTP_AGENCIES if name in wanted]
    for name in names:
        settings = demo.directory / "keys" / f"{name}.json"
        write_atomically(settings, json.dumps({"secret": getattr(demo.keys.secrets, name)}))
        argv = [sys.executable, "-m", "demo.agencies", name, "--port", str(demo.ports[name])]
        argv += ["--store", str(demo.store(name)), "--config", str(settings)]
        environment = seeding.python_environment()
        pid = demo.supervisor.start(Command(name, argv, demo.logs / f"{name}.log", environment))
        url = f"http://{HOST}:{demo.ports[name]}"
        demo.info["agencies"][name] = {
            "kind": "rest",
            "pid": pid,
            "url": url,
            "control": f"{url}/_control",
            "log": f"{url}/_log",
            "store": str(demo.store(name)),
            **({"token_url": f"{url}/oauth/token"} if name == "revenue" else {}),
        }
    await together(*(demo.answers(name, demo.info["agencies"][name]["log"]) for name in names))
