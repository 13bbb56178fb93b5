"""Code lists: the built-in ones, and the current contents of those kept in tables and endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import pycountry

from adapters.contract import CodeMap, Codes, Decision
from adapters.mapping.columns import text

BUILTIN_CODES = ("iso-3166-alpha3", "icao-9303")

# ICAO Doc 9303 part 3, section 5: codes of machine-readable documents that ISO 3166-1 does not have. Those of bodies
# without a country (UNO, UNA, XOM, XXA, XXB, …) stay unmapped: the type cannot say them.
_ICAO = {
    "D": "DE",
    "GBD": "GB",
    "GBN": "GB",
    "GBO": "GB",
    "GBP": "GB",
    "GBS": "GB",
    "UTO": "UTO",
}


@cache
def _countries() -> Mapping[str, str]:
    return MappingProxyType({country.alpha_3: country.alpha_2 for country in pycountry.countries})


@cache
def builtin_codes(name: str) -> Mapping[str, str]:
    """The code list ``name``, native → harmonised. Raises ``KeyError``."""
    if name == "iso-3166-alpha3":
        return _countries()
    if name == "icao-9303":
        # Germany is `D` on the document and `DEU` in databases that know better: both are read, `D` is asked first.
        return MappingProxyType({**_ICAO, **_countries()})
    raise KeyError(name)


def reverse(forward: Mapping[str, Any]) -> Mapping[Any, tuple[str, ...]]:
    """Harmonised value → its native codes, in the order of the list."""
    backward: dict[Any, list[str]] = {}
    for code, value in forward.items():
        backward.setdefault(_exact(value), []).append(code)
    return MappingProxyType({value: tuple(codes) for value, codes in backward.items()})


def _exact(value: Any) -> Any:
    """Keeps ``True`` and ``1`` apart as dictionary keys."""
    return (bool, value) if isinstance(value, bool) else value


def codes_for(backward: Mapping[Any, tuple[str, ...]], value: Any) -> tuple[str, ...]:
    """Native codes that mean ``value`` in the answer of :func:`reverse`."""
    try:
        return backward.get(_exact(value), ())
    except TypeError:
        return ()


_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class CodeTables:
    """The current contents of a source's ``[lookups.*]``. Until a table has been read, none of its codes is mapped.

    ``set`` replaces a table whole, so a reader that holds the previous one is not disturbed."""

    def __init__(self) -> None:
        self._forward: dict[str, Mapping[str, Any]] = {}
        self._backward: dict[str, Mapping[Any, tuple[str, ...]]] = {}

    def set(self, name: str, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Native code → harmonised value. Codes are kept by their text without trailing blanks; of two rows with one
        code the first counts, rows without code or value do not."""
        forward: dict[str, Any] = {}
        for code, value in pairs:
            if code is None or value is None:
                continue
            forward.setdefault(text(code).rstrip(), value.strip() if isinstance(value, str) else value)
        self._forward[name] = MappingProxyType(forward)
        self._backward[name] = reverse(forward)

    def forward(self, name: str) -> Mapping[str, Any]:
        """Native code, as text → harmonised value; empty until read."""
        return self._forward.get(name, _NOTHING)

    def backward(self, name: str) -> Mapping[Any, tuple[str, ...]]:
        """Harmonised value → native codes, as texts; empty until read. Booleans are keyed ``(bool, value)``."""
        return self._backward.get(name, _NOTHING)


def code_values(codes: Codes) -> Mapping[str, Any] | None:
    """The fixed table of a code list; ``None`` for a lookup or decision."""
    return codes.values if isinstance(codes, CodeMap) else None


def decide(decision: Decision, row: tuple[str | None, ...]) -> tuple[Any, bool]:
    """The value of the first matching row of a decision over native texts, and whether there was one."""
    for patterns, value in decision.rows:
        if all(map(_matches, patterns, row)):
            return value, True
    return None, False


def _matches(pattern: str, value: str | None) -> bool:
    if pattern == "*":
        return True
    present = value is not None and bool(value) and not value.isspace()
    if pattern == "":
        return not present
    if pattern == "+":
        return present
    return present and value is not None and (value == pattern or value.rstrip() == pattern)
