"""Takes in pictures that were sent to the library itself, which keeps their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookalike.errors import DecodeError
from lookalike.imaging.picture import Decoded
from lookalike.pipeline.frames import spread
from lookalike.pipeline.report import IndexSummary
from lookalike.sources.frame_names import frame_id
from lookalike.sources.naming import location_of, split_extension
from lookalike.sources.sniff import PICTURE_EXTENSIONS
from lookalike.store.lance_store import LanceStore
from lookalike.store.originals import ORIGINALS, Originals


@dataclass(frozen=True)
class NewPicture:
    """A picture as somebody sends it.

    Attributes:
        data: the bytes of its file.
        name: the file's name, if it is known.
        title: short name.
        caption: description in sentences.
        tags: keywords between semicolons; where there is none, between commas.
    """

    data: bytes
    name: str = ""
    title: str = ""
    caption: str = ""
    tags: str = ""

    @property
    def words(self) -> dict[str, str]:
        """What was said about it, by column."""
        told = {"title": self.title, "caption": self.caption, "tags": self.tags}
        return {column: text for column, text in told.items() if text.strip()}


@dataclass(frozen=True)
class AddedPicture:
    """What became of a picture that was sent.

    Attributes:
        name: the file's name, as it was sent.
        id: the picture's; empty if it was not taken in.
        known: whether the library held it already; words that came with it count now.
        error: why it was not taken in.
    """

    name: str
    id: str = ""
    known: bool = False
    error: DecodeError | None = None


@dataclass(frozen=True)
class _Kept:
    """A picture whose file the library has now."""

    sent: NewPicture
    id: str
    file: Path
    fresh: bool
    frames: int

    def ids(self, most: int) -> Iterator[str]:
        """Of the picture and those of its frames that are taken in."""
        return (frame_id(self.id, frame) for frame in spread(self.frames, most))


def add_pictures(
    store: LanceStore,
    pictures: Sequence[NewPicture],
    look: Callable[[NewPicture], Decoded],
    index: Callable[[Sequence[Path], frozenset[str]], IndexSummary],
    *,
    frames: int = 1,
) -> list[AddedPicture]:
    """Keep pictures in the library and index them.

    Killed meanwhile, a file may be left that the library does not know yet; sending the same
    picture again mends that.

    Args:
        store: the library's store.
        pictures: what was sent.
        look: decodes one of them, or raises ``DecodeError``.
        index: takes files in, each as a source of its own; told the ids of all that they hold.
        frames: how many frames of a file are taken in.

    Raises:
        LibraryError: nothing could be written; no file is left behind.
    """
    own = Originals(store.path / ORIGINALS)
    outcomes: list[_Kept | DecodeError] = []
    kept: list[_Kept] = []
    try:
        for sent in pictures:
            try:
                decoded = look(sent)
            except DecodeError as error:
                outcomes.append(error)
                continue
            kept.append(_keep(own, sent, decoded))
            outcomes.append(kept[-1])
        known = set(store.keys_of_ids({picture.id for picture in kept}))
        if kept:
            ids = frozenset(name for picture in kept for name in picture.ids(frames))
            index([picture.file for picture in kept], ids)
    except BaseException:
        store.refresh()
        _clear(own, store, kept)
        raise
    store.refresh()
    refused = _clear(own, store, kept)
    return [_told(p, o, known, refused) for p, o in zip(pictures, outcomes, strict=True)]


def _keep(own: Originals, sent: NewPicture, decoded: Decoded) -> _Kept:
    fresh = own.find(decoded.id) is None
    file = own.put(sent.data, decoded.id, _extension(sent.name, decoded))
    own.describe(file, sent.words | ({"sent as": sent.name} if sent.words or fresh else {}))
    return _Kept(sent, decoded.id, file, fresh, decoded.facts.frames)


def _extension(name: str, decoded: Decoded) -> str:
    """A suffix that promises a picture: some formats are known by nothing else."""
    suffix = split_extension(name)[1]
    return suffix if suffix in PICTURE_EXTENSIONS else f".{decoded.facts.format}"


def _clear(own: Originals, store: LanceStore, kept: Sequence[_Kept]) -> dict[str, DecodeError]:
    """Delete files that were not taken in; returns why, by id."""
    held = store.keys_of_ids({picture.id for picture in kept})
    lost = {picture.id: picture for picture in kept if picture.id not in held and picture.fresh}
    for picture_id in lost:
        own.remove(picture_id)
    places = {location_of(picture.file): picture.id for picture in lost.values()}
    told = {
        places[entry.failure.location]: DecodeError(entry.failure.message, code=entry.failure.code)
        for entry in (store.failures.all() if places else ())
        if entry.failure.location in places
    }
    store.failures.remove(places)
    return told


def _told(
    sent: NewPicture, outcome: _Kept | DecodeError, known: set[str], refused: dict[str, DecodeError]
) -> AddedPicture:
    if isinstance(outcome, DecodeError):
        return AddedPicture(sent.name, error=outcome)
    if outcome.id in refused:
        return AddedPicture(sent.name, error=refused[outcome.id])
    return AddedPicture(sent.name, outcome.id, outcome.id in known)
