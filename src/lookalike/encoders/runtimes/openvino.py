"""OpenVINO: the fast runtime on x86-64 processors that compute in bf16.

No compiled-model cache is kept: it would save 0.05 s of 0.24 s per start, at the price of 19 MB and
of blobs that several processes write at the same path without a lock.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from lookalike.errors import ModelError

if TYPE_CHECKING:
    from lookalike.encoders.runtimes import Array, Runtime

MOST_AT_ONCE = 4
_PIXELS_AT_ONCE = 6 * 224 * 224
"""Four pictures of 224 or 260 pixels, two of 320, one of 448: within 1 % of the quickest of 1, 2,
4, 8, 16, 32 for four networks of five (docs/benchmarks.md). What is larger leaves the caches."""


def is_available() -> bool:
    """Whether the package is installed."""
    from importlib.util import find_spec

    return find_spec("openvino") is not None


@cache
def has_bf16() -> bool:
    """Whether the processor computes in bf16 itself (``avx512_bf16`` or ``amx_bf16``)."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def runtime(threads: int = 0, batch: int = 0) -> Runtime:
    """OpenVINO on the CPU, in bf16 where the processor has it.

    Args:
        threads: threads it may use; 0 takes all cores.
        batch: examples that are run at once; 0 for what was quickest.
    """
    from lookalike.encoders.runtimes import Runtime

    bf16 = has_bf16()
    return Runtime(
        "openvino",
        "bf16" if bf16 else "fp32",
        threads,
        lambda path: OpenVinoSession(path, threads, bf16=bf16, batch=batch),
    )


class OpenVinoSession:
    """A network in OpenVINO, run in fixed small batches on several streams at once.

    Args:
        path: the ONNX file.
        threads: threads it may use; 0 takes all cores.
        bf16: compute in bf16, else in fp32.
        batch: examples that are run at once; 0 for as many as suit their size.

    Raises:
        ModelError: the package is missing, or the file is no ONNX model.
    """

    def __init__(self, path: Path, threads: int = 0, *, bf16: bool = False, batch: int = 0) -> None:
        core = _core()
        import openvino

        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
        }
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        try:
            model = core.read_model(str(path))
            batch = batch or usual_batch(model.input(0).partial_shape)
            model.reshape([batch, *list(model.input(0).partial_shape)[1:]])
            self._queue = openvino.AsyncInferQueue(core.compile_model(model, "CPU", options))
        except RuntimeError as error:
            raise ModelError(
                f"{path.name} cannot be loaded: {error}.",
                f"Delete {path} and try again.",
                code="model-damaged",
            ) from error
        self._batch = batch
        self._outputs = len(model.outputs)
        self._lock = Lock()
        self._queue.set_callback(self._keep)

    def run(self, batch: Array) -> list[Array]:
        """Run n examples; see :class:`lookalike.encoders.runtimes.Session`."""
        from lookalike.encoders.runtimes import in_batches

        kept: dict[int, list[Array]] = {}
        with self._lock:
            for i, piece in enumerate(in_batches(batch, self._batch)):
                self._queue.start_async({0: piece}, (kept, i))
            self._queue.wait_all()
        each = [kept[i] for i in range(len(kept))]
        return [np.concatenate(outputs)[: len(batch)] for outputs in zip(*each, strict=True)]

    def _keep(self, request: Any, place: tuple[dict[int, list[Array]], int]) -> None:
        kept, i = place
        kept[i] = [request.get_output_tensor(o).data.copy() for o in range(self._outputs)]


def usual_batch(shape: Any) -> int:
    """How many pictures are run at once.

    Args:
        shape: of the network's input, (n, height, width, 3); some may be unknown.
    """
    _, height, width, *_ = shape
    if not (height.is_static and width.is_static):
        return MOST_AT_ONCE
    fitting: int = _PIXELS_AT_ONCE // max(1, height.get_length() * width.get_length())
    return min(MOST_AT_ONCE, 1 << max(0, fitting.bit_length() - 1))


@cache
def _core() -> Any:
    # Its tools report what they do to a server on the internet unless this package is absent.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise ModelError(
            "OpenVINO is not installed.",
            "Run: pip install openvino, or choose the runtime onnxruntime.",
        ) from error
    return openvino.Core()
