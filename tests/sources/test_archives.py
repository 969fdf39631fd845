"""Archives of every kind and of every degree of malice, up to what is offered of them."""

from __future__ import annotations

import bz2
import csv
import io
import lzma
import tarfile
import time
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.errors import SourceError
from lookalike.sources.archives import span
from lookalike.sources.archives.find import read_member
from lookalike.sources.archives.kinds import archive_kind
from lookalike.sources.archives.limits import ArchiveLimits
from lookalike.sources.archives.names import fault_of
from lookalike.sources.archives.span import Span
from lookalike.sources.archives.walk import Walk
from lookalike.sources.entry import Container, Entry, Failure
from lookalike.sources.folder import FolderSource

CODES = {
    "archive-bomb",
    "archive-corrupt",
    "archive-device",
    "archive-incomplete",
    "archive-link",
    "encrypted",
    "too-large",
    "unreadable",
    "unsafe-name",
    "unsupported-format",
}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))

# What the manifest says must come of a sample, by the first word of its expectation.
EXPECTED = {
    "path": {"unsafe-name"},
    "absolute": {"unsafe-name"},
    "symlinks": {"archive-link"},
    "corrupt": {"archive-corrupt"},
    "encrypted": {"encrypted"},
    "encrypted:": {"encrypted"},
    "multi-volume": set(),
}
# It wants a tool just to unpack its comment.
NEEDS_TOOL = {"rar/rar202-comment-nopsw.rar"}
# Cut off by their makers.
BROKEN_THOUGH_VALID = {
    "libarchive/test_read_data_into_fd_size_exceeds_declared_deflate.zip",
    "libarchive/test_read_data_into_fd_size_exceeds_declared_stored.zip",
    "libarchive/test_read_format_rar5_different_solid_window_size.rar",
    "libarchive/test_read_format_rar5_leftshift1.rar",
    "libarchive/test_read_format_rar5_leftshift2.rar",
    "libarchive/test_read_format_rar5_nonempty_dir_stream.rar",
    "libarchive/test_read_format_rar5_owner_name_toolong.rar",
    "libarchive/test_read_format_rar_ppmd_use_after_free2.rar",
    "libarchive/test_read_format_rar_unbound_staticdata.rar",
    "libarchive/test_read_format_tar_V_negative_size.tar",
    "libarchive/test_read_format_zip_size_exceeds_declared_stored.zip",
}


def container(path: Path) -> Container:
    kind = archive_kind(path.name, path.read_bytes()[:2052])
    return Container(str(path), path, str(path.parent), path.stat().st_size, "stamp", kind)


def walked(path: Path, limits: ArchiveLimits | None = None) -> list[Entry | Failure]:
    return list(Walk(container(path), lambda _: True, limits or ArchiveLimits()))


def codes(path: Path, limits: ArchiveLimits | None = None) -> list[str]:
    return [f.code if isinstance(f, Failure) else "taken" for f in walked(path, limits)]


