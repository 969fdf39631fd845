"""Values as SQL literals. The only place where text becomes part of a condition."""

from __future__ import annotations

from datetime import datetime


def literal(value: str | int | float | bool | datetime) -> str:
    """The value as a literal of the storage engine's SQL (DataFusion)."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return f"timestamp '{value.isoformat(sep=' ', timespec='milliseconds')}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
