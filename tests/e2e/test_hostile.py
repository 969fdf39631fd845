"""Every hostile file there is, in one run: no crash, no hang, bounded memory, true reasons."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

import lookalike
from lookalike.sources.sniff import PICTURE_EXTENSIONS
from lookalike.store.archives import read_archives
from tests.cli.shell import COMMAND, environment

FOLDERS = ("nasty_pillow", "nasty_pngsuite", "nasty_sharp", "nasty_giant", "archives")
WORKERS = 2

# All processes of a run together: 320 MiB for the one that scans, encodes and writes; 64 MiB for
# each that decodes; and the pictures in their hands. Of those with more than 40 million pixels one
# is decoded at a time, within 1 GiB of address space; each of the others takes 448 MiB at most.
MEMORY_MIB = 320 + 64 * WORKERS + 1024 + 448 * (WORKERS - 1)
SECONDS = 100

CODES = {
    "corrupt",
    "not-a-picture",
    "too-many-pixels",
    "truncated",
    "unsupported-format",
    "zero-size",
}
# What archives are refused for, besides; docs/sources/archives.md tells of each.
ARCHIVE_CODES = CODES | {
    "archive-corrupt",
    "archive-incomplete",
    "archive-link",
    "encrypted",
    "unsafe-name",
}
# Pillow reads over wrong checksums of pixel data.
REFUSED_ALL_THE_SAME = {"xcsn0g01.png"}


@dataclass(frozen=True)
class Run:
    """One run over everything."""

    summary: dict[str, Any]
    status: int
    seconds: float
    peak_mib: float
    held: frozenset[str]
    ledger: dict[str, dict[str, Any]]
    opened: frozenset[str]


@pytest.fixture(scope="module")
def run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    base = tmp_path_factory.mktemp("hostile")
    sources = [str(shared_data / name) for name in FOLDERS]
    options = ["--encoder", "fake", "--workers", str(WORKERS), "--json", "-L", str(base / "lib")]
    command = [*COMMAND, "index", *sources, *options]
    began, peak = time.monotonic(), 0.0
    with (base / "out").open("wb") as out, (base / "err").open("wb") as err:
        process = subprocess.Popen(
            command, stdout=out, stderr=err, env=environment(base / "cache"), cwd=base
        )
        while process.poll() is None:
            peak = max(peak, resident_mib(process.pid))
            if time.monotonic() - began > SECONDS:
                process.kill()
            time.sleep(0.02)
    seconds = time.monotonic() - began
    assert (base / "err").read_text() == "", "a reader wrote to the terminal"
    with lookalike.open(base / "lib") as library:
        store = library._store
        held = [p.path for record in store.records(store.keys()) for p in record.locations]
        ledger = {entry.failure.location: vars(entry.failure) for entry in library.failures()}
    summary = json.loads((base / "out").read_text())
    return Run(
        summary,
        process.returncode,
        seconds,
        peak,
        frozenset(held),
        ledger,
        frozenset(read_archives(base / "lib")),
    )


def resident_mib(pid: int) -> float:
    """Memory of a process and its children; what they share counts for each."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # ended meanwhile
    return total / 2**20


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def manifest(folder: Path) -> dict[Path, dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as table:
        return {folder / row["path"]: row for row in csv.DictReader(table)}


def test_the_run_ends_in_time_and_within_its_memory(run: Run) -> None:
    print(f"{run.seconds:.1f} s, at most {run.peak_mib:.0f} MiB")
    assert run.status == 1
    assert run.seconds < SECONDS
    assert run.peak_mib < MEMORY_MIB


def test_every_file_is_in_the_library_or_in_the_ledger_or_no_picture(
    run: Run, shared_data: Path
) -> None:
    told = run.held | run.ledger.keys()
    # Of an archive its members are told.
    archives = {location.partition("!")[0] for location in told if "!" in location}
    others = [
        path
        for name in FOLDERS
        for path in files(shared_data / name)
        if str(path) not in told and str(path) not in archives
    ]
    assert run.summary["ignored"] >= len(others)
    promised = [path for path in others if path.suffix.lower() in PICTURE_EXTENSIONS]
    assert promised == [], "their names say that they are pictures"
    assert sum(run.summary["ignored_kinds"].values()) == run.summary["ignored"]
    packed = {path for path in others if path.suffix.lower() in (".zip", ".tar", ".7z", ".rar")}
    later_parts = {path for path in packed if re.search(r"\.part0?[2-9]\.rar", path.name)}
    assert {str(path) for path in packed - later_parts} <= run.opened, "read, and no picture in it"


def test_nothing_is_counted_twice_or_not_at_all(run: Run) -> None:
    summary = run.summary
    assert summary["added"] == summary["pictures"]
    assert summary["added"] + summary["updated"] == len(run.held)
    assert summary["failed"] == sum(summary["failures"].values()) == len(run.ledger)
    assert summary["failures"] == Counter(failure["code"] for failure in run.ledger.values())
    assert not run.held & run.ledger.keys()


def test_what_pillow_decodes_is_taken_in(run: Run, shared_data: Path) -> None:
    lost = set()
    for name in ("nasty_pillow", "nasty_pngsuite", "nasty_sharp"):
        for path, row in manifest(shared_data / name).items():
            if row["pillow_load"] == "ok" and str(path) not in run.held:
                lost.add(path.name)
    assert lost == REFUSED_ALL_THE_SAME


def test_every_reason_is_known_names_its_file_and_is_one_line(run: Run) -> None:
    for location, failure in run.ledger.items():
        codes = ARCHIVE_CODES if "/archives/" in location else CODES
        assert failure["code"] in codes, failure
        assert failure["stage"] in ("scan", "read", "decode"), failure
        assert location in failure["message"], failure
        assert "\n" not in failure["message"], failure
        assert "decoder error" not in failure["message"], failure
        assert " object at 0x" not in failure["message"], failure
        assert " is not defined" not in failure["message"], failure


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("truncated.jpg", "truncated", "ends early"),
        ("truncated_image.png", "truncated", "ends early"),
        ("decompression_bomb.gif", "too-many-pixels", "4,364,696,535 pixels"),
        ("stop_sign_right_font_mig_.png", "too-many-pixels", "20990 × 29700"),
        ("zero_width.gif", "zero-size", "0 pixels"),
        ("hopper_webp.tif", "unsupported-format", "compressed as webp"),
        ("rgba32abf.bmp", "unsupported-format", "variety"),
        ("drawing.wmf", "unsupported-format", "Windows metafile"),
        ("zero_bb.eps", "unsupported-format", "PostScript"),
        ("xcsn0g01.png", "corrupt", "checksum"),
        ("xs1n0g01.png", "not-a-picture", "name promises a picture"),
        ("png_decompression_dos.png", "corrupt", "too large"),
        ("zero_height.j2k", "zero-size", "export it again"),
        ("00r0_gray_l.jp2", "unsupported-format", "components of different sizes"),
        ("unknown_mode.j2k", "corrupt", "damaged"),
        ("pal8oversizepal.bmp", "unsupported-format", "palette size"),
        ("p_8.tga", "unsupported-format", "TGA picture of a variety"),
        ("input_bw_one_band.fpx", "unsupported-format", "FlashPix"),
        ("rar3-old.rar", "archive-incomplete", "next part rar3-old.r00 is not here"),
        ("test_read_format_rar5_loop_bug.rar", "archive-corrupt", "list of files is damaged"),
        ("test_read_format_tar_V_negative_size.tar", "archive-corrupt", "makes no sense"),
        ("test_read_format_7zip_zstd_nobcj.7z", "unsupported-format", "Zstandard frames"),
    ],
)
def test_the_reasons_are_the_true_ones(run: Run, name: str, code: str, words: str) -> None:
    (failure,) = (f for location, f in run.ledger.items() if Path(location).name == name)
    assert failure["code"] == code
    assert words in failure["message"]


def test_drawings_are_taken_in(run: Run) -> None:
    names = {Path(location).name for location in run.held}
    assert {"check.svg", "circle.svg", "struct-image-04-t.svg"} <= names
