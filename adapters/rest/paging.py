"""How one read of an endpoint goes on from page to page. Pure: it sees answers, and says what to ask next.

The style follows the placeholder that the request uses: ``{page}``, ``{offset}``, ``{cursor}``; without one, ``next``
names where the next link is (``header:Link``, or a JSON path). No placeholder and no ``next``: one page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from yarl import URL

from adapters.contract import Request
from adapters.errors import SourceBadData
from adapters.mapping.columns import text
from adapters.mapping.paths import Segment, parse_path, walk
from adapters.rest.client import Answer
from adapters.rest.template import Template

Style = Literal["one", "page", "offset", "cursor", "link"]

MAX_PAGES = 10_000

_TOTAL = re.compile(r"[0-9]{1,18}")
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)')
_REL_NEXT = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))', re.IGNORECASE)


def style_of(template: Template) -> Style:
    """The paging style of a request."""
    paging = template.request.paging
    if paging is None:
        return "one"
    styles: tuple[Style, ...] = ("cursor", "offset", "page")
    for style in styles:
        if style in template.names:
            return style
    return "link" if paging.next else "one"


class Pages:
    """The state of one read. ``values`` fill the placeholders of the next request, unless ``url`` is set."""

    def __init__(self, template: Template, *, size: int | None = None) -> None:
        request = template.request
        paging = request.paging
        self.style = style_of(template)
        self.size = size or (paging.size if paging else 0)
        self.values: dict[str, Any] = {} if paging is None else {"size": self.size}
        self.url: URL | None = None
        self.total: int | None = None
        self._request: Request = request
        self._total = parse_path(paging.total) if paging and paging.total else None
        self._next: tuple[Segment, ...] | str = ()
        if paging and paging.next:
            header = paging.next.startswith("header:")
            self._next = paging.next.removeprefix("header:") if header else parse_path(paging.next)
        self._seen: set[str] = set()
        self._count = 0
        self._pages = 0
        self._previous: bytes | None = None
        if self.style == "page":
            self.values["page"] = 1
        elif self.style == "offset":
            self.values["offset"] = 0

    def more(self, answer: Answer | None, items: int, same_origin: Callable[[str, URL, str], URL]) -> bool:
        """Whether there is another page after ``answer``, which held ``items``; ``values`` or ``url`` lead to it.

        Raises ``SourceBadData`` for a cursor, link or page that comes back, ``SourceRefused`` for a foreign link."""
        if answer is None:
            return False
        self._pages += 1
        self._count += items
        if self._total is not None and self.total is None:
            total = walk(answer.document, self._total)
            if isinstance(total, int | str) and _TOTAL.fullmatch(str(total)):
                self.total = int(total)
        if self.style == "one":
            return False
        if self._pages >= MAX_PAGES:
            raise SourceBadData(f"{answer.place}: more than {MAX_PAGES} pages")
        if self.style in ("page", "offset"):
            return self._counted(answer, items)
        following = self._following(answer)
        if not following:
            return False
        if following in self._seen:
            raise SourceBadData(f"{answer.place}: the same cursor comes back")
        self._seen.add(following)
        if self.style == "cursor":
            self.values["cursor"] = following
        else:
            self.url = same_origin(answer.place, answer.url, following)
        return True

    def _counted(self, answer: Answer, items: int) -> bool:
        if items == 0 or (self.total is not None and self._count >= self.total):
            return False
        if self.total is None and items < self.size:
            return False
        if answer.body == self._previous:
            raise SourceBadData(f"{answer.place}: the same page comes back")
        self._previous = answer.body
        if self.style == "page":
            self.values["page"] += 1
        else:
            self.values["offset"] = self._count
        return True

    def _following(self, answer: Answer) -> str:
        if isinstance(self._next, str):
            headers: Sequence[str] = answer.headers.getall(self._next, [])
            return next_link(headers) if self._next.lower() == "link" else (headers[0] if headers else "")
        value = walk(answer.document, self._next) if self._next else None
        return "" if value is None or value is False else text(value)


def next_link(headers: Sequence[str]) -> str:
    """The target with ``rel="next"`` among ``Link`` headers, or nothing."""
    for header in headers:
        for match in _LINK.finditer(header):
            rel = _REL_NEXT.search(match[2])
            if rel is not None and "next" in (rel[1] or rel[2] or "").lower().split():
                return match[1]
    return ""
