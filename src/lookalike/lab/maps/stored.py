"""Layouts kept beside a library, so that a map stays as people know it while pictures come in."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lookalike.lab.maps.layout import LayoutOptions
from lookalike.lab.maps.picture_map import Layout
from lookalike.store.disk import disk_errors

FOLDER = "maps"
_FORMAT = 1


def kept_layout(library: Path, space: str, options: LayoutOptions) -> Layout | None:
    """The layout that was kept for a space; None if there is none, or it cannot be read."""
    try:
        with (
            _path(library, space, options).open("rb") as file,
            np.load(file, allow_pickle=False) as found,
        ):
            return Layout(found["keys"], found["places"], found["numbers"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def keep_layout(library: Path, space: str, options: LayoutOptions, layout: Layout) -> None:
    """Keep a layout, whole or not at all; a library that may only be read stays as it is.

    Raises:
        DiskFullError, LibraryError: it cannot be written.
    """
    if not os.access(library, os.W_OK):
        return
    target = _path(library, space, options)
    with disk_errors(library, "writing to"):
        target.parent.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".map-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(file, keys=layout.keys, places=layout.places, numbers=layout.numbers)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _path(library: Path, space: str, options: LayoutOptions) -> Path:
    what = json.dumps([_FORMAT, space, asdict(options)], sort_keys=True)
    digest = hashlib.sha256(what.encode()).hexdigest()[:12]
    return library / FOLDER / f"{options.method}-{digest}.npz"
