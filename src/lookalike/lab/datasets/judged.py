"""What people judged: the pictures relevant for the same query ask for each other.

A judged query may be words, which not every encoder can read, so the pictures that people found
for it stand for it. Only what was judged for a query counts there; all else is junk, as in
condensed lists (Sakai, "Alternatives to bpref", 2007).
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.topics import TestCollection, Topic, half_of, keys_array, picture_query
from lookalike.search.views import Views
from lookalike.store.judgments import JudgmentTable


def by_judgments(views: Views, *, name: str = "judged") -> TestCollection:
    """Each picture that was judged relevant asks for the others of the same query.

    The halves are made of queries.

    Args:
        views: the library.
        name: for tables.

    Raises:
        UsageError: for no query two pictures were judged relevant and one not (``no-judgments``).
    """
    table = views.store.facets(["key", "id"])
    keys = dict(zip(table["id"].to_pylist(), table["key"].to_pylist(), strict=True))
    verdicts: dict[str, dict[str, bool]] = defaultdict(dict)
    for judgment in JudgmentTable(views.store.path).all():  # the last word counts
        verdicts[judgment.query][judgment.picture] = judgment.relevant
    every = keys_array(keys.values())
    topics, left_out = [], Counter[str]()
    for number, (query, said) in enumerate(sorted(verdicts.items())):
        known = {keys[picture]: fits for picture, fits in said.items() if picture in keys}
        relevant = keys_array(key for key, fits in known.items() if fits)
        if len(relevant) < 2 or len(relevant) == len(known):
            left_out["judged queries lack two relevant pictures and one that is not"] += 1
            continue
        junk = np.setdiff1d(every, keys_array(known))
        ids = {key: picture for picture, key in keys.items() if key in known}
        topics += [
            Topic(
                f"{query}#{ids[key]}", picture_query(ids[key]), relevant, junk=junk, key=key,
                half=half_of(number),
            )
            for key in relevant.tolist()
        ]  # fmt: skip
    if not topics:
        raise UsageError(
            "Nothing was judged that could be asked: a query needs two pictures that fit and one "
            "that does not.",
            "Judge some with `lookalike judge`, or compare with --labels FIELD.",
            code="no-judgments",
        )
    return TestCollection(name, tuple(topics), left_out=left_out)
