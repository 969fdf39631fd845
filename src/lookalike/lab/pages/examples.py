"""Example rankings for reports: a query, and what was found first, right or wrong."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lookalike.errors import LookalikeError
from lookalike.lab.topics import Searchable, Topic

SIDE = 128
HITS = 8


class Pictured(Searchable, Protocol):
    """A library that can show its pictures."""

    def thumbnail(self, picture_id: str, side: int = 320) -> Path:
        """A small JPEG of a picture."""
        ...


@dataclass(frozen=True)
class Tile:
    """One picture of an example.

    Attributes:
        source: a data URI; empty where the picture is gone.
        name: of its file.
        mark: ``query``, ``right``, ``wrong`` or ``junk``.
    """

    source: str
    name: str
    mark: str


@dataclass(frozen=True)
class Example:
    """One query with its first hits, by one or more systems.

    Attributes:
        asks: the query in words; the name of its picture.
        query: the picture that asks; None for words.
        value: what it reached.
        relevant: how many pictures it should find.
        rankings: per system its name and its first hits.
    """

    asks: str
    query: Tile | None
    value: str
    relevant: int
    rankings: tuple[tuple[str, tuple[Tile, ...]], ...]


class Tiles:
    """Small pictures of a library, each made once.

    Args:
        library: whose pictures.
    """

    def __init__(self, library: Pictured) -> None:
        self._library, self._made = library, dict[int, tuple[str, str]]()

    def example(
        self, topic: Topic, value: str, rankings: Sequence[tuple[str, Sequence[int]]]
    ) -> Example:
        """A query and its first hits.

        Args:
            topic: the query.
            value: what it reached, as text.
            rankings: per system its name and the keys of its first hits; those below 0 are unknown.
        """
        wanted, junk = set(topic.relevant.tolist()), set(topic.junk.tolist())
        clauses = " ".join(str(clause) for clause in topic.query.clauses)
        query = None if topic.key is None else self._tile(topic.key, "query")
        return Example(
            asks=query.name if query else clauses,
            query=query,
            value=value,
            relevant=len(wanted - {topic.key}) + len(topic.absent),
            rankings=tuple(
                (
                    name,
                    tuple(
                        self._tile(key, _mark(key, wanted, junk)) for key in keys[:HITS] if key >= 0
                    ),
                )
                for name, keys in rankings
            ),
        )

    def _tile(self, key: int, mark: str) -> Tile:
        if key not in self._made:
            (record,) = self._library.views().store.records([key])
            name = Path(record.locations[0].path).name
            self._made[key] = self._source(record.id), name
        source, name = self._made[key]
        return Tile(source, name, mark)

    def _source(self, picture_id: str) -> str:
        try:
            data = self._library.thumbnail(picture_id, SIDE).read_bytes()
        except (LookalikeError, OSError):  # its file is gone: the report shows its name
            return ""
        return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def _mark(key: int, wanted: set[int], junk: set[int]) -> str:
    return "right" if key in wanted else "junk" if key in junk else "wrong"


def _shown(keys: Sequence[int]) -> list[int]:
    return [key for key in keys[:HITS] if key >= 0]
