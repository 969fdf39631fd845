"""Reads files of weights without running anything that is in them."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lookalike.encoders.torch_support import import_torch
from lookalike.errors import ModelError

State = dict[str, Any]
"""Names to tensors."""

_WRAPPERS = ("state_dict_ema", "model_ema", "state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.")
_SHOWN = 4
_ASKED = re.compile(r"unsupported (?:global|class):? (?:GLOBAL )?([\w.]+)", re.IGNORECASE)


def read_checkpoint(path: Path) -> State:
    """Read the weights of a network.

    Args:
        path: ``.safetensors``, or what ``torch.save`` wrote of a state dict.

    Returns:
        Names to tensors, on the CPU; what training wraps around them is taken off.

    Raises:
        ModelError: there is no such file (``weights-missing``), it is damaged, or it is a pickle
            or a program that asks for more than tensors (``weights-refused``).
    """
    if not path.is_file():
        raise ModelError(
            f"There is no file of weights {path}.",
            "Give the path of a .safetensors or .pth file.",
            code="weights-missing",
        )
    state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    return _unwrapped(state, path)


def check_fit(expected: Mapping[str, Any], state: State, model: str, path: Path) -> None:
    """Make sure that a checkpoint has what a network needs, and nothing else.

    Args:
        expected: the network's own state dict, of which only shapes are looked at.
        state: the checkpoint's.
        model: name of the network.
        path: of the checkpoint.

    Raises:
        ModelError: it does not fit (``weights-unfit``); the first few differences are named.
    """
    missing = [key for key in expected if key not in state]
    extra = [key for key in state if key not in expected]
    other = [
        f"{key} is {_shape(state[key])} instead of {_shape(expected[key])}"
        for key in expected
        if key in state and state[key].shape != expected[key].shape
    ]
    parts = [
        f"{what} {_few(keys)}"
        for what, keys in (("it lacks", missing), ("it has also", extra), ("of it", other))
        if keys
    ]
    if parts:
        raise ModelError(
            f"The weights {path.name} do not fit {model}: {'; '.join(parts)}.",
            "Name the model that they were made for; `lookalike models --search WORD` finds it.",
            code="weights-unfit",
        )


def _read_safetensors(path: Path) -> Any:
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise ModelError(
            "safetensors is not installed.", "Run: pip install safetensors", code="extra-missing"
        ) from error
    try:
        return load_file(path)
    except Exception as error:  # its errors share no public base class
        raise _damaged(path, _first_line(error)) from error


def _read_pickle(path: Path) -> Any:
    torch = import_torch()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # Its message recommends to load the file without this care.
        if asked := _ASKED.search(str(error)):
            raise _refused(path, f"it asks for {asked[1]}") from error
        raise _damaged(path, "torch.save has not written it") from error
    except RuntimeError as error:
        if "TorchScript" in str(error):
            raise _refused(path, "it is a TorchScript program") from error
        raise _damaged(path, _first_line(error)) from error
    except Exception as error:  # bytes that are no pickle make its reader stumble anywhere
        raise _damaged(path, "torch.save has not written it") from error


def _unwrapped(state: Any, path: Path) -> State:
    while isinstance(state, Mapping):
        inner = next((state[key] for key in _WRAPPERS if isinstance(state.get(key), Mapping)), None)
        if inner is None:
            break
        state = inner
    tensors = (
        {_bare(str(key)): value for key, value in state.items() if hasattr(value, "shape")}
        if isinstance(state, Mapping)
        else {}
    )
    if not tensors:
        raise ModelError(
            f"{path.name} holds no weights by name.",
            "It needs to be a state dict: torch.save(model.state_dict(), FILE).",
            code="model-damaged",
        )
    return tensors


def _few(keys: list[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return f"{', '.join(keys[:_SHOWN])}{more}"


def _bare(key: str) -> str:
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return key


def _shape(tensor: Any) -> str:
    return "×".join(map(str, tensor.shape)) or "one number"


def _refused(path: Path, why: str) -> ModelError:
    return ModelError(
        f"{path.name} is refused: {why}, which could run code. None of it was run.",
        "Save the weights alone: torch.save(model.state_dict(), FILE), or as .safetensors.",
        code="weights-refused",
    )


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(
        f"{path.name} cannot be read as weights: {why}.",
        "Download or save it again.",
        code="model-damaged",
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
