"""The folder that downloads fill: pictures named by their words and hash, and one table."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from lookalike.sources.sniff import HEAD_BYTES, Kind, sniff
from lookalike.sources.web.ledger import Ledger, Wanted

TABLE_NAME = "metadata.jsonl"

ARCHIVES = frozenset({"zip", "rar", "7z", "tar", "gzip", "bzip2", "xz", "zstd"})
"""Kinds of files that may hold pictures, as :func:`sniff` calls them."""

_EXTENSIONS = {
    "jpeg": "jpg",
    "heif": "heic",
    "jpeg2000": "jp2",
    "gzip": "gz",
    "bzip2": "bz2",
    "zstd": "zst",
}
_SHARDS = 256
_STEM = re.compile(r"[^\w.-]+")
_MAX_STEM = 60


class Album:
    """Keeps files and what is told about them.

    The same bytes under several URLs are one file with several names (hard links where the file
    system has them), so that every URL is a place of the picture with words of its own.

    Args:
        folder: where they go.
        ledger: the folder's ledger.
    """

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder, self._ledger = folder, ledger
        self._table = folder / TABLE_NAME

    def keep(self, wanted: Wanted, final_url: str, data: bytes) -> int:
        """Write a file and note it; returns how many bytes it took on the disk.

        Raises:
            OSError: it cannot be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        name = _name(wanted.url, sha256, sniff(data[:HEAD_BYTES]))
        target = self._folder / name
        target.parent.mkdir(exist_ok=True)
        same = self._ledger.path_of(sha256)
        linked = bool(same) and same != name and _link(self._folder / same, target)
        if not linked:
            _write(target, data)
        self._ledger.done(wanted, final_url, name, sha256, len(data))
        with self._table.open("a", encoding="utf-8") as table:
            table.writelines(self._lines(wanted.id, wanted.url, name))
        return 0 if linked else len(data)

    def write_table(self) -> None:
        """Write the table anew from the ledger, which is the truth."""
        with tempfile.NamedTemporaryFile(
            "w", dir=self._folder, prefix=".table", encoding="utf-8", delete=False
        ) as file:
            for number, url, path in self._ledger.kept():
                file.writelines(self._lines(number, url, path))
        Path(file.name).replace(self._table)

    def _lines(self, number: int, url: str, path: str) -> Iterator[str]:
        for values in self._ledger.told(number) or [{}]:
            row = {"path": path, **_without_paths(values), "url": url}
            yield json.dumps(row, ensure_ascii=False) + "\n"


def _without_paths(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name.lower() not in ("path", "url")}


def _name(url: str, sha256: str, kind: Kind | None) -> str:
    """A name with the words of the URL's own, for search takes words from names too."""
    found = unquote(unquote(PurePosixPath(urlsplit(url).path).name))
    stem = PurePosixPath(found.replace("\\", "/").replace("/", " ")).stem
    stem = _STEM.sub("-", stem).strip("-._").encode()[:_MAX_STEM].decode(errors="ignore")
    label = hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()[:8]
    ending = _EXTENSIONS.get(kind.name, kind.name) if kind else "bin"
    if found.lower().endswith((".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")):
        ending = f"tar.{ending}"
    # Four digits, the first one 0, are no word and no year: folder names are searched as well.
    shard = int(sha256[:8], 16) % _SHARDS
    return f"{shard:04d}/{stem}{'-' if stem else ''}{sha256[:16]}-{label}.{ending}"


def _link(existing: Path, target: Path) -> bool:
    try:
        target.unlink(missing_ok=True)
        os.link(existing, target)
    except OSError:
        return False  # another file system, or one without links: the bytes are written again
    return True


def _write(target: Path, data: bytes) -> None:
    unfinished = target.with_name(f".{target.name[-40:]}.part")
    unfinished.write_bytes(data)
    unfinished.replace(target)
