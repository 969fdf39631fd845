"""Our measures are those of trec_eval, to the last bit."""

from __future__ import annotations

import ir_measures
import numpy as np
import pytest
import pytrec_eval

from lookalike.errors import UsageError
from lookalike.lab.judged import Judged, Ranking, judge
from lookalike.lab.measures import measure_names, parse_measure
from lookalike.lab.topics import Topic, picture_query

QUERIES, PICTURES, DEPTH = 60, 400, 150
TREC = {
    "AP": "map",
    "AP@100": "map_cut_100",
    "P@1": "P_1",
    "P@5": "P_5",
    "P@10": "P_10",
    "P@20": "P_20",
    "R@10": "recall_10",
    "R@100": "recall_100",
    "nDCG": "ndcg",
    "nDCG@10": "ndcg_cut_10",
    "RR": "recip_rank",
    "Rprec": "Rprec",
    "Success@5": "success_5",
}


def _case(*, graded: bool) -> tuple[list[Topic], Ranking]:
    """Random rankings; some queries find nothing, some relevant pictures are not there at all."""
    random = np.random.default_rng(11)
    topics, keys = [], np.full((QUERIES, DEPTH), -1, np.int64)
    found = np.full(QUERIES, DEPTH)
    found[3], found[4] = 0, 17
    for number in range(QUERIES):
        count = int(random.integers(1, 200 if number % 3 else 6))
        relevant = np.sort(random.choice(PICTURES, count, replace=False))
        grades = random.integers(1, 4, count) if graded else None
        absent = {"lost": 2 if graded else 1} if number % 5 == 0 else {}
        topics.append(
            Topic(f"q{number}", picture_query("aa"), relevant, grades, absent=absent)
        )  # fmt: skip
        stop = int(found[number])
        keys[number, :stop] = random.choice(PICTURES, DEPTH, replace=False)[:stop]
    scores = np.broadcast_to(-np.arange(DEPTH, dtype=np.float32), keys.shape)
    return topics, Ranking(keys, scores, found)


def _as_files(topics: list[Topic], ranking: Ranking) -> tuple[dict, dict]:
    qrels = {}
    for topic in topics:
        grades = np.ones(len(topic.relevant), int) if topic.grades is None else topic.grades
        names = map(str, topic.relevant.tolist())
        qrels[topic.id] = dict(zip(names, map(int, grades), strict=True)) | dict(topic.absent)
    run = {t.id: {str(k): s for k, s in ranking.hits(i)} for i, t in enumerate(topics)}
    return qrels, run


@pytest.mark.parametrize("graded", [False, True], ids=["binary", "graded"])
@pytest.mark.parametrize("name", TREC)
def test_each_query_gets_the_value_that_trec_eval_gives(name: str, graded: bool) -> None:
    topics, ranking = _case(graded=graded)
    qrels, run = _as_files(topics, ranking)
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {TREC[name]})
    theirs = evaluator.evaluate({q: hits for q, hits in run.items() if hits})
    measure = parse_measure(name)
    assert measure is not None
    ours = measure.values(judge(ranking, topics))
    for topic, value in zip(topics, ours, strict=True):
        assert value == theirs.get(topic.id, {TREC[name]: 0.0})[TREC[name]], topic.id


@pytest.mark.parametrize("name", [*TREC, "AP@10", "RR@10", "nDCG@100"])
def test_the_mean_is_that_of_ir_measures(name: str) -> None:
    topics, ranking = _case(graded=False)
    qrels, run = _as_files(topics, ranking)
    asked = ir_measures.parse_measure(name)
    theirs = ir_measures.calc_aggregate([asked], qrels, run)[asked]
    measure = parse_measure(name)
    assert measure is not None
    assert measure.values(judge(ranking, topics)).mean() == pytest.approx(theirs, abs=1e-14)


def _one(gains: list[int], relevant: int) -> Judged:
    return Judged(np.array([gains], np.int32), np.array([relevant]))


def _value(name: str, gains: list[int], relevant: int) -> float:
    measure = parse_measure(name)
    assert measure is not None
    return float(measure.values(_one(gains, relevant))[0])


def test_the_two_conventions_of_a_cut_off_average_precision() -> None:
    # Two of the first three are right, and 50 are relevant.
    assert _value("AP@3", [1, 0, 1], 50) == pytest.approx((1 + 2 / 3) / 50)
    assert _value("AP_cap@3", [1, 0, 1], 50) == pytest.approx((1 + 2 / 3) / 3)
    assert _value("AP_cap@3", [1, 0, 1], 2) == pytest.approx((1 + 2 / 3) / 2)


def test_the_trapezoids_of_oxford_and_holidays() -> None:
    # As compute_ap of the Oxford buildings: 1/2 * ((1 + 1) / 2) + 1/2 * ((1/2 + 2/3) / 2).
    assert _value("AP_trap", [1, 0, 1], 2) == pytest.approx(0.5 + 0.5 * (1 / 2 + 2 / 3) / 2)


def test_ukbench_counts_the_first_four() -> None:
    assert _value("NS", [1, 1, 0, 1, 1], 4) == 3


def test_a_batch_gives_what_its_queries_give_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    topics, ranking = _case(graded=True)
    judged = judge(ranking, topics)
    measure = parse_measure("nDCG@10")
    assert measure is not None
    whole = measure.values(judged)
    monkeypatch.setattr("lookalike.lab.measures._CHUNK", 7 * DEPTH)
    assert np.array_equal(measure.values(judged), whole)


def test_measures_are_named_as_people_write_them() -> None:
    assert measure_names(["map, p@10  ndcg@5", "MRR"]) == ("AP", "P@10", "nDCG@5", "RR")
    assert measure_names(["Bpref"]) == ("Bpref",)
    assert measure_names(["AP(rel=2)@10"]) == ("AP(rel=2)@10",)


@pytest.mark.parametrize(
    ("name", "says"),
    [("P", "cut-off"), ("P@0", "cut-off"), ("Rprec@5", "no cut-off"), ("nDGC@10", "nDCG")],
)
def test_a_measure_that_is_none_says_what_was_meant(name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        measure_names([name])
    assert caught.value.code == "bad-measure"
