"""Makes the vectors of added spaces: from the pictures by an encoder, or from another space."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lookalike.encoders.names import parse_name
from lookalike.encoders.postprocessing import Transform, fit_transform
from lookalike.encoders.regions import load_region_encoder, region_info
from lookalike.encoders.registry import model_info, resolve_model
from lookalike.encoders.signs import for_signs
from lookalike.errors import UsageError
from lookalike.pipeline.binary import check_base, check_binary
from lookalike.pipeline.blending import GROWTH, MAX_PICTURES, MIN_PICTURES, Blended
from lookalike.pipeline.fill import (
    FillSummary,
    FromPictures,
    OnCount,
    Transformed,
    VectorSource,
    fill_space,
    pixels_of,
)
from lookalike.pipeline.spaces import (
    NewSpace,
    add_space,
    earlier_space,
    exchange_space,
    sample,
)
from lookalike.search.encode_query import check_region_recipe, load_space_encoder
from lookalike.settings import Settings
from lookalike.store.description import Codes, SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.metric import Metric

REGIONS = "regions"
LEARNED_FROM = 1_000
"""Pictures that an encoder learns from; the descriptors of all are in memory then."""


class AddedSpaces:
    """The added spaces of the library at ``library``."""

    def __init__(self, library: Path, settings: Settings) -> None:
        self._library, self._settings = library, settings

    def add_encoder(
        self, store: LanceStore, name: str, encoder: str, metric: Metric, on_count: OnCount
    ) -> FillSummary:
        """Add the space of an encoder, see :meth:`lookalike.library.Library.add_space`."""
        if not (encoder or name):
            raise UsageError("No encoder is named.", "See `lookalike models`.")
        info = model_info(encoder or name, self._settings.cache)
        space = SpaceDescription(
            name=name if name and encoder else parse_name(encoder or name).plain,
            kind=info.space,
            encoder=info.name,
            dims=info.dims,
            recipe=info.recipe,
            metric=metric,
            added=True,
            ready=False,
            words=info.words,
            learned=info.learns,
        )
        if space.kind != "image" and metric != "cosine":
            raise UsageError(
                f"{info.name} holds {space.kind}s, which have a metric of their own.",
                "Leave --metric out.",
                code="metric-not-here",
            )
        new = NewSpace(space, learned=self._learned(store, space, on_count))
        return add_space(store, new, self._source(store, space, new.learned), on_count)

    def _learned(
        self, store: LanceStore, space: SpaceDescription, on_count: OnCount
    ) -> bytes | None:
        """What the encoder learns from a sample of the library; None for nothing more."""
        if not space.learned or earlier_space(store.description, space) is not None:
            return None
        model = resolve_model(space.encoder, self._settings.cache)
        assert model.learning is not None
        assert model.info.input is not None
        on_count("learning", 0, 1)
        keys, workers = store.keys(), os.cpu_count() or 1
        few = np.sort(np.random.default_rng(0).permutation(keys)[:LEARNED_FROM])
        return model.learning.learn(pixels_of(store, self._library, few, model.info.input, workers))

    def add_regions(self, store: LanceStore, on_count: OnCount) -> FillSummary:
        """Add the space of regions, see :meth:`lookalike.library.Library.add_regions`."""
        base = store.description.made_with[0]
        info = region_info(base.encoder)
        space = SpaceDescription(
            name=REGIONS,
            kind="region",
            encoder=base.encoder,
            dims=info.dims,
            recipe=info.recipe,
            base=base.name,
            added=True,
            ready=False,
        )
        ready = space.model_copy(update={"ready": True})
        if ready in store.description.spaces:
            return FillSummary(REGIONS, 0, 0)
        return add_space(store, NewSpace(space), self._source(store, space), on_count)

    def add_transformed(
        self,
        store: LanceStore,
        name: str,
        base: str,
        dims: int | None,
        whiten: float,
        metric: Metric,
        on_count: OnCount,
        codes: Codes = "float16",
    ) -> FillSummary:
        """Add a space whose vectors are those of another one, centred and transformed."""
        based = store.description.searched(base)
        check_base(based)
        if codes == "binary":
            check_binary(based, dims, metric)
        done = "-".join(
            ["pca" + (str(dims) if dims else "")] * bool(dims or whiten)
            + [f"w{whiten:g}"] * bool(whiten)
            + [metric] * (metric != "cosine")
            + ["bits"] * (codes == "binary")
        )
        name = name or f"{base}+{done or 'centred'}"
        before = next((s for s in store.description.spaces if s.name == name), None)
        transform = store.space_table(before).transform() if before and before.base else None
        if transform is None:
            fitted = store.vectors(based, sample(store, based))
            transform = fit_transform(fitted, dims, whiten)
            if codes == "binary":
                on_count("learning", 0, 1)
                transform = for_signs(transform, fitted)
        return self.add_fitted(store, name, [based.name], transform, on_count, metric, codes=codes)

    def add_fitted(
        self,
        store: LanceStore,
        name: str,
        bases: Sequence[str],
        transform: Transform,
        on_count: OnCount,
        metric: Metric = "cosine",
        taught: frozenset[str] = frozenset(),
        codes: Codes = "float16",
    ) -> FillSummary:
        """Add a space whose vectors are those of others, one after the other, transformed.

        ``taught`` are the ids of the pictures that the transform was learned from by their labels.
        """
        first, *others = based = [store.description.searched(base) for base in bases]
        space = first.model_copy(
            update={
                "name": name,
                "dims": transform.dims,
                "base": first.name,
                "also": tuple(other.name for other in others),
                "neighbours": 0,
                "blended": 0,
                "generation": 0,
                "metric": metric,
                "codes": codes,
                "added": True,
                "ready": False,
                "words": False,
                "learned": False,
                "taught": len(taught),
            }
        )
        new = NewSpace(space, transform, taught=taught)
        return add_space(store, new, Transformed(based, transform), on_count)

    def completing(self, store: LanceStore) -> Callable[[], None]:
        """What gives new pictures their vectors in the spaces that are ready."""

        def complete() -> None:
            self._blend(store)
            added = [space for space in store.description.ready if space.added]
            # A space comes after the one that it is based on.
            added.sort(key=lambda space: _depth(store, space))
            for space in added:
                if fill_space(store, space, self._source(store, space)).interrupted:
                    raise KeyboardInterrupt

        return complete

    def _blend(self, store: LanceStore) -> None:
        """Keep the first space's blended vectors, where its encoder gains from them."""
        base, pictures = store.description.made_with[0], len(store)
        name = f"{base.name}+neighbours"
        old = next((space for space in store.description.spaces if space.name == name), None)
        neighbours = model_info(base.encoder, self._settings.cache).neighbours
        if old is None and not (neighbours and store.description.blending):
            return
        if old is not None and 1 / GROWTH < pictures / max(old.blended, 1) < GROWTH:
            return
        if not MIN_PICTURES <= pictures <= MAX_PICTURES:
            return
        transform = fit_transform(store.vectors(base, sample(store, base)))
        new = base.model_copy(
            update={
                "name": name,
                "base": base.name,
                "added": True,
                "ready": False,
                "neighbours": neighbours,
                "blended": pictures,
                "generation": old.generation + 1 if old else 0,
                "words": False,
                "learned": False,
            }
        )
        source = Blended(base, transform, neighbours)
        if not exchange_space(store, old, NewSpace(new, transform), source):
            raise KeyboardInterrupt

    def _source(
        self, store: LanceStore, space: SpaceDescription, learned: bytes | None = None
    ) -> VectorSource:
        settings = self._settings
        if space.kind == "region":
            check_region_recipe(space)
            regions = load_region_encoder(
                space.encoder, settings.cache, settings.preference, settings.threads
            )
            return FromPictures(regions, self._library, os.cpu_count() or 1)
        if space.base:
            transform = store.space_table(space).transform()
            assert transform is not None
            base = store.description.named(space.base)
            if space.neighbours:
                return Blended(base, transform, space.neighbours)
            bases = [base, *(store.description.named(other) for other in space.also)]
            return Transformed(bases, transform)
        encoder = load_space_encoder(
            self._library,
            space,
            settings.cache,
            settings.preference,
            settings.threads,
            learned=learned,
        )
        return FromPictures(encoder, self._library, os.cpu_count() or 1)


def _depth(store: LanceStore, space: SpaceDescription) -> int:
    bases = [store.description.named(name) for name in space.bases]
    return max((1 + _depth(store, base) for base in bases), default=0)
