"""Maps of a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import DecodeError, NotFoundError
from lookalike.library.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from lookalike.lab.maps.layout import Method
    from lookalike.lab.maps.picture_map import PictureMap

_SIDE = 128


class Mapping(Pictures):
    """Spaces drawn in two dimensions."""

    def map(
        self,
        *,
        space: str = "",
        method: Method = "umap",
        neighbours: int = 15,
        min_dist: float = 0.1,
        seed: int = 0,
        where: str = "",
        redraw: bool = False,
    ) -> PictureMap:
        """Lay a space out in the plane, so that what looks alike lies together.

        The layout is kept: pictures that come in later are placed among their neighbours, and the
        others stay where they were.

        Args:
            space: name of the space of pictures; empty for the default one.
            method: ``umap``, ``densmap``, ``tsne`` or ``pca``.
            neighbours: how many neighbours of each picture count; t-SNE's perplexity.
            min_dist: of UMAP and densMAP: how close pictures may lie, 0 to 1.
            seed: the same seed gives the same map.
            where: only pictures that fulfil this filter, on a map of their own that is not kept.
            redraw: lay all pictures out anew.

        Raises:
            UsageError: fewer than two pictures, or what draws maps is not installed.
            FilterError: the filter cannot be understood.
            NotFoundError: there is no such space.
        """
        from lookalike.lab.maps.draw import draw_map
        from lookalike.lab.maps.layout import LayoutOptions
        from lookalike.search.filter import compile_filter

        options = LayoutOptions(method, neighbours, min_dist, seed)
        views, keys = self.views(space), None
        if where.strip():
            condition = compile_filter(where, named=views.store.extra_names)
            keys = np.sort(views.store.keys_where(condition))
        return draw_map(views, options, keys=keys, redraw=redraw)

    def map_image(self, drawn: PictureMap, *, width: int = 1800, side: int = 36) -> Image:
        """A map as one image: thumbnails as far as they fit, dots, names of clusters.

        Args:
            drawn: from :meth:`map`.
            width: of the image, in pixels.
            side: of a thumbnail, in pixels; 0 for dots alone.
        """
        from lookalike.lab.maps.image import map_image

        return map_image(drawn, self._small_of(drawn), width=width, side=side)

    def map_page(self, drawn: PictureMap, title: str = "", *, most: int = 3000) -> str:
        """A map as one HTML file to move about in; it needs no server and no other file.

        Args:
            drawn: from :meth:`map`.
            title: of the page; by default the library's place.
            most: how many thumbnails it carries; the other pictures are dots.
        """
        from lookalike.lab.maps.page import Shown, map_page

        rows = self._store.columns(drawn.keys, ["title", "name", "location"]).to_pylist()
        shown = [Shown(row["title"] or row["name"], row["location"]) for row in rows]
        return map_page(drawn, title or f"Map of {self.path}", shown, self._small_of(drawn), most)

    def _small_of(self, drawn: PictureMap) -> Callable[[int], Path | None]:
        """Thumbnails by key; None for those whose file is gone."""
        ids = self._store.columns(drawn.keys, ["id"])["id"].to_pylist()
        by_key = dict(zip(drawn.keys.tolist(), ids, strict=True))

        def small(key: int) -> Path | None:
            try:
                return self.thumbnail(by_key[key], _SIDE)
            except (NotFoundError, DecodeError):
                return None

        return small
