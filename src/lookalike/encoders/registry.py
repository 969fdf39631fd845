"""Every encoder by name: what it is, whether it is here, how to load it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from lookalike.encoders.base import ImageEncoder, TextEncoder
from lookalike.encoders.packaged import is_installed
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec

if TYPE_CHECKING:
    from lookalike.encoders.efficientnet_lite import Member

DEFAULT_IMAGE_ENCODER = "efficientnet-lite0"
DEFAULT_TEXT_ENCODER = "minilm-l6"

Kind = Literal["image", "text"]
Purpose = Literal["index", "query"]
Entry = TypeVar("Entry")


class UnknownModelError(ModelError):
    """A model name that the registry does not have."""

    code = "unknown-model"
    status = 404


@dataclass(frozen=True)
class ModelInfo:
    """What the registry knows of a model without loading it.

    Attributes:
        name: what users call it.
        family: who made it, in one or two words.
        kind: ``image`` or ``text``.
        dims: length of its vectors.
        input: how it wants its pixels; None for text.
        taps: the outputs it can give.
        runtime: what runs it.
        size_mb: megabytes of weights.
        licence: SPDX identifier of the weights' licence.
        classes: the set of classes that its logits stand for; empty if it gives none.
        recipe: grows when its vectors change; those of different recipes cannot be compared.
        neighbours: pictures are found better if each vector is blended with those of so many of
            its nearest pictures; 0 if not.
        requirement: what ``pip install`` needs; empty if it comes with lookalike.
        package: import name of the package that must be there; empty if none.
        space: what its vectors are compared with: other pictures', or colours.
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
    classes: str = ""
    recipe: int = 1
    neighbours: int = 0
    requirement: str = ""
    package: str = ""
    space: Literal["image", "colour"] = "image"

    @property
    def available(self) -> bool:
        """Whether it can be loaded here and now."""
        return not self.package or is_installed(self.package)

    @property
    def install_hint(self) -> str:
        """The command that makes it available; empty if it is."""
        return "" if self.available else f"pip install {self.requirement}"


@dataclass(frozen=True)
class _ImageEntry:
    info: ModelInfo
    load: Callable[[Path, str, int], ImageEncoder]


@dataclass(frozen=True)
class _TextEntry:
    info: ModelInfo
    load: Callable[[int], TextEncoder]


def list_models() -> list[ModelInfo]:
    """All models, image encoders first; the fake ones for tests are left out."""
    infos = [e.info for e in _image_encoders().values()]
    infos += [e.info for e in _text_encoders().values()]
    return [info for info in infos if info.family != "fake"]


def load_image_encoder(
    name: str,
    cache: Path,
    runtime: str = "auto",
    threads: int = 0,
    purpose: Purpose = "index",
) -> ImageEncoder:
    """Load an image encoder.

    Args:
        name: one of :func:`list_models`.
        cache: where converted models lie; safe to delete.
        runtime: ``auto``, ``onnxruntime`` or ``openvino``. ``auto`` takes the fastest for the
            purpose ``index``, and always ONNX Runtime for ``query``: it starts in 0.1 s, and one
            picture gets the same vector from the command line and from a server.
        threads: threads the model may use; 0 takes all cores.
        purpose: ``index`` for throughput, ``query`` for single pictures.

    Raises:
        UnknownModelError: there is no such image encoder.
        ModelError: its package is missing, or its weights are damaged.
    """
    entry = _find(_image_encoders(), name, "image encoder")
    if purpose == "query" and runtime == "auto":
        runtime = "onnxruntime"
    return entry.load(cache, runtime, threads)


def load_text_encoder(name: str = DEFAULT_TEXT_ENCODER, threads: int = 0) -> TextEncoder:
    """Load a text encoder.

    Args:
        name: one of :func:`list_models`.
        threads: threads the model may use; 0 takes all cores.

    Raises:
        UnknownModelError: there is no such text encoder.
        ModelError: its package is missing.
    """
    return _find(_text_encoders(), name, "text encoder").load(threads)


