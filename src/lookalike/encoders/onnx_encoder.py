"""A network that takes pixels and gives one vector a picture."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Features, check_pixels, unit_rows
from lookalike.encoders.runtimes import Session
from lookalike.imaging.picture import InputSpec, UInt8Array


class OnnxEncoder:
    """The vectors of a loaded network, scaled to length 1.

    Args:
        name: whole name of the model.
        dims: length of its vectors.
        spec: how it wants its pixels.
        session: the network; takes uint8 pixels of shape (n, size, size, 3), gives (n, dims), and
            logits of shape (n, classes) if it has them.
    """

    def __init__(self, name: str, dims: int, spec: InputSpec, session: Session) -> None:
        self.name, self.dims, self.input = name, dims, spec
        self._session = session

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, size, size, 3), RGB, uint8; vectors (n, dims), any logits.

        Raises:
            ModelError: the pixels have another shape or type.
        """
        check_pixels(pixels, self.input.size, self.name)
        if len(pixels) == 0:
            return Features(np.zeros((0, self.dims), np.float32))
        vectors, *others = self._session.run(np.ascontiguousarray(pixels))
        logits = np.asarray(others[0], np.float32) if others else None
        return Features(unit_rows(np.asarray(vectors, np.float32)), logits)
