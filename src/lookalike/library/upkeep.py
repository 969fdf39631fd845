"""What a library says about itself, and its copy as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.library.pictures import Pictures
from lookalike.store.dismissed import DISMISSED
from lookalike.store.failures import FailureRecord
from lookalike.store.info import LibraryInfo
from lookalike.store.lance_store import LanceStore

if TYPE_CHECKING:
    from lookalike.store.check import CheckReport
    from lookalike.store.export import ExportSummary, OnCount


class Upkeep(Pictures):
    """Ledger, check and export."""

    def export(
        self,
        into: str | Path,
        *,
        vectors: bool = True,
        pictures: bool = False,
        on_count: OnCount = lambda *_: None,
    ) -> ExportSummary:
        """Write the whole library as files that others can read, see ``docs/export.md``.

        Args:
            into: a folder that is new or empty.
            vectors: whether the vectors come along; only then can it be imported.
            pictures: whether the pictures' own files come along.
            on_count: told now and then what is being done, and how far it is.

        Raises:
            LibraryError: ``into`` holds something else (``not-empty``).
            DiskFullError: no space is left.
        """
        from lookalike.store.export import export

        read = (lambda picture_id: self.original_bytes(picture_id)[0]) if pictures else None
        target = Path(into).expanduser().absolute()
        return export(LanceStore(self.path), target, vectors=vectors, originals=read,
                      on_count=on_count)  # fmt: skip

    def failures(self) -> list[FailureRecord]:
        """The ledger: what could not be taken in, and why."""
        return [entry for entry in self._store.failures.all() if entry.failure.code != DISMISSED]

    def dismissed(self) -> list[FailureRecord]:
        """Files that are passed over because people removed their pictures."""
        return [entry for entry in self._store.failures.all() if entry.failure.code == DISMISSED]

    def check(self, *, repair: bool = False) -> CheckReport:
        """Read the whole library and say whether it is sound.

        Args:
            repair: write indices and caches anew; the pictures themselves are not touched.

        Raises:
            LibraryLockedError: to be repaired while another process writes.
        """
        from lookalike.store.check import check

        try:
            return check(LanceStore(self.path), repair=repair)
        finally:
            self.refresh()

    def info(self) -> LibraryInfo:
        """What the library holds."""
        return LibraryInfo.of(self._store)
