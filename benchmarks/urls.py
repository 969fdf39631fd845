"""How fast and how safely lists of URLs are fetched: 10,000 from loopback, a fifth of them faulty.

Three runs of ``lookalike fetch``: without faults, with faults, and with faults while it is killed
five times. Tells rates, whether every URL is accounted for, and what was fetched twice.

With --together the first two run side by side, each with a server of its own, so that whatever
else the machine does slows both alike.

    python -m benchmarks.urls [--urls 10000] [--latency-ms 20] [--together] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from tests.sources.web.site import Answer, Handler, fault_of, faulty, serving

from lookalike.sources.web.ledger import Ledger

CODES = {
    "timeout": "fetch-timeout",
    "reset": "fetch-failed",
    "error": "http-500",
    "type": "fetch-wrong-type",
    "huge": "fetch-too-large",
}


def serve(pipe: Connection, latency_s: float) -> None:
    """The server, in a process of its own so that it takes nothing of the downloader's."""
    with serving() as site:
        faults = True

        def answer(path: str) -> Answer | None:
            found = faulty(site, path, faults=faults)

            def late(request: Handler) -> None:
                time.sleep(latency_s)
                assert found is not None
                found(request)

            return late if found else None

        site.otherwise = answer
        pipe.send(site.url)
        while (said := pipe.recv()) != "end":
            if said in ("faults", "none"):
                faults = said == "faults"
                site.asked.clear()
            pipe.send(dict(site.asked))


def command(listed: Path, folder: Path, per_host: int, timeout_s: float) -> list[str]:
    options = f"--per-host {per_host} --timeout {timeout_s} --max-megabytes 1 --json"
    base = [sys.executable, "-m", "lookalike.cli.main", "fetch", str(listed)]
    return [*base, "--into", str(folder), "--allow-host", "127.0.0.1", *options.split()]


def run(arguments: list[str]) -> dict[str, Any]:
    began = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {**json.loads(done.stdout), "wall_s": time.perf_counter() - began}


def killed(arguments: list[str], after_s: float) -> None:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_s)
    family = psutil.Process(process.pid).children(recursive=True)
    for one in (*family, process):
        one.kill()
    psutil.wait_procs(family, 10)
    process.wait()


def unaccounted(folder: Path, base: str, urls: int, *, faults: bool) -> int:
    """How many URLs have neither their picture nor their true reason."""
    with Ledger(folder) as ledger:
        failed = {failure.url: failure.code for failure in ledger.failures()}
        kept = {url for _, url, path in ledger.kept() if (folder / path).is_file()}
    wrong = 0
    for number in range(urls):
        url, fault = f"{base}/p/{number}.png", fault_of(number) if faults else ""
        wrong += (failed.get(url) != CODES[fault]) if fault else (url not in kept)
    return wrong


def twice(asked: dict[str, int]) -> int:
    """How many good URLs were asked for more than once."""
    paths = Counter({path: n for path, n in asked.items() if path.startswith("/p/")})
    return sum(n > 1 and not fault_of(int(path[3:-4])) for path, n in paths.items())


def side_by_side(urls: int, latency_s: float, per_host: int, timeout_s: float) -> dict[str, Any]:
    """The runs without and with faults at the same time."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as threads:

        def one(label: str) -> None:
            pipe, theirs = multiprocessing.Pipe()
            server = multiprocessing.Process(target=serve, args=(theirs, latency_s))
            server.start()
            base, faults = pipe.recv(), label == "faulty"
            listed, folder = Path(place, f"{label}.txt"), Path(place, label)
            listed.write_text("\n".join(f"{base}/p/{n}.png" for n in range(urls)), "utf-8")
            pipe.send("faults" if faults else "none")
            pipe.recv()
            done = run(command(listed, folder, per_host, timeout_s))
            found[label] = {
                "seconds": round(done["wall_s"], 2),
                "rate": round(urls / done["wall_s"], 1),
                "kept": done["kept"],
                "failures": done["failures"],
                "unaccounted": unaccounted(folder, base, urls, faults=faults),
            }
            pipe.send("end")
            server.join()

        list(threads.map(one, ("clean", "faulty")))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=10_000)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--per-host", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=2)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--together", action="store_true")
    asked = parser.parse_args()
    if asked.together:
        latency_s = asked.latency_ms / 1000
        together = side_by_side(asked.urls, latency_s, asked.per_host, asked.timeout)
        ratio = together["faulty"]["rate"] / together["clean"]["rate"]
        about = {"urls": asked.urls, "latency_ms": asked.latency_ms, "load": psutil.getloadavg()}
        tell({**about, **together, "faulty_to_clean": round(ratio, 3)}, asked.out)
        return
    pipe, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, asked.latency_ms / 1000))
    server.start()
    base = pipe.recv()
    result: dict[str, Any] = {
        "urls": asked.urls,
        "latency_ms": asked.latency_ms,
        "per_host": asked.per_host,
        "machine": f"{platform.machine()}, {psutil.cpu_count()} cores",
    }
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        listed = place / "urls.txt"
        listed.write_text("\n".join(f"{base}/p/{n}.png" for n in range(asked.urls)), "utf-8")
        for name, kills in (("none", 0), ("faults", 0), ("faults", asked.kills))[
            : 3 if asked.kills else 2
        ]:
            label = {"none": "clean", "faults": "killed" if kills else "faulty"}[name]
            folder = place / label
            arguments = command(listed, folder, asked.per_host, asked.timeout)
            pipe.send(name)
            pipe.recv()
            for _ in range(kills):
                killed(arguments, max(2.0, result["faulty"]["seconds"] / (kills + 2)))
            done = run(arguments)
            pipe.send("asked")
            counts = pipe.recv()
            result[label] = {
                "seconds": round(done["wall_s"], 2),
                "rate": round(asked.urls / done["wall_s"], 1) if not kills else None,
                "kept": done["kept"],
                "failures": done["failures"],
                "unaccounted": unaccounted(folder, base, asked.urls, faults=name == "faults"),
                "good_urls_asked_twice": twice(counts),
            }
            sys.stderr.write(f"{label}: {json.dumps(result[label])}\n")
    pipe.send("end")
    server.join()
    result["faulty_to_clean"] = round(result["faulty"]["rate"] / result["clean"]["rate"], 3)
    tell(result, asked.out)


def tell(result: dict[str, Any], out: Path | None) -> None:
    text = json.dumps(result, indent=2)
    sys.stdout.write(text + "\n")
    if out:
        out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
