"""A combined query beside a query of one vector, and how much of the exact answer it finds.

Usage: ``python combined.py LIBRARY --work FOLDER --rows 200000`` with a library of real pictures
(default encoder), which is grown to so many (:mod:`grown_library`). A combined query has two
words, one picture, one thing that is not wanted, and a filter. Both kinds go through
``Library.search``, with the hits' records and with the cut, in one process, taking turns. Words
and pictures are encoded before the clock starts; ``encoding_ms`` is what it takes where they are
not. The exact answer is that of the same engine where it scores every picture.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from grown_library import grow
from lookalike.library import Library
from lookalike.opening import open_library
from lookalike.search import candidates
from lookalike.search.filter import compile_filter
from lookalike.search.query import Query, parse_query
from lookalike.settings import Settings
from measure import RESULTS, machine, say, table

K = 10
QUERIES = 60
COMMON, RARE = 3, 0.05
"""A word of a query is one that at least so many pictures have, and at most such a share."""
FILTERS: dict[str, Callable[[int], str]] = {
    "a half": lambda n: f"date >= {2014 + n % 3}-{n % 12 + 1:02}-{n % 28 + 1:02}",
    "a sixth": lambda n: f"camera = 'NIKON D750' and bytes > {100_000 + n}",
    "a fiftieth": lambda n: f"date >= 2016-04-{n % 28 + 1:02} and date < 2016-09-{n // 28 + 1:02}",
}
"""A filter of its own for each query: a library keeps the pictures of the last few ones."""


def questions(library: Library, count: int) -> list[dict[str, Any]]:
    """Two words of one picture, another one like it, and a word that others have."""
    random = np.random.default_rng(11)
    store, view = library.views().store, library.views().look
    keys = store.keys()
    chosen = random.choice(keys, 4000, replace=False)
    records = {record.key: record for record in store.records(np.sort(chosen))}
    used = Counter(word for r in records.values() for word in set(_words(r.metadata.caption)))
    fits = {w for w, n in used.items() if COMMON <= n <= RARE * len(records)}
    found: list[dict[str, Any]] = []
    for key in chosen.tolist():
        words = [w for w in dict.fromkeys(_words(records[key].metadata.caption)) if w in fits]
        if len(words) < 2:
            continue
        near = view.top(view.vectors(np.array([key]))[0], 5).keys
        away = list(fits - set(words))
        found.append(
            {
                "n": len(found),
                "words": [str(w) for w in random.choice(words, 2, replace=False)],
                "picture": f"id:{store.records([int(near[-1])])[0].id}",
                "away": str(away[int(random.integers(len(away)))]),
            }
        )
        if len(found) == count:
            break
    return found


def _words(text: str) -> list[str]:
    return [word for word in text.split() if word.isascii() and word.isalpha() and len(word) > 3]


def combined(one: dict[str, Any], where: str) -> Query:
    """Two words, one picture, one negative, a filter."""
    return parse_query([*one["words"], one["picture"]], without=[one["away"]], where=where, k=K)


Where = Callable[[int], str]


def kinds(where: Where) -> dict[str, Callable[[dict[str, Any]], Query]]:
    """The queries to compare, and parts of the combined one."""
    return {
        "one picture": lambda q: parse_query([q["picture"]], k=K),
        "one picture, filter": lambda q: parse_query([q["picture"]], where=where(q["n"] + 1), k=K),
        "one word": lambda q: parse_query([q["words"][0]], k=K),
        "two words, filter": lambda q: parse_query(q["words"], where=where(q["n"] + 2), k=K),
        "combined, no filter": lambda q: combined(q, ""),
        "combined, the last filter again": lambda q: combined(q, where(0)),
        "combined": lambda q: combined(q, where(q["n"])),
    }


def times(library: Library, asked: Sequence[dict[str, Any]], where: Where, rounds: int) -> Any:
    """Median milliseconds of each kind, its encoding left out, and what encoding adds."""
    ways = kinds(where)
    took: dict[str, list[float]] = {name: [] for name in ways}
    for name, make in ways.items():  # what every process does once, and the encoding
        for one in asked:
            library.search(make(one))
        say(f"warm: {name}")
    for _ in range(rounds):
        for one in asked:
            for name, make in ways.items():
                query = make(one)
                began = time.perf_counter()
                library.search(query)
                took[name].append((time.perf_counter() - began) * 1000)
    found = {name: {"p50_ms": _p(each, 50), "p99_ms": _p(each, 99)} for name, each in took.items()}
    first = found["one picture"]["p50_ms"]
    for one_kind in found.values():
        one_kind["ratio"] = round(one_kind["p50_ms"] / first, 2)
    return found


def encoding_ms(library: Library, asked: Sequence[dict[str, Any]], picture: Path) -> Any:
    """What encoding costs: a word, and a picture from elsewhere, as a person gives it."""
    views, found = library.views(), {}
    for kind, make in {
        "a word": lambda q, n: parse_query([f"{q['words'][0]} {n}"]),
        "a picture": lambda q, n: parse_query([f"{picture}#xywh=percent:0,0,{100 - n / 100},100"],
                                              local_files=True),
    }.items():  # fmt: skip
        took = []
        for number, one in enumerate(asked):
            query = make(one, number)
            began = time.perf_counter()
            library._clauses.vectors(query.clauses[0], "auto", views)
            took.append((time.perf_counter() - began) * 1000)
        found[kind] = _p(took, 50)
    return found


def recall(library: Library, asked: Sequence[dict[str, Any]], where: Where) -> float:
    """The share of the exact answer's first ten that the usual answer holds."""
    shares = []
    for one in asked:
        query = combined(one, where(one["n"]))
        found = {hit.id for hit in library.search(_whole(query))}
        before = candidates.EXACT_PICTURES
        candidates.EXACT_PICTURES = 10**9
        try:
            exact = {hit.id for hit in library.search(_whole(query))}
        finally:
            candidates.EXACT_PICTURES = before
        shares.append(len(found & exact) / len(exact))
    return round(float(np.mean(shares)), 4)


def _whole(query: Query) -> Query:
    from dataclasses import replace

    return replace(query, cut=None)


def _p(values: Sequence[float], at: float) -> float:
    return round(float(np.percentile(values, at)), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="where the grown one lies")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--recall", type=int, default=40, help="of so many queries")
    parser.add_argument("--picture", type=Path, help="for the time that encoding takes")
    given = parser.parse_args()
    path = given.work / f"grown-{given.rows}"
    grow(given.library, path, given.rows)
    result: dict[str, Any] = {"machine": machine(), "rows": given.rows, "filters": {}}
    with open_library(path, settings=Settings.from_environment()) as library:
        asked = questions(library, given.queries)
        for name, where in FILTERS.items():
            left = len(library.views().store.keys_where(compile_filter(where(0))))
            say(f"{name}: {left:,} pictures")
            found = {"matching": left, "kinds": times(library, asked, where, given.rounds)}
            if given.recall:
                found["recall@10"] = recall(library, asked[: given.recall], where)
            result["filters"][name] = found
            rows = [[k, *v.values()] for k, v in found["kinds"].items()]
            print(f"\n{name}, recall {found.get('recall@10')}\n")
            print(table(["query", "p50 ms", "p99 ms", "x one picture"], rows), flush=True)
        if given.recall:
            result["recall@10, no filter"] = recall(library, asked[: given.recall], lambda _: "")
            print("recall without a filter", result["recall@10, no filter"])
        if given.picture:
            result["encoding_ms"] = encoding_ms(library, asked, given.picture)
            print(result["encoding_ms"])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"combined-{given.rows}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
