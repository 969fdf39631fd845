"""The poolings as ONNX operators, so that a network gives short vectors rather than whole maps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lookalike.encoders.onnx_nodes import OnnxNodes
from lookalike.encoders.poolings import LEAST, Pooling, centre_prior, regions
from lookalike.errors import UsageError

Layout = Literal["vector", "map", "map-last", "tokens"]
MOST_DIMS = 32_768
_TOKEN_POOLINGS = ("cls", "gap", "max", "gem", "flat")


@dataclass(frozen=True)
class Layer:
    """A layer that can be tapped.

    Attributes:
        name: what names call it.
        shape: of its output for one picture: (numbers,), (channels, height, width),
            (height, width, channels) or (tokens, channels), as the layout says.
        layout: ``vector``, ``map``, ``map-last`` (channels last) or ``tokens``.
        prefix: of ``tokens``, how many come before those of the picture's places; the first of
            them is the class token.
    """

    name: str
    shape: tuple[int, ...]
    layout: Layout = "map"
    prefix: int = 0

    @property
    def usual(self) -> Pooling:
        """How it is pooled where nothing else is said."""
        if self.layout == "vector":
            return Pooling("flat")
        return Pooling("cls" if self.prefix else "gap")

    def dims(self, pooling: Pooling) -> int:
        """Length of its vectors.

        Raises:
            UsageError: it cannot be pooled so (``wrong-pooling``).
        """
        self._check(pooling)
        if pooling.kind == "flat" or self.layout == "vector":
            return math.prod(self.shape)
        return self.shape[0] if self.layout == "map" else self.shape[-1]

    def _check(self, pooling: Pooling) -> None:
        kind, hint = pooling.kind, f"It is pooled by {self.usual} by default."
        if self.layout == "vector" and kind != "flat":
            why = f"gives vectors, which need no pooling (not {pooling})"
        elif self.layout == "tokens" and kind not in _TOKEN_POOLINGS:
            why = f"gives tokens, which {kind} does not know"
            hint = f"Take one of {', '.join(_TOKEN_POOLINGS)}."
        elif kind == "cls" and (self.layout != "tokens" or not self.prefix):
            why = "has no class token"
        elif kind == "flat" and math.prod(self.shape) > MOST_DIMS:
            why = f"has {math.prod(self.shape):,} numbers, too many for a vector"
        else:
            return
        raise UsageError(f"The layer {self.name!r} {why}.", hint, code="wrong-pooling")


def append_pooling(graph: OnnxNodes, layer: Layer, pooling: Pooling, output: str) -> None:
    """Append the nodes that pool what a graph gives.

    Args:
        graph: its ``at`` is the layer's output, of shape (n, ...).
        layer: what the output is.
        pooling: how it is pooled; the layer can be.
        output: the name of the vectors, of shape (n, dims).
    """
    if layer.layout == "vector" or pooling.kind == "flat":
        graph.node("Flatten", graph.at, axis=1, output=output)
        return
    if pooling.kind == "cls":
        graph.node("Slice", graph.at, *_range(graph, "class", 0, 1, 1))
        graph.node("Flatten", graph.at, axis=1, output=output)
        return
    _to_map(graph, layer)
    height, width = _places(layer)
    _APPEND[pooling.kind](graph, pooling, height, width)
    graph.node("Flatten", graph.at, axis=1, output=output)


def _places(layer: Layer) -> tuple[int, int]:
    if layer.layout == "tokens":
        return layer.shape[0] - layer.prefix, 1
    height, width = layer.shape[1:] if layer.layout == "map" else layer.shape[:2]
    return height, width


def _to_map(graph: OnnxNodes, layer: Layer) -> None:
    """Turn what the layer gives into (n, channels, height, width)."""
    if layer.layout == "map-last":
        graph.node("Transpose", graph.at, perm=[0, 3, 1, 2])
    elif layer.layout == "tokens":
        if layer.prefix:
            graph.node("Slice", graph.at, *_range(graph, "places", layer.prefix, layer.shape[0], 1))
        graph.node("Transpose", graph.at, perm=[0, 2, 1])
        shape = [0, layer.shape[1], layer.shape[0] - layer.prefix, 1]
        graph.node("Reshape", graph.at, graph.whole("map_shape", shape))


def _range(graph: OnnxNodes, name: str, start: int, end: int, axis: int) -> tuple[str, str, str]:
    return (
        graph.whole(f"{name}_from", [start]),
        graph.whole(f"{name}_to", [end]),
        graph.whole(f"{name}_axis", [axis]),
    )


def _gap(graph: OnnxNodes, _pooling: Pooling, _height: int, _width: int) -> None:
    graph.node("GlobalAveragePool", graph.at)


def _max(graph: OnnxNodes, _pooling: Pooling, _height: int, _width: int) -> None:
    graph.node("GlobalMaxPool", graph.at)


def _gem(graph: OnnxNodes, pooling: Pooling, _height: int, _width: int) -> None:
    graph.node("Max", graph.at, graph.constant("least", LEAST))
    graph.node("Pow", graph.at, graph.constant("power", pooling.power))
    graph.node("GlobalAveragePool", graph.at)
    graph.node("Pow", graph.at, graph.constant("root", 1 / pooling.power))


def _spoc(graph: OnnxNodes, _pooling: Pooling, height: int, width: int) -> None:
    graph.node("Mul", graph.at, graph.constant("centre", centre_prior(height, width)))
    graph.node("GlobalAveragePool", graph.at)


def _rmac(graph: OnnxNodes, _pooling: Pooling, height: int, width: int) -> None:
    maps, least, total = graph.at, graph.constant("least", LEAST), ""
    axes, channels = graph.whole("axes", [2, 3]), graph.whole("channels", [1])
    for i, (top, left, side) in enumerate(regions(height, width)):
        start = graph.whole(f"start_{i}", [top, left])
        end = graph.whole(f"end_{i}", [top + side, left + side])
        graph.node("Slice", maps, start, end, axes)
        graph.node("GlobalMaxPool", graph.at)
        graph.node("Flatten", graph.at, axis=1)
        most = graph.at
        graph.node("Mul", most, most)
        graph.node("ReduceSum", graph.at, channels, keepdims=1)
        graph.node("Sqrt", graph.at)
        graph.node("Max", graph.at, least)
        graph.node("Div", most, graph.at)
        if total:
            graph.node("Add", graph.at, total)
        total = graph.at


_APPEND: dict[str, Callable[[OnnxNodes, Pooling, int, int], None]] = {
    "gap": _gap,
    "max": _max,
    "gem": _gem,
    "spoc": _spoc,
    "rmac": _rmac,
}
