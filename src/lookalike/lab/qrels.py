"""Relevance judgments and rankings in the files of TREC, as trec_eval reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from lookalike.errors import UsageError

Qrels = dict[str, dict[str, int]]
"""Per query the grade of each judged picture; above 0 is relevant."""
Run = dict[str, dict[str, float]]
"""Per query the score of each picture that was found."""


def read_qrels(path: Path) -> Qrels:
    """Read lines of ``QUERY ITERATION PICTURE GRADE``; ``%20`` stands for a space.

    Raises:
        UsageError: a line cannot be understood, or judges a picture a second time.
    """
    found: Qrels = {}
    for number, parts in _lines(path):
        if len(parts) != 4:
            raise _bad(path, number, f"has {len(parts)} parts; qrels have 4: QUERY 0 PICTURE GRADE")
        query, _, picture, grade = parts
        judged = found.setdefault(query, {})
        if picture in judged:
            raise _bad(path, number, f"judges {picture} for {query} a second time")
        try:
            judged[picture] = int(grade)
        except ValueError:
            raise _bad(path, number, f"has the grade {grade!r}, which is no whole number") from None
    return _filled(path, found)


def read_run(path: Path) -> Run:
    """Read lines of ``QUERY Q0 PICTURE RANK SCORE TAG``. The scores order them, not the ranks.

    Raises:
        UsageError: a line cannot be understood, names a picture twice, or has a score that is
            no number.
    """
    found: Run = {}
    for number, parts in _lines(path):
        if len(parts) != 6:
            what = f"has {len(parts)} parts; a run has 6: QUERY Q0 PICTURE RANK SCORE TAG"
            raise _bad(path, number, what)
        query, _, picture, _, score, _ = parts
        ranked = found.setdefault(query, {})
        if picture in ranked:
            raise _bad(path, number, f"ranks {picture} for {query} a second time")
        try:
            ranked[picture] = float(score)
        except ValueError:
            raise _bad(path, number, f"has the score {score!r}, which is no number") from None
        if not math.isfinite(ranked[picture]):
            raise _bad(path, number, f"has the score {score}, by which nothing can be ordered")
    return _filled(path, found)


def ordered(ranked: Mapping[str, float]) -> list[str]:
    """Pictures best first, as trec_eval orders them: equal scores by name, the last one first."""
    by_name = sorted(ranked, reverse=True)
    return sorted(by_name, key=lambda name: -np.float32(ranked[name]))


def write_qrels(path: Path, qrels: Iterable[tuple[str, Mapping[str, int]]]) -> None:
    """Write judgments, query by query.

    Raises:
        UsageError: the file cannot be written.
    """
    lines = (
        f"{name_in_file(query)} 0 {name_in_file(picture)} {grade}\n"
        for query, judged in qrels
        for picture, grade in judged.items()
    )
    _write(path, lines)


def write_run(
    path: Path, ranked: Iterable[tuple[str, Iterable[tuple[str, float]]]], tag: str = "lookalike"
) -> None:
    """Write rankings, query by query, best first.

    trec_eval orders by the scores alone, as 32-bit floats: where one is not below that of the
    picture before, it is written as the next smaller number.

    Raises:
        UsageError: the file cannot be written.
    """
    tag = name_in_file(tag)
    _write(path, (line for query, hits in ranked for line in _run_lines(query, hits, tag)))


def _run_lines(query: str, hits: Iterable[tuple[str, float]], tag: str) -> Iterator[str]:
    least = np.float32(np.inf)
    for rank, (picture, score) in enumerate(hits, start=1):
        least = min(np.float32(score), np.nextafter(least, np.float32(-np.inf)))
        yield f"{name_in_file(query)} Q0 {name_in_file(picture)} {rank} {least:.9g} {tag}\n"


def name_in_file(name: str) -> str:
    """A name without the spaces that end a field."""
    return "".join(f"%{ord(char):02X}" if char.isspace() else char for char in name)


def name_from_file(name: str) -> str:
    """What :func:`name_in_file` was given, for plain spaces."""
    return name.replace("%20", " ")


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if parts := line.split():
                    yield number, parts
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}.", "Name a text file.", code="bad-trec-file"
        ) from error


def _bad(path: Path, number: int, what: str) -> UsageError:
    return UsageError(f"{path}, line {number}, {what}.", code="bad-trec-file")


def _filled(path: Path, found: dict[str, dict[str, float]] | Qrels) -> dict:  # type: ignore[type-arg]
    if not found:
        raise UsageError(f"{path} holds no line.", code="bad-trec-file")
    return found


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error}.",
            "Name a file in a folder that is there.",
            code="bad-trec-file",
        ) from error
