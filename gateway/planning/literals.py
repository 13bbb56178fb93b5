"""Rows for computed fields, from columns, at the price of a dict display: a third of ``dict(zip(keys, row))``.

The one place that makes code from text. What goes in are response keys and names of types, which GraphQL's grammar
limits to letters, digits and underscores, and which are checked again here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

Zipping = Callable[[Sequence[Sequence[Any]], int], list[dict[str, Any]]]
Fixed = tuple[tuple[str, str | None], ...]

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
SHAPES = 4096


@lru_cache(SHAPES)
def zipping(keys: tuple[str, ...], fixed: Fixed = ()) -> Zipping:
    """A function from columns, one for each key that is not ``fixed``, and their length, to one object per row. Raises
    ``ValueError``."""
    same = dict(fixed)
    names = [value for value in same.values() if value is not None]
    if not keys or not all(_NAME.fullmatch(key) for key in (*keys, *names)):
        raise ValueError(f"not the keys of an object: {keys!r}, {fixed!r}")
    open_ = [key for key in keys if key not in same]
    items = ", ".join(f"{key!r}: {repr(same[key]) if key in same else f'_{open_.index(key)}'}" for key in keys)
    rows = f"({', '.join(f'_{index}' for index in range(len(open_)))},) in zip(*columns, strict=True)"
    # Keys and what is fixed are names, as was looked at, and stand as literals; the other names are made here.
    made: Zipping = eval(f"lambda columns, count: [{{{items}}} for {rows if open_ else '_ in range(count)'}]")  # noqa: S307
    return made
