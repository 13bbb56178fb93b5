"""How contenders of the benchmark's own are served: as `guichet serve` serves, with one worker."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette


def serve(application: Starlette, port: int) -> None:
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
    )
