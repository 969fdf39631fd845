"""What every benchmark needs: the machine, memory, times, steps in processes of their own."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import psutil

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "faiss-cpu", "pylance", "hnswlib", "chromadb", "openvino", "onnxruntime")
ROUNDS = 3
MB = 2**20


def machine() -> dict[str, Any]:
    """Processor, memory, versions, and how busy the machine is now."""
    versions = {}
    for package in (*PACKAGES, "pillow", "torch"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "absent"
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def options(given: argparse.Namespace) -> dict[str, Any]:
    """What a benchmark was asked to do, without the places of this machine."""
    return {name: value for name, value in vars(given).items() if not isinstance(value, Path)}


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def as_named(folder: Path) -> Path:
    """A folder as libraries name it: without ``..``, and links are not followed."""
    return Path(os.path.abspath(folder))  # noqa: PTH100


def memory() -> dict[str, float]:
    """This process's memory in MB.

    ``rss`` counts every page in its address space, ``uss`` those that no other process shares,
    ``anonymous`` those that no file backs: the part that the system cannot drop when memory
    runs short. Pages of mapped files are in ``rss`` and ``uss``, not in ``anonymous``.
    """
    full = psutil.Process().memory_full_info()
    found = {"rss": full.rss / MB, "uss": full.uss / MB, "pss": full.pss / MB}
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Anonymous:"):
            found["anonymous"] = int(line.split()[1]) / 1024
    return {name: round(size, 1) for name, size in found.items()}


def disk_mb(path: Path) -> float:
    """What a file or folder takes on the disk."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return round(sum(file.stat().st_size for file in files) / MB, 1)


def one_by_one(
    call: Callable[[Any], Any], queries: Sequence[Any], rounds: int = ROUNDS
) -> tuple[dict[str, float], list[Any]]:
    """Ask one query after the other; the times of the quickest of some rounds, and the answers."""
    best: dict[str, float] = {}
    answers: list[Any] = []
    for _ in range(rounds):
        answers, times = [], []
        for query in queries:
            began = time.perf_counter()
            answers.append(call(query))
            times.append(time.perf_counter() - began)
        p50, p99 = np.percentile(np.asarray(times) * 1000, [50, 99])
        if not best or p50 < best["p50_ms"]:
            best = {"p50_ms": round(float(p50), 3), "p99_ms": round(float(p99), 3)}
    return best, answers


def step(
    name: str, command: Sequence[str], folder: Path, limit_s: float, threads: int = 0
) -> dict[str, Any]:
    """Run a Python script that prints one JSON object, unless its result is in ``folder``.

    Args:
        name: of the step and of the file with its result.
        command: script and arguments.
        folder: where results are kept.
        limit_s: the step is given up after so long; the result says so.
        threads: for OpenMP and BLAS; 0 for all cores.
    """
    kept = folder / f"{name}.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text())
        return found
    say(f"{name} ...")
    began = time.perf_counter()
    environment = dict(os.environ)
    if threads:
        wanted = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment |= dict.fromkeys(wanted, str(threads))
    load = os.getloadavg()[0]
    answer = _bounded([sys.executable, *command], limit_s, environment)
    if isinstance(answer, str):
        say(f"{name}: {answer}")
        return {"error": answer}
    result = {**answer, "step_s": round(time.perf_counter() - began, 2), "load": round(load, 2)}
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result, indent=1))
    return result


def _bounded(
    command: Sequence[str], limit_s: float, environment: dict[str, str]
) -> dict[str, Any] | str:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, text=True, start_new_session=True
    )
    try:
        out, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"given up after {limit_s:.0f} s"
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    if process.returncode:
        return f"failed with status {process.returncode}"
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return found


def answer(result: dict[str, Any]) -> None:
    """Print a step's result."""
    sys.stdout.write(json.dumps(result) + "\n")


def say(text: str) -> None:
    """Tell whoever watches."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    padded = [[cell.ljust(widths[i]) for i, cell in enumerate(row)] for row in cells]
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    lines.insert(1, "| " + " | ".join("-" * w for w in widths) + " |")
    return "\n".join(lines)


def evict(folder: Path) -> None:
    """Have the system forget the files' content, as after a restart."""
    for file in folder.rglob("*"):
        if file.is_file():
            handle = os.open(file, os.O_RDONLY)
            try:
                os.fdatasync(handle)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)
