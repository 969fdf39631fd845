"""The bridge to ir_measures: every measure that it knows, computed by trec_eval and its kin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lookalike.errors import UsageError
from lookalike.lab.judged import Float64Array


def canonical(name: str) -> str:
    """A measure's name as ir_measures writes it.

    Raises:
        UsageError: it knows no such measure, or is not installed (``extra-missing``).
    """
    return str(_parse(name))


def values(
    name: str, queries: Sequence[str], qrels: Mapping[str, Any], run: Mapping[str, Any]
) -> Float64Array:
    """A measure of each query, shape (queries,); 0 where a query found nothing.

    Args:
        name: as ir_measures writes it.
        queries: which, in this order.
        qrels: per query the grades of pictures.
        run: per query the scores of pictures.

    Raises:
        UsageError: what computes this measure is not installed.
    """
    measure = _parse(name)
    try:
        each = {m.query_id: m.value for m in _library().iter_calc([measure], qrels, run)}
    except (ValueError, RuntimeError, ImportError) as error:
        raise UsageError(
            f"ir_measures cannot compute {name} here: {str(error).rstrip('.')}.",
            "Leave it out, or install what it asks for.",
            code="bad-measure",
        ) from error
    return np.array([each.get(query, 0.0) for query in queries], np.float64)


def _parse(name: str) -> Any:
    from lookalike.lab.measures import unknown_measure

    try:
        return _library(name).parse_measure(name)
    except (ValueError, NameError, SyntaxError, AssertionError) as error:
        raise unknown_measure(name) from error


def _library(wanted: str = "") -> Any:
    try:
        import ir_measures
    except ImportError as error:
        raise UsageError(
            f"{wanted or 'This measure'} is computed by ir_measures, which is not installed.",
            'Install it with `pip install "lookalike[lab]"`.',
            code="extra-missing",
        ) from error
    return ir_measures
