"""The report of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lookalike.lab.comparison.result import Comparison, Row
from lookalike.lab.pages.evaluation import plot_or_reason
from lookalike.lab.pages.examples import Example, Pictured, Tiles
from lookalike.lab.pages.page import render
from lookalike.lab.pages.plots import comparison_figure
from lookalike.lab.provenance import Provenance

SHOWN = 6


def comparison_page(library: Pictured, found: Comparison, *, command: str = "") -> str:
    """One page about a comparison.

    Args:
        library: that was measured; its pictures are shown.
        found: the comparison.
        command: that was given, for the foot.
    """
    measured, other = found.measured, _other(found)
    says = f"{found.measures[0]} over milliseconds a picture; the table below has the figures"
    values = {
        "title": found.grid.title or "Which one is best?",
        "found": found,
        "front": found.front(),
        "problems": [row for row in found.rows if row.problem],
        "plot": plot_or_reason(lambda: comparison_figure(found), says) if measured else "",
        "best": measured[0] if measured else None,
        "other": other,
        "examples": list(_differences(Tiles(library), found, measured[0], other)) if other else [],
        "queries": sum(map(len, found.collections)),
    }
    return render("comparison.html", values, Provenance.of(command))


def _other(found: Comparison) -> Row | None:
    """What the best row is shown beside: the first of the grid that is another one."""
    best = found.measured[:1]
    return next((row for row in found.rows if not row.problem and row not in best), None)


def _differences(tiles: Tiles, found: Comparison, best: Row, other: Row) -> Iterator[Example]:
    """The queries that tell the two most apart, those first that the best row does better."""
    gains = np.concatenate(
        [a.values[:, 0] - b.values[:, 0] for a, b in zip(best.answers, other.answers, strict=True)]
    )
    places = [(n, row) for n, one in enumerate(found.collections) for row in range(len(one))]
    order = np.argsort(-gains, kind="stable").tolist()
    for place in dict.fromkeys([*order[:SHOWN], *order[::-1][: SHOWN // 2]]):
        number, row = places[place]
        ours, theirs = best.answers[number], other.answers[number]
        value = f"{found.measures[0]} {ours.values[row, 0]:.3f} against {theirs.values[row, 0]:.3f}"
        rankings = [(best.name, ours.first[row].tolist()), (other.name, theirs.first[row].tolist())]
        yield tiles.example(found.collections[number].topics[row], value, rankings)
