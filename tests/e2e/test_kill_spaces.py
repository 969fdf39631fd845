"""A space that is added goes on where a kill stopped it, while others search."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import lookalike
from lookalike.settings import Settings
from lookalike.store.lance_store import LanceStore
from tests.cli.shell import environment
from tests.pipeline.folders import paint

KILLS = 4
PICTURES = 600
READERS = 4
DRIVER = """
import sys
import lookalike
from lookalike.pipeline import fill

fill.STEP = 20
with lookalike.open(sys.argv[1]) as library:
    print("ready", flush=True)
    print(library.add_space("again", encoder="fake").filled, flush=True)
"""


def test_a_killed_addition_goes_on_and_no_search_fails(tmp_path: Path) -> None:
    for number in range(PICTURES):
        paint(tmp_path / "pictures" / f"{number}.png", number)
    place, settings = tmp_path / "library", Settings(cache=tmp_path / "cache")
    with lookalike.create(place, encoder="fake", settings=settings) as library:
        library.index([tmp_path / "pictures"])
    stop, searches, wrong = threading.Event(), [0] * READERS, list[BaseException]()

    def search(reader: int) -> None:
        try:
            with lookalike.open(place, settings=settings) as mine:
                while not stop.is_set():
                    mine.refresh()
                    asked = (
                        tmp_path
                        / "pictures"
                        / f"{random.Random(searches[reader]).randrange(600)}.png"
                    )
                    assert Path(mine.search(str(asked), k=1)[0].location) == asked
                    searches[reader] += 1
        except BaseException as error:  # noqa: BLE001 - told by the test
            wrong.append(error)

    readers = [threading.Thread(target=search, args=(n,)) for n in range(READERS)]
    for reader in readers:
        reader.start()
    moments, kept = random.Random(5), []
    try:
        for kill in range(KILLS + 1):
            process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, place],
                env=environment(tmp_path / "cache"),
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            if kill < KILLS:
                time.sleep(moments.uniform(0.3, 1.0))
                process.send_signal(signal.SIGKILL)
            process.communicate(timeout=60)
            store = LanceStore(place)
            table = store.space_table(
                next(
                    (s for s in store.description.spaces if s.name == "again"),
                    store.description.spaces[0],
                )
            )
            kept.append(len(table.keys()))
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert min(searches) > 0
    assert kept == sorted(kept)
    assert kept[-1] == PICTURES
    with lookalike.open(place, settings=settings) as library:
        assert library.check().problems == []
        library.choose_space("again")
        asked = tmp_path / "pictures" / "17.png"
        assert Path(library.search(str(asked), k=1)[0].location) == asked
