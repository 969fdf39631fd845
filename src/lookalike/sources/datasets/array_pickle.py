"""Reads pickled dictionaries of lists, texts and NumPy arrays without running what is in them."""

from __future__ import annotations

import pickle
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lookalike.errors import SourceError

_BYTES = frozenset({"u1", "uint8"})
_NUMBERS = _BYTES | {f"{kind}{size}" for kind in "iuf" for size in (1, 2, 4, 8)} | {"b1"}


class _Type:
    """Stands for ``numpy.dtype(...)``."""

    def __init__(self, name: object = "", *_: object) -> None:
        self.name = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)

    order = ""

    def __setstate__(self, state: object) -> None:
        """Of byte order, alignment and fields only the first matters, and not for bytes."""
        match state:
            case (_, str(order) | bytes(order), *_):
                self.order = order if isinstance(order, str) else order.decode("ascii", "replace")

    def numpy(self, known: frozenset[str]) -> np.dtype[Any]:
        if self.name.lstrip("<>|=") not in known:
            raise pickle.UnpicklingError("an array holds something other than plain numbers")
        kind = np.dtype(self.name)
        return kind.newbyteorder(">") if self.order == ">" else kind


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

    def view(self, known: frozenset[str] = _BYTES) -> npt.NDArray[Any]:
        kind = self.kind if isinstance(self.kind, _Type) else _Type()
        order = "F" if self.fortran else "C"
        return np.frombuffer(self.data, kind.numpy(known)).reshape(self.shape, order=order)  # type: ignore[call-overload, no-any-return]


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _scalar(kind: object, data: object = b"") -> object:
    """One number, as ``numpy.core.multiarray.scalar`` makes it."""
    raw = data.encode("latin-1") if isinstance(data, str) else data
    if not isinstance(kind, _Type) or not isinstance(raw, bytes):
        raise pickle.UnpicklingError("a number is not described by bytes")
    return np.frombuffer(raw, kind.numpy(_NUMBERS)).item()


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """How Python 3 writes bytes in old pickle protocols."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("bytes are not written as text")
    return text.encode("latin-1")


_KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
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


def load_numbers(file: BinaryIO) -> dict[str, Any]:
    """Read one pickled dictionary of texts, numbers, and lists, dictionaries and arrays of them.

    Arrays of numbers of any kind are lists then, however deep they lie.

    Args:
        file: at the beginning of the pickle.

    Raises:
        SourceError, UnpicklingError, Exception: as for :func:`load_arrays`.
    """
    found = _plain(_Unpickler(file, encoding="bytes").load())
    if not isinstance(found, dict):
        raise pickle.UnpicklingError("it holds no dictionary")
    return found


def _plain(value: object) -> Any:
    match value:
        case _Array():
            return value.view(_NUMBERS).tolist()
        case bytes():
            return value.decode("utf-8", "replace")
        case dict():
            return {str(_plain(key)): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _Type():
            raise pickle.UnpicklingError("it holds something other than numbers and texts")
    return value
