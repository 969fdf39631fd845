"""What is compared: a grid of models, layers, poolings, post-processings and metrics."""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lookalike.errors import UsageError
from lookalike.lab.comparison.approximate import SEARCHES, Search
from lookalike.lab.comparison.posts import parse_post
from lookalike.lab.measures import measure_names
from lookalike.lab.nearness import METRICS, Metric

DEFAULT_POSTS = ("none", "centre+blend+expand", "pca:64")
DEFAULT_METRICS: tuple[Metric, ...] = ("cosine", "manhattan")
_PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Published:
    """A figure that somebody else reported, to be read beside ours.

    Attributes:
        name: whose, and of what.
        values: by measure.
    """

    name: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Grid:
    """A grid; every combination of its axes is one row of the table.

    Attributes:
        models: names of picture encoders, see ``lookalike models``.
        layers: with each model, the layers that are tapped; none for the model's own.
        poolings: with each layer, how its map becomes a vector; none for the layer's own.
        posts: what is done to vectors, see :mod:`lookalike.lab.comparison.posts`.
        metrics: how vectors are compared.
        searches: ``exact``, or by an index: ``hnsw``, ``ivf``.
        measures: the first one decides; none for those usual for the queries.
        title: for reports.
        about: what the grid is meant to show; for reports.
        published: what others reported.
    """

    models: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    poolings: tuple[str, ...] = ()
    posts: tuple[str, ...] = DEFAULT_POSTS
    metrics: tuple[Metric, ...] = DEFAULT_METRICS
    searches: tuple[Search, ...] = ("exact",)
    measures: tuple[str, ...] = ()
    title: str = ""
    about: str = ""
    published: tuple[Published, ...] = field(default=())

    def __post_init__(self) -> None:
        for post in self.posts:
            parse_post(post)
        for metric in self.metrics:
            if metric not in METRICS:
                raise UsageError(f"There is no metric {metric!r}.", f"Choose {', '.join(METRICS)}.")
        for search in self.searches:
            if search not in SEARCHES:
                raise UsageError(
                    f"There is no search {search!r}.", f"Choose {', '.join(SEARCHES)}."
                )
        if self.measures:
            measure_names(self.measures)

    @property
    def encoders(self) -> tuple[str, ...]:
        """Names of encoders: each model with each of the layers and poolings."""
        tapped = [f"{m}/{layer}" for m, layer in itertools.product(self.models, self.layers)]
        names = tapped or self.models
        pooled = [f"{name}@{pooling}" for name, pooling in itertools.product(names, self.poolings)]
        return tuple(dict.fromkeys(pooled or names))

    def __len__(self) -> int:
        return math.prod(map(len, (self.encoders, self.posts, self.metrics, self.searches)))


def read_grid(path: Path) -> Grid:
    """Read a grid from a TOML file whose keys are the fields of :class:`Grid`.

    Raises:
        UsageError: the file cannot be read (``bad-grid``), or asks for what does not exist.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _bad(path, error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(path, str(error)) from error
    return grid_of(content, path)


def presets() -> tuple[str, ...]:
    """Names of the grids that come along."""
    return tuple(sorted(path.stem for path in _PRESETS.glob("*.toml")))


def preset(name: str) -> Grid:
    """A grid that comes along.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in presets():
        raise UsageError(
            f"There is no preset {name!r}.", f"There are {', '.join(presets())}.", code="bad-grid"
        )
    return read_grid(_PRESETS / f"{name}.toml")


def grid_of(content: Mapping[str, Any], path: Path) -> Grid:
    """A grid from the content of a TOML file.

    Raises:
        UsageError: it has other keys, or values of other types (``bad-grid``).
    """
    known = {one.name for one in fields(Grid)}
    if strange := sorted(set(content) - known):
        raise _bad(path, f"unknown {', '.join(strange)}; there are {', '.join(sorted(known))}")
    values: dict[str, Any] = {}
    for name, value in content.items():
        if name == "published":
            values[name] = tuple(_published(one, path) for one in value)
        elif name in ("title", "about"):
            values[name] = " ".join(str(value).split())
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            values[name] = tuple(value)
        else:
            raise _bad(path, f"{name} must be a list of texts")
    return Grid(**values)


def _published(content: Any, path: Path) -> Published:
    match content:
        case {"name": str(name), "values": dict(values)}:
            return Published(name, {str(key): float(value) for key, value in values.items()})
    raise _bad(path, "each of published needs a name and values")


def _bad(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"The grid {path} cannot be used: {reason}.",
        "See docs/compare.md for what may stand in it.",
        code="bad-grid",
    )
