"""How the failures of an endpoint are documented."""

from __future__ import annotations

from typing import Any

from lookalike.server.schemas import ErrorBody

_REASONS = {
    400: "The query or filter cannot be understood",
    403: "Refused",
    404: "There is no such picture",
    409: "Another process writes to the library",
    413: "Too large",
    415: "Not a picture",
    422: "A parameter has the wrong type",
    502: "A picture's URL could not be fetched",
    503: "The library cannot be read",
    507: "No space is left on the disk",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The failures that an endpoint may answer with."""
    return {status: {"model": ErrorBody, "description": _REASONS[status]} for status in statuses}
