"""Every encoder by name: what it is, whether it is here, how to load it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lookalike.encoders.base import ImageEncoder, TextEncoder
from lookalike.encoders.models import Family, ImageModel, ModelCard, ModelInfo, unknown
from lookalike.encoders.models import UnknownModelError as UnknownModelError
from lookalike.encoders.names import ModelName, parse_name
from lookalike.errors import ModelError

DEFAULT_IMAGE_ENCODER = "efficientnet-lite0"
DEFAULT_TEXT_ENCODER = "minilm-l6"

Purpose = Literal["index", "query"]


@dataclass(frozen=True)
class _TextEntry:
    info: ModelInfo
    load: Callable[[int], TextEncoder]


def list_models() -> list[ModelInfo]:
    """The models that are shown to all, image encoders first; nothing heavy is imported.

    Families of hundreds show the best known; :func:`search_models` knows all.
    """
    infos = [info for family in _families() for info in family.listed()]
    infos += [e.info for e in _text_encoders().values()]
    return [info for info in infos if info.family != "fake"]


def search_models(words: str) -> list[str]:
    """Names of all image models that contain each of some words; may take seconds."""
    wanted = words.casefold().split()
    names = (name for family in _families() for name in family.names() if name != "fake")
    return [name for name in names if all(word in name.casefold() for word in wanted)]


def describe_model(name: str) -> ModelCard:
    """What can be told of a model whose weights need not be there: its layers, where it is had.

    Raises:
        UnknownModelError: there is no such model.
        ModelError: what it needs is not installed.
        UsageError: it is not a name.
    """
    if name in (texts := _text_encoders()):
        return ModelCard(texts[name].info)
    parsed = parse_name(name)
    return _family(parsed, "model").describe(parsed)


def resolve_model(name: str, cache: Path) -> ImageModel:
    """Find an image model, its layer and its weights.

    Args:
        name: as :mod:`lookalike.encoders.names` reads it.
        cache: where converted models lie; safe to delete.

    Returns:
        The model; ``info.name`` finds the same vectors again.

    Raises:
        UnknownModelError: there is no such model or layer.
        ModelError: its package or its weights are missing, damaged, or others than before.
        UsageError: it is not a name, or its layer cannot be pooled so.
    """
    parsed = parse_name(name)
    return _family(parsed, "image encoder").resolve(parsed, cache)


def load_image_encoder(
    name: str,
    cache: Path,
    runtime: str = "auto",
    threads: int = 0,
    purpose: Purpose = "index",
) -> ImageEncoder:
    """Load an image encoder.

    Args:
        name: as for :func:`resolve_model`.
        cache: where converted models lie; safe to delete.
        runtime: see :func:`~lookalike.encoders.runtimes.choose_runtime`. ``auto`` takes the
            fastest for the purpose ``index``, and the CPU alone for ``query``: that starts in
            0.1 s, and one picture gets the same vector from the command line and from a server.
        threads: threads the model may use; 0 takes all cores.
        purpose: ``index`` for throughput, ``query`` for single pictures.

    Raises:
        UnknownModelError: there is no such image encoder.
        ModelError: its package is missing, or its weights are damaged.
    """
    model = resolve_model(name, cache)
    if purpose == "query" and re.split("[:@]", runtime)[0] == "auto":
        runtime = "onnxruntime@cpu"
    return model.load(cache, runtime, threads)


def load_text_encoder(name: str = DEFAULT_TEXT_ENCODER, threads: int = 0) -> TextEncoder:
    """Load a text encoder.

    Args:
        name: one of :func:`list_models`.
        threads: threads the model may use; 0 takes all cores.

    Raises:
        UnknownModelError: there is no such text encoder.
        ModelError: its package is missing.
    """
    entries = _text_encoders()
    if name not in entries:
        raise unknown("text encoder", name, [n for n in entries if not n.startswith("fake")])
    return entries[name].load(threads)


def load_words_encoder(name: str, cache: Path, threads: int = 0) -> TextEncoder:
    """Load what gives words vectors in the space of an image model.

    Args:
        name: as for :func:`resolve_model`.
        cache: where converted models lie.
        threads: threads the model may use; 0 takes all cores.

    Raises:
        UnknownModelError, ModelError, UsageError: as :func:`resolve_model`; ``no-words`` if the
            model sees pictures only.
    """
    load = resolve_model(name, cache).load_words
    if load is None:
        raise ModelError(f"{name} reads no words.", "See `lookalike models`.", code="no-words")
    return load(cache, threads)


def model_info(name: str, cache: Path) -> ModelInfo:
    """What is known of one model, whose weights must be there.

    Raises:
        UnknownModelError, ModelError, UsageError: as :func:`resolve_model`.
    """
    texts = _text_encoders()
    return texts[name].info if name in texts else resolve_model(name, cache).info


def _families() -> list[Family]:
    from lookalike.encoders.families import PLAIN, PREFIXED

    # Some have models with plain names, and others with a prefix.
    return [*PLAIN, *(other for other in PREFIXED.values() if type(other) not in map(type, PLAIN))]


def _family(name: ModelName, what: str) -> Family:
    from lookalike.encoders.families import PLAIN, PREFIXED

    if name.family in PREFIXED:
        return PREFIXED[name.family]
    if name.family:
        raise unknown("family of models", name.family, PREFIXED)
    model, _ = name.split()
    for family in PLAIN:
        if model in family.names():
            return family
    known = [n for family in PLAIN for n in family.names() if n != "fake"]
    raise unknown(what, model, known)


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
