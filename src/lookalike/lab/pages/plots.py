"""Plots of evaluations and comparisons; they need matplotlib, of the extra ``lab``."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.lab.comparison.result import Comparison
    from lookalike.lab.judged import Float64Array
    from lookalike.lab.report import Report

_INK = "#010203"
"""Stands for the colour of the text around a plot."""
_ACCENT, _QUIET = "#2a9d8f", "#8d8a85"
_NAMED = 9
_RANKS = 50
_STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "lookalike",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), _INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "grid.color"), _INK),
}


def comparison_figure(found: Comparison) -> Any:
    """Quality over ms a picture; a circle's area grows with bytes a picture.

    Raises:
        UsageError: matplotlib is not installed (``extra-missing``).
    """
    rows = [row for row in found.measured if row.cost]
    figure, axes = new_figure(9, 4)
    first, front = found.measures[0], [row for row in found.front() if row.cost]
    largest = max((row.bytes_per_picture for row in rows), default=1)
    for row in rows:
        price, quality, span = row.costs()[0], found.means(row)[first], found.interval(row)
        colour = _ACCENT if row in front else _QUIET
        area = 18 + 60 * np.sqrt(row.bytes_per_picture / largest)
        number = front.index(row) + 1 if row in front else 0
        label = f"{number}  {row.name}" if 0 < number <= _NAMED else None
        axes.plot([price, price], [span.low, span.high], color=colour, linewidth=1, alpha=0.5)
        axes.scatter(
            [price],
            [quality],
            s=area,
            color=colour,
            alpha=0.85,
            zorder=4 if number else 3,
            label=label,
        )
        if label:
            place = {"xytext": (7, -3), "textcoords": "offset points", "color": _INK}
            axes.annotate(str(number), (price, quality), **place)
    _log_axis(axes.xaxis)
    axes.set_xlabel("ms a picture, the model alone (logarithmic); larger circles take more bytes")
    axes.set_ylabel(first)
    if front:
        figure.legend(loc="outside right upper", frameon=False, handlelength=0, labelcolor=_INK)
    return figure


def queries_figure(report: Report) -> Any:
    """How many queries reached which value of the first measure, and precision by rank.

    Raises:
        UsageError: matplotlib is not installed (``extra-missing``).
    """
    figure, (left, right) = new_figure(7.2, 2.8, columns=2)
    values = report.values[:, 0]
    top = max(1.0, float(np.nanmax(values)))
    left.hist(values, bins=20, range=(0, top), color=_ACCENT, alpha=0.85)
    left.set_xlabel(report.measures[0])
    left.set_ylabel("queries")
    curve = precision_by_rank(report)
    right.plot(np.arange(1, len(curve) + 1), curve, color=_ACCENT)
    right.set_ylim(0, 1.02)
    right.set_xlabel("rank")
    right.set_ylabel("share right up to there")
    return figure


def precision_by_rank(report: Report) -> Float64Array:
    """The mean share of relevant pictures among the first 1, 2, ... 50 hits."""
    right = report.judged.gains[:, :_RANKS] > 0
    shares = right.cumsum(axis=1) / np.arange(1, right.shape[1] + 1)
    return np.asarray(shares.mean(axis=0), np.float64)


def as_svg(figure: Any, says: str) -> str:
    """A plot for a page: in the colour of its text, without style of its own.

    Args:
        figure: of matplotlib.
        says: what it shows, for those who cannot see it.
    """
    with io.StringIO() as file:
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        text = file.getvalue()
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r' style="([^"]*)"', lambda match: _attributes(match[1]), body)
    label = says.replace("&", "and").replace('"', "'").replace("<", "under")
    return body.replace(_INK, "currentColor").replace(
        "<svg", f'<svg role="img" aria-label="{label}"', 1
    )


def save_figure(figure: Any, target: Path) -> None:
    """Write a plot; the name's ending says how: .png, .svg or .pdf.

    Raises:
        UsageError: the file cannot be written (``plot-unwritable``).
    """
    import matplotlib as mpl

    try:
        with mpl.rc_context({"svg.fonttype": "path"}):
            figure.savefig(target, dpi=160, facecolor="white")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The plot cannot be written to {target}: {error}.",
            "Name a .png, .svg or .pdf file in a folder that is there.",
            code="plot-unwritable",
        ) from error


def _attributes(style: str) -> str:
    """Declarations as attributes of SVG, which a strict content security policy lets pass."""
    found = []
    for declaration in filter(None, map(str.strip, style.split(";"))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            found.append(f' font-size="{size[1]}"' if size else "")
        else:
            found.append(f' {name}="{value}"')
    return "".join(found)


def _log_axis(axis: Any) -> None:
    from matplotlib.ticker import LogFormatter

    axis.axes.set_xscale("log")
    for put in (axis.set_major_formatter, axis.set_minor_formatter):
        put(LogFormatter(minor_thresholds=(1.5, 0.6)))


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Any, Any]:
    """An empty figure, in inches, and its axes.

    Raises:
        UsageError: matplotlib is not installed (``extra-missing``).
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            "Plots need matplotlib, which is not installed.",
            'Install it with `pip install "lookalike[lab]"`.',
            code="extra-missing",
        ) from error
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(1, columns)
