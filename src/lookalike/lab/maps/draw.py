"""Draws the map of a library, or brings one up to date."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.errors import UsageError
from lookalike.lab.maps.clusters import (
    NAMED_BY,
    Cluster,
    cluster,
    middles,
    name_clusters,
)
from lookalike.lab.maps.layout import LayoutOptions, lay_out
from lookalike.lab.maps.picture_map import Layout, PictureMap
from lookalike.lab.maps.placing import place
from lookalike.lab.maps.quality import MapQuality, measure_map
from lookalike.lab.maps.stored import keep_layout, kept_layout
from lookalike.lab.maps.terms import terms_of
from lookalike.search.views import Views
from lookalike.store.known import Int64Array

MOST_LAID_OUT = 30_000
"""Of a larger library so many random pictures are laid out, and the others placed among them."""

REDRAWN_AT = 0.5
"""A map is drawn anew once its pictures are fewer than this share of the library's."""

_BLOCK = 4096


def draw_map(
    views: Views,
    options: LayoutOptions,
    *,
    keys: Int64Array | None = None,
    redraw: bool = False,
) -> PictureMap:
    """The map of a space.

    Pictures that came in since it was drawn are placed among their neighbours; the others stay
    where they were.

    Args:
        views: the library and the space.
        options: how it is laid out.
        keys: only these pictures, ascending, on a map of their own that is not kept; None for all.
        redraw: lay all pictures out anew.

    Raises:
        UsageError: there are fewer than two pictures (``too-few-pictures``), or what draws maps is
            not installed (``extra-missing``).
    """
    wanted = views.look.live if keys is None else np.intersect1d(keys, views.look.live)
    if len(wanted) < 2:
        raise UsageError(
            f"A map needs at least two pictures; there are {len(wanted)}.",
            "Index more, or widen the filter.",
            code="too-few-pictures",
        )
    path, space = views.store.path, views.space.name
    layout = None
    if keys is None and not redraw:
        layout = kept_layout(path, space, options)
    if layout is not None:
        layout = layout.only(wanted)
    if layout is None or len(layout.keys) < REDRAWN_AT * min(len(wanted), MOST_LAID_OUT):
        layout = _laid_out(views, wanted, options)
        if keys is None:
            keep_layout(path, space, options, layout)
    return _whole(views, wanted, options, layout)


def _laid_out(views: Views, keys: Int64Array, options: LayoutOptions) -> Layout:
    if len(keys) > MOST_LAID_OUT:
        chosen = np.random.default_rng(options.seed).choice(keys, MOST_LAID_OUT, replace=False)
        keys = np.sort(chosen)
    places = lay_out(views.look.vectors(keys), options, _kept_neighbours(views, keys, options))
    return Layout(keys, places, cluster(places))


def _kept_neighbours(
    views: Views, keys: Int64Array, options: LayoutOptions
) -> tuple[Int64Array, Float32Array] | None:
    """The nearest others of these pictures, if the library keeps them, as many as are needed."""
    lists = views.neighbours
    if lists is None or views.look.products is not views.look:
        return None
    needed = min(options.neighbours, len(keys) - 1) - 1
    enough = lists.rows.shape[1] >= needed and bool((lists.rows[:, :needed] >= 0).all())
    if not enough or not np.array_equal(lists.keys, keys):
        return None
    return np.asarray(lists.rows[:, :needed], np.int64), np.asarray(lists.scores[:, :needed])


def _whole(views: Views, keys: Int64Array, options: LayoutOptions, layout: Layout) -> PictureMap:
    at = np.searchsorted(keys, layout.keys)
    fitted = np.zeros(len(keys), bool)
    fitted[at] = True
    places = np.zeros((len(keys), 2), np.float32)
    numbers = np.full(len(keys), -1, np.int64)
    places[at], numbers[at] = layout.places, layout.numbers
    drawn = views.look.vectors(layout.keys)
    fresh = np.flatnonzero(~fitted)
    for start in range(0, len(fresh), _BLOCK):
        block = fresh[start : start + _BLOCK]
        places[block], near = place(views.look.vectors(keys[block]), drawn, layout.places)
        numbers[block] = layout.numbers[near]
    return PictureMap(
        space=views.space.name,
        options=options,
        keys=keys,
        places=places,
        fitted=fitted,
        numbers=numbers,
        clusters=_clusters(views, keys, places, numbers),
        quality=measure_map(drawn, layout.places),
        placed_quality=_placed_quality(views, keys, places, fresh),
    )


def _placed_quality(
    views: Views, keys: Int64Array, places: Float32Array, fresh: Int64Array
) -> MapQuality | None:
    """Of pictures that were placed, among up to as many as are laid out at most."""
    if not len(fresh):
        return None
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(fresh, min(len(fresh), 1000), replace=False))
    among = np.arange(len(keys))
    if len(among) > MOST_LAID_OUT:
        among = np.union1d(rows, rng.choice(among, MOST_LAID_OUT, replace=False))
    vectors = views.look.vectors(keys[among])
    return measure_map(vectors, places[among], rows=np.searchsorted(among, rows))


def _clusters(
    views: Views, keys: Int64Array, places: Float32Array, numbers: Int64Array
) -> tuple[Cluster, ...]:
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(numbers == number) for number in range(numbers.max(initial=-1) + 1)]
    groups = []
    for rows in members:
        if len(rows) > NAMED_BY:
            rows = np.sort(rng.choice(rows, NAMED_BY, replace=False))
        groups.append([terms_of(record) for record in views.store.records(keys[rows])])
    return tuple(
        Cluster(
            name,
            size=len(rows),
            x=float(places[middle, 0]),
            y=float(places[middle, 1]),
            example=int(keys[middle]),
        )
        for name, rows, middle in zip(
            name_clusters(groups), members, middles(places, numbers), strict=True
        )
    )
