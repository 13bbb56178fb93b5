"""A real HTTP server in the test's own process, that records what it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from adapters.contract import CollectionSpec, FieldBinding, Lookup, Request
from adapters.rest.source import RestSource, create


@dataclass
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Api:
    """``answer`` is what the next requests are answered by."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    sources: list[RestSource] = field(default_factory=list)

    def says(self, document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(
                body=orjson.dumps(document), status=status, headers=headers, content_type="application/json"
            )

        self.answer = answer

    def calls(self, function: Callable[[web.Request, Any], Any]) -> None:
        """``function(request, body)`` gives the document, or a whole response."""

        async def answer(request: web.Request) -> web.StreamResponse:
            raw = await request.read()
            document = function(request, orjson.loads(raw) if raw and request.content_type.endswith("json") else raw)
            if isinstance(document, web.StreamResponse):
                return document
            return web.Response(body=orjson.dumps(document), content_type="application/json")

        self.answer = answer

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]

    def source(
        self,
        *requests: Request,
        fields: Mapping[str, str | FieldBinding] | None = None,
        provides: str = "Permit",
        lookups: Mapping[str, Lookup] | None = None,
        options: Mapping[str, Any] | None = None,
        **collection: Any,
    ) -> RestSource:
        """A source with one collection ``permit``; fields are given as path → column or binding."""
        fields = fields or {"number": "no", "type": "kind"}
        spec = CollectionSpec(
            "FOOD",
            "api",
            "permit",
            provides,
            {
                path: FieldBinding(path, "String", (bound,)) if isinstance(bound, str) else bound
                for path, bound in fields.items()
            },
            requests=requests,
            **collection,
        )
        table = {"kind": "rest", "base_url": self.url, **(options or {})}
        source = create("api", "FOOD", table, [spec], lookups)
        self.sources.append(source)
        return source
