"""A library: the rooms below, joined. Every edge (shell, REST, page, Python) calls these methods.

All methods may be called from several threads.
"""

from __future__ import annotations

from lookalike.library.adapting import Adapting
from lookalike.library.changes import Changes
from lookalike.library.duplicates import Duplicates
from lookalike.library.mapping import Mapping
from lookalike.library.neighbours import Neighbours
from lookalike.library.pictures import Pictures
from lookalike.library.searching import Searching
from lookalike.library.upkeep import Upkeep


class Library(Changes, Searching, Duplicates, Adapting, Neighbours, Mapping, Upkeep, Pictures):
    """A searchable collection of pictures; get one from :func:`lookalike.open`."""
