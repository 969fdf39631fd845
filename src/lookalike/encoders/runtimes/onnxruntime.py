"""ONNX Runtime: portable, fp32, and quick to start (0.1 s with the default model)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lookalike.encoders.devices import Device, missing
from lookalike.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from lookalike.encoders.runtimes import Array, Runtime

_ERROR_SEVERITY = 3
_CUDA = "CUDAExecutionProvider"
_BATCH_ON_GPU = 32
_CPU = Device("cpu")


def is_available() -> bool:
    """Whether the package is installed."""
    from importlib.util import find_spec

    return find_spec("onnxruntime") is not None


def runtime(threads: int = 0, batch: int = 0) -> Runtime:
    """ONNX Runtime on the CPU.

    Args:
        threads: threads it may use; 0 takes all cores.
        batch: examples that are run at once; 0 for what was quickest.
    """
    from lookalike.encoders.runtimes import Runtime

    return Runtime(
        "onnxruntime", "fp32", threads, lambda path: OnnxSession(path, threads, batch or 1)
    )


def runtime_on_cuda(device: Device, threads: int = 0, batch: int = 0) -> Runtime:
    """ONNX Runtime on a CUDA device, in fp32.

    Args:
        device: which one.
        threads: threads it may use for what stays on the CPU; 0 takes all cores.
        batch: examples that are run at once; 0 for 32.

    Raises:
        ModelError: the ONNX Runtime that is installed has no part for CUDA (``device-missing``).
    """
    import onnxruntime

    from lookalike.encoders.runtimes import Runtime

    if _CUDA not in onnxruntime.get_available_providers():
        reason = (
            f"the ONNX Runtime {onnxruntime.__version__} that is installed has no part for CUDA "
            "(onnxruntime-gpu has)"
        )
        raise missing(device, reason)
    size = batch or _BATCH_ON_GPU
    return Runtime(
        "onnxruntime",
        "fp32",
        threads,
        lambda path: OnnxSession(path, threads, size, device),
        f"cuda:{device.number}",
    )


def load(path: Path, threads: int = 0, device: Device = _CPU) -> InferenceSession:
    """Load an ONNX file.

    Args:
        path: the file.
        threads: threads it may use; 0 takes all cores.
        device: where it runs, the CPU or a CUDA device.

    Raises:
        ModelError: the package is missing, or the file is no ONNX model.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError(
            "ONNX Runtime is not installed.", "Run: pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERROR_SEVERITY
    providers: list[Any] = ["CPUExecutionProvider"]
    if device.kind == "cuda":
        providers.insert(0, (_CUDA, {"device_id": device.number}))
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # its errors share no base class
        raise ModelError(
            f"{path.name} cannot be loaded: {error}.",
            f"Delete {path} and try again.",
            code="model-damaged",
        ) from error
    if device.kind == "cuda" and _CUDA not in session.get_providers():
        raise missing(device, "ONNX Runtime found no such device, or not CUDA's own libraries")
    return session


class OnnxSession:
    """A network in ONNX Runtime, run one example at a time.

    On CPUs, single examples are at least as fast as batches for convolutional networks of this
    size (``benchmarks/runtimes.py``), and each is independent of the others.

    Args:
        path: the ONNX file.
        threads: threads it may use; 0 takes all cores.
        batch: examples that are run at once.
        device: where it runs.

    Raises:
        ModelError: the package is missing, or the file is no ONNX model.
    """

    def __init__(self, path: Path, threads: int = 0, batch: int = 1, device: Device = _CPU) -> None:
        self._batch = batch
        self._session = load(path, threads, device)
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Array) -> list[Array]:
        """Run n examples; see :class:`lookalike.encoders.runtimes.Session`."""
        from lookalike.encoders.runtimes import in_batches

        pieces = in_batches(batch, self._batch)
        each = [self._session.run(None, {self._input: piece}) for piece in pieces]
        return [np.concatenate(outputs)[: len(batch)] for outputs in zip(*each, strict=True)]
