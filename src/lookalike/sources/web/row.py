"""One row of a list: a URL, and what is told about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from lookalike.sources.web.ledger import Kind


class Row(NamedTuple):
    """One row of a list.

    Attributes:
        url: where the picture is.
        values: what is told about it, by name.
        kind: ``picture``; ``page`` if the URL is that of a page that shows the picture; ``file``
            if it may be an archive as well.
        gone: why there is nothing to fetch; empty if there is. ``url`` is the record's own then.
    """

    url: str
    values: dict[str, Any]
    kind: Kind = "picture"
    gone: str = ""
