"""The query page: GraphiQL as built by ``web/``, under a policy that lets it load nothing from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Guichet</title></head>
<body><h1>Guichet</h1>
<p>This is a GraphQL endpoint: POST a query here, with a bearer token.</p>
<p>The query page is not built: <code>npm</code> was missing, or failed. Install Node.js with npm, then run
<code>npm --prefix web ci &amp;&amp; npm --prefix web run build</code>, and reload.</p>
</body></html>
"""


def graphiql(_: Request) -> Response:
    """The page itself; it needs no token."""
    try:
        html = (DIST / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        html = MISSING
    return HTMLResponse(html, headers=HEADERS)


class Assets(StaticFiles):
    """``/graphiql/*``. Built files carry a hash in their names, so they may be kept for ever."""

    def __init__(self) -> None:
        super().__init__(directory=DIST, check_dir=False)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        kept = "public, max-age=31536000, immutable" if "/assets/" in scope["path"] else "no-cache"
        response.headers.update({**HEADERS, "Cache-Control": kept})
        return response
