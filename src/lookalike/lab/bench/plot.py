"""Recall against queries a second, as ann-benchmarks draws it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lookalike.lab.bench.curves import Curve
from lookalike.lab.maps.palette import colour_of
from lookalike.lab.pages.plots import new_figure, save_figure


def plot_curves(found: Sequence[Curve], target: Path, title: str) -> None:
    """Draw curves; up and to the right is better.

    Args:
        found: what was measured.
        target: .png, .svg or .pdf.
        title: over the plot.

    Raises:
        UsageError: matplotlib is not installed, or the file cannot be written.
    """
    figure, axes = new_figure(8, 5)
    for number, curve in enumerate(each for each in found if each.points):
        points = sorted(curve.points, key=lambda point: point.recall)
        axes.plot(
            [point.recall for point in points],
            [1000 / point.p50_ms for point in points],
            marker="*" if curve.engine == "lookalike" else "o",
            markersize=14 if curve.engine == "lookalike" else 5,
            zorder=3 if curve.engine == "lookalike" else 2,
            color=colour_of(number),
            label=curve.engine,
        )
    axes.set(xlabel="recall@10", ylabel="queries a second, one thread", yscale="log", title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, target)
