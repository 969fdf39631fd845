"""A drawn map: where each picture lies, the clusters, how far it can be trusted."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.frames import frame_of
from lookalike.lab.maps.clusters import Cluster
from lookalike.lab.maps.layout import LayoutOptions
from lookalike.lab.maps.quality import MapQuality
from lookalike.store.known import Int64Array
from lookalike.store.segments import BoolArray


@dataclass(frozen=True, eq=False)
class PictureMap:
    """A space of a library in two dimensions.

    Attributes:
        space: its name.
        options: how it was laid out.
        keys: of its pictures, shape (n,), ascending.
        places: where they lie, shape (n, 2), float32, at most about 1 from the centre.
        fitted: shape (n,): which had a say in the layout; the others were placed among them.
        numbers: of their clusters, shape (n,); -1 for none.
        clusters: the largest first.
        quality: of the pictures that had a say in the layout.
        placed_quality: of those that were placed; None if there are none.
    """

    space: str
    options: LayoutOptions
    keys: Int64Array = field(repr=False)
    places: Float32Array = field(repr=False)
    fitted: BoolArray = field(repr=False)
    numbers: Int64Array = field(repr=False)
    clusters: tuple[Cluster, ...]
    quality: MapQuality
    placed_quality: MapQuality | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def as_dict(self) -> dict[str, Any]:
        """All but the single pictures, as JSON's types."""
        return {
            "space": self.space,
            "layout": asdict(self.options),
            "pictures": len(self),
            "placed": int((~self.fitted).sum()),
            "in_no_cluster": int((self.numbers < 0).sum()),
            "quality": asdict(self.quality),
            "placed_quality": asdict(self.placed_quality) if self.placed_quality else None,
            "clusters": [
                {"number": number, **asdict(cluster)}
                for number, cluster in enumerate(self.clusters)
            ],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a picture: its key, place, cluster and whether it was placed later."""
        columns = (self.keys.tolist(), self.places.tolist(), self.numbers.tolist(), self.fitted)
        return [
            {"key": key, "x": x, "y": y, "cluster": number, "placed": not fitted}
            for key, (x, y), number, fitted in zip(*columns, strict=True)
        ]

    def frame(self) -> Any:
        """One row a picture, as a pandas data frame.

        Raises:
            UsageError: pandas is not installed.
        """
        return frame_of(self.rows(), ["key"])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(each.name)}</td><td>{each.size:,}</td></tr>"
            for each in self.clusters
        )
        return (
            f"<p><b>{len(self):,} pictures</b>, {html.escape(self.space)}, "
            f"{self.options.method}: trustworthiness {self.quality.trustworthiness:.3f}, "
            f"continuity {self.quality.continuity:.3f}</p>"
            f"<table><thead><tr><th>cluster</th><th>pictures</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


@dataclass(frozen=True, eq=False)
class Layout:
    """What is kept of a map: enough to place new pictures on it.

    Attributes:
        keys: of the pictures that were laid out, shape (n,), ascending.
        places: shape (n, 2), float32.
        numbers: of their clusters, shape (n,); -1 for none.
    """

    keys: Int64Array
    places: Float32Array
    numbers: Int64Array

    def only(self, keys: Int64Array) -> Layout:
        """What is left when only these pictures are."""
        kept = np.isin(self.keys, keys)
        return Layout(self.keys[kept], self.places[kept], self.numbers[kept])
