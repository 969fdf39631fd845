"""The encoders of a library, put to work on pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.encoders.base import Float32Array, ImageEncoder, encoder_errors
from lookalike.encoders.colours import ColourEncoder
from lookalike.errors import OtherModelsError
from lookalike.imaging.picture import UInt8Array
from lookalike.store.description import LibraryDescription

TOP_CLASSES = 5


class Concepts(Protocol):
    """What the pipeline needs of :class:`lookalike.encoders.concepts.ConceptSpace`."""

    name: str
    dims: int

    def embed(self, logits: Float32Array) -> Float32Array:
        """Meanings of shape (n, dims) of logits of shape (n, classes)."""
        ...

    def top_classes(self, logits: Float32Array, k: int = 5) -> list[list[tuple[str, float]]]:
        """The best classes of each picture with their probabilities."""
        ...


@dataclass(frozen=True)
class Encoded:
    """What the encoders made of one picture.

    Attributes:
        vectors: per space name an array of shape (dims,), float32.
        classes: names and probabilities of the best classes, best first.
    """

    vectors: dict[str, Float32Array]
    classes: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Encoding:
    """The picture encoder, the concept space and the colours that a library was made with.

    Attributes:
        image: the picture encoder.
        space: name of the space of its vectors.
        concepts: made of its logits; None if it has none.
        colours: None for none.
    """

    image: ImageEncoder
    space: str
    concepts: Concepts | None = None
    colours: ColourEncoder | None = None

    def encode(self, pixels: Sequence[UInt8Array]) -> list[Encoded]:
        """Encode n pictures of shape (size, size, 3).

        Raises:
            EncoderError: the encoder failed.
        """
        with encoder_errors(self.image.name):
            stacked = np.stack(pixels)
            encoded = self._encode(stacked)
        if self.colours is None:
            return encoded
        shares = self.colours.encode(stacked).vectors
        for one, share in zip(encoded, shares, strict=True):
            one.vectors[self.colours.name] = share
        return encoded

    def _encode(self, pixels: UInt8Array) -> list[Encoded]:
        features = self.image.encode(pixels)
        if self.concepts is None or features.logits is None:
            return [Encoded({self.space: vector}) for vector in features.vectors]
        meanings = self.concepts.embed(features.logits)
        classes = self.concepts.top_classes(features.logits, TOP_CLASSES)
        return [
            Encoded({self.space: vector, self.concepts.name: meaning}, tuple(best))
            for vector, meaning, best in zip(features.vectors, meanings, classes, strict=True)
        ]


def load_encoding(
    description: LibraryDescription, cache: Path, runtime: str = "auto", threads: int = 0
) -> Encoding:
    """Load the encoders that a library was made with, for throughput.

    Args:
        description: of the library.
        cache: where converted models lie.
        runtime: see :func:`lookalike.encoders.registry.load_image_encoder`.
        threads: threads a model may use; 0 takes all cores.

    Raises:
        OtherModelsError: the models here make other vectors than the library holds.
        ModelError: a model is missing or damaged.
    """
    from lookalike.encoders.registry import load_image_encoder
    from lookalike.search.encode_query import check_recipe, load_concepts

    space, *_ = description.made_with
    kinds = {other.kind: other for other in description.made_with}
    check_recipe(space, cache)
    image = load_image_encoder(space.encoder, cache, runtime, threads, "index")
    colours = None
    if "colour" in kinds:
        check_recipe(kinds["colour"], cache)
        colours = ColourEncoder(image.input)
    named = kinds.get("concept")
    if named is None:
        return Encoding(image, space.name, colours=colours)
    concepts = load_concepts(named.encoder, cache, threads)
    if concepts.name != named.name:
        raise OtherModelsError(
            f"The library's concepts were made by {named.name}; here is {concepts.name}.",
            "Index into a new library with -L.",
        )
    return Encoding(image, space.name, concepts, colours)
