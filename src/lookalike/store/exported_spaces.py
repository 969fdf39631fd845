"""The spaces that were added to a library, on their way to an export and back.

Each is its vectors and, in the same order, the keys of its rows: of pictures, or of their regions
(see :mod:`lookalike.store.regions`). What is done to the vectors and what the encoder learned go
with them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.manifest import damaged, vectors_file
from lookalike.store.space_table import LEARNED_FILE, TAUGHT_FILE, TRANSFORM_FILE, SpaceTable
from lookalike.store.vector_files import ArrayReader, ArrayWriter

BATCH_ROWS = 4096


def keys_file(space: SpaceDescription) -> str:
    """The name of the file with the keys of an added space's rows."""
    return f"{space.column}.keys.npy"


def parts(space: SpaceDescription) -> dict[str, str]:
    """The files that lie in an added space's folder, and their names in an export."""
    names = [TRANSFORM_FILE] if space.base and space.kind != "region" else []
    names += [LEARNED_FILE] if space.learned else []
    names += [TAUGHT_FILE] if space.taught else []
    return {name: f"{space.column}.{name}" for name in names}


def files_of(space: SpaceDescription) -> list[str]:
    """The names of the files that an export holds of a space."""
    own = [keys_file(space), *parts(space).values()] if space.added else []
    return [vectors_file(space), *own]


def write_space(table: SpaceTable, pictures: Int64Array, into: Path) -> None:
    """Write one version of an added space; rows of pictures that are gone are left out.

    Args:
        table: of the space.
        pictures: keys of the pictures that count, ascending.
        into: the export's folder.
    """
    space, pinned = table.space, table.pinned()
    with (
        ArrayWriter(into / vectors_file(space), table.form.numpy, (table.form.width,)) as vectors,
        ArrayWriter(into / keys_file(space), "<i8") as keys,
    ):
        for found, rows in pinned.stored():
            live = pinned.are_of(found, pictures)
            keys.write(found[live])
            vectors.write(rows[live])
    for name, exported in parts(space).items():
        (into / exported).write_bytes((table.folder / name).read_bytes())


def read_space(
    exported: Path,
    library: Path,
    space: SpaceDescription,
    on_rows: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Make the table of an added space; interrupted, the next try goes on after the last batch.

    Args:
        exported: the export's folder, which has been verified.
        library: the library's folder.
        space: which one.
        on_rows: told how many rows are there, and of how many.

    Raises:
        LibraryError: a file of the export does not fit (``export-damaged``).
        DiskFullError: no space is left.
    """
    table = SpaceTable(library, space)
    vectors = ArrayReader(exported / vectors_file(space), table.form.numpy, (table.form.width,))
    keys = ArrayReader(exported / keys_file(space), "<i8")
    if len(keys) != len(vectors):
        raise damaged(exported / keys_file(space), f"it holds {len(keys)} keys")
    for name, part in parts(space).items():
        table.keep(name, (exported / part).read_bytes())
    for start in range(len(table), len(keys), BATCH_ROWS):
        count = min(BATCH_ROWS, len(keys) - start)
        table.append_rows(keys.read(start, count), vectors.read(start, count))
        on_rows(start + count, len(keys))
