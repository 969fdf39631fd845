"""``--region x,y,w,h``: an option that belongs to the clause before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from typer.core import TyperCommand, TyperOption

from lookalike.errors import QueryError

OPTION = "--region"
_CLAUSE_OPTION = "--not"


class RegionCommand(TyperCommand):
    """A command whose clauses may each be followed by a region."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write each region behind its clause, as one would by hand, then read the rest."""
        options = [param for param in self.params if isinstance(param, TyperOption)]
        valued = {name for option in options if not option.is_flag for name in option.opts}
        return super().parse_args(ctx, attached(args, valued))


def attached(args: Sequence[str], valued: Collection[str]) -> list[str]:
    """The arguments with each ``--region`` written as the fragment of the clause before it.

    Args:
        args: what follows the verb.
        valued: names of the options that take a value.

    Raises:
        QueryError: a region is none, or there is no clause before it (``bad-region``).
    """
    written: list[str] = []
    clause, rest, only_clauses = None, list(args), False
    while rest:
        arg = rest.pop(0)
        name, given, value = arg.partition("=")
        if not only_clauses and name == OPTION:
            text = value if given else (rest.pop(0) if rest else "")
            _put(written, clause, text)
            clause = None
            continue
        written.append(arg)
        if only_clauses or not arg.startswith("-"):
            clause = len(written) - 1
        elif arg == "--":
            only_clauses = True
        elif name in valued:
            if not given and rest:
                written.append(rest.pop(0))
            clause = len(written) - 1 if name == _CLAUSE_OPTION else clause
    return written


def _put(written: list[str], clause: int | None, text: str) -> None:
    from lookalike.search.region import parse_region

    region = parse_region(text)
    if clause is None:
        raise QueryError(
            f"{OPTION} {text} has no picture before it.",
            f"Write: lookalike search photo.jpg {OPTION} {text}",
            code="bad-region",
        )
    written[clause] += str(region)
