"""Every figure of the documentation again, by one command.

    python benchmarks/figures.py ../shared/data                   # all: most of a day on two cores
    python benchmarks/figures.py ../shared/data --list
    python benchmarks/figures.py ../shared/data --only cut maps

What each script prints goes to ``results/figures/NAME.txt``, under a head with the date, the
commit, the hardware, the versions, the load and the command; many write JSON into ``results``, too.
A script that fails leaves its message there, and the others go on. What was done is not done again,
unless ``--again`` is given or the commit is another.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lookalike.lab.provenance import Provenance
from measure import RESULTS, say

HERE = Path(__file__).resolve().parent
FOLDER = RESULTS / "figures"


@dataclass(frozen=True)
class Figure:
    """One run of a script.

    Attributes:
        name: of the file with what it prints.
        page: that tells the figures.
        command: what follows ``python``; {data}, {library}, {compared} (a library whose duplicates
            are known) and {work} are filled in.
        minutes: about so long, on two free cores.
    """

    name: str
    page: str
    command: str
    minutes: int


FIGURES = (
    Figure("encoders-quality", "encoders", "retrieval.py {data}", 15),
    Figure("encoders-speed", "encoders", "retrieval.py speed", 5),
    Figure("words", "encoders", "words.py {data}", 10),
    Figure("blending", "encoders", "blending.py {data}", 15),
    Figure("scales", "encoders", "scales.py {data}", 20),
    Figure("classic", "encoders", "classic.py {data}", 20),
    Figure("adapt", "adapt", "adapt.py {data}", 5),
    Figure("cut", "search", "cut.py {library} {data}", 1),
    Figure("cut-fit", "search", "cut_fit.py {library} {data}", 1),
    Figure("fusion", "search", "fusion.py {library} {data}", 5),
    Figure("fusion-blended", "search", "fusion.py {library} {data} --blended", 5),
    Figure("understanding", "search", "understanding.py {data} {library}", 15),
    Figure("wordnet", "search", "wordnet.py {library} {data} /usr/share/wordnet", 5),
    Figure("joint", "joint", "tiny_joint.py {data} {work}/towers", 15),
    Figure("combined", "search", "combined.py {library} --work {work} --rows 200000", 30),
    Figure("colours", "search", "colours.py {library} {data}", 2),
    Figure("learned", "feedback", "learned.py {library} {data}", 15),
    Figure("feedback", "feedback", "feedback.py {data}", 30),
    Figure("regions", "regions", "regions.py measure {data}", 40),
    Figure("maps", "map", "maps.py {library}", 5),
    Figure(
        "duplicates", "duplicates",
        "duplicates.py {data} --library {compared} --half proof", 90,
    ),
    Figure("duplicates-scale", "duplicates", "duplicates.py scale", 60),
    Figure("neighbours", "benchmarks", "neighbours.py --work {work}", 15),
    Figure("codes", "benchmarks", "codes.py {library} {data}", 1),
    Figure("codes-speed", "benchmarks", "codes_speed.py {work}", 30),
    Figure("add-space", "benchmarks", "add_space.py --work {work}", 10),
    Figure("runtimes", "benchmarks", "runtimes.py {data}", 15),
    Figure("batches", "benchmarks", "batches.py", 10),
    Figure("evaluate", "benchmarks", "evaluate.py", 5),
    Figure("apps", "benchmarks", "apps.py {data} --work {work}", 15),
    Figure("search-200000", "benchmarks", "search.py --rows 200000 --work {work}", 60),
    Figure(
        "search-1000000", "benchmarks",
        "search.py --rows 1000000 --peers faiss-hnsw faiss-flat --work {work}", 120,
    ),
    Figure("index-photos", "benchmarks", "index.py --only photos --work {work}", 20),
    Figure("index-small", "benchmarks", "index.py --files 100000 --work {work}", 15),
    Figure("index-cold", "benchmarks", "index.py --only cold --work {work}", 10),
    Figure("archives", "benchmarks", "archives.py {data}", 10),
    Figure("urls", "benchmarks", "-m benchmarks.urls --urls 10000 --latency-ms 50", 30),
)  # fmt: skip


def commit() -> str:
    """The commit that is measured, marked if files were changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def library(data: Path, work: Path, *, compared: bool) -> Path:
    """A library of all pictures, made when first asked for."""
    target = work / ("compared" if compared else "library")
    if target.exists():
        return target
    making = work / f"{target.name}.partly"
    shutil.rmtree(making, ignore_errors=True)
    verbs = [["index", str(data), "-L", str(making)]]
    if compared:
        verbs.append(["duplicates", "-L", str(making), "--json"])
    for verb in verbs:
        say(f"lookalike {' '.join(verb)}")
        done = subprocess.run([sys.executable, "-m", "lookalike.cli.main", *verb], check=False,
                              stdout=subprocess.DEVNULL)  # fmt: skip
        if done.returncode > 1:
            raise SystemExit(f"{verb[0]} ended with status {done.returncode}")
    return making.rename(target)


