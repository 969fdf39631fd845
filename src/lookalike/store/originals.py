"""Pictures that a library owns: sent to it over REST, or brought along by an import.

They lie at ``pictures/ab/ID.png`` below the library, where ``ab`` begins the id, with their words
beside them as JSON. Every change is one rename.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lookalike.sources.sniff import HEAD_BYTES, sniff
from lookalike.store.disk import disk_errors

ORIGINALS = "pictures"
FETCHED = "fetched"
"""Where lists of URLs are fetched to, unless people name a folder."""

_NAME = re.compile(r"([0-9a-f]{32})\.[a-z0-9]{1,12}")


class Originals:
    """The files of ``folder``, by the ids of their pictures.

    Args:
        folder: where they lie; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, picture_id: str) -> Path | None:
        """The file of a picture, or None."""
        beside = self.folder / picture_id[:2]
        found = (path for path in beside.glob(f"{picture_id}.*") if _NAME.fullmatch(path.name))
        return next(found, None)

    def put(self, data: bytes, picture_id: str, extension: str = "") -> Path:
        """Keep a picture under its id; returns its file.

        Args:
            data: its bytes.
            picture_id: its id.
            extension: of the file, with the dot; by default as the bytes say.
        """
        if (known := self.find(picture_id)) is not None and known.stat().st_size == len(data):
            return known
        if not extension:
            kind = sniff(data[:HEAD_BYTES])
            extension = f".{kind.name if kind else 'bin'}"
        path = self.folder / picture_id[:2] / f"{picture_id}{extension}"
        self._write(path, data)
        return path

    def describe(self, picture: Path, words: Mapping[str, str]) -> None:
        """Put words beside a picture, by column as in a table; none change nothing."""
        if words:
            text = json.dumps(dict(words), ensure_ascii=False)
            self._write(picture.with_name(f"{picture.name}.json"), text.encode("utf-8"))

    def words(self, picture: Path) -> bytes | None:
        """The words beside a picture as they are kept, or None."""
        beside = picture.with_name(f"{picture.name}.json")
        return beside.read_bytes() if beside.is_file() else None

    def remove(self, picture_id: str) -> bool:
        """Delete a picture and its words; whether there was one."""
        path = self.find(picture_id)
        if path is None:
            return False
        with disk_errors(self.folder, "deleting from"):
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.json").unlink(missing_ok=True)
        return True

    def all(self) -> Iterator[tuple[str, Path]]:
        """Ids and files of all pictures, in the order of their ids."""
        if not self.folder.is_dir():
            return
        for sub in sorted(self.folder.iterdir()):
            if sub.is_dir() and not sub.is_symlink():
                for path in sorted(sub.iterdir()):
                    match = _NAME.fullmatch(path.name)
                    if match and match[1][:2] == sub.name and not path.is_symlink():
                        yield match[1], path

    def _write(self, path: Path, data: bytes) -> None:
        with disk_errors(self.folder, "writing to"):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)


def content_id(data: bytes) -> str:
    """The id of the picture that has these bytes."""
    return hashlib.sha256(data).hexdigest()[:32]
