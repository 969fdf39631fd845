"""Small JSON files of a library, each there whole or as it was."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from lookalike.store.disk import disk_errors


def read_json(path: Path) -> Any:
    """What a file holds; None if it is missing or damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def write_json(path: Path, value: object) -> None:
    """Write a file anew.

    Raises:
        DiskFullError, LibraryError: it cannot be written.
    """
    text = json.dumps(value)
    with disk_errors(path.parent, "writing to"):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
