"""Turns the clauses of a query into vectors. Models are loaded when first needed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from lookalike.encoders.base import Float32Array, ImageEncoder, TextEncoder, encoder_errors
from lookalike.encoders.concepts import ConceptSpace, load_concept_space
from lookalike.encoders.postprocessing import Transform
from lookalike.encoders.regions import region_info, region_query
from lookalike.encoders.registry import (
    DEFAULT_TEXT_ENCODER,
    Purpose,
    load_image_encoder,
    load_text_encoder,
    load_words_encoder,
    model_info,
    resolve_model,
)
from lookalike.errors import OtherModelsError
from lookalike.imaging.picture import Decoded, InputSpec
from lookalike.search.region import Region
from lookalike.store.description import LibraryDescription, SpaceDescription
from lookalike.store.space_table import SpaceTable

_REMEMBERED = 1000
Made = TypeVar("Made")


class QueryEncoder:
    """Encodes query pictures and words for one library; safe for many threads.

    Args:
        library: its folder.
        description: which encoders the library was made with.
        cache: where converted models lie.
        threads: threads a model may use; 0 takes all cores.
    """

    def __init__(
        self, library: Path, description: LibraryDescription, cache: Path, threads: int = 0
    ) -> None:
        self._library, self._description = library, description
        self._cache, self._threads = cache, threads
        self._lock = threading.RLock()
        self._images: dict[str, ImageEncoder] = {}
        self._texts: dict[str, TextEncoder] = {}
        self._transforms: dict[str, Transform] = {}
        self._concepts: ConceptSpace | None = None
        self._remembered: OrderedDict[tuple[str, ...], Float32Array] = OrderedDict()

    def picture(
        self,
        picture_id: str,
        decode: Callable[[InputSpec], Decoded],
        space: SpaceDescription,
        region: Region | None = None,
    ) -> Float32Array:
        """The vector of a picture or of a part of it in a space, shape (dims,).

        Args:
            picture_id: anything that names its content; its vector is remembered by it.
            decode: gives its pixels.
            space: an image space of the library.
            region: the part that is meant; None for all of it.

        Raises:
            QueryError: the region reaches out of the picture.
        """

        def encode() -> Float32Array:
            encoder = self._image_encoder(space)
            spec = encoder.input
            if region is not None:
                # What people marked counts up to its edges: nothing of it is cut off.
                spec = replace(spec, fit="squash", box=region)
            decoded = decode(spec)
            if region is not None:
                region.pixels(decoded.facts.width, decoded.facts.height)
            with encoder_errors(encoder.name):
                return np.asarray(encoder.encode(decoded.pixels[0][None]).vectors[0], np.float32)

        if not space.base:
            return self._remember(("picture", space.name, f"{picture_id}{region or ''}"), encode)
        bases = [self._description.named(name) for name in space.bases]
        parts = [self.picture(picture_id, decode, base, region) for base in bases]
        vector = np.concatenate(parts)
        return np.asarray(self._transform(space)(vector[None])[0], np.float32)

    def regions(self, vector: Float32Array, space: SpaceDescription) -> Float32Array:
        """A picture's vector in the space that regions are based on, as a query of them.

        Raises:
            OtherModelsError: the library's regions were made by another recipe.
        """
        check_region_recipe(space)
        return region_query(space.encoder, vector)

    def follow(self, description: LibraryDescription) -> None:
        """Keep in step with a library whose spaces changed."""
        with self._lock:
            if description != self._description:
                self._description = description
                self._transforms.clear()
                self._remembered.clear()

    def concept(self, words: str, *, of_kinds: bool = True) -> Float32Array | None:
        """The vector of words in the concept space, shape (dims,); None without such a space.

        Args:
            words: any.
            of_kinds: whether a noun may stand for the kinds below it.

        Raises:
            OtherModelsError: the library's concept space was made by other models than are here.
        """
        space = self._description.space("concept")
        if space is None:
            return None

        def encode() -> Float32Array:
            concepts = self._concept_space()
            with encoder_errors(concepts.name):
                return concepts.query(words, of_kinds=of_kinds)

        return self._remember(("concept", words, "of kinds" if of_kinds else ""), encode)

    def kinds(self, words: str) -> list[str]:
        """Names of the classes that a noun stands for; see :meth:`ConceptSpace.kinds`."""
        return self._concept_space().kinds(words)

    def words(self, words: str, space: SpaceDescription) -> Float32Array:
        """The vector of words in a joint space, shape (dims,).

        Raises:
            ModelError: the model is gone, or is another one than the library's vectors were made
                by.
        """

        def encode() -> Float32Array:
            encoder = self._words_encoder(space)
            with encoder_errors(encoder.name):
                return np.asarray(encoder.encode([words])[0], np.float32)

        return self._remember(("words", space.name, words), encode)

    def related(self, words: str, k: int) -> list[str]:
        """Names of the k classes that are nearest to words; none without a concept space."""
        if self._description.space("concept") is None:
            return []
        try:
            return self._concept_space().related(words, k)
        except OtherModelsError:  # the library's own concepts cannot be searched either
            return []

    def _image_encoder(self, space: SpaceDescription) -> ImageEncoder:
        with self._lock:
            # An encoder that learned from the library differs from space to space.
            name = space.column if space.learned else space.encoder
            if name not in self._images:
                self._images[name] = load_space_encoder(
                    self._library, space, self._cache, threads=self._threads, purpose="query"
                )
            return self._images[name]

    def _words_encoder(self, space: SpaceDescription) -> TextEncoder:
        with self._lock:
            if space.encoder not in self._texts:
                check_recipe(space, self._cache)
                self._texts[space.encoder] = load_words_encoder(
                    space.encoder, self._cache, self._threads
                )
            return self._texts[space.encoder]

    def _transform(self, space: SpaceDescription) -> Transform:
        with self._lock:
            if space.name not in self._transforms:
                transform = SpaceTable(self._library, space).transform()
                assert transform is not None
                self._transforms[space.name] = transform
            return self._transforms[space.name]

    def _concept_space(self) -> ConceptSpace:
        with self._lock:
            if self._concepts is None:
                space = self._description.space("concept")
                assert space is not None
                self._concepts = load_concepts(space.encoder, self._cache, self._threads)
                if self._concepts.name != space.name:
                    here, self._concepts = self._concepts.name, None
                    raise OtherModelsError(
                        f"The library's concepts were made by {space.name}; here is {here}.",
                        "Index into a new library, or search the metadata only.",
                    )
            return self._concepts

    def _remember(self, key: tuple[str, ...], make: Callable[[], Float32Array]) -> Float32Array:
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        vector = make()
        with self._lock:
            self._remembered[key] = vector
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return vector


def load_space_encoder(
    library: Path,
    space: SpaceDescription,
    cache: Path,
    runtime: str = "auto",
    threads: int = 0,
    purpose: Purpose = "index",
    learned: bytes | None = None,
) -> ImageEncoder:
    """Load the picture encoder of a space, with what it learned from the library.

    Args:
        library: its folder.
        space: with an encoder of its own.
        cache: where converted models lie.
        runtime: see :func:`lookalike.encoders.registry.load_image_encoder`.
        threads: threads it may use; 0 takes all cores.
        purpose: ``index`` for throughput, ``query`` for single pictures.
        learned: what it learned, where that is not kept with the space yet.

    Raises:
        OtherModelsError: the library's vectors were made by another recipe.
        ModelError: the model is missing or damaged.
    """
    check_recipe(space, cache)
    if space.learned:
        learning = resolve_model(space.encoder, cache).learning
        assert learning is not None
        return learning.load(learned or SpaceTable(library, space).learned())
    return load_image_encoder(space.encoder, cache, runtime, threads, purpose)


def check_recipe(space: SpaceDescription, cache: Path) -> None:
    """Make sure that the encoder here gives vectors like those of a space.

    Raises:
        OtherModelsError: it does not.
    """
    here = model_info(space.encoder, cache)
    if space.recipe != here.recipe:
        raise OtherModelsError(
            f"The library's vectors were made by recipe {space.recipe} of {space.encoder}; "
            f"here is recipe {here.recipe}.",
            "Index into a new library with -L.",
        )
    if space.dims != here.dims:
        raise OtherModelsError(
            f"The space {space.name!r} holds vectors of {space.dims:,} numbers; "
            f"{space.encoder} gives {here.dims:,} here.",
            "Drop the space and add it again, or index into a new library with -L.",
            code="other-dims",
        )


def check_region_recipe(space: SpaceDescription) -> None:
    """Make sure that region vectors made here are like those of a space of regions.

    Raises:
        OtherModelsError: they are not.
    """
    here = region_info(space.encoder).recipe
    if space.recipe != here:
        raise OtherModelsError(
            f"The library's regions were made by recipe {space.recipe}; here is recipe {here}.",
            "Make them anew: `lookalike spaces drop regions`, then `lookalike index --regions`.",
        )


def load_concepts(image_encoder: str, cache: Path, threads: int = 0) -> ConceptSpace:
    """The concept space of an image encoder, with the text encoder that suits it."""
    text = "fake-text" if image_encoder == "fake" else DEFAULT_TEXT_ENCODER
    return load_concept_space(image_encoder, cache, load_text_encoder(text, threads))
