"""The kinds of data sets, and which one a folder holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from lookalike.errors import SourceError, UsageError
from lookalike.lab.datasets.places import check_holds
from lookalike.lab.topics import TestCollection
from lookalike.search.views import Views


@dataclass(frozen=True)
class Kind:
    """A kind of data set.

    Attributes:
        name: for people.
        what: its protocol, in one line.
        matches: whether a folder holds one.
        collections: the queries of such a folder, over a library that holds its pictures.
        label_folders: whether names of folders are labels when it is indexed.
    """

    name: str
    what: str
    matches: Callable[[Path], bool]
    collections: Callable[[Views, Path], Sequence[TestCollection]]
    label_folders: bool = False


_MODULES = (
    "revisited",
    "ukbench",
    "holidays",
    "cifar",
    "trec_folder",
    "captions",
    "manifest",
    "classes",
)


def kinds() -> tuple[Kind, ...]:
    """All kinds; the first one that matches a folder counts."""
    return tuple(import_module(f"lookalike.lab.datasets.{name}").KIND for name in _MODULES)


def kind_of(folder: Path) -> Kind:
    """The kind of data set in a folder.

    Raises:
        SourceError: there is no such folder.
    """
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder}.", "Name the folder of a data set.")
    return next(kind for kind in kinds() if kind.matches(folder))


def collections_in(views: Views, folder: str | Path) -> tuple[TestCollection, ...]:
    """The queries of the data set in a folder, over a library that holds its pictures.

    Raises:
        SourceError: there is no such folder.
        NotFoundError: the library holds no picture of it.
        UsageError: its files cannot be understood, or it asks nothing (``nothing-to-evaluate``).
    """
    folder = Path(os.path.abspath(Path(folder).expanduser()))  # noqa: PTH100 - not resolve()
    kind = kind_of(folder)
    check_holds(views, folder)
    found = tuple(one for one in kind.collections(views, folder) if len(one))
    if not found:
        raise UsageError(
            f"{folder} was taken for {kind.what}, and holds no query.",
            "See docs/evaluate.md for the data sets that are known.",
            code="nothing-to-evaluate",
        )
    return found
