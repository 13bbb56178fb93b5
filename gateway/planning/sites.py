"""Where in a plan a selection is compiled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.planning.plan import Needs


@dataclass(frozen=True, slots=True)
class Site:
    """``needs`` of the rows at hand; ``at``: response keys that lead here; ``prefix``: of paths in an embedded object;
    ``inner``: the selection of a computed field, which no caller sees."""

    needs: Needs
    at: tuple[str, ...]
    prefix: str = ""
    inner: bool = False

    def column(self, path: str) -> int:
        return self.needs.column(self.prefix + path)

    def show(self, path: str) -> int:
        """A column that the caller sees."""
        if not self.inner:
            self.needs.shown.add(self.prefix + path)
        return self.column(path)

    def under(self, key: str) -> Site:
        return replace(self, at=(*self.at, key))

    def embedded(self, path: str) -> Site:
        """Below an object over the same row."""
        return replace(self, prefix=f"{self.prefix}{path}.")

    def over(self, needs: Needs) -> Site:
        """Over other rows: paths start anew."""
        return replace(self, needs=needs, prefix="")
