"""Where in a plan a selection is compiled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.planning.shapes import Needs


@dataclass(frozen=True, slots=True)
class Site:
    """``needs`` of the rows at hand; ``at``: response keys that lead here; ``prefix``: of paths in an embedded object;
    ``inner``: the selection of a computed field, which no caller sees. ``granted``: the groups that grant every object
    of the row on the way here; those that grant the row but not the object have no say in it. ``spared``: the agencies
    that withhold something on the way here, which are not asked for it."""

    needs: Needs
    at: tuple[str, ...]
    prefix: str = ""
    inner: bool = False
    granted: int = -1
    spared: frozenset[str] = frozenset()

    def column(self, path: str) -> int:
        return self.needs.column(self.prefix + path, self.spared)

    def show(self, path: str) -> int:
        """A column that the caller sees."""
        if not self.inner:
            self.needs.shown.add(self.prefix + path)
        return self.column(path)

    def under(self, key: str) -> Site:
        return replace(self, at=(*self.at, key))

    def sparing(self, agencies: frozenset[str]) -> Site:
        return replace(self, spared=self.spared | agencies) if agencies else self

    def embedded(self, path: str, granted: int) -> Site:
        """Below an object over the same row."""
        return replace(self, prefix=f"{self.prefix}{path}.", granted=granted)

    def child(self, name: str, granted: int) -> Site:
        """Below a list inside the row."""
        return replace(self, needs=self.needs.child(name, self.spared), prefix="", granted=granted)

    def over(self, needs: Needs) -> Site:
        """Over other rows: paths start anew."""
        return replace(self, needs=needs, prefix="", granted=-1, spared=frozenset())
