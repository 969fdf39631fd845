"""Pictures that were sent to a library as queries: kept by content, so that links to them last."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

from lookalike.errors import NotFoundError
from lookalike.store.disk import disk_errors

MAX_UPLOADS = 1000


class Uploads:
    """The last 1000 pictures sent to the library at ``library``."""

    def __init__(self, library: Path) -> None:
        self._folder = library / "uploads"

    def put(self, data: bytes) -> str:
        """Keep a picture; returns its name, 32 hex digits of its hash."""
        name = hashlib.sha256(data).hexdigest()[:32]
        path = self._folder / name
        with disk_errors(self._folder, "keeping an upload in"):
            self._folder.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):
                os.utime(path)
                return name
            # Many may send the same picture at once, from threads and from processes.
            temporary = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
            temporary.write_bytes(data)
            temporary.replace(path)
            self._forget_oldest()
        return name

    def path(self, name: str) -> Path:
        """The file of an upload.

        Raises:
            NotFoundError: it was never there, or is forgotten.
        """
        # The name comes from outside: nothing but the hash of an upload may become a path.
        known = len(name) == 32 and set(name) <= set("0123456789abcdef")
        if known and (self._folder / name).is_file():
            return self._folder / name
        raise NotFoundError(
            f"The uploaded picture {name[:40]} is not kept any more.",
            "Send it again.",
            code="no-such-upload",
        )

    def _forget_oldest(self) -> None:
        kept = []
        for entry in os.scandir(self._folder):
            with suppress(FileNotFoundError):  # somebody else forgot it meanwhile
                kept.append((entry.stat().st_mtime_ns, entry.path))
        for _, path in sorted(kept)[:-MAX_UPLOADS]:
            Path(path).unlink(missing_ok=True)
