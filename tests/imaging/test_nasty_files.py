"""Files made to break decoders: none may crash or stop a run, and each says what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lookalike.errors import DecodeError
from lookalike.imaging.picture import Decoded, InputSpec
from lookalike.imaging.workers import DecodePool
from tests.imaging.pictures import LIMITS

CODES = {
    "not-a-picture",
    "unsupported-format",
    "truncated",
    "corrupt",
    "too-many-pixels",
    "zero-size",
    "empty-file",
}


@dataclass(frozen=True)
class File:
    path: Path
    expected: str
    pillow_reads_it: bool


def listed(folder: Path) -> Iterator[File]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            yield File(folder / row["path"], row["expected"], row["pillow_load"] == "ok")


Outcomes = dict[File, Decoded | DecodeError]


@pytest.fixture(scope="module")
def outcomes(shared_data: Path) -> Outcomes:
    files = [
        file
        for name in ("nasty_pngsuite", "nasty_pillow", "nasty_sharp")
        for file in listed(shared_data / name)
    ]
    with DecodePool(2, (InputSpec(size=32),), LIMITS) as pool:
        found = dict(pool.run(files))
    assert found.keys() == set(files)
    return found


def test_every_valid_file_of_pngsuite_is_decoded_and_every_broken_one_refused(
    outcomes: Outcomes,
) -> None:
    suite = {file: found for file, found in outcomes.items() if "pngsuite" in str(file.path)}
    assert len(suite) == 175
    for file, found in suite.items():
        assert isinstance(found, Decoded) == file.expected.startswith("valid"), file.path.name


def test_every_failure_has_a_code_and_names_the_file(outcomes: Outcomes) -> None:
    failures = {file: found for file, found in outcomes.items() if isinstance(found, DecodeError)}
    assert {error.code for error in failures.values()} <= CODES
    for file, error in failures.items():
        assert error.message.startswith(f"{file.path}: ")


def test_what_pillow_reads_is_decoded(outcomes: Outcomes) -> None:
    lost = {
        file.path.name: found.code
        for file, found in outcomes.items()
        if file.pillow_reads_it and isinstance(found, DecodeError)
    }
    # Pillow reads over wrong checksums of pixel data.
    assert lost == {"xcsn0g01.png": "corrupt"}


@pytest.mark.parametrize("name", ["truncated.jpg", "truncated.png"])
def test_truncated_pictures_are_named_truncated(outcomes: Outcomes, name: str) -> None:
    (found,) = (found for file, found in outcomes.items() if file.path.name == name)
    assert isinstance(found, DecodeError)
    assert found.code == "truncated"
    assert "ends early" in found.message


def test_readers_in_c_keep_off_the_terminal(
    shared_data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = [
        file
        for file in listed(shared_data / "nasty_pillow")
        if file.path.name.startswith("crash-") and file.path.suffix == ".tif"
    ]
    assert files
    with DecodePool(1, (InputSpec(size=32),), LIMITS) as pool:
        assert len(list(pool.run(files))) == len(files)
    assert capfd.readouterr() == ("", "")
