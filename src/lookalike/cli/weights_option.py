"""The option for weights out of a file, wherever an encoder is named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WeightsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The encoder's weights: .safetensors, or a state dict that torch.save wrote.",
        readable=False,
    ),
]


def plain_name(encoder: str) -> str:
    """The name of an encoder without its weights: what its space is called.

    Raises:
        UsageError: it is not a name.
    """
    from lookalike.encoders.names import parse_name

    return parse_name(encoder).plain


def with_weights(encoder: str, weights: Path | None) -> str:
    """The name of an encoder with the weights that were given, if they were.

    Raises:
        UsageError: weights without an encoder, or it is not a name.
    """
    from lookalike.encoders import names
    from lookalike.errors import UsageError

    if weights is None:
        return encoder
    if not encoder:
        raise UsageError("Weights need the name of an encoder.", "See `lookalike models`.")
    return names.with_weights(encoder, str(weights.expanduser().absolute()))
