from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pytrec_eval

from lookalike.errors import UsageError
from lookalike.lab.qrels import ordered, read_qrels, read_run, write_qrels, write_run


def _file(folder: Path, text: str) -> Path:
    path = folder / "file.txt"
    path.write_text(text, "utf-8")
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    qrels, run = tmp_path / "qrels", tmp_path / "run"
    write_qrels(qrels, [("q 1", {"a b.jpg": 2, "c.jpg": 0})])
    write_run(run, [("q 1", [("c.jpg", 3.5), ("a b.jpg", 1.25)])], tag="my system")
    assert qrels.read_text() == "q%201 0 a%20b.jpg 2\nq%201 0 c.jpg 0\n"
    assert read_qrels(qrels) == {"q%201": {"a%20b.jpg": 2, "c.jpg": 0}}
    assert read_run(run) == {"q%201": {"c.jpg": 3.5, "a%20b.jpg": 1.25}}


def test_trec_eval_sees_equal_scores_in_the_order_in_which_they_were_found(tmp_path: Path) -> None:
    names = [f"p{number}" for number in np.random.default_rng(3).permutation(300)]
    scores = np.repeat([2.0, 1e-9, 0.0], 100)
    write_run(tmp_path / "run", [("q", zip(names, scores, strict=True))])
    with (tmp_path / "run").open() as file:
        theirs = pytrec_eval.parse_run(file)
    assert ordered(theirs["q"]) == names
    for place in (0, 120, 299):
        evaluator = pytrec_eval.RelevanceEvaluator({"q": {names[place]: 1}}, {"recip_rank"})
        assert evaluator.evaluate(theirs)["q"]["recip_rank"] == 1 / (place + 1)


def test_equal_scores_of_others_are_ordered_as_trec_eval_does() -> None:
    assert ordered({"a": 1.0, "c": 1.0, "b": 1.0, "z": 0.5}) == ["c", "b", "a", "z"]
    evaluator = pytrec_eval.RelevanceEvaluator({"q": {"a": 1}}, {"recip_rank"})
    run = {"q": {"a": 1.0, "c": 1.0, "b": 1.0, "z": 0.5}}
    assert evaluator.evaluate(run)["q"]["recip_rank"] == 1 / 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("q 0 a\n", "line 1, has 3 parts"),
        ("q 0 a 1\nq 0 a 1\n", "line 2, judges a for q a second time"),
        ("q 0 a 1\n\nq 0 b high\n", "line 3, has the grade 'high'"),
        ("", "holds no line"),
    ],
)
def test_qrels_that_cannot_be_used_say_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_qrels(_file(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("q Q0 a 1 nan me\n", "line 1, has the score nan, by which nothing can be ordered"),
        ("q Q0 a 1 0.5 me\nq Q0 a 2 0.4 me\n", "line 2, ranks a for q a second time"),
        ("q Q0 a 1 me\n", "line 1, has 5 parts"),
        ("q Q0 a 1 best me\n", "line 1, has the score 'best'"),
    ],
)
def test_runs_that_cannot_be_used_say_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_run(_file(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.txt cannot be read"):
        read_qrels(tmp_path / "absent.txt")
