"""Log lines are JSON, and tracebacks hold no local variables."""

from __future__ import annotations

import json
import subprocess
import sys

from gateway.telemetry import request_line

SCRIPT = """
import logging, structlog
from gateway import telemetry
telemetry.configure("info")
log = structlog.get_logger("x")
def fail():
    token = "hunter" + "2"
    raise RuntimeError("boom")
log.info("first", agency="FOOD")
log.debug("too fine")
try:
    fail()
except RuntimeError:
    log.exception("second", request_id="r1")
logging.getLogger("uvicorn.access").info("GET /graphql?query=hunter2")
logging.getLogger("uvicorn.error").warning("third")
"""


def test_lines_are_json_without_locals() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["first", "second", "third"]
    assert lines[0]["agency"] == "FOOD"
    assert lines[1]["exception"][0]["exc_type"] == "RuntimeError"
    assert "hunter2" not in done.stderr
    assert all({"level", "timestamp"} <= line.keys() for line in lines)


def test_a_request_line_lets_only_listed_names_through() -> None:
    line = request_line(
        request_id="r", principal=None, about={"rows": 3, "variables": {"a": 1}}, status=200, milliseconds=1.234
    )
    assert line == {"request_id": "r", "status": 200, "outcome": "OK", "milliseconds": 1.23, "rows": 3}
