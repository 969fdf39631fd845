"""How fast a large test collection is measured: the protocol of CIFAR-10.

``python benchmarks/evaluate.py`` takes 50,000 training vectors, 10,000 test vectors of 1,280
dimensions and ten classes, all random: only speed and memory are told by that, not quality. Beside
it, a loop that takes each query by itself and gives its ranking to trec_eval (``pytrec_eval``), on
some of the queries.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from typing import Any

import numpy as np

from lookalike.lab.judged import Ranking, judge
from lookalike.lab.measures import parse_measure
from lookalike.lab.ranking import rank_matrix
from lookalike.lab.significance import intervals
from lookalike.lab.topics import Topic, half_of, picture_query
from measure import machine, options, say, table

MEASURES = ("AP", "AP@100", "AP_cap@100", "P@1", "P@5", "P@10", "P@20", "nDCG@10", "RR", "Rprec")
TREC = {"map", "map_cut_100", "P_1", "P_5", "P_10", "P_20", "ndcg_cut_10", "recip_rank", "Rprec"}
DEPTH = 1_000


def vectors(rows: int, dims: int, seed: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    found = np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def batch(given: argparse.Namespace) -> dict[str, Any]:
    """Everything that ``lookalike evaluate`` does once it has the vectors, step by step."""
    base, asked = vectors(given.pictures, given.dims, 0), vectors(given.queries, given.dims, 1)
    labels = np.random.default_rng(2).integers(0, 10, given.pictures)
    wanted = np.random.default_rng(3).integers(0, 10, given.queries)
    classes = [np.flatnonzero(labels == label) for label in range(10)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, began, spent = {}, time.perf_counter(), time.process_time()
    topics = [
        Topic(f"q{n}", picture_query("aa"), classes[label], key=given.pictures + n, half=half_of(n))
        for n, label in enumerate(wanted)
    ]
    none = [np.empty(0, np.int64)] * len(topics)
    ranking = rank_matrix(asked, base, np.arange(given.pictures), none, depth=DEPTH)
    times["rank"] = time.perf_counter() - began
    judged = judge(ranking, topics)
    times["judge"] = time.perf_counter() - began - times["rank"]
    values = np.stack([parse_measure(name).values(judged) for name in MEASURES], axis=1)
    times["measure"] = time.perf_counter() - began - sum(times.values())
    intervals(values)
    times["intervals"] = time.perf_counter() - began - sum(times.values())
    processor = time.process_time() - spent
    product, spent = time.perf_counter(), time.process_time()
    for start in range(0, given.queries, 300):
        asked[start : start + 300] @ base.T
    alone = time.perf_counter() - product
    return {
        "seconds": {name: round(spent, 2) for name, spent in times.items()},
        "total_s": round(sum(times.values()), 2),
        "processor_s": round(processor, 2),
        "matrix_product_alone_s": round(alone, 2),
        "matrix_product_alone_processor_s": round(time.process_time() - spent, 2),
        "vectors_mb": round(before / 1024),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "loop_s_for_all": round(loop(base, asked, topics, given.loop, ranking) * given.queries, 1),
    }


def loop(base: Any, asked: Any, topics: list[Topic], count: int, ranking: Ranking) -> float:
    """Seconds a query: one product, one sort, trec_eval; the same ranking comes out."""
    import pytrec_eval

    began = time.perf_counter()
    qrels, run = {}, {}
    for row, topic in enumerate(topics[:count]):
        scores = base @ asked[row]
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        assert (best == ranking.keys[row]).mean() > 0.99
        qrels[topic.id] = dict.fromkeys(map(str, topic.relevant.tolist()), 1)
        run[topic.id] = dict(zip(map(str, best.tolist()), scores[best].tolist(), strict=True))
    pytrec_eval.RelevanceEvaluator(qrels, TREC).evaluate(run)
    return (time.perf_counter() - began) / count


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pictures", type=int, default=50_000)
    arguments.add_argument("--queries", type=int, default=10_000)
    arguments.add_argument("--dims", type=int, default=1_280)
    arguments.add_argument("--loop", type=int, default=200, help="queries that the loop takes")
    given = arguments.parse_args()
    found = batch(given)
    rows = [[name, spent] for name, spent in found["seconds"].items()]
    rows += [[name, found[name]] for name in found if name != "seconds"]
    say("\n" + table(["step", "seconds or MB"], rows))
    document = {"machine": machine(), "options": options(given), "results": found}
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
