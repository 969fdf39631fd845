"""Writes a library as files that others can read: Parquet, NumPy, JSON, and the pictures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lookalike.errors import LibraryError, LookalikeError
from lookalike.sources.naming import location_of
from lookalike.store.beside import NOTES, tables_beside
from lookalike.store.description import SpaceDescription
from lookalike.store.disk import disk_errors
from lookalike.store.exported_spaces import write_space
from lookalike.store.lance_store import LanceStore
from lookalike.store.manifest import (
    DISMISSED_FILE,
    FAILURES_FILE,
    IDS_FILE,
    MANIFEST,
    PICTURES_FILE,
    Manifest,
    describe_file,
    vectors_file,
    write_manifest,
)
from lookalike.store.matrix import vectors_of
from lookalike.store.originals import ORIGINALS, Originals, content_id
from lookalike.store.rows import COLUMNS
from lookalike.store.vector_files import ArrayWriter
from lookalike.store.writer import next_key

BATCH_ROWS = 2048
_READ_AHEAD_BYTES = 64 << 20

OnCount = Callable[[str, int, int], None]
"""Told what is being done, how many pictures are done, and of how many."""

ReadOriginal = Callable[[str], bytes]
"""Gives the bytes of a picture's own file by its id."""


@dataclass(frozen=True)
class ExportSummary:
    """What an export holds.

    Attributes:
        into: where it lies.
        pictures: how many.
        vectors: names of the spaces whose vectors came along.
        originals: how many of the pictures' own files.
        missing: ids of pictures whose files were gone or had changed.
        size_bytes: of all but the originals.
    """

    into: Path
    pictures: int
    vectors: tuple[str, ...]
    originals: int
    missing: tuple[str, ...]
    size_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON's types."""
        return {**vars(self), "into": str(self.into)} | {
            "vectors": list(self.vectors),
            "missing": list(self.missing),
        }


def export(
    store: LanceStore,
    into: Path,
    *,
    vectors: bool = True,
    originals: ReadOriginal | None = None,
    on_count: OnCount = lambda *_: None,
) -> ExportSummary:
    """Write the version in view of a library into a new folder.

    Interrupted, it leaves a folder without a manifest, which the next try begins anew; original
    files that are there already are kept. Takes the memory of a few thousand pictures' rows.

    Args:
        store: the library's store.
        into: a folder that is new, empty, or left by an interrupted export.
        vectors: whether the vectors come along; without them it cannot be imported.
        originals: reads the pictures' own files, to have them come along.
        on_count: told how far it is.

    Raises:
        LibraryError: ``into`` holds something else (``not-empty``).
        DiskFullError: no space is left.
    """
    travels = store.description.model_copy(update={"spaces": store.description.ready})
    spaces = travels.made_with if vectors else ()
    with disk_errors(into, "exporting to"):
        _prepare(into)
        if vectors:
            for space in travels.added:
                write_space(store.space_table(space), store.keys(), into)
        _write_rows(store, into, spaces, on_count)
        pq.write_table(store.failures.table(), into / FAILURES_FILE)
        pq.write_table(store.dismissed.table(), into / DISMISSED_FILE)
        for name, beside in tables_beside(store.path).items():
            pq.write_table(beside.table(), into / name)
        _copy_notes(store.path, into)
        written = [path for path in sorted(into.iterdir()) if path.is_file()]
        files = {path.name: describe_file(path) for path in written}
    kept, missing = _write_originals(store, into, originals, on_count) if originals else (0, [])
    manifest = Manifest(
        library=travels,
        library_path=location_of(store.path),
        pictures=len(store),
        next_key=next_key(store),
        vectors=tuple(space.name for space in travels.spaces) if vectors else (),
        originals=kept,
        missing=len(missing),
        files=files,
    )
    with disk_errors(into, "exporting to"):
        write_manifest(into, manifest)
    size = sum(file.bytes for file in files.values())
    return ExportSummary(into, len(store), manifest.vectors, kept, tuple(missing), size)


def _prepare(into: Path) -> None:
    if into.exists():
        own = {PICTURES_FILE, FAILURES_FILE, DISMISSED_FILE, *tables_beside(into)}
        own |= {IDS_FILE, ORIGINALS, f"{MANIFEST}.tmp", *NOTES}
        names = {path.name for path in into.iterdir()} if into.is_dir() else {into.name}
        others = [n for n in names - own if not _of_a_space(n)]
        if others:
            what = "an export already" if MANIFEST in others else f"other things ({min(others)})"
            raise LibraryError(
                f"{into} holds {what}.",
                "Name a folder that is new or empty with --into.",
                code="not-empty",
            )
        for path in into.iterdir():
            if path.is_file():
                path.unlink()
    into.mkdir(parents=True, exist_ok=True)


def _of_a_space(name: str) -> bool:
    return name.startswith("vector_") and name.endswith((".npy", ".npz"))


def _copy_notes(library: Path, into: Path) -> None:
    for name in NOTES:
        if (library / name).exists():
            (into / name).write_bytes((library / name).read_bytes())


def _write_rows(
    store: LanceStore, into: Path, spaces: tuple[SpaceDescription, ...], on_count: OnCount
) -> None:
    total, done = len(store), 0
    scanner = store.table.scanner(
        columns=[*COLUMNS, *(space.column for space in spaces)],
        batch_size=BATCH_ROWS,
        batch_readahead=2,
        fragment_readahead=1,
        io_buffer_size=_READ_AHEAD_BYTES,
        scan_in_order=True,
    )
    with ExitStack() as stack:
        kind = pa.schema(list(COLUMNS.items()))
        writer = stack.enter_context(
            pq.ParquetWriter(into / PICTURES_FILE, kind, compression="zstd")
        )
        ids = stack.enter_context((into / IDS_FILE).open("w", encoding="ascii"))
        files = [(space, stack.enter_context(_vectors_of(space, into))) for space in spaces]
        for batch in scanner.to_batches():
            writer.write_batch(batch.select(list(COLUMNS)).cast(kind))
            ids.writelines(f"{picture_id}\n" for picture_id in batch["id"].to_pylist())
            for space, file in files:
                file.write(vectors_of(batch[space.column], space.dims))
            done += batch.num_rows
            on_count("writing", done, total)


def _vectors_of(space: SpaceDescription, into: Path) -> ArrayWriter:
    return ArrayWriter(into / vectors_file(space), "<f2", (space.dims,))


def _write_originals(
    store: LanceStore, into: Path, read: ReadOriginal, on_count: OnCount
) -> tuple[int, list[str]]:
    own, target = Originals(store.path / ORIGINALS), Originals(into / ORIGINALS)
    missing: list[str] = []
    done, total = 0, len(store)
    with (into / IDS_FILE).open("r", encoding="ascii") as lines:
        for picture_id in map(str.strip, lines):
            there = target.find(picture_id) is not None
            if not there and not _write_original(picture_id, read, target, own):
                missing.append(picture_id)
            done += 1
            on_count("copying", done, total)
    return total - len(missing), missing


def _write_original(picture_id: str, read: ReadOriginal, target: Originals, own: Originals) -> bool:
    try:
        data = read(picture_id)
    except (LookalikeError, OSError):  # gone or unreadable: the summary names the picture
        return False
    if content_id(data) != picture_id:
        return False
    copy = target.put(data, picture_id)
    mine = own.find(picture_id)
    if mine is not None and (words := own.words(mine)) is not None:
        copy.with_name(f"{copy.name}.json").write_bytes(words)
    return True
