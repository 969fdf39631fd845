"""Imports PyTorch and what stands on it, or says what to install."""

from __future__ import annotations

import importlib
from typing import Any

from lookalike.encoders.packaged import is_installed
from lookalike.errors import ModelError

EXTRA = "lookalike[torch]"


def import_torch() -> Any:
    """PyTorch.

    Raises:
        ModelError: it is not installed.
    """
    return _imported("torch")


def import_torchvision() -> Any:
    """torchvision, also where its compiled operators do not suit PyTorch.

    PyPI's torchvision is built against PyTorch for CUDA. Beside PyTorch for CPUs its operators (for
    detection; no classifier uses them) cannot be loaded, and the import fails at two declarations
    that expect them. Declaring these two first lets all the rest work.

    Raises:
        ModelError: it is not installed, or of a version that does not suit PyTorch.
    """
    torch = import_torch()
    try:
        return _imported("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise _unsuitable(error) from error
    declared = torch.library.Library("torchvision", "FRAGMENT")
    _KEPT.append(declared)  # what it declares goes with it
    for operator in ("nms", "qnms"):
        declared.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    try:
        return _imported("torchvision")
    except (ImportError, RuntimeError) as error:
        raise _unsuitable(error) from error


def import_timm() -> Any:
    """timm.

    Raises:
        ModelError: it, or the torchvision that it needs, is not installed.
    """
    if not is_installed("timm"):
        raise _missing("timm")
    import_torchvision()
    return _imported("timm")


_KEPT: list[Any] = []


def _imported(package: str) -> Any:
    if not is_installed(package):
        raise _missing(package)
    return importlib.import_module(package)


def _missing(package: str) -> ModelError:
    return ModelError(
        f"{package} is not installed.", f"Run: pip install '{EXTRA}'", code="extra-missing"
    )


def _unsuitable(error: Exception) -> ModelError:
    return ModelError(
        f"torchvision does not suit the PyTorch that is installed ({error}).",
        f"Run: pip install --upgrade '{EXTRA}'",
        code="extra-missing",
    )
