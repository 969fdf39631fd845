"""The API's reference, from its OpenAPI description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation; ``default`` and ``values`` as people read them."""

    name: str
    place: str
    description: str
    default: str
    values: str


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        id: its operation id.
        method: e.g. ``GET``.
        path: with parameters in braces.
        summary: a few words.
        description: the rest.
        parameters: of the path and the query.
        bodies: media types that it takes.
        answers: status and meaning.
    """

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


def operations(app: FastAPI) -> list[Operation]:
    """Every documented operation, in the order of the routes."""
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return [
        _operation(method, path, told)
        for path, methods in paths.items()
        for method, told in methods.items()
    ]


def _operation(method: str, path: str, told: dict[str, Any]) -> Operation:
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        description=told.get("description", ""),
        parameters=tuple(_parameter(p) for p in told.get("parameters", [])),
        bodies=tuple(told.get("requestBody", {}).get("content", {})),
        answers=tuple((code, answer["description"]) for code, answer in told["responses"].items()),
    )


def _parameter(told: dict[str, Any]) -> Parameter:
    schema = told.get("schema", {})
    default = schema.get("default")
    return Parameter(
        name=told["name"],
        place=told["in"],
        description=told.get("description", ""),
        default="" if default in (None, "", []) else str(default),
        values=", ".join(str(value) for value in schema.get("enum", [])),
    )
