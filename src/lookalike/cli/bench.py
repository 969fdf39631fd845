"""``lookalike bench``: how fast is it on this machine."""

from __future__ import annotations

import json as json_
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    open_given,
    print_json,
    say,
    table_console,
    write_text,
)

if TYPE_CHECKING:
    from lookalike.lab.bench.curves import Curve

_LIMIT_S = 900.0
_LEAST = 8


def bench(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER]...",
            help="Pictures to measure with; else those of the library.",
            readable=False,
        ),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
    pictures: Annotated[
        int, typer.Option(min=_LEAST, help="With how many of them, drawn at random.")
    ] = 500,
    encoder: Annotated[str, typer.Option(help="See `lookalike models`.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result as JSON.")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="BEFORE AFTER", help="Measure nothing: compare two results."),
    ] = None,
    engines: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Instead: recall against time of search engines, or all."
        ),
    ] = "",
    vectors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --engines: these vectors (.npy) instead."),
    ] = None,
    queries: Annotated[
        int, typer.Option(min=1, help="With --engines: so many vectors are taken out to ask with.")
    ] = 300,
    space: Annotated[
        str, typer.Option(metavar="NAME", help="With --engines: the space of the library.")
    ] = "",
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --engines: draw the curves.")
    ] = None,
) -> None:
    """Measure decoding, encoding, indexing, searching and memory on this machine.

    lookalike bench ~/Pictures --out before.json

    lookalike bench --compare before.json after.json

    lookalike bench --engines all --plot engines.png

    The machine should have nothing else to do meanwhile.
    """
    if compare is not None:
        _compare(*compare, json=json)
        return
    if engines:
        result = _engines(library, engines, vectors, queries, space, plot, json=json)
    else:
        result = _steps(folders or [], library, encoder, pictures, json=json)
    if out is not None:
        write_text(out, json_.dumps(result, indent=1) + "\n")
        say(f"Wrote {out}.")
    if json:
        print_json(result)


def _steps(
    folders: list[Path], library: Path | None, encoder: str, count: int, *, json: bool
) -> dict[str, Any]:
    from lookalike.encoders.registry import DEFAULT_IMAGE_ENCODER
    from lookalike.lab.bench.process import watched
    from lookalike.lab.bench.result import KIND, VERSION
    from lookalike.lab.provenance import Provenance

    encoder = encoder or DEFAULT_IMAGE_ENCODER
    files = _chosen(folders, library, count)
    steps: list[dict[str, Any]] = []
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as made:
        listed = Path(made) / "files.json"
        listed.write_text(json_.dumps([str(path) for path in files]), encoding="utf-8")
        place = str(Path(made) / "library")
        searches: list[dict[str, Any]] = []
        for name in ("decode", "encode", "loop", "index", "search"):
            say(f"Measuring: {name} ...")
            module = [sys.executable, "-m", "lookalike.cli.bench_step"]
            done = watched([*module, name, encoder, str(listed), place], _LIMIT_S)
            found = json_.loads(done.out.strip().splitlines()[-1])
            if name == "search":
                searches = found["searches"]
            else:
                steps.append(found)
            if name in ("index", "search"):
                memory[f"{name}ing"] = done.peak_mb
    where = asdict(Provenance.of(" ".join(["lookalike", *sys.argv[1:]])))
    result = {
        "kind": KIND,
        "version": VERSION,
        **where,
        "when": where["when"].isoformat(timespec="seconds"),
        "encoder": encoder,
        "pictures": len(files),
        "steps": steps,
        "searches": searches,
        "memory_mb": memory,
        "ratios": _ratios(steps),
    }
    if not json:
        _show_steps(result)
    return result


def _ratios(steps: list[dict[str, Any]]) -> dict[str, float]:
    rates = {step["step"]: step["per_second"] for step in steps}
    both = 1 / (1 / rates["decode"] + 1 / rates["encode"])
    return {
        "index / plain loop": round(rates["index"] / rates["plain loop"], 2),
        "index / what decoding and encoding leave room for": round(rates["index"] / both, 2),
    }


def _chosen(folders: list[Path], library: Path | None, count: int) -> list[Path]:
    from lookalike.errors import UsageError
    from lookalike.sources.sniff import PICTURE_EXTENSIONS

    if folders:
        found = [
            path
            for folder in folders
            for path in ([folder] if folder.is_file() else sorted(folder.rglob("*")))
            if path.suffix.lower() in PICTURE_EXTENSIONS and path.is_file()
        ]
    else:
        with open_given(library) as opened:
            store = opened.views().store
            places = store.columns(store.keys(), ["location"])["location"].to_pylist()
        found = [path for path in map(Path, places) if path.is_file()]
    if len(found) < _LEAST:
        raise UsageError(
            f"There are {len(found)} pictures to measure with; {_LEAST} are needed.",
            "Name a folder with more.",
            code="too-few-pictures",
        )
    chosen = random.Random(0).sample(sorted(found), min(count, len(found)))
    return [path.absolute() for path in chosen]


