"""What runs a network: one file per runtime.

Measured on two cores of a Zen 5 server with EfficientNet-Lite0 (pictures/s; ``benchmarks/
retrieval.py speed`` repeats it): ONNX Runtime fp32 420, OpenVINO fp32 430, OpenVINO bf16 760.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from lookalike.errors import ModelError

Array = npt.NDArray[Any]
Preference = Literal["auto", "onnxruntime", "openvino"]
MAX_BATCH = 1024
PREFERENCES: tuple[Preference, ...] = ("auto", "onnxruntime", "openvino")


class Session(Protocol):
    """A loaded network."""

    def run(self, batch: Array) -> list[Array]:
        """Run n examples, of shape (n, ...); returns each output, of shape (n, ...).

        The network always sees batches of one shape, so what comes out for an example does not
        depend on its neighbours or on n.
        """
        ...


@dataclass(frozen=True)
class Runtime:
    """A way to run networks.

    Attributes:
        name: ``onnxruntime`` or ``openvino``.
        precision: ``fp32`` or ``bf16``; what the network's arithmetic is done in.
        threads: threads it may use; 0 takes all cores.
        open: loads the single-input ONNX file at a path.
    """

    name: str
    precision: str
    threads: int
    open: Callable[[Path], Session]


def choose_runtime(preference: str = "auto", threads: int = 0) -> Runtime:
    """Pick a runtime for throughput.

    ``auto`` is OpenVINO in bf16 where the processor computes in bf16 (``avx512_bf16`` or
    ``amx_bf16``) and OpenVINO is installed, else ONNX Runtime in fp32.

    Args:
        preference: ``auto``, ``onnxruntime`` or ``openvino``; after a colon, how many pictures the
            network takes at once (``openvino:16``), by default what was quickest when measured.
        threads: threads it may use; 0 takes all cores.

    Raises:
        ModelError: the preference is unknown or its runtime is not installed.
    """
    from lookalike.encoders.runtimes import onnxruntime, openvino

    name, batch = _parts(preference)
    match name:
        case "onnxruntime":
            return onnxruntime.runtime(threads, batch)
        case "openvino":
            return openvino.runtime(threads, batch)
        case "auto":
            if openvino.is_available() and openvino.has_bf16():
                return openvino.runtime(threads, batch)
            return onnxruntime.runtime(threads, batch)
    raise ModelError(
        f"There is no runtime {preference!r}.",
        f"Choose one of {', '.join(PREFERENCES)}.",
        code="unknown-runtime",
    )


def _parts(preference: str) -> tuple[str, int]:
    """The runtime's name and the size of its batches, 0 where none is said."""
    name, colon, size = preference.partition(":")
    if not colon:
        return name, 0
    if not (size.isascii() and size.isdecimal() and 1 <= int(size) <= MAX_BATCH):
        raise ModelError(
            f"{size!r} in the runtime {preference!r} is no size of a batch.",
            f"Give a number from 1 to {MAX_BATCH}, as in {name}:8.",
            code="unknown-runtime",
        )
    return name, int(size)


def in_batches(batch: Array, size: int) -> Sequence[Array]:
    """Cut (n, ...) into pieces of exactly ``size``; the last is filled up with its last example."""
    pieces = [batch[i : i + size] for i in range(0, len(batch), size)]
    if pieces and (missing := size - len(pieces[-1])):
        pieces[-1] = np.concatenate([pieces[-1], np.repeat(pieces[-1][-1:], missing, axis=0)])
    return pieces