def model_info(name: str) -> ModelInfo:
    """What is known of one model.

    Raises:
        UnknownModelError: there is no such model.
    """
    infos = {n: e.info for n, e in _image_encoders().items()}
    infos |= {n: e.info for n, e in _text_encoders().items()}
    return _find(infos, name, "model")


def _find(entries: Mapping[str, Entry], name: str, what: str) -> Entry:
    if name in entries:
        return entries[name]
    near = difflib.get_close_matches(name, entries, n=3)
    known = [n for n in entries if not n.startswith("fake")]
    raise UnknownModelError(
        f"There is no {what} {name!r}.",
        f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}.",
    )


def _image_encoders() -> dict[str, _ImageEntry]:
    from lookalike.encoders.efficientnet_lite import MEMBERS
    from lookalike.encoders.fake import FakeImageEncoder

    lite = [_lite(member) for member in MEMBERS]
    fake = _ImageEntry(
        ModelInfo(
            name=FakeImageEncoder.name,
            family="fake",
            kind="image",
            dims=FakeImageEncoder.dims,
            input=FakeImageEncoder.input,
            taps=("layout", "logits"),
            runtime="numpy",
            size_mb=0,
            licence="Apache-2.0",
            classes="colours",
        ),
        lambda _cache, _runtime, _threads: FakeImageEncoder(),
    )
    return {entry.info.name: entry for entry in (*lite, _colours(), fake)}


def _colours() -> _ImageEntry:
    from lookalike.encoders.colours import DIMS, NAME, RECIPE, SIDE, ColourEncoder

    info = ModelInfo(
        name=NAME,
        family="histogram",
        kind="image",
        dims=DIMS,
        input=InputSpec(SIDE, "squash"),
        taps=("shares",),
        runtime="numpy",
        size_mb=0,
        licence="Apache-2.0",
        recipe=RECIPE,
        space="colour",
    )
    return _ImageEntry(info, lambda _cache, _runtime, _threads: ColourEncoder())


NEIGHBOURS = 8
"""Chosen on half of the classes of five picture sets, see docs/benchmarks.md."""


def _lite(member: Member) -> _ImageEntry:
    from lookalike.encoders.efficientnet_graph import CONVERTER_VERSION, POOL_DIMS

    def load(cache: Path, runtime: str, threads: int) -> ImageEncoder:
        from lookalike.encoders.efficientnet_lite import EfficientNetLite
        from lookalike.encoders.runtimes import choose_runtime

        return EfficientNetLite(member, cache, choose_runtime(runtime, threads).open)

    info = ModelInfo(
        name=member.name,
        family="EfficientNet-Lite",
        kind="image",
        dims=POOL_DIMS,
        input=member.input,
        taps=("pool", "logits"),
        runtime="onnxruntime, openvino",
        size_mb=member.size_mb,
        licence="Apache-2.0",
        classes="imagenet-1k",
        recipe=CONVERTER_VERSION,
        neighbours=NEIGHBOURS,
        requirement=member.requirement,
        package=member.package,
    )
    return _ImageEntry(info, load)


def _text_encoders() -> dict[str, _TextEntry]:
    from lookalike.encoders import minilm
    from lookalike.encoders.fake import FakeTextEncoder

    real = ModelInfo(
        name=minilm.MiniLM.name,
        family="MiniLM",
        kind="text",
        dims=minilm.DIMS,
        input=None,
        taps=("mean",),
        runtime="onnxruntime",
        size_mb=22.9,
        licence="Apache-2.0",
        requirement=minilm.REQUIREMENT,
        package=minilm.PACKAGE,
    )
    fake = ModelInfo(
        name=FakeTextEncoder.name,
        family="fake",
        kind="text",
        dims=FakeTextEncoder.dims,
        input=None,
        taps=("words",),
        runtime="numpy",
        size_mb=0,
        licence="Apache-2.0",
    )
    return {
        real.name: _TextEntry(real, minilm.MiniLM),
        fake.name: _TextEntry(fake, lambda _threads: FakeTextEncoder()),
    }
