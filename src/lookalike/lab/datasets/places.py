"""Finds the pictures that the files of a data set name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from lookalike.errors import NotFoundError, UsageError
from lookalike.search.filter import compile_filter
from lookalike.search.views import Views
from lookalike.sources.naming import location_of


class Places:
    """The pictures of a library by id, by path, or by the last parts of a path.

    Args:
        views: the library.
        folder: only places below this folder; None for all.
    """

    def __init__(self, views: Views, folder: PurePath | None = None) -> None:
        table = views.store.facets(["key", "id", "locations", "width", "height"])
        self.paths: dict[int, list[str]] = {}
        self.sizes: dict[int, tuple[int, int]] = {}
        self._ids: dict[str, int] = {}
        self._by_name: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in table.to_pylist():
            paths = [place["path"] for place in row["locations"]]
            inside = [p for p in paths if folder is None or PurePath(p).is_relative_to(folder)]
            if not inside:
                continue
            key = row["key"]
            self.paths[key], self._ids[row["id"]] = inside, key
            self.sizes[key] = row["width"], row["height"]
            for path in inside:
                self._by_name[PurePath(path).name].append((PurePath(path).as_posix(), key))
        self.id_by_key = {key: picture_id for picture_id, key in self._ids.items()}

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self.paths))

    def find(self, name: str) -> int | None:
        """The key of the picture that is meant; None if it is not there.

        Raises:
            UsageError: the name fits several pictures.
        """
        if name in self._ids:
            return self._ids[name]
        wanted = PurePath(name).as_posix()
        near = self._by_name.get(PurePath(name).name, [])
        fits = {key for path, key in near if path == wanted or path.endswith(f"/{wanted}")}
        if len(fits) > 1:
            places = sorted(path for path, key in near if key in fits)
            raise UsageError(
                f"{name} may be {' or '.join(places[:2])}.",
                "Name pictures by more of their path, or by id.",
                code="ambiguous-picture",
            )
        return fits.pop() if fits else None

    def present(self, names: Iterable[str]) -> dict[str, int]:
        """The keys of those of these pictures that are there."""
        found = {name: self.find(name) for name in names}
        return {name: key for name, key in found.items() if key is not None}


def below(folder: PurePath) -> str:
    """The filter for the pictures below a folder."""
    quoted = location_of(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'folder = "{quoted}"'


def check_holds(views: Views, folder: PurePath) -> None:
    """Make sure that a library holds pictures of a folder that was indexed, or of one in it.

    Raises:
        NotFoundError: it does not (``not-in-library``).
    """
    if not len(views.store.keys_where(compile_filter(below(folder)))):
        raise not_held(views, folder)


def not_held(views: Views, folder: PurePath) -> NotFoundError:
    """The error for a folder that a library does not know."""
    return NotFoundError(
        f"The library {views.store.path} holds no picture that was indexed from {folder}.",
        "Index the folder by this path, or leave -L out: then a library is made of it.",
        code="not-in-library",
    )
