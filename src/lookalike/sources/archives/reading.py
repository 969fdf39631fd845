"""Reading hostile archives: whatever goes wrong in a reader becomes one of our errors."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, ParamSpec, TypeVar

from lookalike.errors import SourceError
from lookalike.sources.archives.limits import Budget, bomb
from lookalike.sources.archives.member import Archive, Member, incomplete
from lookalike.sources.entry import Failure
from lookalike.sources.sniff import HEAD_BYTES

P = ParamSpec("P")
T = TypeVar("T")
ArchiveT = TypeVar("ArchiveT", bound=Archive | None)


@contextmanager
def careful(opener: Callable[P, ArchiveT], *args: P.args, **kwargs: P.kwargs) -> Iterator[ArchiveT]:
    """Open an archive and close it in the end.

    Raises:
        SourceError: as the opener; ``archive-corrupt`` on damage.
    """
    with damage():
        archive = opener(*args, **kwargs)
    try:
        yield archive
    finally:
        if archive is not None:
            with damage():
                archive.close()


@contextmanager
def damage() -> Iterator[None]:
    """Turn what a reader raises into a :class:`SourceError`.

    Raises:
        SourceError: ``archive-corrupt``, ``encrypted``, ``out-of-memory`` or ``unreadable``.
    """
    try:
        yield
    except SourceError:
        raise
    except MemoryError as error:
        raise bomb("it wants more memory than there is") from error
    except OSError as error:
        if error.errno is None:
            raise _corrupt(error) from error
        raise SourceError(
            f"it cannot be read ({error.strerror})", "Check the disk.", code="unreadable"
        ) from error
    # Readers of broken archives fail in every manner, also by faults of their own.
    except Exception as error:
        raise _known(error) or _corrupt(error) from error


def each(members: Iterator[T]) -> Iterator[T]:
    """The items of an archive's own iterator.

    Raises:
        SourceError: as :func:`damage`.
    """
    while True:
        with damage():
            try:
                item = next(members)
            except StopIteration:
                return
        yield item


def head_of(member: Member) -> bytes:
    """The first bytes of a member.

    Raises:
        SourceError: as :func:`damage`.
    """
    with damage(), member.open() as file:
        return file.read(HEAD_BYTES)


def read(member: Member, budget: Budget) -> bytes:
    """All bytes of a member, counted.

    Raises:
        SourceError: as :func:`damage`, and ``archive-bomb`` if there are more than promised.
    """
    with damage(), member.open() as file:
        data = _all(file, member.size)
    if len(data) != member.size:
        raise SourceError(
            "it is longer or shorter than the archive says",
            "Fetch or copy the archive again.",
            code="archive-corrupt",
        )
    if not member.counted:
        budget.unpacked(len(data))
    return data


def refusal(location: str, error: SourceError, stamp: str) -> Failure:
    """The ledger's entry for what was refused."""
    message = f"{location}: {error.message}. {error.hint}".strip()
    return Failure(location, "read", error.code, message, stamp)


def _all(file: BinaryIO, size: int) -> bytes:
    parts, left = [], size + 1
    while left > 0 and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _known(error: Exception) -> SourceError | None:
    """What the optional readers raise on purpose, told by name: they may not be there."""
    match type(error).__name__:
        case "PasswordRequired" | "NoCrypto":
            return SourceError("it is encrypted", "Unpack it with its password.", code="encrypted")
        case "UnsupportedCompressionMethodError":
            what = "it is packed in a manner that cannot be read"
        case "RarCannotExec":
            what = "packed RAR archives need unrar, unar, 7z or bsdtar on the PATH"
        case "NeedFirstVolume":
            return incomplete("it is a later part of an archive whose first part is not here")
        case "EOFError" if "Zstandard frame" in str(error):
            what = "it is packed as several Zstandard frames, which cannot be read"
        case "CrcError":
            return _corrupt(ValueError(f"the checksum of {error.args[-1]} is wrong"))
        case _:
            return None
    return SourceError(what, "Pack it anew as ZIP or TAR, or unpack it.", code="unsupported-format")


def _corrupt(error: Exception) -> SourceError:
    lines = str(error).strip().splitlines()
    reason = lines[0][:200].rstrip(".") if lines else type(error).__name__
    if isinstance(error, OverflowError) or "offset-sized integer" in reason:
        reason = "a size in its list of files makes no sense"
    if isinstance(error, zipfile.BadZipFile | tarfile.TarError):
        reason = reason[:1].lower() + reason[1:]
    return SourceError(
        f"it cannot be read to its end: {reason}",
        "Fetch or copy the archive again, or unpack it with another program.",
        code="archive-corrupt",
    )
