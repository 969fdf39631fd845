"""What a library says about itself: its format version and its spaces."""

from __future__ import annotations

import difflib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lookalike.errors import LibraryError, LibraryFormatError, NotFoundError
from lookalike.store.metric import Metric
from lookalike.version import __version__

FORMAT = 4
"""2: there may be a space of colours; 3: spaces may have other metrics than the cosine; 4: they may
hold binary codes."""
DESCRIPTION_FILE = "library.json"
Codes = Literal["float16", "binary"]
_PLAIN = str.maketrans("-/:@.=", "______")


class SpaceDescription(BaseModel):
    """One embedding space of a library.

    Attributes:
        name: what people call it; unique in the library.
        kind: ``image`` (queried by pictures), ``concept`` (queried by words, too), ``colour``
            (queried by colours) or ``region`` (many vectors a picture, see
            :mod:`lookalike.store.regions`).
        encoder: the registry's name of the model behind it.
        dims: length of a vector.
        recipe: of the encoder, when the vectors were made.
        added: whether it was added later: its vectors are in a table of their own.
        ready: whether it may be searched; not while it is filled for the first time.
        base: name of the space whose vectors it transforms; empty if it has an encoder's.
            Of regions, the space whose vectors they are compared with.
        also: names of further spaces whose vectors follow those of ``base`` before they are
            transformed.
        learned: whether its encoder learned from the library's pictures; what it learned is kept
            with the space.
        taught: how many labelled or judged pictures it was learned from; their ids are kept with
            the space, so that it is not measured with them.
        neighbours: how many of its nearest pictures each picture's vector is blended with.
        blended: of so many pictures, when that was done; it is done anew once many have come.
        generation: grows each time that the vectors are made anew.
        words: whether its encoder gives words vectors of this space, too.
        metric: how vectors are compared.
        codes: how they are stored: two bytes a number, or one bit, its sign.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Literal["image", "concept", "colour", "region"]
    encoder: str
    dims: int
    recipe: int = 1
    added: bool = False
    ready: bool = True
    base: str = ""
    also: tuple[str, ...] = ()
    learned: bool = False
    taught: int = 0
    neighbours: int = 0
    blended: int = 0
    generation: int = 0
    words: bool = False
    metric: Metric = "cosine"
    codes: Codes = "float16"

    @property
    def bases(self) -> tuple[str, ...]:
        """Names of the spaces whose vectors it transforms."""
        return (self.base, *self.also) if self.base else ()

    @property
    def plain_queries(self) -> bool:
        """Whether pictures are asked with transformed vectors of its base, not with its own."""
        return bool(self.neighbours) or (self.codes == "binary" and not self.also)

    @property
    def column(self) -> str:
        """The column of the pictures table that holds its vectors; the folder of an added one."""
        again = f"_{self.generation}" if self.generation else ""
        return f"vector_{self.kind}_{self.name}{again}".translate(_PLAIN)


class LibraryDescription(BaseModel):
    """The content of ``library.json``.

    Attributes:
        format: its version; a newer one is refused.
        created: when the library was made (UTC).
        written_by: version of lookalike.
        spaces: all of them; of each kind the first that is ready is the default one.
        blending: whether a space of blended vectors is kept beside the first one, see
            :mod:`lookalike.pipeline.blending`; False once people dropped it.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    written_by: str = __version__
    spaces: tuple[SpaceDescription, ...] = ()
    blending: bool = True

    def space(self, kind: str) -> SpaceDescription | None:
        """The default space of a kind, or None."""
        return next((space for space in self.ready if space.kind == kind), None)

    @property
    def joint(self) -> SpaceDescription | None:
        """The default one of the spaces that words go to as pictures do, or None."""
        return next((space for space in self.ready if space.words), None)

    def searched(self, name: str) -> SpaceDescription:
        """The image space of this name, or the default one where it is empty.

        Raises:
            NotFoundError: there is none, or it is not ready.
        """
        space = self.named(name) if name else self.space("image")
        assert space is not None  # every library is made with an image space
        if not space.ready or space.kind != "image":
            why = "is not filled yet" if space.kind == "image" else "is no space of pictures"
            raise NotFoundError(
                f"The space {name!r} {why}.",
                "`lookalike spaces` shows which can be searched.",
                code="space-not-ready",
            )
        return space

    def named(self, name: str) -> SpaceDescription:
        """The space of this name.

        Raises:
            NotFoundError: there is none.
        """
        for space in self.spaces:
            if space.name == name:
                return space
        names = [space.name for space in self.spaces]
        near = difflib.get_close_matches(name, names, n=2)
        raise NotFoundError(
            f"The library has no space {name!r}.",
            f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(names)}.",
            code="no-such-space",
        )

    @property
    def made_with(self) -> tuple[SpaceDescription, ...]:
        """The spaces that the library was made with: columns of the pictures' table."""
        return tuple(
            sorted((s for s in self.spaces if not s.added), key=lambda s: s.kind != "image")
        )

    @property
    def ready(self) -> tuple[SpaceDescription, ...]:
        """The spaces that may be searched, the default one of each kind before the others."""
        return tuple(space for space in self.spaces if space.ready)

    @property
    def added(self) -> tuple[SpaceDescription, ...]:
        """The spaces that were added later: tables of their own."""
        return tuple(space for space in self.spaces if space.added)


def write_description(path: Path, description: LibraryDescription) -> None:
    """Write ``library.json`` atomically into the library at ``path``."""
    temporary = path / f"{DESCRIPTION_FILE}.{os.getpid()}.tmp"
    temporary.write_text(description.model_dump_json(indent=2), encoding="utf-8")
    temporary.replace(path / DESCRIPTION_FILE)


def read_description(path: Path) -> LibraryDescription:
    """Read ``library.json`` of the library at ``path``.

    Raises:
        LibraryFormatError: a later version of lookalike wrote the library.
        LibraryError: the file is damaged.
    """
    file = path / DESCRIPTION_FILE
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        written, writer = int(raw["format"]), str(raw.get("written_by", "a later version"))
        if written > FORMAT:
            raise LibraryFormatError(
                f"The library {path} has format {written}; this lookalike {__version__} "
                f"reads formats up to {FORMAT}.",
                f"Upgrade lookalike to {writer} or later; nothing was changed.",
            )
        return LibraryDescription.model_validate(raw)
    except OSError as error:
        raise LibraryError(f"Cannot read {file}: {error.strerror}.", "Check its rights.") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise LibraryError(
            f"{file} is damaged: {error}.",
            "Restore it from a copy, or move the library away and index again.",
            code="library-damaged",
        ) from error
