"""Killed while pictures come and go: what was answered counts, and the library stays sound."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import lookalike
from lookalike.settings import Settings
from tests.cli.shell import environment
from tests.pipeline.folders import paint

KILLS = 6
# Adds pictures and removes every third, and says so once it is done.
DRIVER = """
import sys
import lookalike
from lookalike.pipeline.additions import NewPicture
from pathlib import Path

start = int(sys.argv[2])
with lookalike.open(sys.argv[1]) as library:
    print("ready", flush=True)
    for number in range(start, start + 1000):
        data = (Path(sys.argv[3]) / f"{number % 400}.png").read_bytes()
        (added,) = library.add_pictures([NewPicture(data, f"{number}.png", title=f"n{number}")])
        assert added.error is None, added
        print("added", added.id, flush=True)
        if number % 3 == 0:
            library.remove([added.id])
            print("removed", added.id, flush=True)
"""


def test_what_was_answered_counts_and_the_rest_can_be_sent_again(tmp_path: Path) -> None:
    for number in range(400):
        paint(tmp_path / "sent" / f"{number}.png", number)
    place, settings = tmp_path / "library", Settings(cache=tmp_path / "cache")
    lookalike.create(place, encoder="fake", settings=settings).close()
    moments, held, gone = random.Random(11), set[str](), set[str]()
    for kill in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, place, str(60 * kill), tmp_path / "sent"],
            env=environment(tmp_path / "cache"),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0.8, 2.5))
        process.send_signal(signal.SIGKILL)
        for line in process.communicate(timeout=20)[0].splitlines():
            what, picture_id = line.split()
            (held if what == "added" else gone).add(picture_id)
    held -= gone
    assert len(held) > KILLS
    with lookalike.open(place, settings=settings) as library:
        assert library.check().problems == []
        there = {record.id for record in library._store.records(library._store.keys())}
        files = {path.stem for path in (place / "pictures").rglob("*.png")}
        # Of each kill at most one picture was on its way, in or out.
        assert len((there ^ held) | (there ^ files)) <= KILLS
        assert not gone & there
        for picture_id in held & there & files:
            assert library.picture(picture_id).metadata.title.startswith("n")
