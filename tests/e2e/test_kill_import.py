"""Killed at any moment, an export or an import is done again to the same end."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.shell import environment
from tests.pipeline.folders import content, paint, tell

KILLS = 6
DRIVER = """
from lookalike.cli.main import main
from lookalike.store import export, exported_spaces, imports

export.BATCH_ROWS = exported_spaces.BATCH_ROWS = imports.BATCH_ROWS = 10
main()
"""


class Place:
    """A folder of pictures and their library."""

    def __init__(self, base: Path) -> None:
        self.base, self.library = base, base / "library"
        for seed in range(150):
            picture = paint(base / "pictures" / f"{seed:03}.png", seed)
            if seed % 3 == 0:
                tell(picture, title=f"Picture {seed}")
        (base / "pictures" / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
        self.run("index", base / "pictures", "--encoder", "fake", "-L", self.library)
        self.run("spaces", "add", "flat", "--from", "fake", "--pca", 8, "-L", self.library)

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", DRIVER, *map(str, arguments)],
            env=environment(self.base / "cache"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: object) -> float:
        began = time.monotonic()
        process = self.start(*arguments)
        told = process.communicate(timeout=60)[1].decode()
        assert process.returncode in (0, 1), told
        return time.monotonic() - began

    def kill_after(self, seconds: float, *arguments: object) -> bool:
        """Run and kill after some seconds; whether there was something to kill."""
        process = self.start(*arguments)
        assert process.stderr is not None
        with process.stderr:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return True
            assert b"Traceback" not in process.stderr.read()
        return False


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("place"))


def test_an_import_killed_at_any_moment_goes_on_to_the_same_library(
    place: Place, tmp_path: Path
) -> None:
    moments, exported = random.Random(7), tmp_path / "exported"
    place.run("export", "-L", place.library, "--into", exported, "--pictures")
    undisturbed = place.run("import", exported, "-L", tmp_path / "undisturbed")
    wanted = content(place.library)
    assert content(tmp_path / "undisturbed") == wanted
    again = tmp_path / "again"
    for kill in range(KILLS):
        left = undisturbed * (1 - 0.5 * kill / KILLS)
        if not place.kill_after(moments.uniform(0.2, 0.9) * left, "import", exported, "-L", again):
            break
    process = place.start("import", exported, "-L", again)
    told = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0 or "library-exists" in told
    assert content(again) == wanted
    assert place.run("check", "-L", again)
    assert not (again / "import.json").exists()


def test_an_export_killed_at_any_moment_is_none_and_is_done_again(
    place: Place, tmp_path: Path
) -> None:
    moments = random.Random(8)
    export = ("export", "-L", place.library, "--into")
    undisturbed = place.run(*export, tmp_path / "undisturbed", "--pictures")
    for kill in range(3):
        into = tmp_path / f"exported {kill}"
        killed = False
        while not killed and not (into / "manifest.json").exists():
            seconds = moments.uniform(0.4, 0.95) * undisturbed
            killed = place.kill_after(seconds, *export, into, "--pictures")
        if not (into / "manifest.json").exists():
            place.run(*export, into, "--pictures")
        place.run("import", into, "-L", tmp_path / f"library {kill}")
        assert content(tmp_path / f"library {kill}") == content(place.library)
