"""Ctrl-C, failing encoders and failing decoders: what was finished is kept, the rest comes next."""

from __future__ import annotations

import collections
import os
import signal
import time
import tracemalloc
from pathlib import Path
from typing import Any

import lance
import pytest

from lookalike.encoders.base import Features
from lookalike.encoders.fake import FakeImageEncoder
from lookalike.errors import LookalikeError, ModelError
from lookalike.imaging.picture import UInt8Array
from lookalike.imaging.workers import DecodePool
from lookalike.pipeline import intake, scan
from lookalike.pipeline.archives import ArchiveBook
from lookalike.pipeline.frames import FrameBook
from lookalike.pipeline.interrupts import undisturbed
from lookalike.pipeline.report import Progress
from lookalike.pipeline.run import IndexOptions
from lookalike.pipeline.scan import Scan
from lookalike.sources.entry import Entry
from lookalike.store.known import Known

from .conftest import Counter, Shelf
from .folders import BROKEN, content, paint

PICTURES = 60
SMALL = IndexOptions(workers=1, batch=4)


@pytest.fixture
def full(shelf: Shelf) -> Shelf:
    for seed in range(PICTURES):
        paint(shelf.folder / f"{seed:02}.png", seed)
    return shelf


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0)  # where Python looks at its signals


def test_an_interrupt_keeps_what_was_decoded_and_the_next_run_does_the_rest(
    full: Shelf, encoded: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = DecodePool.run

    def interrupted(pool: DecodePool, tasks: Any) -> Any:
        for done, outcome in enumerate(decode(pool, tasks)):
            if done == 25:
                _interrupt()
            yield outcome

    monkeypatch.setattr(DecodePool, "run", interrupted)
    summary = full.library.index([full.folder], options=SMALL)
    monkeypatch.undo()
    assert summary.interrupted
    assert summary.pictures == len(full.places()) == 25
    again = full.library.index([full.folder], options=SMALL)
    assert (again.added, again.unchanged, again.interrupted) == (PICTURES - 25, 25, False)


def test_an_interrupted_run_removes_nothing(full: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    (full.folder / "bad.jpg").write_bytes(BROKEN)
    full.index()
    for seed in range(10):
        (full.folder / f"{seed:02}.png").unlink()
    (full.folder / "bad.jpg").unlink()
    paint(full.folder / "new.png", 99)

    def interrupting(_: DecodePool, tasks: Any) -> Any:
        yield next((task, _interrupt()) for task in tasks)

    monkeypatch.setattr(DecodePool, "run", interrupting)
    summary = full.index()
    assert (summary.interrupted, summary.removed) == (True, 0)
    assert len(full.places()) == PICTURES
    assert list(full.failed()) == ["bad.jpg"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_while_a_batch_is_written_stores_it_once(
    full: Shelf, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(intake, "MAX_PENDING", 20)
    write = lance.write_dataset
    calls: list[int] = []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2 and when == "before":
            _interrupt()
        result = write(*args, **kwargs)
        if len(calls) == 2 and when == "after":
            _interrupt()
        return result

    monkeypatch.setattr(lance, "write_dataset", interrupted)
    summary = full.library.index([full.folder], options=SMALL)
    assert summary.interrupted
    assert 40 <= len(content(full.library.path).pictures) < PICTURES
    full.library.index([full.folder], options=SMALL)
    assert len(content(full.library.path).pictures) == PICTURES


def test_an_interrupt_takes_effect_once_what_it_met_is_done() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the second step is the test
        with undisturbed():
            with undisturbed():
                _interrupt()
                steps.append("inner")
            steps.append("outer")
        steps.append("never")
    assert steps == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelError("The weights are damaged."), "model-unavailable"),
        (RuntimeError("Check failed: device lost\nat line 7"), "encoder-failed"),
        (MemoryError(), "out-of-memory"),
    ],
)
def test_an_encoder_that_fails_is_told_and_what_was_encoded_is_kept(
    full: Shelf, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    encode, calls = FakeImageEncoder.encode, []

    def failing(self: FakeImageEncoder, pixels: UInt8Array) -> Features:
        calls.append(len(pixels))
        if len(calls) == 7:
            raise error
        return encode(self, pixels)

    monkeypatch.setattr(FakeImageEncoder, "encode", failing)
    with pytest.raises(ModelError) as caught:
        full.library.index([full.folder], options=SMALL)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    assert code == "model-unavailable" or "encoder fake" in caught.value.message
    monkeypatch.setattr(FakeImageEncoder, "encode", encode)
    kept = len(full.places())
    assert kept == sum(calls) - calls[6], "every batch but the one that failed"
    assert 6 * SMALL.batch <= kept < PICTURES
    assert full.index().added == PICTURES - kept
    assert len(content(full.library.path).pictures) == PICTURES


def test_decoders_that_cannot_be_started_any_more_leave_what_was_committed(
    full: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_PENDING", 10)
    decode = DecodePool.run

    def failing(pool: DecodePool, tasks: Any) -> Any:
        for done, outcome in enumerate(decode(pool, tasks)):
            if done == 30:
                raise LookalikeError("No process can be started.", code="decoder-unavailable")
            yield outcome

    monkeypatch.setattr(DecodePool, "run", failing)
    with pytest.raises(LookalikeError, match="No process"):
        full.library.index([full.folder], options=SMALL)
    monkeypatch.undo()
    assert 10 <= len(full.places()) <= 30
    full.index()
    assert len(full.places()) == PICTURES


def test_progress_grows_to_the_total_and_tells_failures(full: Shelf) -> None:
    (full.folder / "bad.jpg").write_bytes(BROKEN)
    told: list[Progress] = []
    full.library.index([full.folder], options=SMALL, on_progress=told.append)
    assert [report.done for report in told] == sorted(report.done for report in told)
    assert all(report.done <= report.total for report in told)
    last = told[-1]
    assert (last.stage, last.scanned, last.done, last.total) == ("tidying", True, 61, 61)
    assert last.failed == 1
    assert "indexing" in {report.stage for report in told}


def test_progress_tells_of_the_scan_while_there_is_nothing_to_do(
    full: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.index()
    monkeypatch.setattr(scan, "_WAIT_S", 0.02)
    look = Known.unchanged
    told: list[Progress] = []

    def slow(self: Known, path: str, stamp: str) -> bool:
        time.sleep(0.01)
        return look(self, path, stamp)

    monkeypatch.setattr(Known, "unchanged", slow)
    full.library.index([full.folder], options=SMALL, on_progress=told.append)
    scanning = [report for report in told if report.stage == "scanning"]
    assert scanning
    assert not scanning[0].scanned
    assert 0 < scanning[-1].met <= PICTURES


def test_what_is_to_do_waits_in_a_file_not_in_memory(
    full: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 20_000

    class Many:
        root, ignored = tmp_path / "many", collections.Counter[str]()

        def scan(self) -> Any:
            for number in range(made):
                location = f"{self.root}/{number:09}.jpg" + "x" * 200
                yield Entry(location, Path(location), str(self.root), 1, "s", (), None)

    store = full.library._store
    known = store.known()
    frames = FrameBook(store, known, {}, {}, lambda _: False)
    archives = ArchiveBook({}, known, {}, lambda _: False)
    tracemalloc.start()
    with Scan([Many()], known, {}, frames, archives) as scan:  # type: ignore[list-item]
        assert sum(1 for _ in scan) == made
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6
    assert (scan.total, scan.finished) == (made, True)
