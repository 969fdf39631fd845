"""The measures of retrieval, over thousands of queries at once.

Those that trec_eval knows give its values to the last bit: sums run in the order of the ranks.
Any other measure that ir_measures can parse is handed to it, see :mod:`lookalike.lab.ir`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.judged import Float64Array, Int32Array, Judged

Numbers = Float64Array | Int32Array

_WRITTEN = re.compile(r"([A-Za-z_\-]+)(?:@(\d+))?")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Family:
    """A kind of measure.

    Attributes:
        name: as it is written.
        what: one line for people.
        values: from judged rankings and a cut-off (None: the whole ranking) to one value a query.
        cutoff: whether it needs a cut-off (True), may have one (None) or has none (False).
        trec: whether ir_measures knows it by the same name.
    """

    name: str
    what: str
    values: Callable[[Judged, int | None], Float64Array]
    cutoff: bool | None = None
    trec: bool = True


def _hits(judged: Judged, cut: int | None) -> Float64Array:
    return (judged.gains[:, :cut] > 0).astype(np.float64)


def _total(terms: Float64Array) -> Float64Array:
    """Sums along the ranks, one after the other: np.sum would add them pairwise."""
    return np.cumsum(terms, axis=1)[:, -1] if terms.shape[1] else np.zeros(len(terms))


def _share(part: Float64Array, whole: Float64Array) -> Float64Array:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _ranks(hits: Numbers) -> Float64Array:
    return np.arange(1, hits.shape[1] + 1, dtype=np.float64)


def _precision_sum(judged: Judged, cut: int | None) -> Float64Array:
    hits = _hits(judged, cut)
    return _total(np.cumsum(hits, axis=1) / _ranks(hits) * hits)


def _ap(judged: Judged, cut: int | None) -> Float64Array:
    return _share(_precision_sum(judged, cut), judged.relevant.astype(np.float64))


def _ap_cap(judged: Judged, cut: int | None) -> Float64Array:
    possible = judged.relevant if cut is None else np.minimum(judged.relevant, cut)
    return _share(_precision_sum(judged, cut), possible.astype(np.float64))


def _ap_trap(judged: Judged, cut: int | None) -> Float64Array:
    hits = _hits(judged, cut)
    after, ranks = np.cumsum(hits, axis=1), _ranks(hits)
    before = np.divide(after - hits, ranks - 1, out=np.ones_like(hits), where=ranks > 1)
    return _share(_total((before + after / ranks) / 2 * hits), judged.relevant.astype(np.float64))


def _p(judged: Judged, cut: int | None) -> Float64Array:
    assert cut is not None
    return np.asarray(_total(_hits(judged, cut)) / cut)


def _r(judged: Judged, cut: int | None) -> Float64Array:
    return _share(_total(_hits(judged, cut)), judged.relevant.astype(np.float64))


def _rprec(judged: Judged, _: int | None) -> Float64Array:
    hits = _hits(judged, None) * (_ranks(judged.gains) <= judged.relevant[:, None])
    return _share(_total(hits), judged.relevant.astype(np.float64))


def _rr(judged: Judged, cut: int | None) -> Float64Array:
    hits = _hits(judged, cut)
    if not hits.shape[1]:
        return np.zeros(len(judged))
    first = hits.argmax(axis=1) + 1.0
    return np.asarray(np.where(hits.any(axis=1), 1 / first, 0.0))


def _success(judged: Judged, cut: int | None) -> Float64Array:
    return np.asarray(_hits(judged, cut).any(axis=1), np.float64)


def _ndcg(judged: Judged, cut: int | None) -> Float64Array:
    gains = judged.gains[:, :cut]
    most = int(judged.relevant.max(initial=0))
    ideal = judged.ideal(most if cut is None else min(cut, most))
    return _share(_discounted(gains), _discounted(ideal))


def _discounted(gains: Numbers) -> Float64Array:
    return _total(gains / np.log2(np.arange(gains.shape[1]) + 2.0))


def _ns(judged: Judged, _: int | None) -> Float64Array:
    return _total(_hits(judged, 4))


FAMILIES: tuple[Family, ...] = (
    Family("AP", "average precision, divided by all relevant (trec_eval)", _ap),
    Family("AP_cap", "average precision, divided by what the cut-off allows", _ap_cap, trec=False),
    Family(
        "AP_trap", "area under precision and recall (Oxford, Holidays)", _ap_trap, False, trec=False
    ),
    Family("P", "share of the first k that are relevant", _p, cutoff=True),
    Family("R", "share of the relevant that are among the first k", _r, cutoff=True),
    Family("nDCG", "discounted gain, as a share of the best ranking's", _ndcg),
    Family("RR", "1 / rank of the first relevant", _rr),
    Family("Rprec", "precision at as many as are relevant", _rprec, cutoff=False),
    Family("Success", "whether any of the first k is relevant", _success, cutoff=True),
    Family("NS", "UKBench's N-S: how many of the first four", _ns, cutoff=False, trec=False),
)
_BY_NAME = {family.name.casefold(): family for family in FAMILIES}
_ALIASES = {"map": "ap", "mrr": "rr", "recall": "r", "precision": "p", "n-s": "ns"}


@dataclass(frozen=True)
class Measure:
    """One measure, with its cut-off."""

    family: Family
    cutoff: int | None = None

    def __str__(self) -> str:
        return self.family.name + (f"@{self.cutoff}" if self.cutoff else "")

    def values(self, judged: Judged) -> Float64Array:
        """One value a query, shape (queries,); 0 where nothing is relevant."""
        step = max(1, _CHUNK // max(1, judged.gains.shape[1]))
        parts = [
            self.family.values(judged.part(start, start + step), self.cutoff)
            for start in range(0, len(judged), step)
        ]
        return np.concatenate(parts) if parts else np.empty(0)


def parse_measure(text: str) -> Measure | None:
    """Read ``AP``, ``P@10``, ``nDCG@10`` ...; None for what only ir_measures may know.

    Raises:
        UsageError: a cut-off is missing, 0, or not meant to be.
    """
    written = _WRITTEN.fullmatch(text.strip())
    name = written[1].casefold() if written else ""
    family = _BY_NAME.get(_ALIASES.get(name, name))
    if written is None or family is None:
        return None
    cutoff = int(written[2]) if written[2] else None
    if cutoff == 0 or (family.cutoff is True and cutoff is None):
        raise UsageError(
            f"{text} needs a cut-off.", f"Write {family.name}@10, for instance.", code="bad-measure"
        )
    if family.cutoff is False and cutoff is not None:
        raise UsageError(
            f"{family.name} has no cut-off.", f"Write {family.name}.", code="bad-measure"
        )
    return Measure(family, cutoff)


def measure_names(texts: Sequence[str]) -> tuple[str, ...]:
    """The measures that people named, each once, as they are usually written.

    Raises:
        UsageError: there is no such measure.
    """
    from lookalike.lab import ir

    split = [name for text in texts for name in re.split(r"[,\s]+(?![^(]*\))", text) if name]
    names = []
    for name in split:
        own = parse_measure(name)
        names.append(str(own) if own else ir.canonical(name))
    if not names:
        raise UsageError("No measure is named.", "Leave --measures out, or name AP, P@10 ...")
    return tuple(dict.fromkeys(names))


def unknown_measure(name: str) -> UsageError:
    """The error for a name that nobody knows."""
    near = difflib.get_close_matches(name.partition("@")[0].casefold(), _BY_NAME, 2, 0.5)
    known = ", ".join(family.name for family in FAMILIES)
    meant = f"Did you mean {' or '.join(_BY_NAME[n].name for n in near)}? " if near else ""
    hint = f"{meant}There are {known}, and what ir_measures knows."
    return UsageError(f"There is no measure {name!r}.", hint, code="bad-measure")
