"""``manifest.json``: what an export of a library holds. Written last, so it tells a whole one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lookalike.errors import LibraryError, LibraryFormatError, NotFoundError
from lookalike.store.description import FORMAT, LibraryDescription, SpaceDescription
from lookalike.version import __version__

EXPORT_FORMAT = 2
"""2: spaces that were added later come along."""
MANIFEST = "manifest.json"
PICTURES_FILE = "pictures.parquet"
FAILURES_FILE = "failures.parquet"
DISMISSED_FILE = "dismissed.parquet"
IDS_FILE = "ids.txt"
JUDGMENTS_FILE = "judgments.parquet"
CONCEPTS_FILE = "concepts.parquet"
"""Exports of earlier versions have neither of these two."""


class FileDescription(BaseModel):
    """One file of an export: its length and the SHA-256 of its bytes."""

    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """The content of ``manifest.json``.

    Attributes:
        format: of the export.
        written_by: version of lookalike.
        exported: when (UTC).
        library: what the library said about itself.
        library_path: where it lay.
        pictures: how many there are.
        next_key: the next number for a picture.
        vectors: the spaces whose vectors came along, in files named by :func:`vectors_file`, and
            for added ones those of :mod:`lookalike.store.exported_spaces`.
        originals: how many pictures' own files came along, below ``pictures/``.
        missing: how many were to come along, and were gone or had changed.
        files: all others.
    """

    model_config = ConfigDict(frozen=True)

    format: int = EXPORT_FORMAT
    written_by: str = __version__
    exported: datetime = Field(default_factory=lambda: datetime.now(UTC))
    library: LibraryDescription
    library_path: str
    pictures: int
    next_key: int
    vectors: tuple[str, ...] = ()
    originals: int = 0
    missing: int = 0
    files: dict[str, FileDescription] = {}


def vectors_file(space: SpaceDescription) -> str:
    """The name of the file with a space's vectors."""
    return f"{space.column}.npy"


def describe_file(path: Path) -> FileDescription:
    """Read a file whole."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileDescription(bytes=path.stat().st_size, sha256=digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make an export whole."""
    temporary = folder / f"{MANIFEST}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the export at ``folder``.

    Raises:
        NotFoundError: there is no export (``no-export``), or it was interrupted.
        LibraryFormatError: a later version of lookalike wrote it.
        LibraryError: the manifest is damaged (``export-damaged``).
    """
    file = folder / MANIFEST
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        newer = int(raw["format"]) > EXPORT_FORMAT or int(raw["library"]["format"]) > FORMAT
        if newer:
            raise LibraryFormatError(
                f"The export {folder} has format {raw['format']}; this lookalike {__version__} "
                f"reads formats up to {EXPORT_FORMAT}.",
                f"Upgrade lookalike to {raw.get('written_by', 'a later version')} or later.",
                code="export-format",
            )
        return Manifest.model_validate(raw)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(
            f"There is no whole export at {folder}: it has no {MANIFEST}.",
            "Name the folder that `lookalike export --into` filled; if that was interrupted, "
            "run it again.",
            code="no-export",
        ) from error
    except OSError as error:
        raise LibraryError(f"Cannot read {file}: {error.strerror}.", "Check its rights.") from error
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise damaged(file, "it is no manifest") from error


def verify(folder: Path, manifest: Manifest, needed: Iterable[str]) -> None:
    """Compare every file with the manifest, before anything is made of them.

    Args:
        folder: of the export.
        manifest: its manifest.
        needed: names of files of spaces that must be there.

    Raises:
        LibraryError: one is missing or differs (``export-damaged``).
    """
    for name in (PICTURES_FILE, FAILURES_FILE, DISMISSED_FILE, *needed, *manifest.files):
        path, told = folder / name, manifest.files.get(name)
        if told is None or Path(name).name != name:
            raise damaged(folder / MANIFEST, f"it does not describe {name}")
        if not path.is_file():
            raise damaged(path, "it is missing")
        if describe_file(path) != told:
            raise damaged(path, "its content has changed")


def damaged(path: Path, why: str) -> LibraryError:
    """The error about a file of an export."""
    return LibraryError(
        f"{path} is damaged: {why}.", "Copy or export it again.", code="export-damaged"
    )
