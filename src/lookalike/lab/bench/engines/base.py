"""What is asked of a search engine, and the register of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from lookalike.encoders.base import Float32Array
from lookalike.errors import UsageError
from lookalike.store.known import Int64Array

EFFORTS = (10, 20, 40, 80, 160, 320, 640)
"""Of graphs: how many candidates are kept while searching (efSearch)."""
LINKS, BUILD_EFFORT = 32, 200


class Engine(Protocol):
    """A search engine that holds vectors."""

    @property
    def efforts(self) -> Sequence[int]:
        """What may be asked of it, from the quickest to the most complete."""
        ...

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """The rows of the k largest inner products, as far as the engine finds them.

        Args:
            query: shape (dims,), float32, of length 1.
            k: how many.
            effort: one of ``efforts``.
        """
        ...


@dataclass(frozen=True)
class EngineKind:
    """One engine that can be measured.

    Attributes:
        name: of the engine and its index.
        what: it is.
        build: makes it of unit vectors, shape (n, dims), in an empty folder.
        package: that it needs besides lookalike's own; empty for none.
        most_rows: it is not tried on more.
    """

    name: str
    what: str
    build: Callable[[Float32Array, Path], Engine]
    package: str = ""
    most_rows: int = 10_000_000

    @property
    def missing(self) -> str:
        """The command that installs what it lacks; empty if it is all there."""
        there = not self.package or find_spec(self.package) is not None
        return "" if there else f"pip install {self.package}"


KINDS: dict[str, EngineKind] = {}


def register(kind: EngineKind) -> None:
    """Take an engine in."""
    KINDS[kind.name] = kind


def kinds() -> dict[str, EngineKind]:
    """All engines by name, our own first."""
    from importlib import import_module

    for module in ("planner", "exact", "in_faiss", "in_hnswlib", "in_usearch", "in_chroma",
                   "in_annoy", "kdtree"):  # fmt: skip
        import_module(f"lookalike.lab.bench.engines.{module}")
    return KINDS


def engine_kind(name: str) -> EngineKind:
    """The engine of this name.

    Raises:
        UsageError: there is none (``unknown-engine``).
    """
    found = kinds().get(name)
    if found is None:
        raise UsageError(
            f"There is no engine {name!r}.", f"Choose of {', '.join(KINDS)}.", code="unknown-engine"
        )
    return found
