"""The two towers of a joint model, in ONNX Runtime.

Examples are run one by one: the activations of quantised towers are scaled by the whole batch, and
a vector must not depend on what it is encoded with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lookalike.encoders.base import Features, Float32Array, check_pixels, unit_rows
from lookalike.encoders.joint_config import ImageTower, TextTower
from lookalike.encoders.runtimes.onnxruntime import load
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec, UInt8Array

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

_IMAGE_OUTPUTS = ("image_embeds", "pooler_output", "image_features")
_TEXT_OUTPUTS = ("text_embeds", "pooler_output", "text_features")
_TYPES = {"tensor(int32)": np.int32, "tensor(int64)": np.int64, "tensor(float16)": np.float16}


class JointImageEncoder:
    """Pictures to vectors that words are compared with.

    Args:
        name: whole name of the model.
        file: the tower's ONNX file.
        tower: what it wants.
        dims: length of its vectors.
        threads: threads it may use; 0 takes all cores.

    Raises:
        ModelError: the file is no ONNX model, or has no such tensors.
    """

    def __init__(self, name: str, file: Path, tower: ImageTower, dims: int, threads: int) -> None:
        self.name, self.dims = name, dims
        self.input = input_spec(tower)
        self._session = opened(file, threads)
        self._output = tensor(self._session.get_outputs(), tower.output, _IMAGE_OUTPUTS, file)
        wanted = tensor(self._session.get_inputs(), tower.input, ("pixel_values",), file)
        self._input = wanted.name
        self._type = _TYPES.get(wanted.type, np.float32)
        self._mean = np.array(tower.mean, np.float32) * 255
        self._std = np.array(tower.std, np.float32) * 255

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, size, size, 3), RGB, uint8; vectors (n, dims).

        Raises:
            ModelError: the pixels have another shape or type.
        """
        check_pixels(pixels, self.input.size, self.name)
        rows = [self._one(picture) for picture in pixels]
        stacked = np.array(rows, np.float32).reshape(len(rows), -1 if rows else self.dims)
        return Features(unit_rows(stacked))

    def _one(self, picture: UInt8Array) -> Float32Array:
        scaled = ((picture - self._mean) / self._std).transpose(2, 0, 1)[None]
        fed = {self._input: np.ascontiguousarray(scaled, self._type)}
        (row,) = self._session.run([self._output.name], fed)
        return np.asarray(row, np.float32).reshape(-1)


class JointTextEncoder:
    """Words to vectors that pictures are compared with.

    Args:
        name: whole name of the model.
        file: the tower's ONNX file.
        tokenizer: the tokenizer's file.
        tower: what it wants.
        dims: length of its vectors.
        threads: threads it may use; 0 takes all cores.

    Raises:
        ModelError: a file is missing or damaged, or the tower has no such tensors.
    """

    def __init__(
        self, name: str, file: Path, tokenizer: Path, tower: TextTower, dims: int, threads: int
    ) -> None:
        self.name, self.dims = name, dims
        self._tower = tower
        self._tokenizer = _tokenizer(tokenizer, tower)
        self._session = opened(file, threads)
        self._output = tensor(self._session.get_outputs(), tower.output, _TEXT_OUTPUTS, file)
        ids = tensor(self._session.get_inputs(), tower.ids, ("input_ids",), file)
        self._ids, self._mask = ids.name, tower.mask or "attention_mask"

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Encode n texts; returns shape (n, dims), float32, rows of length 1."""
        rows = [self._one(text) for text in texts]
        stacked = np.array(rows, np.float32).reshape(len(rows), -1 if rows else self.dims)
        return unit_rows(stacked)

    def _one(self, text: str) -> Float32Array:
        ids = self._tokens(text)
        kept = [1] * len(ids)
        if self._tower.padding == "max":
            lacking = self._tower.context - len(ids)
            ids, kept = ids + [self._tower.pad] * lacking, kept + [0] * lacking
        fed = {
            wanted.name: np.array(
                [ids if wanted.name == self._ids else kept if wanted.name == self._mask else
                 [0] * len(ids)],
                _TYPES.get(wanted.type, np.int64),
            )
            for wanted in self._session.get_inputs()
        }  # fmt: skip
        (row,) = self._session.run([self._output.name], fed)
        return np.asarray(row, np.float32).reshape(-1)

    def _tokens(self, text: str) -> list[int]:
        words = self._tower.prompt.format(text)
        ids = self._tokenizer.encode(words.lower() if self._tower.lower else words).ids
        if self._tower.eos is not None and ids[-1:] != [self._tower.eos]:
            ids = [*ids[: self._tower.context - 1], self._tower.eos]
        return [*ids]


def input_spec(tower: ImageTower) -> InputSpec:
    """How a tower wants its pixels."""
    return InputSpec(tower.size, tower.fit, tower.crop_share, interpolation=tower.interpolation)


def opened(file: Path, threads: int) -> InferenceSession:
    """An ONNX file that people gave.

    Raises:
        ModelError: it is missing (``bad-model-folder``), or no ONNX model (``model-damaged``).
    """
    if not file.is_file():
        raise ModelError(
            f"The model lacks {file}.", "Fetch or export it again.", code="bad-model-folder"
        )
    try:
        return load(file, threads)
    except ModelError as error:
        if error.code != "model-damaged":
            raise
        raise ModelError(
            error.message, "Fetch or export the model again.", code="model-damaged"
        ) from error


def tensor(there: Sequence[Any], named: str, usual: Sequence[str], file: Path) -> Any:
    """The input or output that is meant: the named one, a usual one, or the only one.

    Raises:
        ModelError: there is none such (``bad-model-folder``).
    """
    by_name = {one.name: one for one in there}
    for name in [named] if named else usual:
        if name in by_name:
            return by_name[name]
    if not named and len(there) == 1:
        return there[0]
    raise ModelError(
        f"{file.name} has no tensor {named or ' or '.join(usual)}.",
        f"It has {', '.join(by_name)}: name the right one in lookalike.toml.",
        code="bad-model-folder",
    )


def _tokenizer(file: Path, tower: TextTower) -> Tokenizer:
    if not file.is_file():
        raise ModelError(
            f"The model lacks its tokenizer {file}.",
            "It is written by the library that made the model: tokenizer.save('tokenizer.json').",
            code="bad-model-folder",
        )
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # it raises no class of its own
        raise ModelError(
            f"The tokenizer {file} cannot be read: {error}.",
            "Fetch the model again.",
            code="model-damaged",
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(tower.context)
    return tokenizer