def zipped(path: Path, *names: str, data: bytes = PNG, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            archive.writestr(name, data)
    return path


def test_every_sample_ends_as_its_manifest_says(shared_data: Path) -> None:
    base = shared_data / "archives"
    with (base / "manifest.csv").open() as file:
        expected = {row["path"]: row["expected"] for row in csv.DictReader(file)}
    found: defaultdict[str, set[str]] = defaultdict(set)
    began = time.monotonic()
    for item in FolderSource(base).scan():
        if isinstance(item, Container):
            name = item.path.relative_to(base).as_posix()
            found[name] = {
                one.code if isinstance(one, Failure) else "taken"
                for one in Walk(item, lambda _: True)
            }
    assert time.monotonic() - began < 60
    assert len(found) > 200
    assert set().union(*found.values()) <= CODES | {"taken"}
    for name, seen in found.items():
        kind = expected[name].split()[0]
        if kind in EXPECTED and name not in NEEDS_TOOL:
            assert seen == EXPECTED[kind] or EXPECTED[kind] < seen, name
        elif kind in ("valid", "mostly"):
            assert ("archive-corrupt" in seen) == (name in BROKEN_THOUGH_VALID), name


def test_messages_name_the_member_and_say_what_to_do(shared_data: Path) -> None:
    for name in ("zipslip/zip-slip.zip", "7z/encrypted_3.7z", "7z/crc_corrupted.7z"):
        (failure,) = (f for f in walked(shared_data / "archives" / name) if isinstance(f, Failure))
        assert failure.message.startswith(failure.location + ": ")
        assert failure.location.startswith(str(shared_data / "archives" / name))
        assert failure.message.count(".") >= 2
        assert failure.stage == "read"


@pytest.mark.parametrize(
    "name",
    [
        "../up.png",
        "a/../../up.png",
        "..\\up.png",
        "a\\..\\..\\up.png",
        "/etc/up.png",
        "\\up.png",
        "\\\\server\\share\\up.png",
        "C:up.png",
        "c:\\up.png",
        "a\0b.png",
        "",
        "/",
        "..",
        ".",
    ],
)
def test_unsafe_names_are_told(name: str) -> None:
    assert fault_of(name)


@pytest.mark.parametrize("name", ["a.png", "a/b.png", "a\\b.png", "a..b.png", "..a/b.png", "é:x"])
def test_odd_but_safe_names_are_let_through(name: str) -> None:
    assert fault_of(name) == ""


def test_windows_separators_hidden_files_and_repeated_names(tmp_path: Path) -> None:
    names = ["a\\b.png", ".hidden.png", "__MACOSX/._a.png", "x/.git/c.png", "d.png", "d.png"]
    with pytest.warns(UserWarning, match="Duplicate"):
        archive = zipped(tmp_path / "a.zip", *names)
    places = [item.location.rpartition("!/")[2] for item in walked(archive)]
    assert places == ["a/b.png", "d.png", "d.png#2"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_the_folder_that_was_packed_is_no_failure(tmp_path: Path, mode: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(PNG)
    with tarfile.open(tmp_path / "a.tar.gz", mode) as tar:  # type: ignore[call-overload]
        tar.add(tmp_path / "in", ".")
    (entry,) = walked(tmp_path / "a.tar.gz")
    assert entry.location.endswith("a.tar.gz!/a.png")


def test_an_encrypted_member_beside_others_costs_only_itself(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", "a.png", "b.png")
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.find(mark) + offset] |= 1
    path.write_bytes(data)
    assert codes(path) == ["encrypted", "taken"]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_workers_read_members_by_themselves(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "a.zip", "first.png", "in/second.png", method=method)
    for entry in walked(path):
        assert isinstance(entry, Entry)
        assert isinstance(entry.content, Span)
        assert entry.content.read() == PNG


def test_plain_tars_are_read_in_place_and_packed_ones_streamed(tmp_path: Path) -> None:
    for name, mode, kind in (("a.tar", "w", Span), ("a.tgz", "w:gz", bytes)):
        with tarfile.open(tmp_path / name, mode) as tar:  # type: ignore[call-overload]
            info = tarfile.TarInfo("a.png")
            info.size = len(PNG)
            tar.addfile(info, io.BytesIO(PNG))
        (entry,) = walked(tmp_path / name)
        assert isinstance(entry, Entry)
        assert isinstance(entry.content, kind)
        assert read_member(f"{tmp_path / name}!/a.png") == PNG
        assert read_member(f"{tmp_path / name}!/b.png") is None


@pytest.mark.parametrize(
    ("method", "packed"),
    [
        (span.STORED, PNG),
        (span.DEFLATED, zlib.compress(PNG)[2:-4]),
        (span.BZIP2, bz2.compress(PNG)),
    ],
)
def test_a_span_that_lies_is_refused(tmp_path: Path, method: int, packed: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"junk" + packed)
    good = Span(path, 4, len(packed), len(PNG), method, zlib.crc32(PNG))
    assert good.read() == PNG
    for change in (
        {"size": len(PNG) - 1},
        {"size": len(PNG) + 1},
        {"crc": 1},
        {"packed": len(packed) + 9},
        {"offset": 5},
    ):
        with pytest.raises(SourceError) as caught:
            Span(**{**vars(good), **change}).read()
        assert caught.value.code == "archive-corrupt"


def test_a_span_never_unpacks_more_than_it_promised(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "bomb"
    path.write_bytes(lzma.compress(b"") + zlib.compress(bytes(200 * 2**20), 9)[2:-4])
    start = len(lzma.compress(b""))
    bomb = Span(path, start, path.stat().st_size - start, 1000, span.DEFLATED)
    tracemalloc.start()
    with pytest.raises(SourceError):
        bomb.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (ArchiveLimits(max_members=2), ["archive-bomb"]),
        (ArchiveLimits(max_directory_bytes=100), ["archive-bomb"]),
        (ArchiveLimits(max_member_bytes=100), ["too-large"] * 3),
        (ArchiveLimits(max_ratio=1, ratio_from_bytes=10), ["archive-bomb"] * 3),
        (ArchiveLimits(max_total_bytes=900, max_total_ratio=0), ["taken", "archive-bomb"]),
        (ArchiveLimits(), ["taken"] * 3),
    ],
)
def test_each_limit_ends_what_it_is_for(
    tmp_path: Path, limits: ArchiveLimits, expected: list[str]
) -> None:
    path = zipped(tmp_path / "a.zip", "a.png", "b.png", "c.png", data=PNG + bytes(400))
    assert codes(path, limits)[: len(expected)] == expected


def test_a_bomb_in_a_packed_tar_ends_before_it_goes_off(tmp_path: Path) -> None:
    class Zeros(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    with tarfile.open(tmp_path / "a.tgz", "w:gz", compresslevel=1) as tar:
        info = tarfile.TarInfo("zeros.bin")
        info.size = 64 * 2**20
        tar.addfile(info, Zeros())  # type: ignore[arg-type]
    limits = ArchiveLimits(max_total_bytes=16 * 2**20, max_total_ratio=0)
    assert codes(tmp_path / "a.tgz", limits) == ["archive-bomb"]


def test_a_huge_header_in_a_tar_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**33
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(10240))
    assert codes(tmp_path / "a.tar") == ["archive-bomb"]


def sample_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.png", "in/b.png", "notes.txt", "deep.zip"):
            archive.writestr(name, PNG)
    return buffer.getvalue()


def sample_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("a.png", "in/b.png", "notes.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(PNG)
            archive.addfile(info, io.BytesIO(PNG))
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "make"), [("a.zip", sample_zip), ("a.tar.gz", sample_tar)])
@settings(
    max_examples=60,
    deadline=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6))
def test_damage_of_any_kind_ends_in_pictures_and_failures(
    tmp_path: Path, name: str, make: Callable[[], bytes], changes: list[tuple[int, int]]
) -> None:
    data = bytearray(make())
    for at, value in changes:
        data[at % len(data)] = value
    path = tmp_path / name
    path.write_bytes(data)
    for item in walked(path):
        assert isinstance(item, Entry) or item.code in CODES
        if isinstance(item, Entry) and isinstance(item.content, Span):
            with suppress(SourceError):
                item.content.read()
