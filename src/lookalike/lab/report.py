"""What an evaluation found."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.frames import frame_of
from lookalike.lab.judged import Float64Array, Judged, Ranking
from lookalike.lab.significance import Difference, Interval, compare, intervals
from lookalike.lab.topics import TestCollection


@dataclass(frozen=True, eq=False)
class Report:
    """Measures of one system over one test collection.

    Attributes:
        collection: the queries, and what they should have found.
        measures: their names.
        values: shape (queries, measures).
        system: what was measured: the space and how queries were answered.
        pictures: how many were searched.
        depth: hits that were kept for each query.
        seconds: that the rankings took.
        ranking: what was found.
        judged: what stood at each rank.
    """

    collection: TestCollection
    measures: tuple[str, ...]
    values: Float64Array
    system: str
    pictures: int
    depth: int
    seconds: float
    ranking: Ranking = field(repr=False)
    judged: Judged = field(repr=False)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    @property
    def queries(self) -> tuple[str, ...]:
        """Names of the queries, in the order of ``values``."""
        return tuple(topic.id for topic in self.collection.topics)

    @property
    def means(self) -> dict[str, float]:
        """The mean over all queries, by measure."""
        return dict(zip(self.measures, self.values.mean(axis=0).tolist(), strict=True))

    def intervals(self) -> dict[str, Interval]:
        """95 % bootstrap confidence intervals of the means, by measure."""
        return dict(zip(self.measures, intervals(self.values), strict=True))

    def of(self, measure: str) -> Float64Array:
        """One measure of each query, shape (queries,).

        Raises:
            UsageError: it was not measured.
        """
        if measure not in self.measures:
            raise UsageError(f"{measure} was not measured.", f"There are {self.measures}.")
        return np.asarray(self.values[:, self.measures.index(measure)])

    def compare(self, other: Report) -> dict[str, Difference]:
        """How this differs from another system over the same queries, by measure.

        Raises:
            UsageError: the queries are not the same, or no measure is.
        """
        if self.queries != other.queries:
            raise UsageError(
                f"{self.name} and {other.name} were not measured with the same queries.",
                "Only values of the same queries can be compared pair by pair.",
                code="not-comparable",
            )
        shared = [name for name in self.measures if name in other.measures]
        if not shared:
            raise UsageError("The two reports share no measure.", code="not-comparable")
        return {name: compare(self.of(name), other.of(name)) for name in shared}

    def worst(self, count: int, measure: str | None = None) -> list[int]:
        """Rows of the queries that fared worst, worst first."""
        values = self.of(measure or self.measures[0])
        return [int(row) for row in np.argsort(values, kind="stable")[:count]]

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a query."""
        return [
            {
                "query": topic.id,
                "relevant": int(relevant),
                **dict(zip(self.measures, values, strict=True)),
            }
            for topic, relevant, values in zip(
                self.collection.topics, self.judged.relevant, self.values.tolist(), strict=True
            )
        ]

    def as_dict(self, *, per_query: bool = False) -> dict[str, Any]:
        """The report as JSON's types."""
        ranges = self.intervals()
        found: dict[str, Any] = {
            "name": self.name,
            "system": self.system,
            "queries": len(self),
            "pictures": self.pictures,
            "depth": self.depth,
            "measures": {
                name: {"mean": mean, "low": ranges[name].low, "high": ranges[name].high}
                for name, mean in self.means.items()
            },
            "left_out": dict(self.collection.left_out),
            "seconds": round(self.seconds, 3),
        }
        return found | ({"per_query": self.rows()} if per_query else {})

    def to_frame(self) -> Any:
        """One row a query, as a pandas data frame.

        Raises:
            UsageError: pandas is not installed (``extra-missing``).
        """
        return frame_of(self.rows(), ["query"])

    def _repr_html_(self) -> str:
        cells = "".join(f"<th>{html.escape(name)}</th>" for name in self.measures)
        ranges = self.intervals()
        means = "".join(
            f"<td>{mean:.3f} <small>[{ranges[name].low:.3f}, {ranges[name].high:.3f}]</small></td>"
            for name, mean in self.means.items()
        )
        about = [f"{len(self):,} queries, {self.pictures:,} pictures", self.system]
        notes = "".join(f"<br>{html.escape(note)}" for note in self.collection.notes())
        return (
            f"<p><b>{html.escape(self.name)}</b>: {html.escape('; '.join(about))}{notes}</p>"
            f"<table><thead><tr>{cells}</tr></thead><tbody><tr>{means}</tr></tbody></table>"
        )


def same_measures(reports: Sequence[Report]) -> tuple[str, ...]:
    """Measures of any of these reports, in the order of their first use."""
    return tuple(dict.fromkeys(name for report in reports for name in report.measures))
