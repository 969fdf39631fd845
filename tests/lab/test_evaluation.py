"""Measuring a real library."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval

from lookalike.errors import NotFoundError, UsageError
from lookalike.lab import by_labels, evaluate, evaluate_run, from_trec, read_run
from lookalike.lab.evaluation import qrels_of, run_of
from lookalike.lab.qrels import write_qrels, write_run
from lookalike.lab.ranking import rank_matrix
from lookalike.library import Library

NAMES = {"AP": "map", "P@1": "P_1", "nDCG@10": "ndcg_cut_10", "Rprec": "Rprec"}


def test_the_files_give_trec_eval_the_same_values(library: Library, tmp_path: Path) -> None:
    report = evaluate(library, "label", measures=[*NAMES])
    qrels, run = tmp_path / "qrels", tmp_path / "run"
    write_qrels(qrels, qrels_of(report.collection, library.views()))
    write_run(run, run_of(report, library.views()))
    with qrels.open() as one, run.open() as other:
        judged, ranked = pytrec_eval.parse_qrel(one), pytrec_eval.parse_run(other)
    theirs = pytrec_eval.RelevanceEvaluator(judged, set(NAMES.values())).evaluate(ranked)
    assert set(theirs) == set(report.queries)
    for row in report.rows():
        for ours, name in NAMES.items():
            assert row[ours] == theirs[row["query"]][name]


def test_the_engine_and_the_matrix_product_agree(library: Library) -> None:
    quick = evaluate(library, "label")
    asked = evaluate(library, "label", engine=True)
    assert asked.system == "search"
    assert np.array_equal(quick.values, asked.values)


def test_a_query_does_not_find_itself_and_everything_else_is_ranked(library: Library) -> None:
    report = evaluate(library, "label")
    for row, topic in enumerate(report.collection.topics):
        keys = [key for key, _ in report.ranking.hits(row)]
        assert sorted([*keys, topic.key]) == sorted(library.views().look.live.tolist())


def test_what_has_no_label_is_searched_but_asks_nothing(library: Library) -> None:
    report = evaluate(library, "label")
    assert (len(report), report.pictures) == (18, 19)
    assert report.collection.notes() == ["1 pictures have no label (searched, but not asked for)"]


def test_the_halves_share_no_class_and_make_up_the_whole(library: Library) -> None:
    halves = {
        split: {t.id for t in evaluate(library, "label", split=split).collection.topics}  # type: ignore[arg-type]
        for split in ("tune", "test", "all")
    }
    labels = {
        record.id: record.metadata.extra.get("label")
        for record in library.views().store.records(library.views().store.keys())
    }
    classes = {split: {labels[one] for one in ids} for split, ids in halves.items()}
    assert classes["tune"] == {"blue", "red"}
    assert classes["test"] == {"green"}
    assert halves["tune"] | halves["test"] == halves["all"]


def test_a_run_of_another_system_is_measured_and_compared(library: Library, tmp_path: Path) -> None:
    collection = by_labels(library.views(), "label")
    good = evaluate(library, collection)
    ids = {record.key: record.id for record in library.views().store.records(range(19))}
    turned_over = [
        (query, [(name, -score) for name, score in reversed(hits.items())])
        for query, hits in _reranked(good, ids).items()
    ]
    path = tmp_path / "run"
    write_run(path, turned_over)
    same = evaluate_run(library, collection, _reranked(good, ids))
    assert np.array_equal(same.values, good.values)
    assert {one.p for one in good.compare(same).values()} == {1.0}
    turned = evaluate_run(library, collection, read_run(path))
    found = good.compare(turned)["AP"]
    assert found.mean > 0.3
    assert found.p < 0.001
    assert found.worse == 0


def _reranked(report, ids):  # type: ignore[no-untyped-def]
    return {
        topic.id: {ids[key]: score for key, score in report.ranking.hits(row)}
        for row, topic in enumerate(report.collection.topics)
    }


def test_what_a_run_lacks_counts_as_nothing_found(library: Library) -> None:
    collection = by_labels(library.views(), "label")
    ids = {record.key: record.id for record in library.views().store.records(range(19))}
    run = _reranked(evaluate(library, collection), ids)
    left = dict(list(run.items())[:10])
    report = evaluate_run(library, collection, left)
    assert (report.values[10:] == 0).all()
    notes = report.collection.notes()
    assert "8 queries are not in the run (they count as answered with nothing)" in notes
    with pytest.raises(UsageError, match="answers none of the 18 queries"):
        evaluate_run(library, collection, {"someone": {"a": 1.0}})


def test_what_a_run_names_and_nobody_knows_is_wrong_and_counted(library: Library) -> None:
    collection = by_labels(library.views(), "label")
    ids = {record.key: record.id for record in library.views().store.records(range(19))}
    run = _reranked(evaluate(library, collection), ids)
    first = collection.topics[0].id
    run[first] = {"nobody": 1e6, **run[first]}
    run["no query"] = {"nobody": 1.0}
    before = evaluate(library, collection, measures=["P@1"])
    report = evaluate_run(library, collection, run, measures=["P@1"])
    assert (before.values[0], report.values[0]) == (1, 0)
    assert np.array_equal(before.values[1:], report.values[1:])
    assert report.collection.notes()[-2:] == [
        "1 queries of the run are not asked here",
        "1 names in the run are no pictures of the library (they count as wrong)",
    ]


def test_pictures_can_be_compared_by_concept(library: Library) -> None:
    name = library.description.space("concept").name  # type: ignore[union-attr]
    report = evaluate(library, "label", space=name)
    assert report.system == f"{name}, inner product"
    # The classes of the fake encoder are colours.
    assert report.means["P@1"] > 0.9
    assert not np.array_equal(report.values, evaluate(library, "label").values)
    with pytest.raises(NotFoundError):
        evaluate(library, "label", space="nothing")


def test_names_of_pictures_and_what_is_missing(library: Library, tmp_path: Path) -> None:
    (tmp_path / "queries.csv").write_text(
        "qid,query\nq1,red/p0.png\nq2,green\nq3,blue/p1.png\nq4,blue/gone.png\nq5,unjudged\n"
    )
    (tmp_path / "qrels.txt").write_text(
        "q1 0 red/p0.png 1\nq1 0 red/p1.png 2\nq1 0 red/p9.png 1\n"
        "q2 0 green/p1.png 1\nq3 0 blue/p1.png 1\nq4 0 blue/p1.png 1\nq6 0 blue/p1.png 1\n"
    )
    collection = from_trec(
        library.views(), tmp_path / "qrels.txt", tmp_path / "queries.csv", match="concept"
    )
    assert [topic.id for topic in collection.topics] == ["q1", "q2", "q4"]
    assert sorted(collection.notes()) == [
        "1 judged queries are not in the queries' file",
        "1 queries have no judgment",
        "1 queries have nothing relevant to find (not measured)",
        "1 relevant pictures are not in the library (they count as not found)",
    ]
    report = evaluate(library, collection, measures=["R@19", "nDCG"])
    assert report.system == "search"
    # Of p1, p0 (the query itself, which does not count) and p9 (not there) one can be found.
    assert report.of("R@19").tolist() == [0.5, 1.0, 1.0]
    assert dict(qrels_of(collection, library.views()))["q1"] == {"red/p1.png": 2, "red/p9.png": 1}


def test_relevant_pictures_beyond_the_filter_are_counted(library: Library) -> None:
    everything = by_labels(library.views(), "label")
    report = evaluate(library, replace(everything, where="folder = red"), measures=["R@19"])
    assert report.pictures == 6
    assert report.collection.notes()[-1] == (
        "12 relevant pictures are not among those that are searched (they count as not found)"
    )
    assert sorted(set(report.of("R@19").tolist())) == [0, 1]


def test_a_name_that_fits_several_pictures_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "queries.csv").write_text("qid,query\nq1,green\n")
    (tmp_path / "qrels.txt").write_text("q1 0 p0.png 1\n")
    with pytest.raises(UsageError, match="Name pictures by more of their path"):
        from_trec(library.views(), tmp_path / "qrels.txt", tmp_path / "queries.csv")


def test_labels_that_are_not_there_or_all_the_same_are_refused(library: Library) -> None:
    with pytest.raises(UsageError, match="There is label, shade, folder, tag") as caught:
        evaluate(library, "colour")
    assert caught.value.code == "no-labels"
    with pytest.raises(UsageError, match="All 6 pictures have the label 'red'") as caught:
        by_labels(library.views(), "label", where="folder = red")
    assert caught.value.code == "one-class"


def test_folders_serve_as_labels(library: Library) -> None:
    report = evaluate(library, "folder", measures=["P@1"])
    assert len(report) == 18
    assert report.collection.left_out == {
        "pictures are alone in their class (searched, but not asked for)": 1
    }


def test_the_metrics_rank_as_their_formulas_say() -> None:
    random = np.random.default_rng(4)
    vectors = random.normal(size=(50, 8)).astype(np.float32)
    queries = random.normal(size=(5, 8)).astype(np.float32)
    keys = np.arange(10, 60)
    away = np.linalg.norm(vectors[None] - queries[:, None], axis=2)
    inner = queries @ vectors.T
    cosine = inner / np.linalg.norm(vectors, axis=1)
    for metric, worth in (("euclidean", -away), ("inner", inner), ("cosine", cosine)):
        none = [np.empty(0, np.int64)] * 5
        found = rank_matrix(queries, vectors, keys, none, metric=metric, depth=20)  # type: ignore[arg-type]
        assert np.array_equal(found.keys, keys[np.argsort(-worth, axis=1)[:, :20]])


def test_a_report_shows_itself_in_a_notebook(library: Library) -> None:
    shown = evaluate(library, "label")._repr_html_()
    assert "<th>AP</th>" in shown
    assert "18 queries, 19 pictures" in shown


def test_what_needs_the_extra_says_how_to_install_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    report = evaluate(library, "label", measures=["AP", "nDCG@10"])  # needs nothing
    with pytest.raises(UsageError, match=r'pip install "lookalike\[lab\]"') as caught:
        evaluate(library, "label", measures=["Bpref"])
    assert caught.value.code == "extra-missing"
    with pytest.raises(UsageError, match=r'pip install "lookalike\[lab\]"'):
        report.to_frame()
