"""How much an archive may cost before the rest of it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.errors import SourceError


@dataclass(frozen=True)
class ArchiveLimits:
    """What one archive, with all archives inside it, may cost.

    Attributes:
        max_depth: archives inside archives; 1 is an archive in a folder.
        max_members: files, folders and links.
        max_directory_bytes: the list of members, where an archive has one.
        max_member_bytes: one member, unpacked.
        max_nested_bytes: an archive inside an archive that must be held in memory.
        max_ratio: unpacked bytes for one packed, of members larger than ``ratio_from_bytes``.
        ratio_from_bytes: smaller members may shrink as they like: a white page does.
        max_total_bytes: all that is unpacked, and
        max_total_ratio: bytes for each byte of the archive's file; whichever allows more.
    """

    max_depth: int = 3
    max_members: int = 2_000_000
    max_directory_bytes: int = 512 * 2**20
    max_member_bytes: int = 256 * 2**20
    max_nested_bytes: int = 256 * 2**20
    max_ratio: int = 250
    ratio_from_bytes: int = 16 * 2**20
    max_total_bytes: int = 4 * 2**30
    max_total_ratio: int = 100


class Budget:
    """What is left of the limits while an archive and those inside it are read.

    Args:
        limits: what they may cost together.
        file_bytes: length of the outermost archive.
    """

    def __init__(self, limits: ArchiveLimits, file_bytes: int) -> None:
        self.limits = limits
        self._bytes = max(limits.max_total_bytes, limits.max_total_ratio * file_bytes)
        self._members = limits.max_members

    def member(self) -> None:
        """Count one member.

        Raises:
            SourceError: ``archive-bomb``: there are too many.
        """
        self._members -= 1
        if self._members < 0:
            raise bomb(f"it holds more than {self.limits.max_members:,} files")

    def unpacked(self, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            SourceError: ``archive-bomb``: there are too many.
        """
        self._bytes -= count
        if self._bytes < 0:
            raise bomb("its files together are too large")

    def check_member(self, size: int, packed: int | None) -> None:
        """Refuse a member by its sizes; ``packed`` is None where they say nothing.

        Raises:
            SourceError: ``archive-bomb`` or ``too-large``.
        """
        limits = self.limits
        most = None if packed is None else limits.max_ratio * max(packed, 1)
        if most is not None and size > max(most, limits.ratio_from_bytes):
            raise bomb(f"{packed:,} bytes would become {size:,}")
        if size > limits.max_member_bytes:
            raise SourceError(
                f"it has {size / 2**20:,.0f} MiB, more than {limits.max_member_bytes / 2**20:,.0f}",
                "Unpack the archive and index the folder.",
                code="too-large",
            )


def bomb(what: str) -> SourceError:
    """The error for what looks made to fill memory or disk."""
    return SourceError(
        what, "If it is meant to be so, unpack it and index the folder.", code="archive-bomb"
    )
