"""The fingerprints of a library's pictures, beside the table of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from lookalike.imaging.fingerprints import BYTES, Fingerprint
from lookalike.imaging.picture import UInt8Array
from lookalike.store.disk import disk_errors, is_table
from lookalike.store.known import Int64Array

SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("whole", pa.binary(BYTES)),
        ("inner", pa.binary(BYTES)),
        ("detail", pa.uint8()),
    ]
)


@dataclass(frozen=True)
class Fingerprints:
    """The fingerprints of n pictures.

    Attributes:
        keys: shape (n,), ascending.
        whole: shape (n, 32), uint8.
        inner: shape (n, 32), uint8.
        detail: shape (n,), uint8.
    """

    keys: Int64Array
    whole: UInt8Array
    inner: UInt8Array
    detail: UInt8Array

    def of(self, key: int) -> Fingerprint:
        """The fingerprint of one of these pictures."""
        at = int(np.searchsorted(self.keys, key))
        return Fingerprint(self.whole[at].tobytes(), self.inner[at].tobytes(), int(self.detail[at]))

    def with_more(self, made: Sequence[tuple[int, Fingerprint]]) -> Fingerprints:
        """These, and those of other pictures by their keys."""
        if not made:
            return self
        keys = np.concatenate([self.keys, np.array([key for key, _ in made], np.int64)])
        order = np.argsort(keys)
        rows = [_row(one.whole + one.inner).reshape(2, BYTES) for _, one in made]
        hashes = np.stack([self.whole, self.inner], axis=1)
        hashes = np.concatenate([hashes, np.stack(rows)])[order]
        detail = np.concatenate([self.detail, np.array([one.detail for _, one in made], np.uint8)])
        return Fingerprints(keys[order], hashes[:, 0].copy(), hashes[:, 1].copy(), detail[order])


class FingerprintTable:
    """The fingerprints of the library at ``library``; derived, so they may be made again.

    A picture that cannot be read has detail 0, and is looked for no more.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self._path = library / "fingerprints.lance"

    def all(self) -> Fingerprints:
        """Every fingerprint; that of a picture that is gone may be among them."""
        rows = SCHEMA.empty_table()
        if is_table(self._path):
            with disk_errors(self._library, "reading"):
                rows = lance.dataset(str(self._path)).to_table()
        keys, first = np.unique(rows["key"].to_numpy(), return_index=True)
        return Fingerprints(
            keys.astype(np.int64),
            _bytes(rows["whole"])[first],
            _bytes(rows["inner"])[first],
            rows["detail"].to_numpy()[first],
        )

    def append(self, keys: Sequence[int], prints: Sequence[Fingerprint]) -> None:
        """Add fingerprints of pictures that have none, as one version."""
        columns = {name: [getattr(one, name) for one in prints] for name in SCHEMA.names[1:]}
        table = pa.table({"key": list(keys)} | columns, schema=SCHEMA)
        with disk_errors(self._library, "writing to"):
            mode = "append" if is_table(self._path) else "create"
            lance.write_dataset(table, str(self._path), mode=mode)


def _bytes(column: pa.ChunkedArray) -> UInt8Array:
    return _row(b"".join(column.to_pylist())).reshape(-1, BYTES)


def _row(joined: bytes) -> UInt8Array:
    return np.frombuffer(joined, np.uint8)
