"""What a library says about itself: its format version and its spaces."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lookalike.errors import LibraryError, LibraryFormatError
from lookalike.version import __version__

FORMAT = 1
DESCRIPTION_FILE = "library.json"


class SpaceDescription(BaseModel):
    """One embedding space of a library.

    Attributes:
        name: what people call it; unique in the library.
        kind: ``image`` (queried by pictures) or ``concept`` (queried by words, too).
        encoder: the registry's name of the model behind it.
        dims: length of a vector.
        recipe: of the encoder, when the vectors were made.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Literal["image", "concept"]
    encoder: str
    dims: int
    recipe: int = 1

    @property
    def column(self) -> str:
        """The column of the pictures table that holds its vectors."""
        return f"vector_{self.kind}_{self.name}".replace("-", "_").replace("/", "_")


class LibraryDescription(BaseModel):
    """The content of ``library.json``."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    written_by: str = __version__
    spaces: tuple[SpaceDescription, ...] = ()

    def space(self, kind: str) -> SpaceDescription | None:
        """The default space of a kind, or None."""
        return next((space for space in self.spaces if space.kind == kind), None)


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
