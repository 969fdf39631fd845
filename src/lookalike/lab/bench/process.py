"""Runs a command and watches what it and its children take."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from lookalike.errors import LookalikeError

_EVERY_S = 0.1


@dataclass(frozen=True)
class Watched:
    """What a command did.

    Attributes:
        out: its standard output.
        peak_mb: most memory that it and its children held at once; what they share counts once
            where the system tells (Linux).
    """

    out: str
    peak_mb: float


def watched(command: Sequence[str], limit_s: float) -> Watched:
    """Run a command to its end.

    Raises:
        LookalikeError: it failed or took too long (``bench-failed``).
    """
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        over, peak = threading.Event(), [0.0]
        sampler = threading.Thread(target=_sample, args=(process.pid, over, peak), daemon=True)
        sampler.start()
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise LookalikeError(
                f"A step took more than {limit_s:.0f} s.", "Try fewer pictures (--pictures).",
                code="bench-failed",
            ) from error  # fmt: skip
        except BaseException:
            process.kill()
            raise
        finally:
            over.set()
            sampler.join()
    if process.returncode:
        last = (err.strip().splitlines() or ["it said nothing"])[-1]
        raise LookalikeError(f"A step failed: {last}", code="bench-failed")
    return Watched(out, round(peak[0], 1))


def _sample(pid: int, over: threading.Event, peak: list[float]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
        process = psutil.Process(pid)
        while not over.wait(_EVERY_S):
            family = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(map(_held_mb, family)))


def _held_mb(process: psutil.Process) -> float:
    try:
        held = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ended meanwhile
        return 0.0
    return float(getattr(held, "pss", held.uss)) / 2**20
