"""Reads pickled dictionaries of lists, texts and NumPy arrays without running what is in them."""

from __future__ import annotations

import pickle
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lookalike.errors import SourceError

_BYTES = {"u1": np.dtype(np.uint8), "|u1": np.dtype(np.uint8), "uint8": np.dtype(np.uint8)}


class _Type:
    """Stands for ``numpy.dtype(...)``."""

    def __init__(self, name: object = "", *_: object) -> None:
        self.name = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)

    def __setstate__(self, state: object) -> None:
        """Byte order and alignment do not matter for bytes."""


class _Array:
    """Stands for an array; holds what its pickle says of it."""

    shape: tuple[int, ...] = ()
    data: bytes = b""
    kind: object = None
    fortran: bool = False

    def __setstate__(self, state: object) -> None:
        match state:
            case (int(), tuple(shape), _Type() as kind, fortran, bytes() | str() as data):
                self.shape, self.kind, self.fortran = shape, kind, bool(fortran)
                self.data = data.encode("latin-1") if isinstance(data, str) else data
            case _:
                raise pickle.UnpicklingError("an array is not described by bytes")

    def view(self) -> npt.NDArray[np.uint8]:
        name = self.kind.name if isinstance(self.kind, _Type) else ""
        if name not in _BYTES:
            raise pickle.UnpicklingError("an array holds something other than bytes")
        order = "F" if self.fortran else "C"
        return np.frombuffer(self.data, np.uint8).reshape(self.shape, order=order)  # type: ignore[call-overload, no-any-return]


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """How Python 3 writes bytes in old pickle protocols."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("bytes are not written as text")
    return text.encode("latin-1")


_KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise SourceError(
                f"its pickle asks for {module}.{name}, which no data set needs",
                "It may be an attempt to run a program. Fetch the data set from its makers.",
                code="unsafe-pickle",
            )
        return _KNOWN[module, name]


def load_arrays(file: BinaryIO) -> dict[str, Any]:
    """Read one pickled dictionary, as Python 2 or 3 wrote it.

    Args:
        file: at the beginning of the pickle.

    Returns:
        Texts for keys; arrays of bytes are read-only views, everything else is as it was, with
        texts of Python 2 as bytes.

    Raises:
        SourceError: it asks for any other class or function (``unsafe-pickle``).
        UnpicklingError: it holds something else.
        Exception: whatever damaged pickles raise.
    """
    found = _Unpickler(file, encoding="bytes").load()
    if not isinstance(found, dict):
        raise pickle.UnpicklingError("it holds no dictionary")
    return {
        key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): (
            value.view() if isinstance(value, _Array) else value
        )
        for key, value in found.items()
    }
