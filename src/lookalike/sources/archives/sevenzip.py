"""7z archives, read by py7zr."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from lookalike.errors import SourceError
from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Kind, Member, unread
from lookalike.sources.archives.names import fault_of

_READY = 2


class SevenZipArchive:
    """A 7z archive: members are packed together, so they are read in their order.

    Args:
        file: the archive.
        path: not needed.
        budget: what it may cost.

    Raises:
        SourceError: ``encrypted``, or py7zr is not there (``unsupported-format``).
    """

    streamed = True

    def __init__(self, file: BinaryIO, path: Path | None, budget: Budget) -> None:
        try:
            import py7zr
        except ImportError as error:
            raise unread("A 7z archive", "py7zr") from error
        try:
            self._archive = py7zr.SevenZipFile(file)
        except py7zr.PasswordRequired as error:
            raise _encrypted("the names of its files are encrypted") from error
        self._budget = budget

    def members(self) -> Iterator[Member]:
        """Everything in it, in its order."""
        wanted: dict[str, Any] = {}
        encrypted = self._archive.needs_password()
        for item in self._archive.files:
            name = item.filename
            kind: Kind = "encrypted" if encrypted and not item.is_directory else _kind(item)
            if kind == "file" and name in wanted:
                yield _member(item, "unsupported", b"", "another file has the same name")
            elif kind != "file" or fault_of(name) or _too_large(item, self._budget):
                yield _member(item, kind, b"")
            else:
                wanted[name] = item
        if wanted:
            self._budget.unpacked(sum(item.uncompressed or 0 for item in wanted.values()))
            unpacking = _Unpacking(self._archive, list(wanted))
            try:
                for name, data in unpacking:
                    yield _member(wanted[name], "file", data)
            finally:
                unpacking.stop()

    def close(self) -> None:
        """Let go of it."""
        self._archive.close()


class _StoppedError(Exception):
    """Nobody wants the rest."""


class _Unpacking:
    """Turns what py7zr pushes into something to pull, a few files ahead."""

    def __init__(self, archive: Any, names: list[str]) -> None:
        self._ready: queue.Queue[tuple[str, bytes] | BaseException | None] = queue.Queue(_READY)
        self._stopped = threading.Event()
        # A file counts once the next one begins: its checksum is told after its end.
        self._last: tuple[str, bytes] | None = None
        self._wanted = {PurePosixPath(name).as_posix(): name for name in names}
        self._thread = threading.Thread(target=self._run, args=(archive, names), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        while (found := self._ready.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found

    def stop(self) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            while not self._ready.empty():
                self._ready.get_nowait()
            self._thread.join(0.01)

    def deliver(self, name: str, data: bytes) -> None:
        self._flush()
        self._last = (name, data)

    def check(self) -> None:
        if self._stopped.is_set():
            raise _StoppedError

    def _run(self, archive: Any, names: list[str]) -> None:
        try:
            archive.extract(targets=names, factory=_factory(self))
            self._flush()
            self._ready.put(None)
        except _StoppedError:
            return
        except BaseException as error:  # noqa: BLE001 - raised again where the files are taken
            self._ready.put(error)

    def _flush(self) -> None:
        self.check()
        if self._last is not None:
            name, data = self._last
            self._last = None
            found = self._name_of(name)
            if found is not None:
                self._ready.put((found, data))

    def _name_of(self, path: str) -> str | None:
        """py7zr tells paths below the folder it believes to write to."""
        for wanted, name in self._wanted.items():
            if path == wanted or path.endswith("/" + wanted):
                del self._wanted[wanted]
                return name
        return None


def _factory(unpacking: _Unpacking) -> Any:
    from py7zr.io import Py7zIO, WriterFactory

    class Writer(Py7zIO):
        def __init__(self, name: str) -> None:
            self._name, self._buffer = name, io.BytesIO()

        def write(self, s: bytes | bytearray) -> int:
            unpacking.check()
            return self._buffer.write(s)

        def read(self, size: int | None = None) -> bytes:
            return self._buffer.read(size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self._buffer.seek(offset, whence)

        def flush(self) -> None:
            return None

        def size(self) -> int:
            return self._buffer.getbuffer().nbytes

        def close(self) -> None:
            unpacking.deliver(self._name, self._buffer.getvalue())
            self._buffer = io.BytesIO()

    class Factory(WriterFactory):
        def create(self, filename: str) -> Any:
            return Writer(filename)

    return Factory()


def _member(item: Any, kind: Kind, data: bytes, note: str = "") -> Member:
    return Member(
        name=item.filename,
        kind=kind,
        size=item.uncompressed or 0,
        packed=None,
        stamp=f"{item.crc32 or 0:08x}-{item.uncompressed or 0:x}-{int(item.lastwritetime or 0):x}",
        open=lambda: io.BytesIO(data),
        note=note,
    )


def _kind(item: Any) -> Kind:
    if item.is_directory:
        return "folder"
    if item.is_symlink or item.is_junction:
        return "link"
    return "device" if item.is_socket else "file"


def _too_large(item: Any, budget: Budget) -> bool:
    try:
        budget.check_member(item.uncompressed or 0, None)
    except SourceError:
        return True  # told when the member is looked at
    return False


def _encrypted(what: str) -> SourceError:
    return SourceError(what, "Unpack it with its password.", code="encrypted")
