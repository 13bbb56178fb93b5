"""TCP ports on 127.0.0.1: chosen once per demo directory, kept while they are free."""

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from demo.supervisor import write_atomically

HOST = "127.0.0.1"
# Below the ports that Linux gives to outgoing connections: one of those must not take ours between two runs.
_RANGE = range(20_000, 32_000)


def free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose(names: Iterable[str], file: Path) -> dict[str, int]:
    """A free port for each name; what `file` remembers first. Rewrites `file`."""
    try:
        remembered = {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        remembered = {}
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        while port not in _RANGE or port in chosen.values() or not free(port):
            port = random.choice(_RANGE)  # not a secret
        chosen[name] = port
    write_atomically(file, json.dumps(remembered | chosen, indent=1))
    return chosen
