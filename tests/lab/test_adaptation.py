"""A space is learned from labels or judgments, and measured where it was not learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lookalike
from lookalike.encoders.base import unit_rows
from lookalike.encoders.postprocessing import Transform
from lookalike.errors import LookalikeError, UsageError
from lookalike.lab.adaptation.contrastive import contrast_slope
from lookalike.lab.adaptation.examples import by_first_label, folds, parse_hold_out, part
from lookalike.lab.adaptation.methods import WAYS, Way, average_precisions, choose_way
from lookalike.lab.datasets.labels import by_labels
from lookalike.lab.evaluation import evaluate
from lookalike.library import Library
from lookalike.opening import import_library
from lookalike.settings import Settings
from tests.pipeline.folders import paint

CLASSES, EACH, DIMS = 6, 20, 24


def clouds(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes that differ along three axes, and vary more along the others."""
    fixed, rng = np.random.default_rng(7), np.random.default_rng(seed)
    centres = np.zeros((CLASSES, DIMS))
    centres[:, :3] = fixed.normal(size=(CLASSES, 3)) * 2
    classes = np.arange(CLASSES).repeat(EACH)
    spread = np.where(np.arange(DIMS) < 3, 0.4, 3.0)
    return unit_rows(
        np.asarray(centres[classes] + rng.normal(size=(len(classes), DIMS)) * spread, np.float32)
    ), classes


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.method} {way.settings}")
def test_every_way_brings_unseen_pictures_of_a_class_together(way: Way) -> None:
    transform = Transform.from_bytes(way.learn(*clouds(0)).to_bytes())
    unseen, classes = clouds(1)
    before = average_precisions(unseen, classes).mean()
    after = average_precisions(transform(unseen), classes).mean()
    assert transform(unseen).shape == (len(unseen), transform.dims)
    assert after > before


def test_cross_validation_takes_the_way_that_does_best_on_unseen_pictures() -> None:
    vectors, classes = clouds(0)

    def useless(rows: np.ndarray, _: np.ndarray) -> Transform:
        return Transform(np.zeros(rows.shape[1], np.float32))

    lda = next(way for way in WAYS if way.method == "lda")
    tried = choose_way([Way("whiten", "not at all", useless), lda], vectors, classes, whole=False)
    assert [one.way.method for one in tried] == ["lda", "whiten"]
    assert tried[0].precision > tried[1].precision > 0


def test_the_slope_of_the_contrast_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(3)
    outputs, classes = rng.normal(size=(7, 4)).astype(np.float32), np.array([0, 0, 1, 1, 1, 2, 0])

    def loss(rows: np.ndarray) -> float:
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        scores = unit @ unit.T / 0.2
        total = 0.0
        for anchor in range(len(rows)):
            others = np.delete(np.arange(len(rows)), anchor)
            partners = others[classes[others] == classes[anchor]]
            if len(partners):
                every = np.log(np.exp(scores[anchor, others]).sum())
                total -= float((scores[anchor, partners] - every).mean())
        return total / len(rows)

    wide = outputs.astype(np.float64)
    numeric = np.zeros_like(wide)
    for at in np.ndindex(*wide.shape):
        step = np.zeros_like(wide)
        step[at] = 1e-5
        numeric[at] = (loss(wide + step) - loss(wide - step)) / 2e-5
    np.testing.assert_allclose(contrast_slope(outputs, classes), numeric, atol=1e-4)


def test_what_is_held_out_is_not_learned_from() -> None:
    labels = {key: (f"class {key % 5}",) for key in range(60)} | {100: (), 101: ("alone",)}
    examples = by_first_label(labels, np.array([*labels], np.int64))
    assert (len(examples), examples.left_out) == (60, 1)
    learned, measured = part(examples, parse_hold_out("0.25"))
    assert set(learned.keys) | set(measured.keys) == set(range(60))
    assert not set(learned.keys) & set(measured.keys)
    assert set(learned.classes) == set(measured.classes) == set(range(5))
    assert [len(keys) for keys in measured.members().values()] == [3] * 5
    learned, measured = part(examples, parse_hold_out("classes:40%"))
    assert not set(learned.classes) & set(measured.classes)
    assert len(set(measured.classes)) == 2
    whole = folds(examples.classes, 2, whole=True)
    assert all(len(set(whole[examples.classes == one])) == 1 for one in range(5))


def make(tmp_path: Path) -> Library:
    for number in range(24):
        paint(tmp_path / "pictures" / f"kind {number % 3}" / f"{number}.png", number)
    settings = Settings(cache=tmp_path / "cache")
    made = lookalike.create(tmp_path / "library", encoder="fake", settings=settings)
    made.index([tmp_path / "pictures"], label_folders=True)
    return made


