"""Strict reading of TOML tables: every fault is kept with its dotted key path, unknown keys get a did-you-mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from adapters.errors import Fault
from gateway.settings.strict import did_you_mean

_DURATION = re.compile(r"([1-9][0-9]*)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def join_key(key: str, name: str) -> str:
    """The dotted key path of ``name`` below ``key``, quoted where TOML needs it."""
    quoted = name if _BARE.fullmatch(name) else f'"{name}"'
    return f"{key}.{quoted}" if key else quoted


class Faults:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, key: str, problem: str) -> None:
        fault = Fault(self.file, key, problem)
        if fault not in self.found:
            self.found.append(fault)


class Table:
    """One TOML table with its key path. Getters hand back ``None`` or an empty value after noting a fault, so that
    reading goes on and all faults are found at once."""

    def __init__(self, data: Mapping[str, Any], key: str, faults: Faults) -> None:
        self.data = data
        self.key = key
        self.faults = faults

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def at(self, name: str) -> str:
        return join_key(self.key, name)

    def fault(self, name: str, problem: str) -> None:
        """Note ``problem`` at the key ``name``, or at the table itself when it is empty."""
        self.faults.add(self.at(name) if name else self.key, problem)

    def only(self, known: Iterable[str]) -> None:
        """Refuse every key that is not ``known``."""
        names = set(known)
        for name in self.data:
            if name not in names:
                self.fault(name, f"unknown key{did_you_mean(name, names)}")

    def _typed(self, name: str, kind: type, what: str, *, required: bool) -> Any:
        value = self.data.get(name)
        if value is None:
            if required:
                self.fault(name, f"missing: {what} is needed here")
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fault(name, f"must be {what}")
            return None
        return value

    def text(self, name: str, *, required: bool = False, empty: bool = False) -> str:
        value: str | None = self._typed(name, str, "a text", required=required)
        if value == "" and not empty:
            self.fault(name, "must not be empty")
        return value or ""

    def integer(self, name: str, *, least: int = 1) -> int | None:
        value: int | None = self._typed(name, int, "a whole number", required=False)
        if value is not None and value < least:
            self.fault(name, f"must be {least} or more")
            return None
        return value

    def choice(self, name: str, choices: Sequence[str], *, required: bool = False) -> str:
        value = self.text(name, required=required)
        if value and value not in choices:
            self.fault(name, f"must be one of {', '.join(choices)}{did_you_mean(value, choices)}")
            return ""
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; a single text stands for a list of one."""
        value = self.data.get(name)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
            self.fault(name, "must be a list of texts")
            return ()
        return tuple(items)

    def text_map(self, name: str) -> dict[str, str]:
        """A table whose values are texts."""
        table = self.table(name)
        for key, value in table.data.items():
            if not isinstance(value, str):
                table.fault(key, "must be a text")
        return {key: value for key, value in table.data.items() if isinstance(value, str)}

    def duration(self, name: str) -> timedelta | None:
        value = self.text(name)
        match = _DURATION.fullmatch(value) if value else None
        if value and not match:
            self.fault(name, "must be a duration: `30s`, `15m`, `24h` or `7d`")
        return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None

    def table(self, name: str, *, required: bool = False) -> Table:
        """The table at ``name``; an empty one when it is absent or not a table."""
        value: Mapping[str, Any] | None = self._typed(name, dict, "a table", required=required)
        return Table(value or {}, self.at(name), self.faults)

    def tables(self, name: str) -> Iterator[tuple[str, Table]]:
        """The named tables below ``name``."""
        outer = self.table(name)
        for inner in outer.data:
            if isinstance(outer.data[inner], dict):
                yield inner, outer.table(inner)
            else:
                outer.fault(inner, "must be a table")

    def array(self, name: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        value = self.data.get(name)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(name, f"must be an array of tables: [[{self.at(name)}]]")
            return
        for index, item in enumerate(value):
            yield Table(item, f"{self.at(name)}[{index}]", self.faults)
