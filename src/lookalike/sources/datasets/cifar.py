"""CIFAR-10 and CIFAR-100 in their python and binary forms (Krizhevsky, 2009)."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Archive, Member
from lookalike.sources.datasets.array_pickle import load_arrays
from lookalike.sources.datasets.cifar_names import CIFAR10, CIFAR100, CIFAR100_COARSE
from lookalike.sources.datasets.png import png_bytes
from lookalike.sources.metadata import Metadata

SIDE = 32
_PIXELS = SIDE * SIDE * 3
_PNG_BYTES = len(png_bytes(np.zeros((SIDE, SIDE, 3), np.uint8)))
_PICKLED = re.compile(r"(?:.*/)?(?:data_batch_\d+|test_batch|train|test)", re.S)
_BINARY10 = re.compile(r"(?:.*/)?(?:data_batch_\d+|test_batch)\.bin", re.S)
_BINARY100 = re.compile(r"(?:.*/)?(?:train|test)\.bin", re.S)
_LABELS = frozenset({"labels", "fine_labels"})
_PICKLE_HEADS = (b"\x80\x02}q", b"\x80\x03}q", b"\x80\x04\x95")


def cifar_kind(name: str, head: bytes) -> str:
    """The kind of a file of CIFAR by its name and first bytes; empty if it is none."""
    if _PICKLED.fullmatch(name) and head.startswith(_PICKLE_HEADS):
        return "cifar-python"
    if _BINARY10.fullmatch(name) and head[:1] < b"\x0a" and head:
        return "cifar10-binary"
    if _BINARY100.fullmatch(name) and head[:1] < b"\x14" and b"" < head[1:2] < b"\x64":
        return "cifar100-binary"
    return ""


def open_pickled(file: BinaryIO, path: Path | None, budget: Budget) -> Archive | None:
    """A batch in the python form; None if the pickle is of something else."""
    batch = load_arrays(file)
    return PickledCifar(batch) if "data" in batch and _LABELS & batch.keys() else None


class PickledCifar:
    """A batch in the python form.

    Args:
        batch: what its pickle holds.

    Raises:
        ValueError: it is no such batch.
    """

    streamed = False

    def __init__(self, batch: dict[str, Any]) -> None:
        data = batch["data"]
        if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != _PIXELS:
            raise ValueError("its pictures are not 32 × 32 pixels in three colours")
        self._pixels = data
        self._fine = _numbers(batch, "fine_labels" if "fine_labels" in batch else "labels", data)
        self._coarse = _numbers(batch, "coarse_labels", data) if "coarse_labels" in batch else None
        self._files = batch.get("filenames", [])

    def members(self) -> Iterator[Member]:
        """Every picture, in the batch's order."""
        for row, pixels in enumerate(self._pixels):
            coarse = None if self._coarse is None else self._coarse[row]
            yield _member(row, pixels, self._fine[row], coarse, self._name(row))

    def close(self) -> None:
        """Nothing is open."""

    def _name(self, row: int) -> str:
        name = self._files[row] if row < len(self._files) else ""
        text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
        return text.rpartition("/")[2]


def open_binary(file: BinaryIO, path: Path | None, budget: Budget, labels: int) -> Archive | None:
    """A file in the binary form; None if its length is not that of whole pictures."""
    if file.seek(0, 2) % (labels + _PIXELS):
        return None
    file.seek(0)
    return BinaryCifar(file.read(), labels)


class BinaryCifar:
    """A file in the binary form: labels and pixels of one picture after another.

    Args:
        data: the file's bytes.
        labels: how many bytes of labels come before the pixels: 1, or 2 for CIFAR-100.
    """

    streamed = False

    def __init__(self, data: bytes, labels: int) -> None:
        self._rows = np.frombuffer(data, np.uint8).reshape(-1, labels + _PIXELS)
        self._labels = labels

    def members(self) -> Iterator[Member]:
        """Every picture, in the file's order."""
        for number, row in enumerate(self._rows):
            coarse = int(row[0]) if self._labels == 2 else None
            fine = int(row[self._labels - 1])
            yield _member(number, row[self._labels :], fine, coarse, "")

    def close(self) -> None:
        """Nothing is open."""


def _numbers(batch: dict[str, Any], key: str, data: npt.NDArray[np.uint8]) -> list[int]:
    numbers = batch[key]
    if not isinstance(numbers, list) or len(numbers) != len(data):
        raise ValueError("there are not as many labels as pictures")
    return [int(number) for number in numbers]


def _member(
    row: int, pixels: npt.NDArray[np.uint8], fine: int, coarse: int | None, name: str
) -> Member:
    label = _label(fine, CIFAR10 if coarse is None else CIFAR100)
    above = "" if coarse is None else _label(coarse, CIFAR100_COARSE)
    extra = {"label": label} | ({"coarse_label": above} if above else {})
    return Member(
        name=f"{label}/{name or f'{row:05d}.png'}",
        kind="file",
        size=_PNG_BYTES,
        packed=None,
        stamp=f"{zlib.crc32(pixels.tobytes()):08x}",
        open=partial(_open, pixels),
        metadata=Metadata(tags=tuple(filter(None, (label, above))), extra=extra),
    )


def _label(number: int, names: tuple[str, ...]) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


def _open(pixels: npt.NDArray[np.uint8]) -> BinaryIO:
    return io.BytesIO(png_bytes(pixels.reshape(3, SIDE, SIDE).transpose(1, 2, 0)))