@pytest.fixture
def labelled(tmp_path: Path) -> Library:
    return make(tmp_path)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return make(tmp_path_factory.mktemp("unchanged"))


def test_a_learned_space_treats_queries_and_new_pictures_alike(
    labelled: Library, tmp_path: Path
) -> None:
    with labelled as library:
        library.add_space("small", base="fake", dims=6)
        done = library.adapt("label", method="mlp", bases=["fake", "small"], name="mine")
        assert (done.summary and done.summary.filled, done.default) == (24, False)
        assert library.description.named("mine").bases == ("fake", "small")
        new = paint(tmp_path / "pictures" / "kind 1" / "new.png", 77)
        library.index([tmp_path / "pictures"])
        (best, *_) = library.search(str(new), space="mine", cut=None)
        assert Path(best.location) == new
        with pytest.raises(UsageError, match="mine is based on it"):
            library.drop_space("small")


def test_pictures_that_were_judged_are_learned_from(labelled: Library) -> None:
    with labelled as library:
        rows = library.views().store.facets(["id", "extra"]).to_pylist()
        for word in ("kind 0", "kind 2"):
            fitting = [row["id"] for row in rows if word in row["extra"]]
            library.judge(word, relevant=fitting)
        told = library.adapt(method="lda", try_only=True).as_dict()
        assert told["learned_from"]["classes"] == told["measured_on"]["classes"] == 2
        assert told["learned_from"]["pictures"] + told["measured_on"]["pictures"] == 16
        assert not library.path.joinpath("spaces").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"field": "colour"}, "no-labels"),
        ({}, "no-labels"),
        ({"field": "label", "where": "label = 'kind 1'"}, "one-class"),
        ({"field": "label", "hold_out": "1"}, "bad-hold-out"),
        ({"field": "label", "hold_out": "classes:0.9"}, "all-held-out"),
        ({"field": "label", "method": "magic"}, "bad-method"),
        ({"field": "label", "bases": ["fakes"]}, "no-such-space"),
        ({"field": "label", "name": "fake", "method": "lda"}, "space-exists"),
        ({"field": "format", "method": "lda"}, "one-class"),
    ],
)
def test_what_cannot_be_learned_is_told_and_changes_nothing(
    unchanged: Library, arguments: dict[str, str], code: str
) -> None:
    before = unchanged.description
    with pytest.raises(LookalikeError) as caught:
        unchanged.adapt(**arguments)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert unchanged.description == before


def test_what_is_not_better_becomes_the_default_by_force_only(labelled: Library) -> None:
    with labelled as library:
        with pytest.raises(UsageError) as caught:
            library.adapt("label", method="whiten", name="mine", default=True)
        assert caught.value.code == "not-better"
        assert [space.name for space in library.description.spaces if space.added] == []
        done = library.adapt("label", method="whiten", name="mine", default=True, force=True)
        assert done.default
        assert library.views().space.name == "mine"


def test_an_interrupted_try_leaves_searches_as_they_were_and_starts_anew(
    labelled: Library, tmp_path: Path
) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "encoding":
            raise KeyboardInterrupt

    asked = str(tmp_path / "pictures" / "kind 1" / "4.png")
    with labelled as library:
        before = [hit.id for hit in library.search(asked)]
        wishes = {"method": "lda", "name": "mine", "default": True, "force": True}
        done = library.adapt("label", **wishes, on_count=stop)  # type: ignore[arg-type]
        assert (done.summary and done.summary.interrupted, done.default) == (True, False)
        assert [hit.id for hit in library.search(asked)] == before
        done = library.adapt("label", **wishes)  # type: ignore[arg-type]
        assert (done.summary and done.summary.filled, done.default) == (24, True)


def test_a_learned_space_is_not_asked_with_the_pictures_that_taught_it(
    labelled: Library, tmp_path: Path
) -> None:
    with labelled as library:
        done = library.adapt("label", method="lda", name="mine").learned
        library.add_space("less", base="mine", dims=1)
        library.export(tmp_path / "export")
    settings = Settings(cache=tmp_path / "cache")
    with import_library(tmp_path / "export", tmp_path / "copy", settings=settings) as copy:
        for space in ("mine", "less"):
            report = evaluate(copy, "label", space=space)
            asked = {topic.key for topic in report.collection.topics}
            assert asked == set(done.measured.keys.tolist())
            assert f"{len(done.learned)} queries are pictures that {space} was learned from" in (
                "; ".join(report.collection.notes())
            )
        assert len(evaluate(copy, "label", space="fake").collection) == 24
        only = by_labels(copy.views(), "label")
        taught = tuple(t for t in only.topics if t.key in set(done.learned.keys.tolist()))
        with pytest.raises(UsageError, match="learned from all 18 pictures"):
            evaluate(copy, replace(only, topics=taught), space="mine")
