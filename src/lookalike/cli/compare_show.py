"""Shows what ``lookalike compare`` found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.cli.output import say, table_console

if TYPE_CHECKING:
    from lookalike.lab.comparison.result import Comparison


def comparison(found: Comparison) -> None:
    """The table, best first; a star says that no other row beats this one."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    searches = len(found.grid.searches) > 1
    for name in ("", "model", "post", "metric", *(["search"] if searches else [])):
        table.add_column(name)
    first, *others = found.measures
    for name in (first, "95 %", *others, "p", "ms/picture", "ms/query", "bytes", "peak MB"):
        table.add_column(name, justify="right")
    front = found.front()
    for row in found.measured:
        means, span = found.means(row), found.interval(row)
        table.add_row(
            "*" if row in front else "",
            row.encoder,
            row.post,
            row.metric,
            *([row.search] if searches else []),
            f"{means[first]:.4f}",
            f"{span.low:.3f} to {span.high:.3f}",
            *(f"{means[name]:.4f}" for name in others),
            f"{found.p(row):.3f}",
            f"{row.cost.ms_per_picture:.1f}" if row.cost else "",
            f"{row.ms_per_query:.3f}",
            f"{row.bytes_per_picture:,}",
            f"{row.cost.peak_mb:.0f}" if row.cost else "",
        )
    for other in found.grid.published:
        values = [f"{other.values[n]:.4f}" if n in other.values else "" for n in found.measures]
        blank = [""] if searches else []
        table.add_row("", other.name, "", "published", *blank, values[0], "", *values[1:])
    table_console().print(table)
    _say_about(found)


def _say_about(found: Comparison) -> None:
    queries = sum(map(len, found.collections))
    names = ", ".join(one.name for one in found.collections)
    say(f"{queries:,} queries over {found.pictures:,} pictures ({names}), {found.seconds:.1f} s.")
    say(
        "*: no other row is better at as few ms and bytes a picture. "
        f"p: that chance alone tells the row from the best one in {found.measures[0]}."
    )
    problems: dict[str, list[str]] = {}
    for row in found.rows:
        if row.problem:
            problems.setdefault(row.problem, []).append(row.name)
    for problem, rows in problems.items():
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        say(f"Not measured: {rows[0]}{more}: {problem}")
    for note in found.notes():
        say(note)
