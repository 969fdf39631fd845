"""``lookalike watch`` as people run it: a process that is stopped, or killed, and begun again."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pipeline.folders import paint

from .shell import COMMAND, Shell, environment


@contextmanager
def watching(shell: Shell, folder: Path) -> Iterator[subprocess.Popen[str]]:
    options = ["--json", "--encoder", "fake", "--quiet", "0.3", "--workers", "1"]
    process = subprocess.Popen(
        [*COMMAND, "watch", str(folder), *options],
        cwd=shell.here,
        env=environment(shell.cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def batch(process: subprocess.Popen[str]) -> dict[str, int]:
    assert process.stdout is not None
    summary: dict[str, int] = json.loads(process.stdout.readline())["summary"]
    return summary


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_each_batch_did_and_ends_cleanly(
    shell: Shell, tmp_path: Path, ending: signal.Signals
) -> None:
    folder = tmp_path / "pictures"
    paint(folder / "a.png", 1)
    with watching(shell, folder) as process:
        assert batch(process)["added"] == 1
        paint(folder / "b.png", 2)
        (folder / "a.png").unlink()
        told = batch(process)
        assert (told["added"], told["removed"], told["pictures"]) == (1, 1, 1)
        process.send_signal(ending)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "Stopped.\n")


def test_killed_and_begun_again_it_takes_in_what_it_missed(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    paint(folder / "a.png", 1)
    with watching(shell, folder) as process:
        batch(process)
        process.kill()
        process.wait()
    paint(folder / "b.png", 2)
    with watching(shell, folder) as process:
        told = batch(process)
    assert (told["added"], told["unchanged"], told["pictures"]) == (1, 1, 2)


def test_a_misspelt_folder_leaves_no_library_behind(shell: Shell) -> None:
    done = shell("watch", "nowhere")
    assert (done.status, "not-found" in done.err) == (2, True)
    assert not (shell.here / ".lookalike").exists()
