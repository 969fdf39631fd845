"""Decodes one picture at a time, for queries and thumbnails."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import DecodeError
from lookalike.imaging.picture import Decoded, InputSpec, Limits

if TYPE_CHECKING:
    from lookalike.imaging.workers import DecodePool

# Pages show many thumbnails at once.
_WORKERS = 2


@dataclass(frozen=True)
class _File:
    path: Path
    location: str
    specs: tuple[InputSpec, ...]
    frame: int
    content: bytes | None = None


class SingleDecoder:
    """Decodes pictures for many threads.

    Args:
        limits: what one picture may cost.
        isolate: decode in processes of their own, as a server should: what brings a decoder down
            does not bring it down. They start with the first picture.
    """

    def __init__(self, limits: Limits, *, isolate: bool) -> None:
        self.limits = limits
        self._isolate = isolate
        self._lock = threading.Lock()
        self._pool: DecodePool | None = None

    def close(self) -> None:
        """End the decoding processes, if there are any."""
        with self._lock:
            if self._pool is not None:
                self._pool.__exit__(None, None, None)
                self._pool = None

    def decode(self, source: Path | bytes, spec: InputSpec, name: str, frame: int = 1) -> Decoded:
        """Decode one picture.

        Args:
            source: its file, or its bytes.
            spec: the pixels that are wanted.
            name: what messages call it.
            frame: which frame of it, from 1.

        Raises:
            DecodeError: it is no picture, or costs more than the limits allow.
        """
        shown = str(source) if isinstance(source, Path) else name
        try:
            if self._isolate:
                return self._decode_apart(source, shown, spec, frame)
            from lookalike.imaging.decode import decode

            return decode(source, (spec,), self.limits, name=shown, frame=frame)
        except DecodeError as error:
            message = error.message.replace(shown, name or "the uploaded picture")
            raise DecodeError(message, error.hint, code=error.code) from error

    def _decode_apart(
        self, source: Path | bytes, name: str, spec: InputSpec, frame: int
    ) -> Decoded:
        content = source if isinstance(source, bytes) else None
        task = _File(Path(name), name, (spec,), frame, content)
        ((_, outcome),) = self._started().run([task])
        if isinstance(outcome, DecodeError):
            raise outcome
        return outcome

    def _started(self) -> DecodePool:
        from lookalike.imaging.workers import DecodePool

        with self._lock:
            if self._pool is None:
                self._pool = DecodePool(_WORKERS, (), self.limits)
                self._pool.__enter__()
            return self._pool
