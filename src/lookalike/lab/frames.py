"""Data frames for notebooks; pandas is only asked for when one is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lookalike.errors import UsageError


def frame_of(rows: Sequence[dict[str, Any]], index: Sequence[str]) -> Any:
    """Rows as a pandas data frame.

    Args:
        rows: one dictionary each.
        index: names of the columns that become its index.

    Raises:
        UsageError: pandas is not installed (``extra-missing``).
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise UsageError(
            "Data frames need pandas, which is not installed.",
            'Install it with `pip install "lookalike[lab]"`, or use rows() or records().',
            code="extra-missing",
        ) from error
    return pd.DataFrame(rows).set_index([*index])
