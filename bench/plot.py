"""The results as a picture: CPU beside the floor's, and CPU by rows. Only this needs matplotlib."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from bench.processes import LEAN, SERVICE
from bench.report import Results, cpu

COLOURS = {
    "gateway": "#b3261e",
    "floor": "#333333",
    LEAN: "#7a6a3a",
    "stock": "#9a9a9a",
    SERVICE: "#c77f9d",
    "yoga": "#2f6fb3",
    "mercurius": "#3d8f5f",
}


def plot(results: Results, file: Path) -> bool:
    """``False``, and nothing written, without matplotlib or without a floor to compare with."""
    if importlib.util.find_spec("matplotlib") is None or "floor" not in results.memory:
        return False
    importlib.import_module("matplotlib").use("Agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    concurrencies = sorted({cell.concurrency for cell in results.cells})
    count = len(concurrencies) + bool(results.growth)
    figure, axes = pyplot.subplots(1, count, figsize=(6 * count, 4.4), squeeze=False)
    for axis, concurrency in zip(axes[0], concurrencies, strict=False):
        _bars(axis, results, concurrency)
    if results.growth:
        _lines(axes[0][-1], results)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
    return True


def _bars(axis: Any, results: Results, concurrency: int) -> None:
    cells = [cell for cell in results.cells if cell.concurrency == concurrency]
    names = [name for name in cells[0].samples if name != "floor"]
    for index, name in enumerate(names):
        ratios = [cell.ratio(name, "floor", cpu) for cell in cells]
        places = [at + (index + 0.5) / len(names) * 0.8 - 0.4 for at in range(len(cells))]
        heights = [middle for middle, _, _ in ratios]
        errors = [[mid - least for mid, least, _ in ratios], [most - mid for mid, _, most in ratios]]
        axis.bar(places, heights, 0.8 / len(names), yerr=errors, label=name, color=COLOURS.get(name), capsize=2)
    axis.axhline(1, color=COLOURS["floor"], linewidth=1, label="floor")
    axis.set_xticks(range(len(cells)), [cell.query for cell in cells])
    axis.set_yscale("log", base=2)
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set_title(f"CPU a request / the floor's, {concurrency} in flight")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=5, frameon=False)


def _lines(axis: Any, results: Results) -> None:
    for name in next(iter(results.growth.values())).samples:
        spent = [cell.middle(name, cpu) for cell in results.growth.values()]
        axis.plot(list(results.growth), spent, marker="o", label=name, color=COLOURS.get(name))
    axis.set_ylim(bottom=0)
    axis.set_title("CPU ms of a list by its rows, 1 in flight")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=5, frameon=False)
