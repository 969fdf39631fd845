"""``lookalike export`` and ``lookalike import`` from the shell."""

from __future__ import annotations

import shutil
from pathlib import Path

from .shell import Shell


def test_out_and_in_again_by_the_shell(shell: Shell, filled: Path, tmp_path: Path) -> None:
    out = shell("export", "--into", tmp_path / "out", "--pictures", cwd=filled)
    assert (out.status, out.out) == (0, "")
    assert "Wrote 3 pictures" in out.err
    done = shell("import", tmp_path / "out", "--json")
    assert (done.status, done.json["pictures"], done.json["locations"]) == (0, 3, 4)
    assert shell("search", "fox", "--match", "words", "--json").json["hits"]
    assert shell("check").status == 0
    again = shell("import", tmp_path / "out")
    assert (again.status, "library-exists" in again.err) == (2, True)


def test_missing_files_are_listed_and_make_status_1(
    shell: Shell, filled: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(filled, tmp_path / "copy", copy_function=shutil.copy2)
    shell("index", copy, "--encoder", "fake", "-L", tmp_path / "own")
    (copy / "sea.png").unlink()
    done = shell("export", "-L", tmp_path / "own", "--into", tmp_path / "out", "--pictures")
    assert done.status == 1
    assert "1 files are gone or have changed" in done.err
    told = shell("export", "-L", tmp_path / "own", "--into", "2", "--pictures", "--json").json
    assert (told["originals"], len(told["missing"])) == (2, 1)


def test_what_is_no_export_is_told_so(shell: Shell, tmp_path: Path) -> None:
    done = shell("import", tmp_path, "--json")
    assert (done.status, done.json["error"]["code"]) == (2, "no-export")
    assert not (shell.here / ".lookalike").exists()
