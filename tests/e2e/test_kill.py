"""Killed at any moment, an index run loses nothing that the next one does not make good."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from lookalike.store.lance_store import LanceStore
from tests.pipeline.folders import BROKEN, Content, animate, content, paint, tell

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "tests" / "e2e" / "small_batches.py"
PICTURES = 300
TRIALS, KILLS = 3, 5  # on a first run and on one over a changed folder: 30 moments


def fill(folder: Path) -> None:
    """Pictures with words, twins, and files that cannot be taken in."""
    for number in range(PICTURES):
        path = paint(folder / f"year {number % 5}" / f"{number:03}.png", number)
        if number % 3 == 0:
            tell(path, title=f"Picture {number}", tags=["third"])
        if number % 10 == 0:
            twin = folder / "twins" / f"{number:03} copy.png"
            twin.parent.mkdir(exist_ok=True)
            shutil.copy(path, twin)
            tell(twin, caption=f"Twin of {number}")
    for number in range(12):
        (folder / f"year {number % 5}" / f"broken {number}.jpg").write_bytes(
            BROKEN + bytes([number])
        )


def change(folder: Path) -> None:
    """Of everything something: new, changed, moved, gone, retold, mended, broken."""
    for number in range(0, PICTURES, 7):
        path = folder / f"year {number % 5}" / f"{number:03}.png"
        match number % 4:
            case 0:
                path.unlink()
            case 1:
                path.rename(path.with_name(f"moved {number}.png"))
            case 2:
                paint(path, 1000 + number)
            case 3:
                tell(path, title=f"Retold {number}")
    (folder / "year 1").rename(folder / "year 9")
    shutil.rmtree(folder / "twins")
    for number in range(40):
        paint(folder / "new" / f"{number}.png", 2000 + number)
    paint(folder / "mended.png", 3000).rename(folder / "year 0" / "broken 0.jpg")
    (folder / "year 2" / "broken 2.jpg").unlink()
    (folder / "year 3" / "003.png").write_bytes(BROKEN)


class Trial:
    """One folder and the library that is made of it."""

    def __init__(self, base: Path, folder: Path, options: Sequence[str] = ()) -> None:
        self.library, self.folder, self._options = base / "library", folder, options
        self._environment = {**os.environ, "LOOKALIKE_CACHE": str(base / "cache")}
        base.mkdir()

    def start(self) -> subprocess.Popen[bytes]:
        """Index, with two decoding processes, in a process group of its own."""
        options = ["--encoder", "fake", "--workers", "2", "-L", self.library, *self._options]
        return subprocess.Popen(
            [sys.executable, DRIVER, "index", self.folder, *options],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self) -> float:
        """Index to the end; returns the seconds it took."""
        began = time.monotonic()
        run = self.start()
        told = run.communicate(timeout=60)[1].decode()
        assert run.returncode in (0, 1), told  # 1: files that fail were met in this run
        assert "Traceback" not in told
        return time.monotonic() - began

    def kill_after(self, seconds: float, *, workers_too: bool) -> bool:
        """Index, kill it after some seconds; whether there was something to kill."""
        run = self.start()
        assert run.stderr is not None
        with run.stderr:
            try:
                run.wait(seconds)
            except subprocess.TimeoutExpired:
                workers = psutil.Process(run.pid).children(recursive=True)
                (os.killpg if workers_too else os.kill)(run.pid, signal.SIGKILL)
                run.wait()
                _, alive = psutil.wait_procs(workers, timeout=10)
                assert alive == []
                return True
            assert "Traceback" not in run.stderr.read().decode()
        return False

    def check(self) -> None:
        """Assert that ``lookalike check`` finds the library sound."""
        command = [sys.executable, "-m", "lookalike.cli.main", "check", "-L", self.library]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "sound" in done.stderr


@pytest.fixture(scope="module")
def moments() -> random.Random:
    return random.Random(2024)


def _kill_at_random(
    trial: Trial, wanted: Content, moments: random.Random, duration_s: float
) -> None:
    """Kill some runs, let the last one end, compare."""
    for left in range(KILLS, 0, -1):
        # A run that goes on where another stopped is shorter: spread over what is left of it.
        seconds = moments.uniform(0.25, 0.4 + 0.6 * left / KILLS) * duration_s
        while not trial.kill_after(seconds, workers_too=left % 2 == 0):
            seconds *= 0.7
    trial.finish()
    assert content(trial.library) == wanted


def test_an_index_run_killed_at_any_moment_goes_on_to_the_same_library(
    tmp_path: Path, moments: random.Random
) -> None:
    folder = tmp_path / "pictures"
    fill(folder)
    undisturbed = Trial(tmp_path / "undisturbed", folder)
    first_s = undisturbed.finish()
    first = content(undisturbed.library)
    assert len(first.pictures) == PICTURES
    assert len(first.ledger) == 12

    trials = [Trial(tmp_path / f"trial {number}", folder) for number in range(TRIALS)]
    for trial in trials:
        _kill_at_random(trial, first, moments, first_s)

    change(folder)
    second_s = undisturbed.finish()
    second = content(undisturbed.library)
    assert first.pictures.keys() - second.pictures.keys()
    assert len(second.ledger) == 11
    for trial in trials:
        _kill_at_random(trial, second, moments, second_s)
        trial.check()


def test_ctrl_c_keeps_what_was_done_says_so_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    fill(folder)
    trial = Trial(tmp_path / "trial", folder)
    run = trial.start()
    while not (trial.library / "library.json").exists() or len(LanceStore(trial.library)) < 30:
        assert run.poll() is None
    workers = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to all of them
    told = run.communicate(timeout=30)[1].decode()
    assert run.returncode == 130, told
    assert "Interrupted. Run the same command again" in told
    assert "Traceback" not in told
    assert [worker for worker in workers if worker.is_running()] == []
    assert 30 <= len(LanceStore(trial.library)) <= PICTURES
    trial.finish()
    assert len(content(trial.library).pictures) == PICTURES


def pack(archive: Path) -> None:
    """Some hundred pictures with words, twins, broken ones and animations, in one archive."""
    base = archive.with_suffix("")
    for number in range(150):
        path = paint(base / f"{number % 3}" / f"{number:03}.png", number)
        if number % 5 == 0:
            tell(path, title=f"Picture {number}")
    for number in range(10):
        animate(base / "moving" / f"{number}.gif", 4, start=7 * number)
        (base / "0" / f"broken {number}.jpg").write_bytes(BROKEN + bytes([number]))
    shutil.copy(base / "0" / "000.png", base / "1" / "twin.png")
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(base.rglob("*.*")):
            packed.write(path, path.relative_to(base))
    shutil.rmtree(base)


@pytest.mark.parametrize("frames", [0, 3])
def test_a_run_killed_in_the_middle_of_an_archive_goes_on_to_the_same_library(
    tmp_path: Path, moments: random.Random, frames: int
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    pack(folder / "packed.zip")
    animate(folder / "loose.gif", 5)
    more = ["--frames", "--max-frames", str(frames)] if frames else []
    undisturbed = Trial(tmp_path / "undisturbed", folder, more)
    seconds = undisturbed.finish()
    wanted = content(undisturbed.library)
    assert len(wanted.pictures) == 150 + 10 + 1 + (22 if frames else 0)
    assert len(wanted.ledger) == 10
    trial = Trial(tmp_path / "trial", folder, more)
    _kill_at_random(trial, wanted, moments, seconds)
    trial.check()
    trial.finish()
    assert content(trial.library) == wanted, "unopened"


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_a_library_whose_making_was_cut_off_is_made_by_the_next_run(
    tmp_path: Path, share: float
) -> None:
    folder = tmp_path / "pictures"
    paint(folder / "a.png", 1)
    (folder / "broken.jpg").write_bytes(BROKEN)
    whole = Trial(tmp_path / "whole", folder)
    whole.finish()
    trial = Trial(tmp_path / "cut", folder)
    # What a process leaves behind that was killed while it made the library: some of its files.
    made = _as_made(tmp_path / "made")
    files = sorted(file.relative_to(made) for file in made.rglob("*") if file.is_file())
    files.sort(key=lambda file: (made / file).stat().st_mtime_ns)
    for file in files[: int(share * len(files))]:
        (trial.library / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made / file, trial.library / file)
    if share == 1:
        (trial.library / "failures.lance" / "data").mkdir(parents=True)
    trial.finish()
    assert content(trial.library) == content(whole.library)
    trial.check()


def _as_made(path: Path) -> Path:
    from lookalike.opening import create_library
    from lookalike.settings import Settings

    create_library(path, encoder="fake", settings=Settings(cache=path.parent)).close()
    assert len(LanceStore(path)) == 0
    return path
