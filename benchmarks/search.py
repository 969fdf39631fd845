"""How quick, exact and small search is, beside other engines on the same vectors.

    python benchmarks/search.py --rows 200000
    python benchmarks/search.py --rows 1000000

Each step runs in a process of its own, has a time limit, and leaves its result in the work
folder: run again with the same ``--work``, a step that is done is not done again. The whole
result goes to ``benchmarks/results`` as JSON; tables go to standard output.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import RESULTS, evict, machine, options, say, step, table
from vectors import SETS

HERE = Path(__file__).parent
PEERS = ("faiss-hnsw", "faiss-flat", "hnswlib", "chroma")
SHARED = HERE.parent.parent / "shared" / "data"
MANY_ROWS = 200_000
"""Above, the sets of real vectors, which are smaller, are left out unless asked for."""


def run(name: str, rows: int, given: argparse.Namespace) -> dict[str, Any]:
    """All steps on one data set."""
    folder = given.work / f"{name}-{rows}"
    data, library, done = folder / "vectors", folder / "library", folder / "steps"
    arguments = [str(data), str(library)]

    def do(label: str, command: list[str], threads: int = 0) -> dict[str, Any]:
        script, *rest = command
        return step(label, [str(HERE / script), *rest], done, given.limit, threads)

    vectors = do("vectors", ["vectors.py", name, str(rows), str(data), str(given.shared)])
    if "error" in vectors:
        return {"vectors": vectors}
    if not (done / "ours-build.json").exists():
        shutil.rmtree(library, ignore_errors=True)
    ours = {"build": do("ours-build", ["ours.py", "build", *arguments])}
    ours["search"] = do("ours-search", ["ours.py", "search", *arguments], threads=1)
    ours["cold"] = _cold(["ours.py", "cold", *arguments], library, done)
    found: dict[str, Any] = {"vectors": vectors, "lookalike": ours}
    goals = {f: one["recall"] for f, one in ours["search"].get("filters", {}).items()}
    asked = ";".join(f"{f}={recall}" for f, recall in goals.items())
    for peer in given.peers:
        index = folder / peer
        if not (done / f"{peer}-build.json").exists():
            shutil.rmtree(index, ignore_errors=True)
        built = do(f"{peer}-build", ["peers.py", "build", peer, str(data), str(index)])
        found[peer] = {"build": built}
        if "error" not in built:
            command = ["peers.py", "search", peer, str(data), str(index), "--goals", asked]
            found[peer]["search"] = do(f"{peer}-search", command, threads=1)
    ours["change"] = do("ours-change", ["ours.py", "change", *arguments])
    return found


def _cold(command: list[str], library: Path, done: Path) -> dict[str, Any]:
    """From the start of a process to its first answer, with the files in memory and without."""
    kept = done / "ours-cold.json"
    if kept.exists():
        before: dict[str, Any] = json.loads(kept.read_text())
        return before
    found: dict[str, Any] = {}
    for name in ("warm", "after_eviction"):
        if name == "after_eviction":
            evict(library)
        began = time.perf_counter()
        script = [sys.executable, str(HERE / command[0]), *command[1:]]
        done_process = subprocess.run(script, capture_output=True, text=True, timeout=120)
        if done_process.returncode:
            return {"error": f"failed with status {done_process.returncode}"}
        process_s = round(time.perf_counter() - began, 3)
        found[name] = {"process_s": process_s, **json.loads(done_process.stdout)}
    kept.write_text(json.dumps(found, indent=1))
    return found


def report(found: dict[str, Any]) -> str:
    """Tables of one data set."""
    parts = [_table_of_engines(found), _table_of_filters(found)]
    ours = found["lookalike"]
    for name in ("cold", "change"):
        rows = [[key, value] for key, value in ours[name].items() if not isinstance(value, dict)]
        if name == "cold" and "warm" in ours[name]:
            keys = [key for key in ours[name]["warm"] if key.endswith("_s")]
            rows = [[k, ours[name]["warm"][k], ours[name]["after_eviction"][k]] for k in keys]
            parts.append(table(["first search, s", "files in memory", "files evicted"], rows))
        else:
            parts.append(table(["adds and deletes", ""], rows))
    return "\n\n".join(parts)


def _engines(found: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in found.items() if name != "vectors"}


def _table_of_engines(found: dict[str, Any]) -> str:
    header = ["engine", "rows", "build s", "disk MB", "recall@10", "p50 ms", "p99 ms"]
    rows = []
    for name, one in _engines(found).items():
        build, search = one["build"], one.get("search", {})
        if "error" in build or "error" in search or not search:
            rows.append([name, build.get("error") or search.get("error"), *[""] * 9])
            continue
        plain, memory = search["filters"]["none"], search["memory_mb"]["plain"]
        took = build.get("build_s") or round(build["append_s"] + build["maintain_s"], 1)
        count = search.get("rows", found["vectors"]["rows"])
        measured = [plain["recall"], plain["p50_ms"], plain["p99_ms"]]
        sizes = [memory[kind] for kind in ("rss", "uss", "anonymous")]
        effort = plain.get("effort") or build.get("probes", "")
        rows.append([name, count, took, build["disk_mb"], *measured, *sizes, effort])
    return table([*header, "RSS MB", "USS MB", "anonymous MB", "efSearch / probes"], rows)


def _table_of_filters(found: dict[str, Any]) -> str:
    engines = {
        name: one["search"]["filters"]
        for name, one in _engines(found).items()
        if len(one.get("search", {}).get("filters", ())) > 1
    }
    header = [
        "filter",
        "rows left",
        *(f"{name}: {v}" for name in engines for v in ("recall", "p50")),
    ]
    rows = []
    for name, left in found["vectors"]["filters"].items():
        cells = [
            one.get(name, {}).get(v, "") for one in engines.values() for v in ("recall", "p50_ms")
        ]
        rows.append([name, left, *cells])
    return table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=MANY_ROWS, help="of the synthetic set")
    parser.add_argument("--data", nargs="*", choices=SETS, help="which sets; see vectors.py")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--work", type=Path, help="keeps what is built, for another run")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the shared pictures")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--limit", type=float, default=3600, help="seconds for one step")
    given = parser.parse_args()
    made = given.work is None
    given.work = given.work or Path(tempfile.mkdtemp(prefix="lookalike-bench-"))
    names = given.data or (SETS if given.rows <= MANY_ROWS else SETS[:1])
    result: dict[str, Any] = {"options": options(given), "machine": machine(), "sets": {}}
    try:
        for name in names:
            say(f"== {name}, up to {given.rows:,} rows")
            found = run(name, given.rows, given)
            result["sets"][name] = found
            given.results.mkdir(parents=True, exist_ok=True)
            suffix = "".join(f"-{part}" for part in given.data or ())
            file = given.results / f"search-{given.rows}{suffix}.json"
            file.write_text(json.dumps(result, indent=1) + "\n")
            if "lookalike" in found:
                print(f"\n{name}\n\n{report(found)}\n", flush=True)
    finally:
        if made:
            shutil.rmtree(given.work, ignore_errors=True)


if __name__ == "__main__":
    main()
