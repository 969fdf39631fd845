"""How many hits have which value, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.cli.output import table_console

if TYPE_CHECKING:
    from lookalike.search.facets import Facet


def print_facet(facet: Facet) -> None:
    """Print a field's values with their counts."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right", min_width=6)
    table.add_column(facet.field, overflow="fold")
    for value in facet.values:
        table.add_row(f"{value.count:,}", value.value)
    if facet.others:
        table.add_row("", f"and {facet.others:,} further values")
    if facet.missing:
        table.add_row(f"{facet.missing:,}", "unknown")
    console = table_console()
    console.print()
    console.print(table)
