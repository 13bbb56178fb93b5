"""A plan as text: the request line with its placeholders, and what the gateway does with the rows. Pure."""

from __future__ import annotations

import orjson

from adapters.rest.paging import style_of
from adapters.rest.template import pieces
from adapters.rest.translate import Plan


def explain(base: str, plan: Plan) -> str:
    """For ``PreparedFetch.explain``. Filters without a value in this call shape are left out, as in the request."""
    request = plan.template.request
    filled = {part.path for part in plan.by} | {push.placeholder for push in plan.pushes}
    filled |= {plan.resume.placeholder} if plan.resume is not None else set()
    filled |= {"size", "page", "offset", "cursor"} | ({"order"} if plan.order_value is not None else set())
    query = [
        f"{name}={value.replace('{order}', plan.order_value or '')}"
        for name, value in request.query.items()
        if all(hole in filled for hole in _holes(value))
    ]
    line = f"{request.method} {base}{request.path}" + (f"?{'&'.join(query)}" if query else "")
    lines = [line]
    if request.body is not None:
        lines.append(f"  body {orjson.dumps(request.body).decode()}")
    if plan.by:
        how = f"at most {request.max_keys} a call ({request.many})" if request.many else "one a call"
        lines.append(f"  by {', '.join(part.path for part in plan.by)}: {how}")
    style = style_of(plan.template)
    if style != "one" and request.paging is not None:
        lines.append(f"  pages of {request.paging.size} by {style}")
    if request.cap is not None:
        lines.append(f"  truncated at {request.cap}")
    work = []
    if plan.residual:
        work.append("filter " + " and ".join(plan.residual))
    if plan.spec.order and not (plan.ordered and plan.whole):
        work.append("order by " + ", ".join(f"{t.path}{' desc' if t.descending else ''}" for t in plan.spec.order))
    if plan.spec.after is not None:
        work.append("cursor")
    if plan.spec.limit:
        work.append("limit per key" if plan.spec.per_key else "limit")
    if work:
        lines.append(f"  gateway: {'; '.join(work)}")
    return "\n".join(lines)


def _holes(value: str) -> list[str]:
    return [part for hole, part in pieces(value) if hole]
