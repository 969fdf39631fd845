"""How the failures of an endpoint are documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
"""A file, in a form or as the whole body."""


def several(schema: dict[str, Any]) -> dict[str, Any]:
    """A field of a form that may come more than once."""
    return {"type": "array", "items": schema}


def form(
    fields: dict[str, Any], required: Sequence[str] = (), also: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What documents the body of an endpoint that reads a form.

    Args:
        fields: schema of each field.
        required: names of those that must be there.
        also: schemas of other types of content that it takes as well, by type.
    """
    schema: dict[str, Any] = {"type": "object", "properties": fields}
    if required:
        schema["required"] = list(required)
    content = {kind: {"schema": other} for kind, other in (also or {}).items()}
    body: dict[str, Any] = {"content": {**content, "multipart/form-data": {"schema": schema}}}
    if required:
        body["required"] = True
    return {"requestBody": body}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The failures that an endpoint may answer with."""
    return {status: {"model": ErrorBody, "description": _REASONS[status]} for status in statuses}
