"""The devices that networks run on: what people ask for, and what is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from lookalike.encoders.torch_support import import_torch
from lookalike.errors import ModelError

Kind = Literal["auto", "cpu", "cuda", "mps"]
_FORM = re.compile(r"(?:(auto|cpu|mps|cuda)|(cuda):([0-9]{1,3}))(\+half)?")
HALF = "+half"


@dataclass(frozen=True)
class Device:
    """A device as people ask for it.

    Attributes:
        kind: ``cpu``, ``cuda``, ``mps``, or ``auto`` for the best that is there.
        number: which of several of ``cuda``.
        half: compute in half precision where that is safe (autocast): float16, on CPUs bfloat16.
    """

    kind: Kind = "auto"
    number: int = 0
    half: bool = False

    @property
    def is_gpu(self) -> bool:
        """Whether a GPU is asked for by name."""
        return self.kind in ("cuda", "mps")

    def __str__(self) -> str:
        which = f":{self.number}" if self.number else ""
        return f"{self.kind}{which}{HALF if self.half else ''}"


def parse_device(text: str) -> Device:
    """Read ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; ``+half`` may follow.

    Raises:
        ModelError: it is none of them (``unknown-device``).
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ModelError(
            f"There is no device {text!r}.",
            "LOOKALIKE_DEVICE is auto, cpu, cuda, cuda:1 or mps; +half after it computes in half "
            "precision.",
            code="unknown-device",
        )
    kind = cast(Kind, found[1] or found[2])
    return Device(kind, int(found[3] or 0), bool(found[4]))


def torch_device(wanted: Device) -> Any:
    """The ``torch.device`` that is meant.

    ``auto`` is the first of CUDA, MPS and the CPU that PyTorch can use here.

    Raises:
        ModelError: it is not there (``device-missing``), or PyTorch is not installed.
    """
    torch = import_torch()
    has_mps = torch.backends.mps.is_available()
    match wanted.kind:
        case "cuda":
            count = torch.cuda.device_count() if torch.cuda.is_available() else 0
            if wanted.number >= count:
                raise missing(wanted, f"PyTorch {torch.__version__} sees {count} CUDA devices")
            return torch.device("cuda", wanted.number)
        case "mps":
            if not has_mps:
                raise missing(wanted, f"PyTorch {torch.__version__} sees no MPS device")
            return torch.device("mps")
        case "auto" if torch.cuda.is_available():
            return torch.device("cuda", 0)
        case "auto" if has_mps:
            return torch.device("mps")
    return torch.device("cpu")


def missing(wanted: Device, why: str) -> ModelError:
    """The error for a device that cannot be used."""
    return ModelError(
        f"The device {str(wanted)!r} cannot be used: {why}.",
        "Set LOOKALIKE_DEVICE=cpu, or leave it out to take what is there.",
        code="device-missing",
    )
