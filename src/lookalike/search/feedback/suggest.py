"""Which pictures to judge next: those that the model is least sure of, and unlike one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookalike.search.views import Views
from lookalike.store.rows import PictureRecord

CANDIDATES = 100
"""How far down the ranking to look."""
_ALIKE = 0.5
"""How much nearness to one that is chosen already counts against a picture."""


def to_judge(ranked: Sequence[PictureRecord], count: int, views: Views) -> list[PictureRecord]:
    """Pick pictures of a ranking to judge, most telling first.

    Maximal marginal relevance (Carbonell and Goldstein, 1998) over the best that nobody judged:
    near the top is where verdicts matter and where the boundary is looked for; pictures like one
    that is picked already would teach the same again.

    Args:
        ranked: the query's best pictures that nobody judged, best first.
        count: how many at most.
        views: the library.
    """
    fresh = ranked[:CANDIDATES]
    if len(fresh) <= count:
        return list(fresh)
    vectors = views.look.vectors(np.array([picture.key for picture in fresh], dtype=np.int64))
    alike = vectors @ vectors.T
    worth = 1 - np.arange(len(fresh)) / len(fresh)
    chosen = [0]
    while len(chosen) < count:
        score = (1 - _ALIKE) * worth - _ALIKE * alike[:, chosen].max(axis=1)
        score[chosen] = -np.inf
        chosen.append(int(np.argmax(score)))
    return [fresh[at] for at in chosen]