def _show_steps(result: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("step", "pictures/s", "how"):
        table.add_column(name, justify="right" if name == "pictures/s" else "left")
    for step in result["steps"]:
        table.add_row(step["step"], f"{step['per_second']:,.1f}", step["detail"])
    table_console().print(table)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("search for", "p50 ms", "p99 ms"):
        table.add_column(name, justify="left" if name == "search for" else "right")
    for asked in result["searches"]:
        table.add_row(asked["query"], f"{asked['p50_ms']:.1f}", f"{asked['p99_ms']:.1f}")
    table_console().print(table)
    sizes = ", ".join(f"{size:,.0f} MB while {name}" for name, size in result["memory_mb"].items())
    say(f"Memory: {sizes}.")
    for name, ratio in result["ratios"].items():
        say(f"{name[0].upper()}{name[1:]}: {ratio}.")
    say(
        f"{result['pictures']:,} pictures, {result['encoder']}, {result['cores']} cores "
        f"({result['processor']}), load {result['load']}."
    )


def _compare(before: Path, after: Path, *, json: bool) -> None:
    from lookalike.lab.bench.result import differences, read_result, setups_differ

    old, new = read_result(before), read_result(after)
    rows, notes = differences(old, new), setups_differ(old, new)
    if json:
        names = ("figure", "before", "after", "times_as_good")
        print_json(
            {"figures": [dict(zip(names, row, strict=True)) for row in rows], "setups": notes}
        )
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("figure", "before", "after", "times as good"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for name, was, now, better in rows:
        table.add_row(name, f"{was:,}", f"{now:,}", f"{better:.2f}")
    table_console().print(table)
    for note in notes:
        say(f"Not the same: {note}.")


def _engines(
    library: Path | None,
    names: str,
    file: Path | None,
    asked: int,
    space: str,
    plot: Path | None,
    *,
    json: bool,
) -> dict[str, Any]:
    import numpy as np

    from lookalike.encoders.base import unit_rows
    from lookalike.errors import UsageError
    from lookalike.lab.bench.curves import curves
    from lookalike.lab.bench.engines.base import kinds
    from lookalike.lab.provenance import Provenance

    if file is not None:
        try:
            rows = np.load(file, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{file} holds no vectors: {error}", "Save them with numpy.save, as (n, dims)."
            ) from error
    else:
        with open_given(library) as opened:
            look = opened.views(space).look
            rows = look.vectors(look.live)
    if rows.ndim != 2 or len(rows) < 2 * _LEAST:
        raise UsageError(
            f"Engines need at least {2 * _LEAST} vectors, not an array of {rows.shape}.",
            "Name a larger library, or a file with more (--vectors).",
            code="too-few-pictures",
        )
    rows = unit_rows(rows.astype(np.float32))
    order = np.random.default_rng(0).permutation(len(rows))
    asked = min(asked, len(rows) // 2)
    wanted = list(kinds()) if names == "all" else [name.strip() for name in names.split(",")]
    found = curves(
        wanted, rows[np.sort(order[asked:])], rows[order[:asked]], lambda name: say(f"{name} ...")
    )
    what = f"{len(rows) - asked:,} vectors of {rows.shape[1]} dimensions, {asked} queries"
    if plot is not None:
        from lookalike.lab.bench.plot import plot_curves

        plot_curves(found, plot, what)
        say(f"Wrote {plot}.")
    if not json:
        _show_engines(found, what)
    where = asdict(Provenance.of(" ".join(["lookalike", *sys.argv[1:]])))
    return {
        "kind": "lookalike bench engines",
        **where,
        "when": where["when"].isoformat(timespec="seconds"),
        "vectors": len(rows) - asked,
        "dims": rows.shape[1],
        "queries": asked,
        "engines": [asdict(curve) for curve in found],
    }


def _show_engines(found: list[Curve], what: str) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("engine", "recall@10", "p50 ms", "p99 ms", "effort", "build s", "memory MB"):
        table.add_column(name, justify="left" if name == "engine" else "right")
    for curve in found:
        if curve.error:
            table.add_row(curve.engine, curve.error)
            continue
        best = curve.at(0.98) or max(curve.points, key=lambda point: point.recall)
        cells = (f"{best.recall:.3f}", f"{best.p50_ms:.2f}", f"{best.p99_ms:.2f}", str(best.effort))
        table.add_row(curve.engine, *cells, f"{curve.build_s:.1f}", f"{curve.memory_mb:,.0f}")
    table_console().print(table)
    say(f"{what}; each engine at the least time with a recall of .98, else at its best recall.")
