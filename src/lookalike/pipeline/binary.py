"""Which spaces can be had as binary codes, and what cannot be made of these."""

from __future__ import annotations

from lookalike.errors import UsageError
from lookalike.store.description import SpaceDescription
from lookalike.store.metric import Metric, is_product

_BYTE = 8


def check_base(base: SpaceDescription) -> None:
    """Make sure that a space can be made of another's vectors.

    Queries keep their numbers, so what is made of signs would treat them unlike pictures.

    Raises:
        UsageError: it holds binary codes (``binary-base``).
    """
    if base.codes == "binary":
        raise UsageError(
            f"The space {base.name!r} holds binary codes, which nothing more is made of.",
            f"Take what they were made of: {base.base}.",
            code="binary-base",
        )


def check_binary(base: SpaceDescription, dims: int | None, metric: Metric) -> None:
    """Make sure that the vectors of a space can become binary codes.

    Args:
        base: the space whose vectors they are made of.
        dims: how many principal axes are kept; None for all numbers.
        metric: how codes shall be compared.

    Raises:
        UsageError: they cannot (``no-binary``).
    """
    reason = ""
    if not is_product(metric):
        reason, hint = f"they have inner products, no {metric} distance", "Leave --metric out."
    elif (dims or base.dims) % _BYTE:
        lower = (dims or base.dims) // _BYTE * _BYTE
        reason = f"{dims or base.dims} bits do not fill whole bytes"
        hint = f"Keep a multiple of {_BYTE}: --pca {max(lower, _BYTE)}."
    if reason:
        raise UsageError(f"No binary codes can be made: {reason}.", hint, code="no-binary")
