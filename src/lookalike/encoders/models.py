"""What a family of image models promises to the registry.

A family is one small file below :mod:`lookalike.encoders.families`; docs/encoders.md tells how to
add one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from lookalike.encoders.base import ImageEncoder, TextEncoder
from lookalike.encoders.names import ModelName
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.packaged import is_installed
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec, UInt8Array

Kind = Literal["image", "text"]


class UnknownModelError(ModelError):
    """A name of a model or of a layer that is not there."""

    code = "unknown-model"
    status = 404


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without loading it.

    Attributes:
        name: its whole name, by which it is found again.
        family: who made it, in one or two words.
        kind: ``image`` or ``text``.
        dims: length of its vectors; 0 if that is known only once its weights are there.
        input: how it wants its pixels; None for text.
        taps: the outputs that it gives by itself; the first makes the vectors.
        runtime: what runs it.
        size_mb: megabytes of weights; 0 if unknown.
        licence: SPDX identifier of the weights' licence; empty if unknown.
        layers: how many layers can be tapped; 0 if none, or if that is not known yet.
        classes: the set of classes that its logits stand for; empty if it gives none.
        recipe: grows when its vectors change; those of different recipes cannot be compared.
        neighbours: pictures are found better if each vector is blended with those of so many of
            its nearest pictures; 0 if not.
        requirement: what ``pip install`` needs; empty if it comes with lookalike.
        package: import name of the package that must be there; empty if none.
        space: what its vectors are compared with: other pictures', or colours.
        lacks: what else is missing, e.g. its weights; empty if nothing.
        words: whether words get vectors of the same space, too.
        learns: whether it learns from the pictures of the library that it serves.
    """

    name: str
    family: str
    kind: Kind
    dims: int
    input: InputSpec | None
    taps: tuple[str, ...]
    runtime: str
    size_mb: float
    licence: str
    layers: int = 0
    classes: str = ""
    recipe: int = 1
    neighbours: int = 0
    requirement: str = ""
    package: str = ""
    space: Literal["image", "colour"] = "image"
    lacks: str = ""
    words: bool = False
    learns: bool = False

    @property
    def available(self) -> bool:
        """Whether it can be loaded here and now."""
        return not self.lacks and (not self.package or is_installed(self.package))

    @property
    def install_hint(self) -> str:
        """The command that makes it available, or what it lacks; empty if it is."""
        if self.package and not is_installed(self.package):
            return f"pip install {self.requirement}"
        return self.lacks


class Learning(Protocol):
    """What a model learns from the pictures of a library, and keeps with its space."""

    def learn(self, pictures: Iterable[UInt8Array]) -> bytes:
        """Learn from pictures of shape (size, size, 3), RGB, as ``info.input`` wants them.

        Raises:
            UsageError: they are too few.
        """
        ...

    def load(self, learned: bytes) -> ImageEncoder:
        """The encoder that uses what :meth:`learn` gave.

        Raises:
            ModelError: it is damaged.
        """
        ...


@dataclass(frozen=True)
class ImageModel:
    """A model that can be loaded.

    Attributes:
        info: what is known of it.
        load: loads it; takes the cache folder, the runtime's name and a number of threads.
        load_words: loads what gives words vectors of the same space; takes the cache folder and a
            number of threads. None if there is nothing such.
        learning: what it learns from a library; None for nothing. ``load`` refuses then.
    """

    info: ModelInfo
    load: Callable[[Path, str, int], ImageEncoder]
    load_words: Callable[[Path, int], TextEncoder] | None = None
    learning: Learning | None = None


@dataclass(frozen=True)
class ModelCard:
    """What can be told of a model whose weights need not be there.

    Attributes:
        info: what is known of it.
        layers: those that can be tapped, in order.
        notes: where its weights come from, and the like; one sentence each.
    """

    info: ModelInfo
    layers: tuple[Layer, ...] = ()
    notes: tuple[str, ...] = ()


class Family(Protocol):
    """Image models of one kind."""

    def listed(self) -> Sequence[ModelInfo]:
        """Those that ``lookalike models`` shows; nothing heavy is imported for it."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all models of the family, for searching; may take seconds."""
        ...

    def describe(self, name: ModelName) -> ModelCard:
        """What can be told of a model.

        Raises:
            UnknownModelError: the family has none of this name.
            ModelError: what the family needs is not installed.
        """
        ...

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """Find a model, with its weights.

        Args:
            name: as people wrote it, or the name that an earlier ``ModelInfo`` had.
            cache: where converted models are kept.

        Returns:
            A model whose name finds the same vectors again, wherever it is kept.

        Raises:
            UnknownModelError: the family has no such model or layer.
            ModelError: its package or its weights are missing, damaged, or others than before.
            UsageError: the layer cannot be pooled so.
        """
        ...


def unknown(what: str, name: str, known: Iterable[str], code: str = "unknown-model") -> ModelError:
    """The error for a name that is not there, with the nearest ones."""
    names = [*known]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    shown = ", ".join(names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")
    return UnknownModelError(
        f"There is no {what} {name!r}.",
        f"Did you mean {' or '.join(near)}?" if near else f"There are: {shown}.",
        code=code,
    )


def find_layer(layers: Sequence[Layer], name: str, model: str) -> Layer:
    """The layer of this name.

    Raises:
        UnknownModelError: there is none (``unknown-layer``).
    """
    found = next((layer for layer in layers if layer.name == name), None)
    if found is None:
        known = [layer.name for layer in layers]
        raise unknown(f"layer of {model} called", name, known, "unknown-layer")
    return found


def without_layers(name: ModelName, known: Sequence[str]) -> None:
    """Make sure that a name is one of those known, and asks for no layer or pooling.

    Raises:
        UnknownModelError: it is not, or it does.
    """
    model, layer = name.split()
    if model not in known:
        raise unknown("model", model, known)
    if layer or name.pooling or name.weights:
        raise UnknownModelError(
            f"{model} has no layers, poolings or weights to choose.",
            f"Call it {model}.",
            code="unknown-layer",
        )


_MOST_SHOWN = 20
