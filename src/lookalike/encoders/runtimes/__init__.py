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

from lookalike.encoders.devices import Device, missing, parse_device
from lookalike.errors import ModelError

Array = npt.NDArray[Any]
Preference = Literal["auto", "onnxruntime", "openvino"]
MAX_BATCH = 1024
PREFERENCES: tuple[Preference, ...] = ("auto", "onnxruntime", "openvino")
ANYWHERE = Device()


class Session(Protocol):
    """A loaded network."""

    def run(self, batch: Array) -> list[Array]:
        """Run n examples, of shape (n, ...); returns each output, of shape (n, ...).

        The network always sees batches of one shape, so what comes out for an example does not
        depend on its neighbours or on n.
        """
        ...


@dataclass(frozen=True)
class Wanted:
    """What a preference asks for; as text ``NAME[:BATCH][@DEVICE]``, as in ``auto@cuda:1``.

    Attributes:
        name: of the runtime.
        batch: pictures at once; 0 for what was quickest when measured.
        device: where.
    """

    name: str
    batch: int = 0
    device: Device = ANYWHERE

    def __str__(self) -> str:
        return f"{self.name}{f':{self.batch}' if self.batch else ''}@{self.device}"


@dataclass(frozen=True)
class Runtime:
    """A way to run networks.

    Attributes:
        name: ``onnxruntime`` or ``openvino``.
        precision: ``fp32`` or ``bf16``; what the network's arithmetic is done in.
        threads: threads it may use; 0 takes all cores.
        open: loads the single-input ONNX file at a path.
        device: ``cpu``, or ``cuda`` and its number.
    """

    name: str
    precision: str
    threads: int
    open: Callable[[Path], Session]
    device: str = "cpu"


def choose_runtime(preference: str = "auto", threads: int = 0) -> Runtime:
    """Pick a runtime for throughput.

    ``auto`` is OpenVINO in bf16 where the processor computes in bf16 (``avx512_bf16`` or
    ``amx_bf16``) and OpenVINO is installed, else ONNX Runtime in fp32.

    Args:
        preference: ``auto``, ``onnxruntime`` or ``openvino``; after a colon, how many pictures the
            network takes at once (``openvino:16``), by default what was quickest when measured;
            after an ``@``, a device, see :func:`lookalike.encoders.devices.parse_device`. Networks
            in ONNX run on the CPU unless ``cuda`` is asked for: only ONNX Runtime runs them there.
        threads: threads it may use; 0 takes all cores.

    Raises:
        ModelError: the preference is unknown, its runtime is not installed, or its device is not
            there.
    """
    from lookalike.encoders.runtimes import onnxruntime, openvino

    wanted = parse_preference(preference)
    name, batch, device = wanted.name, wanted.batch, wanted.device
    if name in PREFERENCES and device.is_gpu:
        if name == "openvino" or device.kind == "mps":
            runs = "OpenVINO" if name == "openvino" else "a network in ONNX"
            raise missing(device, f"{runs} does not run there")
        return onnxruntime.runtime_on_cuda(device, threads, batch)
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


def parse_preference(preference: str) -> Wanted:
    """Read ``NAME[:BATCH][@DEVICE]``.

    Raises:
        ModelError: the size of batches or the device cannot be read.
    """
    runtime, _, device = preference.partition("@")
    where = parse_device(device or "auto")
    name, colon, size = runtime.partition(":")
    if not colon:
        return Wanted(name, 0, where)
    if not (size.isascii() and size.isdecimal() and 1 <= int(size) <= MAX_BATCH):
        raise ModelError(
            f"{size!r} in the runtime {preference!r} is no size of a batch.",
            f"Give a number from 1 to {MAX_BATCH}, as in {name}:8.",
            code="unknown-runtime",
        )
    return Wanted(name, int(size), where)


def in_batches(batch: Array, size: int) -> Sequence[Array]:
    """Cut (n, ...) into pieces of exactly ``size``; the last is filled up with its last example."""
    pieces = [batch[i : i + size] for i in range(0, len(batch), size)]
    if pieces and (missing := size - len(pieces[-1])):
        pieces[-1] = np.concatenate([pieces[-1], np.repeat(pieces[-1][-1:], missing, axis=0)])
    return pieces