def run(figure: Figure, data: Path, work: Path, limit_s: float) -> bool:
    """Run one script; returns whether it went well."""
    places = {"data": str(data), "work": str(work / figure.name)}
    for name in ("library", "compared"):
        if f"{{{name}}}" in figure.command:
            places[name] = str(library(data, work, compared=name == "compared"))
    (work / figure.name).mkdir(parents=True, exist_ok=True)
    command = [word.format(**places) for word in figure.command.split()]
    module = command[0] == "-m"
    say(f"{figure.name}: python {' '.join(command)} (about {figure.minutes} minutes)")
    began = time.perf_counter()
    head = _head(figure)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])}
    try:
        done = subprocess.run(
            [sys.executable, *([] if module else [str(HERE / command.pop(0))]), *command],
            cwd=HERE.parent,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=limit_s,
            check=False,
        )
        out, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired:
        out, status = f"given up after {limit_s:.0f} s", 1
    took = time.perf_counter() - began
    for place in (data, work):  # the places of this machine are no part of a figure
        out = out.replace(str(place), place.name)
    FOLDER.mkdir(parents=True, exist_ok=True)
    end = f"status {status}, {took:.0f} s"
    (FOLDER / f"{figure.name}.txt").write_text(f"{head}\n{out}\n{end}\n", encoding="utf-8")
    say(f"{figure.name}: {end}")
    return status == 0


def _head(figure: Figure) -> str:
    where = Provenance.of()
    versions = ", ".join(f"{name} {version}" for name, version in where.versions)
    return "\n".join(
        [
            f"# python benchmarks/figures.py DATA --only {figure.name}",
            f"# python {figure.command}",
            f"# told in docs/{figure.page}.md",
            f"# {where.when:%Y-%m-%d %H:%M} UTC, commit {commit()}",
            f"# {where.processor}, {where.cores} cores, {where.memory_gb} GB, load {where.load}",
            f"# {versions}",
        ]
    )


def _is_done(figure: Figure) -> bool:
    file = FOLDER / f"{figure.name}.txt"
    if not file.is_file():
        return False
    text = file.read_text("utf-8")
    return f"commit {commit()}\n" in text and "\nstatus 0," in text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="the shared pictures")
    parser.add_argument("--only", nargs="*", choices=[each.name for each in FIGURES])
    parser.add_argument("--list", action="store_true", help="say what there is, and how long")
    parser.add_argument("--again", action="store_true", help="also what is done")
    parser.add_argument("--work", type=Path, default=Path("figures-work"), help="keeps libraries")
    parser.add_argument("--limit", type=float, default=10_800, help="seconds for one script")
    given = parser.parse_args()
    chosen = [each for each in FIGURES if not given.only or each.name in given.only]
    if given.list:
        for each in chosen:
            print(f"{each.name:20} {each.minutes:4} min  docs/{each.page}.md  {each.command}")
        return
    data, work = given.data.resolve(), given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    failed = [
        each.name
        for each in chosen
        if (given.again or not _is_done(each)) and not run(each, data, work, given.limit)
    ]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}; see {FOLDER}")


if __name__ == "__main__":
    main()
