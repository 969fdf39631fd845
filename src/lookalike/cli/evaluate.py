"""``lookalike evaluate``: how good is it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.evaluate_queries import Asked, library_of
from lookalike.cli.output import JsonOption, LibraryOption, print_json, say
from lookalike.cli.report_options import (
    HtmlOption,
    SaveOption,
    check_report_name,
    given_command,
    keep_page,
)

if TYPE_CHECKING:
    from lookalike.lab.report import Report
    from lookalike.lab.significance import Difference
    from lookalike.lab.topics import TestCollection
    from lookalike.library import Library


def evaluate(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATASET]...",
            help="Folders with data sets; without -L they are indexed first, and kept.",
            readable=False,
        ),
    ] = None,
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
    only: Annotated[
        str, typer.Option(metavar="NAME", help="Of a data set's queries only these.")
    ] = "",
    suite: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Standing suites over a folder of data sets: quick, all, or one."
        ),
    ] = "",
    quick: Annotated[
        bool, typer.Option("--quick", help="With --suite: fewer queries, in seconds.")
    ] = False,
    encoder: Annotated[
        str | None, typer.Option(help="What looks at the pictures of data sets that are indexed.")
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
    space: Annotated[
        str, typer.Option(metavar="NAME", help="The space that pictures are compared in.")
    ] = "",
    metric: Annotated[
        str, typer.Option(help="Compares pictures: inner, cosine, euclidean, manhattan, chebyshev.")
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
    html: HtmlOption = None,
    save: SaveOption = "",
) -> None:
    """Measure how well a library finds what it should find.

    lookalike evaluate --labels label

    lookalike evaluate --qrels qrels.txt --queries queries.csv --measures "AP P@10"

    lookalike evaluate caltech101

    lookalike evaluate --suite quick datasets
    """
    from lookalike.cli import evaluate_show as show
    from lookalike.lab.evaluation import evaluate as measured

    asked = Asked(tuple(folders or ()), labels, qrels, queries, where, match, only)
    asked.check(suite=suite)
    check_report_name(save)
    names = _measures(measures)
    single = any((run, qrels_out, compare, montage, worst))
    with library_of(library, asked.folders, encoder, json=json) as opened:
        if suite:
            page = _suite(opened, suite, asked.folders[0], split, space, quick=quick, json=json)
            if html or save:
                keep_page(page(), opened, html, save)
            return
        collections = asked.collections(opened)
        _check_single(collections, wanted=single)
        reports = [
            measured(
                opened,
                collection,
                measures=names,
                split=split,  # type: ignore[arg-type]  # checked by the collection
                depth=depth,
                space=space,
                metric=_metric(metric),  # type: ignore[arg-type]
                engine=engine,
            )
            for collection in collections
        ]
        if len(reports) > 1:
            _several(reports, json=json)
            if html or save:
                keep_page(_page(opened, reports, {}, None), opened, html, save)
            return
        (report,) = reports
        _write(opened, report, run, qrels_out)
        other = _compared(opened, report, compare)
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
        if html or save:
            keep_page(_page(opened, [report], other, compare), opened, html, save)
    for file in (run, qrels_out, montage):
        if file is not None:
            say(f"Wrote {file}.")


def _suite(
    library: Library, name: str, folder: Path, split: str, space: str, *, quick: bool, json: bool
) -> Callable[[], str]:
    """Measure and tell the suites; returns what makes a page of them."""
    import os

    from lookalike.cli import evaluate_show as show
    from lookalike.errors import UsageError
    from lookalike.lab.suites.base import Bench, run_suites, suites_named
    from lookalike.lab.topics import SPLITS

    if split not in SPLITS:
        raise UsageError(f"There is no split {split!r}.", f"Choose {', '.join(SPLITS)}.")
    suites, few = suites_named(name)
    data = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - links as people gave them
    bench = Bench(library, data, quick or few, split, space)
    rows = run_suites(suites, bench, lambda row: say(f"{row.suite}: {row.name}, {row.among}"))
    if json:
        print_json(
            {
                "suite": name,
                "quick": bench.quick,
                "split": split,
                "rows": [row.as_dict() for row in rows],
            }
        )
    else:
        show.rows(rows)

    def page() -> str:
        from lookalike.lab.pages.evaluation import suite_page

        return suite_page(rows, name=name, command=given_command())

    return page


def _page(
    library: Library, reports: Sequence[Report], other: dict[str, Difference], run: Path | None
) -> str:
    from lookalike.lab.pages.evaluation import evaluation_page

    return evaluation_page(
        library, reports, command=given_command(), compared=other, other=str(run or "")
    )


def _check_single(collections: Sequence[TestCollection], *, wanted: bool) -> None:
    from lookalike.errors import UsageError

    if wanted and len(collections) > 1:
        raise UsageError(
            f"There are {len(collections)} sets of queries: "
            f"{', '.join(one.name for one in collections)}.",
            "Name one with --only, to write, compare or show single queries.",
            code="several-collections",
        )


def _several(reports: Sequence[Report], *, json: bool) -> None:
    from lookalike.cli import evaluate_show as show

    if json:
        print_json({"reports": [report.as_dict() for report in reports]})
    else:
        show.reports(reports)


def _measures(text: str) -> tuple[str, ...]:
    from lookalike.lab.measures import measure_names

    return measure_names([text]) if text else ()


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


def _compared(library: Library, report: Report, run: Path | None) -> dict[str, Difference]:
    if run is None:
        return {}
    from lookalike.lab.evaluation import evaluate_run
    from lookalike.lab.qrels import read_run

    ranked, name = read_run(run), str(run)
    other = evaluate_run(library, report.collection, ranked, measures=report.measures, name=name)
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
