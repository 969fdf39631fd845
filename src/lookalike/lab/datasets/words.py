"""Labels as words: the name of each class asks for its pictures."""

from __future__ import annotations

from collections import defaultdict

from lookalike.lab.datasets.labels import labels_of
from lookalike.lab.datasets.trec import Match
from lookalike.lab.topics import TestCollection, Topic, half_of, keys_array, words_query
from lookalike.search.views import Views


def by_words(
    views: Views, field: str, where: str = "", *, match: Match = "concept", name: str = ""
) -> TestCollection:
    """Each label asks, as words, for the pictures that have it.

    By default words are matched by concept only: a label is written about its pictures, too.

    Args:
        views: the library.
        field: see :func:`lookalike.lab.datasets.labels.labels_of`.
        where: only these pictures are searched.
        match: how words are matched.
        name: for tables.

    Raises:
        UsageError: no picture has such a field.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for key, labels in labels_of(views, field, where).items():
        for label in labels:
            members[label].append(key)
    topics = tuple(
        Topic(
            label, words_query(label.replace("_", " "), match), keys_array(members[label]),
            half=half_of(number),
        )
        for number, label in enumerate(sorted(members))
    )  # fmt: skip
    return TestCollection(
        name or f"{field} as words", topics, where, measures=("AP", "P@1", "P@10")
    )
