"""Encoders from before neural networks; those of words learn from the library that they serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, cast

from lookalike.encoders.base import ImageEncoder
from lookalike.encoders.models import (
    ImageModel,
    ModelCard,
    ModelInfo,
    UnknownModelError,
    without_layers,
)
from lookalike.encoders.names import ModelName
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec, UInt8Array

if TYPE_CHECKING:
    from lookalike.encoders.classic.words import WordOptions

_LEARNING = ("bovw", "vlad")
_WHOLE: dict[str, tuple[str, int, int]] = {
    "colour-histogram": ("LabHistogram", 384, 64),
    "dominant-colours": ("DominantColours", 125, 64),
    "hog": ("HogEncoder", 1764, 128),
    "gist": ("GistEncoder", 512, 128),
}
"""Class, dims and side of those that learn nothing."""


@dataclass(frozen=True)
class LearnsWords:
    """How a vocabulary is learned and used, see :class:`lookalike.encoders.models.Learning`."""

    name: str

    def learn(self, pictures: Iterable[UInt8Array]) -> bytes:
        """Learn a vocabulary from a sample of the library."""
        from lookalike.encoders.classic.words import learn_words

        return learn_words(pictures, _options(self.name)).to_bytes()

    def load(self, learned: bytes) -> ImageEncoder:
        """The encoder with this vocabulary."""
        from lookalike.encoders.classic.words import Vocabulary, WordEncoder

        return WordEncoder(_options(self.name), Vocabulary.from_bytes(learned))


class Classics:
    """``bovw``, ``vlad``, ``hog``, ``gist``, ``colour-histogram``, ``dominant-colours``."""

    def listed(self) -> list[ModelInfo]:
        """All, those of words with their usual options."""
        usual = {"bovw": 1000, "vlad": 512}
        learning = [_info(name, dims, 128, learns=True) for name, dims in usual.items()]
        return [*learning, *(_info(name, *facts[1:]) for name, facts in _WHOLE.items())]

    def names(self) -> list[str]:
        """All."""
        return [*_LEARNING, *_WHOLE]

    def describe(self, name: ModelName) -> ModelCard:
        """They have options, and no layers."""
        notes = (
            "It learns its words from the pictures of a library: lookalike spaces add.",
            "Options: bovw:k=1000,feature=dense,soft=1,pyramid=1,idf=1; features dense, colour, "
            "sift, orb.",
        )
        info = self._resolved(name)
        return ModelCard(info, (), notes if info.learns else ())

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        info = self._resolved(name)
        if info.learns:
            return ImageModel(info, _needs_library(info.name), learning=LearnsWords(info.name))
        return ImageModel(info, _loader(_WHOLE[info.name][0]))

    def _resolved(self, name: ModelName) -> ModelInfo:
        if name.family in _LEARNING or name.path in _LEARNING:
            from lookalike.encoders.classic.words import dims_of

            if name.pooling or name.weights:
                raise UnknownModelError(
                    f"{name.family or name.path} has no poolings or weights to choose.",
                    f"Write for instance {name.family or name.path}:k=500.",
                    code="unknown-layer",
                )
            options = _options(name.plain)
            return _info(str(options), dims_of(options), 128, learns=True)
        without_layers(name, self.names())
        return _info(name.path, *_WHOLE[name.path][1:])


def _options(name: str) -> WordOptions:
    from lookalike.encoders.classic.words import parse_options

    kind, _, text = name.partition(":")
    return parse_options(cast(Literal["bovw", "vlad"], kind), text)


def _info(name: str, dims: int, side: int, *, learns: bool = False) -> ModelInfo:
    return ModelInfo(
        name=name,
        family="classic",
        kind="image",
        dims=dims,
        input=InputSpec(side, "squash"),
        taps=("vector",),
        runtime="opencv, faiss" if learns else "opencv",
        size_mb=0,
        licence="Apache-2.0",
        learns=learns,
    )


def _loader(kind: str) -> Callable[[Path, str, int], ImageEncoder]:
    def load(_cache: Path, _runtime: str, _threads: int) -> ImageEncoder:
        from lookalike.encoders.classic import whole

        encoder: ImageEncoder = getattr(whole, kind)()
        return encoder

    return load


def _needs_library(name: str) -> Callable[[Path, str, int], ImageEncoder]:
    def refuse(_cache: Path, _runtime: str, _threads: int) -> NoReturn:
        raise ModelError(
            f"{name} learns from the pictures of a library: it cannot do without.",
            f"Index with another encoder, then: lookalike spaces add {name}",
            code="learns-from-library",
        )

    return refuse
