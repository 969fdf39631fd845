"""Makes a library of an export. Killed at any moment, the next try goes on where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lookalike.errors import LibraryError, UsageError
from lookalike.sources.naming import location_of
from lookalike.store.beside import NOTES, tables_beside
from lookalike.store.creation import IMPORT_MARK
from lookalike.store.description import (
    DESCRIPTION_FILE,
    LibraryDescription,
    SpaceDescription,
    write_description,
)
from lookalike.store.disk import disk_errors, is_table
from lookalike.store.dismissed import DismissedTable
from lookalike.store.export import OnCount
from lookalike.store.exported_spaces import files_of, read_space
from lookalike.store.failures import FailureTable
from lookalike.store.json_file import write_json
from lookalike.store.lance_store import PICTURES, LanceStore, create_indices
from lookalike.store.lock import LOCK_FILE, OWNER_FILE, writer_lock
from lookalike.store.maintenance import maintain
from lookalike.store.manifest import (
    DISMISSED_FILE,
    FAILURES_FILE,
    PICTURES_FILE,
    Manifest,
    damaged,
    describe_file,
    read_manifest,
    vectors_file,
    verify,
)
from lookalike.store.manifest import MANIFEST as MANIFEST_FILE
from lookalike.store.matrix import matrix_column
from lookalike.store.originals import ORIGINALS, Originals, content_id
from lookalike.store.rows import COLUMNS, PictureRecord, from_row, schema, to_row
from lookalike.store.vector_files import ArrayReader
from lookalike.store.writer import note_key

BATCH_ROWS = 4096


def import_library(
    exported: Path, path: Path, *, originals: bool = True, on_count: OnCount = lambda *_: None
) -> LanceStore:
    """Make the library of an export at ``path``: same ids, words, vectors, ledger.

    Everything is compared with the manifest first. Until it is finished, ``path`` is no library;
    run again with the same export, it goes on. No encoder is needed.

    Args:
        exported: the export's folder.
        path: where the library shall lie: a folder that is new or empty.
        originals: whether the pictures' own files, if they came along, are kept in the library.
        on_count: told how far it is.

    Raises:
        NotFoundError: there is no whole export.
        LibraryFormatError: a later version of lookalike wrote it.
        LibraryError: a file of it is damaged (``export-damaged``), or ``path`` holds something
            else (``library-exists``, ``other-import``, ``not-a-library``).
        UsageError: it came without its vectors.
        LibraryLockedError: another process is at it.
        DiskFullError: no space is left; what was written is gone on with.
    """
    manifest = read_manifest(exported)
    if set(manifest.vectors) != {space.name for space in manifest.library.spaces}:
        raise UsageError(
            f"The export {exported} came without its vectors.", "Export with --vectors."
        )
    digest = describe_file(exported / MANIFEST_FILE).sha256
    with disk_errors(path, "importing to"):
        _refuse_other_things(path, digest)
        on_count("checking", 0, manifest.pictures)
        verify(exported, manifest, (n for s in manifest.library.spaces for n in files_of(s)))
        path.mkdir(parents=True, exist_ok=True)
    with writer_lock(path):
        _refuse_other_things(path, digest)
        _mark(path, digest)
        if not (path / DESCRIPTION_FILE).exists():
            _Import(exported, path, manifest, originals=originals, on_count=on_count).run()
        on_count("tidying", manifest.pictures, manifest.pictures)
        store = LanceStore(path)
        maintain(store)
        (path / IMPORT_MARK).unlink(missing_ok=True)
    return store


def _refuse_other_things(path: Path, digest: str) -> None:
    mark = path / IMPORT_MARK
    if mark.exists():
        if json.loads(mark.read_text("ascii"))["manifest"] != digest:
            raise LibraryError(
                f"The import of another export into {path} was interrupted.",
                "Finish that one, or delete the folder.",
                code="other-import",
            )
        return
    if (path / DESCRIPTION_FILE).exists():
        raise LibraryError(
            f"There is a library at {path} already.",
            "Name a folder that is new or empty with -L.",
            code="library-exists",
        )
    own = {LOCK_FILE, OWNER_FILE, f"{IMPORT_MARK}.tmp"}
    if path.exists() and (not path.is_dir() or {item.name for item in path.iterdir()} - own):
        raise LibraryError(
            f"{path} is {'a folder of other things' if path.is_dir() else 'a file'}.",
            "Name a folder that is new or empty with -L.",
            code="not-a-library",
        )


def _mark(path: Path, digest: str) -> None:
    """Note which export comes here."""
    with disk_errors(path, "importing to"):
        temporary = path / f"{IMPORT_MARK}.tmp"
        temporary.write_text(json.dumps({"manifest": digest}), "ascii")
        temporary.replace(path / IMPORT_MARK)


class _Import:
    """One import of a sound export; each step is done whole, or again by the next try."""

    def __init__(
        self,
        exported: Path,
        path: Path,
        manifest: Manifest,
        *,
        originals: bool,
        on_count: OnCount,
    ) -> None:
        self._from, self._path, self._manifest = exported, path, manifest
        self._spaces = manifest.library.made_with
        self._sent = Originals(exported / ORIGINALS) if originals else None
        self._own = Originals(path / ORIGINALS)
        self._on_count = on_count

    def run(self) -> None:
        with disk_errors(self._path, "importing to"):
            self._write_rows()
            create_indices(lance.dataset(self._uri))
            failures = pq.read_table(self._from / FAILURES_FILE)
            if len(failures):
                FailureTable(self._path).replace(failures)
            dismissed = pq.read_table(self._from / DISMISSED_FILE)
            if len(dismissed):
                DismissedTable(self._path).replace(dismissed)
            self._write_beside()
            for space in self._manifest.library.added:
                self._write_space(space)
            note_key(self._path, self._manifest.next_key)
        if self._sent is not None and self._manifest.originals:
            self._copy_originals(self._sent)
        # What makes it a library comes last.
        written = self._manifest.library.model_dump(exclude={"written_by", "format"})
        write_description(self._path, LibraryDescription.model_validate(written))

    def _write_beside(self) -> None:
        for name, beside in tables_beside(self._path).items():
            told = pq.read_table(self._from / name) if name in self._manifest.files else ()
            if len(told):
                beside.replace(told)

        for name in NOTES:
            if name in self._manifest.files:
                text = (self._from / name).read_text("utf-8")
                write_json(self._path / name, json.loads(text))

    def _write_space(self, space: SpaceDescription) -> None:
        def tell(done: int, total: int) -> None:
            self._on_count(f"importing {space.name}", done, total)

        read_space(self._from, self._path, space, tell)

    @property
    def _uri(self) -> str:
        return str(self._path / PICTURES)

    def _write_rows(self) -> None:
        if not is_table(self._path / PICTURES):
            lance.write_dataset(schema(self._spaces).empty_table(), self._uri)
        done = lance.dataset(self._uri).count_rows()
        for table in self._tables(done):
            lance.write_dataset(table, self._uri, mode="append")
            done += len(table)
            self._on_count("importing", done, self._manifest.pictures)
        if done != self._manifest.pictures:
            raise damaged(self._from / PICTURES_FILE, f"it holds {done} pictures")

    def _tables(self, done: int) -> Iterator[pa.Table]:
        """The rows from ``done`` on, with their vectors, in the order of the export."""
        arrays = [
            ArrayReader(self._from / vectors_file(space), "<f2", (space.dims,))
            for space in self._spaces
        ]
        start = 0
        with pq.ParquetFile(self._from / PICTURES_FILE) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                skipped = min(max(done - start, 0), batch.num_rows)
                start += batch.num_rows
                if skipped == batch.num_rows:
                    continue
                rows = pa.Table.from_batches([batch.slice(skipped)])
                first = start - len(rows)
                columns = self._columns(rows)
                columns += [matrix_column(array.read(first, len(rows))) for array in arrays]
                yield pa.Table.from_arrays(columns, schema=schema(self._spaces))

    def _columns(self, rows: pa.Table) -> list[Any]:
        sound = pc.all(pc.match_substring_regex(rows["id"], "^[0-9a-f]{32}$"))
        if not sound.as_py():  # ids become names of files
            raise damaged(self._from / PICTURES_FILE, "an id is none")
        rows = self._moved(rows)
        return [
            rows[name].cast(kind).combine_chunks()
            if name in rows.column_names
            else pa.nulls(len(rows), kind)
            for name, kind in COLUMNS.items()
        ]

    def _moved(self, rows: pa.Table) -> pa.Table:
        """The rows, with the library's own pictures at their new places."""
        old, new = self._manifest.library_path, location_of(self._path)
        if self._sent is None or not self._manifest.originals or old == new:
            return rows
        before, ids, moved = f"{Path(old) / ORIGINALS}{os.sep}", rows["id"].to_pylist(), {}
        for at, places in enumerate(rows["locations"].to_pylist()):
            own = [place["path"].startswith(before) for place in places]
            if any(own) and (sent := self._sent.find(ids[at])) is not None:
                path = location_of(self._own.folder / ids[at][:2] / sent.name)
                record = from_row(rows.slice(at, 1).select(list(COLUMNS)).to_pylist()[0])
                moved[at] = to_row(_moved(record, own, path))
        return _with_rows(rows, moved) if moved else rows

    def _copy_originals(self, sent: Originals) -> None:
        done = 0
        for picture_id, path in sent.all():
            if self._own.find(picture_id) is None:
                data = path.read_bytes()
                if content_id(data) != picture_id:
                    raise damaged(path, "its content has changed")
                copy = self._own.put(data, picture_id, path.suffix)
                if (words := sent.words(path)) is not None:
                    copy.with_name(f"{copy.name}.json").write_bytes(words)
            done += 1
            self._on_count("copying", done, self._manifest.originals)
        if done < self._manifest.originals:
            raise damaged(sent.folder, f"it holds {done} of {self._manifest.originals} pictures")


def _moved(record: PictureRecord, own: Sequence[bool], path: str) -> PictureRecord:
    """The record with its places in the library, as ``own`` marks them, at ``path``."""
    places = (
        replace(place, path=path, root=path) if mine else place
        for place, mine in zip(record.locations, own, strict=True)
    )
    return replace(record, locations=tuple(sorted(places, key=lambda place: place.path)))


def _with_rows(rows: pa.Table, changed: Mapping[int, dict[str, Any]]) -> pa.Table:
    """The table with some rows replaced, by their positions."""
    kind = pa.schema(list(COLUMNS.items()))
    order = np.arange(len(rows))
    order[list(changed)] = len(rows) + np.arange(len(changed))
    others = pa.Table.from_pylist(list(changed.values()), schema=kind)
    return pa.concat_tables([rows.select(list(COLUMNS)).cast(kind), others]).take(pa.array(order))
