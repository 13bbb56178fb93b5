"""Whether two answers are one: the same data in the same order, the same nulls, errors where there are nulls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLError

from gateway.request import Answer
from tests.kit.oracle.answers import OracleAnswer
from tests.kit.oracle.asking import SourceFailed
from tests.kit.oracle.paging import read_cursor

Path = tuple[str | int, ...]
STARTED = datetime.now(UTC) - timedelta(minutes=1)


@dataclass(slots=True)
class Compared:
    answer: Answer
    stock: OracleAnswer
    differences: list[str] = field(default_factory=list)
    values: int = 0

    @property
    def data(self) -> Any:
        return self.answer.data


def compare(answer: Answer, stock: OracleAnswer) -> Compared:
    found = Compared(answer, stock)
    if not answer.executed:
        if not stock.refused and not (stock.data is None and stock.errors):
            found.differences.append(f"the gateway refused: {answer.errors}")
        return found
    if stock.refused:
        found.differences.append(f"the gateway did not refuse: {stock.refused}")
        return found
    _Walk(found, stock.loose).value(answer.data, stock.data, ())
    found.differences += _misplaced(answer.data, answer.errors)
    found.differences += [f"the oracle failed: {error}" for error in stock.errors if not _expected(error)]
    named = [error for error in answer.errors if error.get("path")]
    if bool(named) != bool(stock.errors):
        found.differences.append(f"errors: {answer.errors} / {list(stock.errors)}")
    return found


@dataclass(slots=True)
class _Walk:
    found: Compared
    loose: set[tuple[Any, ...]]
    cursors: dict[tuple[Any, str], str] = field(default_factory=dict)

    def value(self, ours: Any, theirs: Any, path: Path) -> None:
        keys = tuple(key for key in path if isinstance(key, str))
        if keys in self.loose and ours is not None:
            return
        if isinstance(ours, dict) and isinstance(theirs, dict):
            self._object(ours, theirs, path)
        elif isinstance(ours, list) and isinstance(theirs, list):
            if len(ours) != len(theirs):
                self._differs(path, f"{len(ours)} items", f"{len(theirs)} items")
            for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
                self.value(one, other, (*path, index))
        else:
            self.found.values += 1
            if not self._same(ours, theirs, keys):
                self._differs(path, ours, theirs)

    def _object(self, ours: dict[str, Any], theirs: dict[str, Any], path: Path) -> None:
        if list(ours) != list(theirs):
            self._differs(path, list(ours), list(theirs))
        for key in ours.keys() & theirs.keys():
            self.value(ours[key], theirs[key], (*path, key))

    def _same(self, ours: Any, theirs: Any, keys: tuple[str, ...]) -> bool:
        if isinstance(ours, datetime) and isinstance(theirs, datetime):
            return ours == theirs or (ours > STARTED and theirs > STARTED)  # the moment of asking
        if isinstance(theirs, str) and theirs.startswith("[") and read_cursor(theirs) is not None:
            return isinstance(ours, str) and self.cursors.setdefault((keys[:-1], ours), theirs) == theirs
        return type(ours) is type(theirs) and bool(ours == theirs)

    def _differs(self, path: Path, ours: Any, theirs: Any) -> None:
        self.found.differences.append(f"{'.'.join(map(str, path))}: {repr(ours)[:200]} but stock {repr(theirs)[:200]}")


def _expected(error: GraphQLError) -> bool:
    """A failed agency, or a null where none is allowed; anything else is a fault of the oracle itself."""
    return isinstance(error.original_error or error, SourceFailed) or "Cannot return null" in error.message


def _misplaced(data: Any, errors: Sequence[Any]) -> Iterator[str]:
    """Every error with a path points at a null, or below one."""
    for error in errors:
        value = data
        for key in error.get("path") or ():
            if value is None:
                break
            value = value[key] if isinstance(value, list) or key in value else None
        if error.get("path") and value is not None:
            yield f"no null at {error['path']}: {error['message']}"
