"""What a suite is, and which there are.

To add one, write ``lab/suites/NAME.py`` with a :class:`Suite` called ``SUITE`` and name it in
``SUITES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from lookalike.errors import UsageError
from lookalike.lab.datasets.places import Places, not_held
from lookalike.lab.report import Report
from lookalike.lab.topics import Searchable, Split

SUITES = ("retrieval", "words", "orientation", "recompression", "feedback", "duplicates", "cut")
"""Modules of this package, in the order of the table."""


@dataclass(frozen=True)
class Bench:
    """What suites measure.

    Attributes:
        library: holds the pictures of the data sets.
        data: the folder with the data sets, one folder each.
        quick: measure less, in seconds rather than minutes.
        split: the half of the queries.
        space: name of the space that pictures are compared in; empty for the default one.
    """

    library: Searchable
    data: Path
    quick: bool = False
    split: Split = "all"
    space: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a suite's table.

    Attributes:
        suite: which one.
        name: what was measured: a data set, a change, a round ...
        among: what was searched, e.g. ``own folder`` or ``all folders``.
        queries: how many.
        values: means by measure.
        notes: what was left out.
    """

    suite: str
    name: str
    among: str
    queries: int
    values: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON's types."""
        return {
            "suite": self.suite,
            "name": self.name,
            "among": self.among,
            "queries": self.queries,
            "values": dict(self.values),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Suite:
    """Something that is measured again and again.

    Attributes:
        name: as ``--suite`` takes it.
        what: one line for people.
        rows: measures, and gives the lines of the table one by one.
        needs: folders of the data of which one must be there; empty if any will do.
    """

    name: str
    what: str
    rows: Callable[[Bench], Iterator[Row]]
    needs: Sequence[str] = field(default=())


def suites_named(name: str) -> tuple[list[Suite], bool]:
    """The suites of a name, and whether they shall be quick: ``quick``, ``all`` or one's own.

    Raises:
        UsageError: there is no such suite.
    """
    every = [import_module(f"lookalike.lab.suites.{module}").SUITE for module in SUITES]
    if name in ("quick", "all"):
        return every, name == "quick"
    chosen = [suite for suite in every if suite.name == name]
    if not chosen:
        known = ", ".join(("quick", "all", *SUITES))
        raise UsageError(f"There is no suite {name!r}.", f"There are {known}.", code="bad-suite")
    return chosen, False


def run_suites(
    suites: Iterable[Suite], bench: Bench, on_row: Callable[[Row], None] = lambda _: None
) -> list[Row]:
    """Measure, and tell each line as it comes.

    Raises:
        NotFoundError: the library holds no picture of the data.
        UsageError: none of the suites' data sets is there (``nothing-to-evaluate``).
    """
    if not len(Places(bench.library.views(), bench.data)):
        raise not_held(bench.library.views(), bench.data)
    found = []
    for suite in suites:
        if suite.needs and not any((bench.data / name).is_dir() for name in suite.needs):
            continue
        for row in suite.rows(bench):
            found.append(row)
            on_row(row)
    if not found:
        raise UsageError(
            f"{bench.data} holds none of the data sets of these suites.",
            "Name the folder that holds caltech101, flickr8k and the others.",
            code="nothing-to-evaluate",
        )
    return found


def row_of(suite: str, name: str, among: str, report: Report) -> Row:
    """A report as one line."""
    notes = tuple(report.collection.notes())
    return Row(suite, name, among, len(report), report.means, notes)
