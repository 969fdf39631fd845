"""Shows what ``lookalike evaluate`` found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.cli.output import save_sheet, say, table_console

if TYPE_CHECKING:
    from lookalike.lab.report import Report
    from lookalike.lab.significance import Difference
    from lookalike.lab.suites.base import Row
    from lookalike.library import Library

_HITS = 5


def report(found: Report) -> None:
    """Means with their confidence intervals, and what was left out."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("measure")
    table.add_column("mean", justify="right")
    table.add_column("95 % interval", justify="left")
    ranges = found.intervals()
    for name, mean in found.means.items():
        table.add_row(name, f"{mean:.4f}", f"{ranges[name].low:.3f} to {ranges[name].high:.3f}")
    table_console().print(table)
    say(
        f"{found.name}: {len(found):,} queries over {found.pictures:,} pictures, "
        f"{found.system}, {found.depth:,} deep ({found.seconds:.1f} s)."
    )
    for note in found.collection.notes():
        say(f"  {note}")


def reports(found: Sequence[Report]) -> None:
    """One line a set of queries."""
    from rich.table import Table

    names = list(dict.fromkeys(name for one in found for name in one.measures))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("queries")
    for name in ("", "pictures", *names):
        table.add_column(name, justify="right")
    for one in found:
        means = one.means
        cells = [f"{means[name]:.3f}" if name in means else "" for name in names]
        table.add_row(one.name, f"{len(one):,}", f"{one.pictures:,}", *cells)
    table_console().print(table)
    for one in found:
        for note in one.collection.notes():
            say(f"{one.name}: {note}")


def rows(found: Sequence[Row]) -> None:
    """One table; the measures of a single suite are its columns."""
    from rich.table import Table

    suites = list(dict.fromkeys(row.suite for row in found))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("suite", "measured", "searched among"):
        table.add_column(name)
    table.add_column("queries", justify="right")
    names = list(dict.fromkeys(name for row in found for name in row.values))
    for name in names if len(suites) == 1 else ("measures",):
        table.add_column(name, justify="right" if len(suites) == 1 else "left")
    for suite in suites:
        for row in (each for each in found if each.suite == suite):
            if len(suites) == 1:
                cells = [f"{row.values[name]:.3f}" if name in row.values else "" for name in names]
            else:
                cells = [", ".join(f"{name} {value:.3f}" for name, value in row.values.items())]
            table.add_row(suite, row.name, row.among, f"{row.queries:,}", *cells)
        table.add_section()
    table_console().print(table)
    for note in dict.fromkeys(f"{row.name}: {note}" for row in found for note in row.notes):
        say(note)


def differences(found: dict[str, Difference], other: str) -> None:
    """What a paired test says, measure by measure."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("measure", "less that of the run", "95 % interval", "p", "better", "worse"):
        table.add_column(name, justify="left" if name in ("measure", "95 % interval") else "right")
    for name, one in found.items():
        span = f"{one.interval.low:+.3f} to {one.interval.high:+.3f}"
        table.add_row(
            name, f"{one.mean:+.4f}", span, f"{one.p:.4f}", str(one.better), str(one.worse)
        )
    say(f"Compared with {other}, query by query (paired randomisation test):")
    table_console().print(table)


def worst(library: Library, found: Report, count: int) -> None:
    """The queries that fared worst."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(found.measures[0], justify="right")
    table.add_column("query", overflow="fold")
    table.add_column("first hit", overflow="fold")
    for row in worst_rows(library, found, count):
        hit = _near(row["hits"][0]) if row["hits"] else ""
        table.add_row(f"{row[found.measures[0]]:.3f}", _near(row["asks"]), hit)
    say("Worst queries:")
    table_console().print(table)


def worst_rows(library: Library, found: Report, count: int) -> list[dict[str, Any]]:
    """The queries that fared worst, with their first hits, as JSON's types."""
    rows, store = found.rows(), library.views().store
    chosen = found.worst(count)
    return [
        rows[row]
        | {
            "asks": _asks(library, found, row),
            "hits": [record.locations[0].path for record in store.records(_first(found, row))],
        }
        for row in chosen
    ]


def montage(library: Library, found: Report, count: int, target: Path) -> None:
    """Draw the worst queries, each with its first hits in a row.

    Raises:
        UsageError: the file cannot be written.
    """
    from lookalike.imaging.thumbnails import contact_sheet

    items = [item for row in found.worst(count) for item in _strip(library, found, row)]
    save_sheet(contact_sheet(items, columns=_HITS + 1), target)


def _strip(library: Library, found: Report, row: int) -> list[tuple[Path | None, str]]:
    topic = found.collection.topics[row]
    items: list[tuple[Path | None, str]] = [(None, _asks(library, found, row))]
    if topic.key is not None:
        items = [(_picture(library, topic.key), f"{found.values[row, 0]:.2f} {topic.id[:10]}")]
    right = found.judged.gains[row] > 0
    for rank, key in enumerate(_first(found, row), start=1):
        mark = "right" if right[rank - 1] else "wrong"
        items.append((_picture(library, key), f"{rank}. {mark}"))
    return items + [(None, "")] * (_HITS + 1 - len(items))


def _first(found: Report, row: int) -> list[int]:
    return [key for key, _ in found.ranking.hits(row)[:_HITS] if key >= 0]


def _asks(library: Library, found: Report, row: int) -> str:
    topic = found.collection.topics[row]
    if topic.key is None:
        return " ".join(str(clause) for clause in topic.query.clauses)
    return library.views().store.records([topic.key])[0].locations[0].path


def _near(path: str) -> str:
    """A path as seen from here, if it lies below."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _picture(library: Library, key: int) -> Path:
    from lookalike.errors import NotFoundError

    record = library.views().store.records([key])[0]
    try:
        return library.original(record.id)
    except NotFoundError as error:
        if error.code == "in-archive":
            return library.thumbnail(record.id)
        return Path(record.locations[0].path)  # drawn as a grey tile that says that it is gone
