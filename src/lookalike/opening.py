"""Opens, makes and imports libraries."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import NotFoundError, UsageError
from lookalike.library import Library
from lookalike.settings import Settings
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore

if TYPE_CHECKING:
    from lookalike.pipeline.report import OnProgress
    from lookalike.sources.fetch import FetchPolicy
    from lookalike.store.export import OnCount


def open_library(
    path: str | Path,
    *,
    settings: Settings | None = None,
    fetch: FetchPolicy | None = None,
    isolate_decoding: bool = False,
) -> Library:
    """Open a library.

    Args:
        path: its directory.
        settings: caches, runtime, threads; by default as the environment says.
        fetch: what query URLs may be fetched; by default nothing on private networks.
        isolate_decoding: decode query pictures and make thumbnails in processes of their own, as a
            server should.

    Raises:
        NotFoundError: there is no library.
        LibraryFormatError: a later version of lookalike wrote it.
        LibraryError: it is damaged.
    """
    store = LanceStore(Path(path).expanduser().absolute())
    settings = settings or Settings.from_environment()
    return Library(store, settings, fetch, isolate_decoding=isolate_decoding)


def create_library(
    path: str | Path,
    *,
    encoder: str | None = None,
    settings: Settings | None = None,
    fetch: FetchPolicy | None = None,
) -> Library:
    """Open a library, or make an empty one where there is none.

    Args:
        path: its directory.
        encoder: the picture encoder, see ``lookalike models``.
        settings: as for :func:`open_library`.
        fetch: as for :func:`open_library`.

    Raises:
        UsageError: there is a library of another encoder.
        LibraryError: the directory holds something else, or cannot be made.
    """
    place = Path(path).expanduser().absolute()
    try:
        library = open_library(place, settings=settings, fetch=fetch)
    except NotFoundError:
        settings = settings or Settings.from_environment()
        store = LanceStore.create(place, _spaces(encoder, settings))
        return Library(store, settings, fetch)
    space = library.description.made_with[0]
    if encoder is not None and not _made_with(space, encoder, library.settings.cache):
        raise UsageError(
            f"The library {place} was made with {space.encoder}, not with {encoder}.",
            "Leave the encoder out, or name another library with -L.",
            code="other-encoder",
        )
    return library


def import_library(
    exported: str | Path,
    path: str | Path,
    *,
    pictures: bool = True,
    settings: Settings | None = None,
    on_count: OnCount = lambda *_: None,
) -> Library:
    """Make the library of an export again and open it; no encoder is needed.

    Interrupted, it goes on when it is called again.

    Args:
        exported: the folder that :meth:`Library.export` filled.
        path: where the library shall lie: a folder that is new or empty.
        pictures: whether the pictures' own files, if they came along, are kept in the library.
        settings: as for :func:`open_library`.
        on_count: told now and then what is being done, and how far it is.

    Raises:
        NotFoundError, LibraryFormatError, UsageError: it is no whole export, of a later version,
            or without vectors.
        LibraryError: a file of it is damaged, or ``path`` holds something else.
    """
    from lookalike.store.imports import import_library

    source, place = (Path(folder).expanduser().absolute() for folder in (exported, path))
    store = import_library(source, place, originals=pictures, on_count=on_count)
    return Library(store, settings or Settings.from_environment())


def measured_library(
    folders: Sequence[str | Path],
    *,
    encoder: str | None = None,
    label_folders: bool | None = None,
    settings: Settings | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Library:
    """The library of data sets that are to be measured: made once, brought up to date each time.

    It lies below the cache folder, one for each choice of folders and encoder.

    Args:
        folders: they are indexed together; what cannot be read is left out.
        encoder: the picture encoder.
        label_folders: take the names of folders as labels.
        settings: as for :func:`open_library`.
        on_progress: told now and then how far it is.

    Raises:
        SourceError: a folder is not there, or none holds a picture.
        LibraryLockedError: another process indexes the same folders.
    """
    from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER

    settings = settings or Settings.from_environment()
    # Not resolve(): pictures are known by the paths that people gave, links and all.
    places = [os.path.abspath(Path(folder).expanduser()) for folder in folders]  # noqa: PTH100
    named = "\n".join([encoder or DEFAULT_IMAGE_ENCODER, *places])
    name = f"{Path(places[0]).name[:40]}-{hashlib.sha256(named.encode()).hexdigest()[:12]}"
    library = create_library(settings.cache / "measured" / name, encoder=encoder, settings=settings)
    try:
        library.index(places, label_folders=label_folders, on_progress=on_progress)
    except BaseException:
        library.close()
        raise
    return library


def _made_with(space: SpaceDescription, encoder: str, cache: Path) -> bool:
    from lookalike.encoders.registry import resolve_model

    if encoder in (space.encoder, space.name):
        return True
    return resolve_model(encoder, cache).info.name == space.encoder


def colour_space() -> SpaceDescription:
    """The space of colours that a new library is made with."""
    from lookalike.encoders.colours import DIMS, NAME, RECIPE

    return SpaceDescription(name=NAME, kind="colour", encoder=NAME, dims=DIMS, recipe=RECIPE)


def _spaces(encoder: str | None, settings: Settings) -> list[SpaceDescription]:
    from lookalike.encoders.names import parse_name
    from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER, resolve_model
    from lookalike.search.encode_query import load_concepts

    encoder = encoder or DEFAULT_IMAGE_ENCODER
    info = resolve_model(encoder, settings.cache).info
    if info.space != "image":
        raise UsageError(
            f"A library cannot be made with {encoder} alone.",
            "Every library has colours; name another encoder. See `lookalike models`.",
        )
    if info.learns:
        raise UsageError(
            f"A library cannot be made with {encoder}: it learns from pictures that are there.",
            f"Index with another encoder, then: lookalike spaces add {encoder}",
        )
    image = SpaceDescription(
        name=parse_name(encoder).plain,
        kind="image",
        encoder=info.name,
        dims=info.dims,
        recipe=info.recipe,
        words=info.words,
    )
    spaces = [image]
    if info.classes:
        concepts = load_concepts(info.name, settings.cache, settings.threads)
        spaces.append(
            SpaceDescription(
                name=concepts.name, kind="concept", encoder=info.name, dims=concepts.dims
            )
        )
    return [*spaces, colour_space()]
