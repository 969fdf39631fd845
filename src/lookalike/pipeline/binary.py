"""Which spaces can be had as binary codes."""

from __future__ import annotations

from lookalike.errors import UsageError
from lookalike.store.description import SpaceDescription
from lookalike.store.metric import Metric, is_product

_BYTE = 8


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
    elif base.codes == "binary":
        reason, hint = f"{base.name!r} holds codes already", f"Take its own base: {base.base}."
    elif (dims or base.dims) % _BYTE:
        lower = (dims or base.dims) // _BYTE * _BYTE
        reason = f"{dims or base.dims} bits do not fill whole bytes"
        hint = f"Keep a multiple of {_BYTE}: --pca {max(lower, _BYTE)}."
    if reason:
        raise UsageError(f"No binary codes can be made: {reason}.", hint, code="no-binary")
