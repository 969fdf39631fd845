"""Regions of a picture from one pass of an EfficientNet-Lite over more pixels.

The last feature map of the whole picture, at twice the usual side, is pooled under each box of a
grid, as R-MAC does (Tolias, Sicre and Jégou, "Particular Object Retrieval with Integral
Max-Pooling of CNN Activations", 2016), by the encoder's own generalised mean and with more
weight on a box's centre. The pooled vectors are whitened (Jégou and Chum, "Negative Evidences and
Co-occurrences in Image Retrieval", 2012). docs/regions.md says what that gains and costs, and what
passing each box through the network by itself would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Features, check_pixels
from lookalike.encoders.efficientnet_graph import POOL_DIMS, Scaling, State, serialised, trunk
from lookalike.encoders.efficientnet_lite import Member
from lookalike.encoders.packaged import cached, digest
from lookalike.encoders.postprocessing import Transform
from lookalike.encoders.region_grid import GRID, pooling_weights
from lookalike.encoders.runtimes import Session
from lookalike.imaging.picture import InputSpec, UInt8Array

SIDE = 448
RECIPE = 1
"""Raise it when the vectors change."""
_TINY = 1e-6


class LiteRegions:
    """Vectors of the regions of pictures.

    Args:
        member: which network.
        whitening: of the pooled vectors; None for none.
        cache: where the converted network is kept.
        open_session: loads an ONNX file.

    Attributes:
        dims: of all regions of a picture together.

    Raises:
        ModelError: the weights are missing or damaged.
    """

    input = InputSpec(SIDE, "squash")

    def __init__(
        self,
        member: Member,
        whitening: Transform | None,
        cache: Path,
        open_session: Callable[[Path], Session],
    ) -> None:
        self.name = f"{member.name} regions"
        self.dims = len(GRID) * (whitening.dims if whitening else POOL_DIMS)
        weights = member.weights()
        kind = f"r{RECIPE}" if whitening else "plain"
        path = cache / f"{member.name}-regions-{digest(weights)}-{kind}.onnx"
        self._session = open_session(cached(path, lambda: _convert(member, weights, whitening)))

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode n pictures; vectors (n, dims): its regions' one after the other, each of length 1.

        Raises:
            ModelError: the pixels have another shape or type.
        """
        check_pixels(pixels, SIDE, self.name)
        if len(pixels) == 0:
            return Features(np.zeros((0, self.dims), np.float32))
        (vectors,) = self._session.run(np.ascontiguousarray(pixels))
        return Features(vectors)


def _convert(member: Member, weights: Path, whitening: Transform | None) -> bytes:
    from lookalike.encoders.torch_pickle import load_state_dict

    return build_regions(load_state_dict(weights), replace(member.scaling, size=SIDE), whitening)


def build_regions(state: State, scaling: Scaling, whitening: Transform | None) -> bytes:
    """The network with the pooling of the grid in place of its head, as an ONNX model.

    Args:
        state: as in :func:`lookalike.encoders.efficientnet_graph.build_onnx`.
        scaling: of the network, with the side that regions are taken at.
        whitening: of the pooled vectors; None for none.
    """
    graph = trunk(state, scaling)
    features = graph.at
    graph.node("Sqrt", features)
    graph.node("Mul", graph.at, features)  # x^1.5: a generalised mean with exponent 1.5
    graph.node("Reshape", graph.at, graph.whole("places", [0, POOL_DIMS, graph.side**2]))
    graph.node("MatMul", graph.at, graph.constant("grid", pooling_weights(graph.side)))
    graph.node("Pow", graph.at, graph.constant("two_thirds", 2 / 3))
    graph.node("Transpose", graph.at, perm=[0, 2, 1])
    graph.unit_length(_TINY)
    dims = POOL_DIMS
    if whitening is not None and whitening.matrix is not None:
        graph.node("Sub", graph.at, graph.constant("mean", whitening.mean))
        graph.node("MatMul", graph.at, graph.constant("axes", whitening.matrix))
        graph.unit_length(_TINY)
        dims = whitening.dims
    length = len(GRID) * dims
    graph.node("Reshape", graph.at, graph.whole("row", [0, length]), output="regions")
    return serialised(graph, scaling.size, {"regions": length})
