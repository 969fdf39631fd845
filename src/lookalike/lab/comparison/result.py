"""What a comparison found: one row a combination, with its quality and its cost."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from lookalike.lab.comparison.cost import Cost
from lookalike.lab.comparison.grid import Grid
from lookalike.lab.frames import frame_of
from lookalike.lab.judged import Float64Array
from lookalike.lab.significance import Interval, compare, macro_interval
from lookalike.lab.topics import TestCollection
from lookalike.store.known import Int64Array

AXES = ("encoder", "post", "metric", "search")
BYTES_PER_NUMBER = 2
"""A library keeps vectors as float16."""


@dataclass(frozen=True, eq=False)
class Answers:
    """How one combination answered the queries of one collection.

    Attributes:
        values: shape (queries, measures).
        first: shape (queries, 10): keys of the first hits, -1 beyond the last.
        ms_per_query: for one query at a time, its post-processing included; the quickest of 20.
    """

    values: Float64Array
    first: Int64Array
    ms_per_query: float


@dataclass(frozen=True, eq=False)
class Row:
    """One combination of the grid.

    Attributes:
        encoder: the model with its layer and pooling.
        post: what was done to the vectors.
        metric: how they were compared.
        search: ``exact``, or the index that was asked.
        dims: length of a vector as it is searched; 0 where there is none.
        cost: of the encoder; None where it could not be measured.
        answers: by collection, in the comparison's order; none where there is a problem.
        problem: why it could not be measured; empty if it was.
        lacking: pictures that have no vector.
    """

    encoder: str
    post: str
    metric: str
    search: str = "exact"
    dims: int = 0
    cost: Cost | None = None
    answers: tuple[Answers, ...] = ()
    problem: str = ""
    lacking: int = 0

    @property
    def name(self) -> str:
        """The axes in one line."""
        search = "" if self.search == "exact" else f", {self.search}"
        return f"{self.encoder}, {self.post}, {self.metric}{search}"

    @property
    def bytes_per_picture(self) -> int:
        """What a picture takes in a library."""
        return self.dims * BYTES_PER_NUMBER

    @property
    def ms_per_query(self) -> float:
        """The mean over the collections."""
        return float(np.mean([one.ms_per_query for one in self.answers]))

    def costs(self) -> tuple[float, float]:
        """What decides beside quality: ms and bytes per picture."""
        picture = self.cost.ms_per_picture if self.cost else float("inf")
        return picture, float(self.bytes_per_picture)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Systems side by side over the same queries.

    Attributes:
        grid: what was asked for.
        collections: the queries.
        measures: the first one decides.
        rows: one a combination, in the order of the grid.
        pictures: how many the library holds.
        left_out: queries that were not asked, by reason.
        seconds: that it took.
    """

    grid: Grid
    collections: tuple[TestCollection, ...]
    measures: tuple[str, ...]
    rows: tuple[Row, ...]
    pictures: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def measured(self) -> list[Row]:
        """The rows that could be measured, best first by the first measure."""
        found = [row for row in self.rows if not row.problem]
        return sorted(found, key=lambda row: -self.means(row)[self.measures[0]])

    def means(self, row: Row) -> dict[str, float]:
        """By measure, the mean over the collections of their means over queries."""
        each = [one.values.mean(axis=0) for one in row.answers]
        return dict(zip(self.measures, np.mean(each, axis=0).tolist(), strict=True))

    def by_collection(self, row: Row) -> dict[str, dict[str, float]]:
        """By collection and measure, the means over its queries."""
        return {
            one.name: dict(zip(self.measures, found.values.mean(axis=0).tolist(), strict=True))
            for one, found in zip(self.collections, row.answers, strict=True)
        }

    def interval(self, row: Row) -> Interval:
        """95 % bootstrap confidence interval of the first measure's mean."""
        return self._intervals[self.rows.index(row)]

    def p(self, row: Row) -> float:
        """Probability that chance alone tells a row from the best one, over all queries."""
        return self._differences[self.rows.index(row)]

    def front(self) -> list[Row]:
        """Rows that none beats: better in quality at no higher a price in time and bytes."""
        measured = self.measured
        return [row for row in measured if not any(self._beats(one, row) for one in measured)]

    def _beats(self, one: Row, other: Row) -> bool:
        first = self.measures[0]
        mine = (-self.means(one)[first], *one.costs())
        theirs = (-self.means(other)[first], *other.costs())
        return mine != theirs and all(a <= b for a, b in zip(mine, theirs, strict=True))

    @cached_property
    def _intervals(self) -> dict[int, Interval]:
        return {
            number: macro_interval([one.values[:, 0] for one in row.answers])
            for number, row in enumerate(self.rows)
            if not row.problem
        }

    @cached_property
    def _differences(self) -> dict[int, float]:
        if not (best := self.measured[:1]):
            return {}
        reference = _pooled(best[0])
        return {
            number: compare(_pooled(row), reference).p
            for number, row in enumerate(self.rows)
            if not row.problem
        }

    def notes(self) -> list[str]:
        """What was left out, for people."""
        found = [f"{count:,} {reason}" for reason, count in self.left_out.items()]
        for one in self.collections:
            found += [f"{one.name}: {note}" for note in one.notes()]
        lacking = {row.encoder: row.lacking for row in self.rows if row.lacking}
        found += [f"{n:,} pictures have no vector by {name}" for name, n in lacking.items()]
        return found

    def records(self) -> list[dict[str, Any]]:
        """One flat dictionary a row: its axes, its figures, or why there are none."""
        front = self.front()
        return [self._record(row, on_front=row in front) for row in (*self.measured, *self._failed)]

    @property
    def _failed(self) -> list[Row]:
        return [row for row in self.rows if row.problem]

    def _record(self, row: Row, *, on_front: bool) -> dict[str, Any]:
        axes = {name: getattr(row, name) for name in AXES}
        if row.problem:
            return axes | {"problem": row.problem}
        span, means = self.interval(row), self.means(row)
        return axes | {
            **means,
            "low": span.low,
            "high": span.high,
            "p": self.p(row),
            "ms_per_picture": row.cost.ms_per_picture if row.cost else None,
            "ms_per_query": round(row.ms_per_query, 4),
            "bytes_per_picture": row.bytes_per_picture,
            "peak_mb": row.cost.peak_mb if row.cost else None,
            "on_front": on_front,
        }

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON's types."""
        return {
            "title": self.grid.title,
            "measures": list(self.measures),
            "pictures": self.pictures,
            "collections": [{"name": one.name, "queries": len(one)} for one in self.collections],
            "rows": self.records(),
            "by_collection": {row.name: self.by_collection(row) for row in self.measured},
            "published": [
                {"name": one.name, "values": dict(one.values)} for one in self.grid.published
            ],
            "notes": self.notes(),
            "seconds": round(self.seconds, 2),
        }

    def to_csv(self) -> str:
        """The table as CSV, one line a row."""
        records = self.records()
        names = dict.fromkeys(name for record in records for name in record)
        with io.StringIO() as file:
            writer = csv.DictWriter(file, list(names), lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)
            return file.getvalue()

    def to_frame(self) -> Any:
        """One row a combination, as a pandas data frame.

        Raises:
            UsageError: pandas is not installed (``extra-missing``).
        """
        return frame_of(self.records(), AXES)

    def _repr_html_(self) -> str:
        names = [*AXES, *self.measures, "ms_per_picture", "bytes_per_picture"]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(_html_line(record, names) for record in self.records())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_line(record: Mapping[str, Any], names: Sequence[str]) -> str:
    if "problem" in record:
        cells = "".join(f"<td>{html.escape(record[name])}</td>" for name in AXES)
        problem = html.escape(record["problem"])
        return f"<tr>{cells}<td colspan={len(names) - len(AXES)}>{problem}</td></tr>"
    return f"<tr>{''.join(f'<td>{_cell(record[name])}</td>' for name in names)}</tr>"


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else html.escape(str(value))


def _pooled(row: Row) -> Float64Array:
    return np.concatenate([one.values[:, 0] for one in row.answers])
