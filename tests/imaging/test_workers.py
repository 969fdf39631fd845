from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from lookalike.errors import DecodeError, LookalikeError
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import Decoded, InputSpec, Limits
from lookalike.imaging.workers import DecodePool
from tests.imaging.pictures import LIMITS, encoded, gradient, saved

SPECS = (InputSpec(size=64), InputSpec(size=32, fit="squash"))


@dataclass(frozen=True)
class File:
    path: Path
    number: int = 0


@pytest.fixture
def pictures(tmp_path: Path) -> list[File]:
    """Forty files that take a few milliseconds each."""
    noise = np.random.default_rng(1).integers(0, 255, (700, 700, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "PNG", compress_level=1)
    files = [File(tmp_path / f"{number}.png", number) for number in range(40)]
    for file in files:
        file.path.write_bytes(data)
    return files


def worker_ids() -> set[int]:
    return {
        child.pid
        for child in psutil.Process().children()
        if any("worker_main" in word for word in child.cmdline())
    }


def codes(outcomes: list[tuple[File, Decoded | DecodeError]]) -> list[str]:
    return [found.code for _, found in outcomes if isinstance(found, DecodeError)]


def stop_at_work(pid: int) -> None:
    """Stop a worker and let the pool take delivery of what it had finished."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.1)


def test_the_pool_gives_what_decode_gives(shared_data: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff\xfe odd \n name.jpg")
    odd.write_bytes((shared_data / "nasty_pillow" / "flower.jpg").read_bytes())
    files = [
        File(odd),
        File(shared_data / "nasty_pillow" / "hopper_orientation_6.jpg"),
        File(shared_data / "nasty_pillow" / "iptc.jpg"),
        File(tmp_path / "gone.jpg"),
        *(File(path) for path in sorted((shared_data / "gameart_avatars").rglob("*.png"))),
    ]
    with DecodePool(2, SPECS, LIMITS) as pool:
        outcomes = dict(pool.run(files))
    assert outcomes.keys() == set(files)
    for file, found in outcomes.items():
        if file.path.name == "gone.jpg":
            assert isinstance(found, DecodeError)
            assert (found.code, str(file.path) in found.message) == ("vanished", True)
            continue
        assert isinstance(found, Decoded)
        here = decode(file.path, SPECS, LIMITS)
        assert (found.id, found.facts, found.metadata) == (here.id, here.facts, here.metadata)
        for mine, theirs in zip(here.pixels, found.pixels, strict=True):
            assert np.array_equal(mine, theirs)


def test_a_killed_worker_costs_one_picture(pictures: list[File]) -> None:
    with DecodePool(1, SPECS, LIMITS) as pool:
        outcomes = pool.run(pictures)
        done = [next(outcomes)]
        (victim,) = worker_ids()
        stop_at_work(victim)
        os.kill(victim, signal.SIGKILL)
        done += outcomes
        assert worker_ids() not in (set(), {victim})
    assert codes(done) == ["decoder-crashed"]
    assert {file for file, _ in done} == set(pictures)
    assert len(done) == len(pictures)


def test_a_worker_that_dies_between_two_pictures_costs_none(pictures: list[File]) -> None:
    with DecodePool(1, SPECS, LIMITS) as pool:
        list(pool.run(pictures[:3]))
        (victim,) = worker_ids()
        os.kill(victim, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(victim)], timeout=0.1)
        outcomes = list(pool.run(pictures[3:]))
    assert codes(outcomes) == []
    assert len(outcomes) == len(pictures) - 3


def test_a_picture_that_takes_too_long_is_given_up(pictures: list[File]) -> None:
    with DecodePool(1, SPECS, Limits(timeout_s=1.0)) as pool:
        outcomes = pool.run(pictures)
        done = [next(outcomes)]
        (victim,) = worker_ids()
        stop_at_work(victim)
        done += outcomes
        assert victim not in worker_ids()
    assert codes(done) == ["decode-timeout"]
    assert len(done) == len(pictures)


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_a_picture_that_needs_too_much_memory_is_refused(tmp_path: Path, name: str) -> None:
    large = saved(Image.new("RGBA", (3000, 3000)), tmp_path / name, lossless=True, method=0)
    small = saved(gradient(), tmp_path / "b.png")
    limits = Limits(max_memory_bytes=24 * 2**20)
    with DecodePool(1, SPECS, limits) as pool:
        outcomes = {file.path: found for file, found in pool.run([File(large), File(small)])}
    assert isinstance(outcomes[small], Decoded)
    refused = outcomes[large]
    assert isinstance(refused, DecodeError)
    assert refused.code == "out-of-memory"


def test_very_large_pictures_wait_for_each_other_and_all_come(tmp_path: Path) -> None:
    large = saved(Image.new("1", (6500, 6400)), tmp_path / "a.png", compress_level=1)
    with DecodePool(2, SPECS, LIMITS) as pool:
        outcomes = list(pool.run([File(large, number) for number in range(4)]))
    assert len(outcomes) == 4
    assert codes(outcomes) == []


def test_a_giant_is_refused_before_it_takes_memory(shared_data: Path) -> None:
    (giant,) = (shared_data / "nasty_giant").rglob("*.png")
    with DecodePool(1, SPECS, LIMITS) as pool:
        ((_, found),) = pool.run([File(giant)])
        (worker,) = worker_ids()
        status = Path(f"/proc/{worker}/status").read_text()
    assert isinstance(found, DecodeError)
    assert found.code == "too-many-pixels"
    peak_kib = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    assert peak_kib < 150 * 1024


def test_tasks_are_pulled_only_as_they_are_needed(pictures: list[File]) -> None:
    pulled = 0

    def endless() -> Iterator[File]:
        nonlocal pulled
        while True:
            pulled += 1
            yield pictures[0]

    with DecodePool(2, SPECS, LIMITS) as pool:
        outcomes = pool.run(endless())
        for received in range(1, 60):
            next(outcomes)
            assert pulled - received <= 32


def test_leaving_in_the_middle_leaves_no_process_behind(pictures: list[File]) -> None:
    with DecodePool(2, SPECS, LIMITS) as pool:
        next(pool.run(pictures))
        assert worker_ids()
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert worker_ids() == set()


def test_an_abandoned_run_does_not_leak_into_the_next(pictures: list[File]) -> None:
    with DecodePool(2, SPECS, LIMITS) as pool:
        first = pool.run(pictures[:20])
        next(first)
        del first
        second = [file for file, _ in pool.run(pictures[20:])]
    assert sorted(file.number for file in second) == list(range(20, 40))


def test_an_error_of_the_task_iterator_reaches_the_caller(pictures: list[File]) -> None:
    def failing() -> Iterator[File]:
        yield pictures[0]
        raise OSError("the scan broke off")

    with DecodePool(1, SPECS, LIMITS) as pool, pytest.raises(OSError, match="broke off"):
        list(pool.run(failing()))


def test_an_interrupt_at_the_terminal_does_not_reach_the_workers(pictures: list[File]) -> None:
    with DecodePool(2, SPECS, LIMITS) as pool:
        assert len(list(pool.run(pictures))) == len(pictures)
        groups = {os.getpgid(worker) for worker in worker_ids()}
    assert groups
    assert os.getpgid(0) not in groups


def test_a_pool_that_cannot_start_says_so(
    pictures: list[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with DecodePool(1, SPECS, LIMITS) as pool, pytest.raises(LookalikeError) as caught:
        list(pool.run(pictures[:1]))
    assert caught.value.code == "decoder-unavailable"


def test_workers_end_when_the_process_that_made_them_is_killed(pictures: list[File]) -> None:
    script = (
        "import sys, itertools\n"
        "from dataclasses import dataclass\n"
        "from pathlib import Path\n"
        "from lookalike.imaging.picture import InputSpec, Limits\n"
        "from lookalike.imaging.workers import DecodePool\n"
        "@dataclass\n"
        "class File: path: Path\n"
        "with DecodePool(2, (InputSpec(64),), Limits()) as pool:\n"
        "    for _ in pool.run(itertools.repeat(File(Path(sys.argv[1])))):\n"
        "        print('decoded', flush=True)\n"
    )
    command = [sys.executable, "-c", script, pictures[0].path]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        for _ in range(20):
            parent.stdout.readline()
        workers = psutil.Process(parent.pid).children()
        parent.kill()
    assert len(workers) == 2
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []


def test_a_worker_imports_nothing_heavy() -> None:
    script = (
        "import sys, lookalike.imaging.worker_main\n"
        "heavy = {'lance', 'pyarrow', 'onnxruntime', 'openvino', 'faiss', 'torch', 'fastapi'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
