"""``lookalike evaluate``: how good is it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.output import JsonOption, LibraryOption, open_given, print_json, say

if TYPE_CHECKING:
    from lookalike.lab.report import Report
    from lookalike.lab.significance import Difference
    from lookalike.lab.topics import TestCollection
    from lookalike.library import Library


def evaluate(
    library: LibraryOption = None,
    json: JsonOption = False,
    labels: Annotated[
        str,
        typer.Option(
            metavar="FIELD",
            help="Each picture asks for the others with the same label, folder, tag ...",
        ),
    ] = "",
    qrels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judgments, as trec_eval reads them.")
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV or TSV: qid, query (words or paths).")
    ] = None,
    where: Annotated[
        str, typer.Option(metavar="EXPR", help="Only these pictures are searched.")
    ] = "",
    match: Annotated[
        str, typer.Option(help="How words are matched: auto, words or concept.")
    ] = "auto",
    measures: Annotated[
        str, typer.Option(metavar="NAMES", help='E.g. "AP P@10 nDCG@10 AP_cap@100".')
    ] = "",
    split: Annotated[
        str, typer.Option(help="Half of the queries: tune (to choose), test (to report), or all.")
    ] = "all",
    depth: Annotated[
        int | None, typer.Option(min=1, help="Hits that count. [default: all, or 1,000]")
    ] = None,
    metric: Annotated[
        str, typer.Option(help="How picture queries are compared: inner, cosine or euclidean.")
    ] = "inner",
    engine: Annotated[
        bool, typer.Option("--engine", help="Ask picture queries one by one, index included.")
    ] = False,
    run: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rankings as a TREC run.")
    ] = None,
    qrels_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the judgments as TREC qrels.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Test the difference to this run's rankings.")
    ] = None,
    worst: Annotated[int, typer.Option(min=0, help="List the queries that fared worst.")] = 0,
    montage: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw them, each with its first hits.")
    ] = None,
) -> None:
    """Measure how well a library finds what it should find.

    lookalike evaluate --labels label

    lookalike evaluate --qrels qrels.txt --queries queries.csv --measures "AP P@10"
    """
    from lookalike.cli import evaluate_show as show
    from lookalike.lab.evaluation import evaluate as measured

    with open_given(library) as opened:
        collection = _collection(opened, labels, qrels, queries, where, match)
        report = measured(
            opened,
            collection,
            measures=[measures] if measures else (),
            split=split,  # type: ignore[arg-type]  # checked by the collection
            depth=depth,
            metric=_metric(metric),  # type: ignore[arg-type]
            engine=engine,
        )
        _write(opened, report, run, qrels_out)
        other = _compared(opened, collection, report, compare, split)
        if montage is not None:
            show.montage(opened, report, worst or 10, montage)
        if json:
            print_json(_document(opened, report, other, worst))
        else:
            show.report(report)
            if other:
                show.differences(other, str(compare))
            if worst:
                show.worst(opened, report, worst)
    for file in (run, qrels_out, montage):
        if file is not None:
            say(f"Wrote {file}.")


def _collection(
    library: Library, labels: str, qrels: Path | None, queries: Path | None, where: str, match: str
) -> TestCollection:
    from lookalike.errors import UsageError
    from lookalike.lab.datasets.labels import by_labels
    from lookalike.lab.datasets.trec import from_trec
    from lookalike.search.query import MATCHES

    if match not in MATCHES:
        raise UsageError(f"Words cannot be matched by {match!r}.", f"Choose {', '.join(MATCHES)}.")
    if bool(labels) == bool(qrels or queries) or bool(qrels) != bool(queries):
        raise UsageError(
            "It is not said what the pictures should find.",
            "Name --labels FIELD, or --qrels FILE with --queries FILE.",
            code="nothing-to-evaluate",
        )
    if qrels is None or queries is None:
        return by_labels(library.views(), labels, where=where)
    return from_trec(library.views(), qrels, queries, where=where, match=match)


def _metric(name: str) -> str:
    from lookalike.errors import UsageError
    from lookalike.lab.ranking import METRICS

    if name not in METRICS:
        raise UsageError(f"There is no metric {name!r}.", f"Choose {', '.join(METRICS)}.")
    return name


def _write(library: Library, report: Report, run: Path | None, qrels: Path | None) -> None:
    from lookalike.lab.evaluation import qrels_of, run_of
    from lookalike.lab.qrels import write_qrels, write_run

    if run is not None:
        write_run(run, run_of(report, library.views()))
    if qrels is not None:
        write_qrels(qrels, qrels_of(report.collection, library.views()))


def _compared(
    library: Library, collection: TestCollection, report: Report, run: Path | None, split: str
) -> dict[str, Difference]:
    if run is None:
        return {}
    from lookalike.lab.evaluation import evaluate_run
    from lookalike.lab.qrels import read_run

    other = evaluate_run(
        library, collection, read_run(run), measures=report.measures, split=split, name=str(run)  # type: ignore[arg-type]
    )  # fmt: skip
    for note in other.collection.notes():
        if note not in report.collection.notes():
            say(f"{run}: {note}.")
    return report.compare(other)


def _document(
    library: Library, report: Report, other: dict[str, Difference], worst: int
) -> dict[str, Any]:
    from lookalike.cli import evaluate_show as show

    document = report.as_dict()
    if other:
        document["compared"] = {name: each.as_dict() for name, each in other.items()}
    if worst:
        document["worst"] = show.worst_rows(library, report, worst)
    return document
