"""Objects from columns at the price of a dict display: a third of what ``dict(zip(keys, row))`` costs.

The one place that makes code from text. What goes in are response keys, which GraphQL's grammar limits to letters,
digits and underscores, and which are checked again here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

Zipping = Callable[[Sequence[Sequence[Any]]], list[dict[str, Any]]]

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
SHAPES = 4096


@lru_cache(SHAPES)
def zipping(keys: tuple[str, ...]) -> Zipping:
    """A function from columns, one per key and of equal length, to one object per row. Raises ``ValueError``."""
    if not keys or not all(_NAME.fullmatch(key) for key in keys):
        raise ValueError(f"not the keys of an object: {keys!r}")
    items = ", ".join(f"{key!r}: _{index}" for index, key in enumerate(keys))
    names = ", ".join(f"_{index}" for index in range(len(keys)))
    # Keys are names, as was looked at, and stand as literals; the other names are made here.
    made: Zipping = eval(f"lambda columns: [{{{items}}} for ({names},) in zip(*columns, strict=True)]")  # noqa: S307
    return made
