"""lookalike: a visual search engine for any heap of pictures.

>>> import lookalike
>>> library = lookalike.open("pictures/.lookalike")          # doctest: +SKIP
>>> for hit in library.search("red fox", "id:3f2a", where="date >= 2019"):  # doctest: +SKIP
...     print(hit.score, hit.location)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lookalike.version import __version__ as __version__

__all__ = ["Clause", "Hit", "Library", "Query", "Results", "__version__", "create", "open"]

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.opening import create_library as create
    from lookalike.opening import open_library as open  # noqa: A004
    from lookalike.search.clause import Clause
    from lookalike.search.query import Query
    from lookalike.search.results import Hit, Results

_WHERE = {
    "Library": ("lookalike.library", "Library"),
    "create": ("lookalike.opening", "create_library"),
    "open": ("lookalike.opening", "open_library"),
    "Clause": ("lookalike.search.clause", "Clause"),
    "Query": ("lookalike.search.query", "Query"),
    "Hit": ("lookalike.search.results", "Hit"),
    "Results": ("lookalike.search.results", "Results"),
}


def __getattr__(name: str) -> Any:
    # Importing the package alone loads nothing heavy.
    if name not in _WHERE:
        raise AttributeError(f"module 'lookalike' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _WHERE[name]
    return getattr(import_module(module), attribute)
