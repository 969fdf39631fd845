"""The report of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from lookalike.errors import UsageError
from lookalike.lab.pages.examples import HITS, Example, Pictured, Tiles
from lookalike.lab.pages.page import render
from lookalike.lab.pages.plots import as_svg, queries_figure
from lookalike.lab.provenance import Provenance
from lookalike.lab.report import Report
from lookalike.lab.significance import Difference
from lookalike.lab.suites.base import Row

WORST, BEST = 8, 4


def evaluation_page(
    library: Pictured,
    reports: Sequence[Report],
    *,
    command: str = "",
    compared: Mapping[str, Difference] | None = None,
    other: str = "",
) -> str:
    """One page about one or more sets of queries.

    Args:
        library: that was measured; its pictures are shown.
        reports: what was found.
        command: that was given, for the foot.
        compared: how the only report differs from another system.
        other: what that is called.
    """
    tiles = Tiles(library)
    names = ", ".join(report.name for report in reports[:3])
    values = {
        "title": f"How good is it? {names}" + (" …" if len(reports) > 3 else ""),
        "sections": [_section(tiles, report) for report in reports],
        "measures": list(dict.fromkeys(name for one in reports for name in one.measures)),
        "compared": dict(compared or {}),
        "other": other,
    }
    return render("evaluation.html", values, Provenance.of(command))


def suite_page(rows: Sequence[Row], *, name: str, command: str = "") -> str:
    """One page about the standing suites."""
    suites = {row.suite: [one for one in rows if one.suite == row.suite] for row in rows}
    values = {
        "title": f"Standing suites: {name}",
        "suites": [
            (suite, found, list(dict.fromkeys(name for row in found for name in row.values)))
            for suite, found in suites.items()
        ],
        "notes": list(dict.fromkeys(f"{row.name}: {note}" for row in rows for note in row.notes)),
    }
    return render("suites.html", values, Provenance.of(command))


def plot_or_reason(draw: Any, says: str) -> Markup:
    """A plot, or what has to be installed for it."""
    try:
        return Markup(as_svg(draw(), says))  # made by matplotlib, of figures
    except UsageError as error:
        return Markup("<p class=quiet>{}</p>").format(str(error))


def _section(tiles: Tiles, report: Report) -> dict[str, Any]:
    order = np.argsort(report.values[:, 0], kind="stable").tolist()
    worst = order[: min(WORST, len(order) // 2 + 1)]
    best = order[::-1][: min(BEST, len(order) - len(worst))]
    says = f"Queries by {report.measures[0]}, and the share of right pictures by rank"
    return {
        "report": report,
        "ranges": report.intervals(),
        "plot": plot_or_reason(lambda: queries_figure(report), says),
        "worst": [_example(tiles, report, row) for row in worst],
        "best": [_example(tiles, report, row) for row in best],
    }


def _example(tiles: Tiles, report: Report, row: int) -> Example:
    keys = [key for key, _ in report.ranking.hits(row)[:HITS]]
    value = f"{report.measures[0]} {report.values[row, 0]:.3f}"
    return tiles.example(report.collection.topics[row], value, [("", keys)])
