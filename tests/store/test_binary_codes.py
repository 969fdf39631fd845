"""Spaces whose vectors are stored as binary codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lookalike
from lookalike.encoders.base import unit_rows
from lookalike.encoders.postprocessing import fit_transform
from lookalike.encoders.signs import for_signs
from lookalike.errors import UsageError
from lookalike.library import Library
from lookalike.opening import import_library
from lookalike.settings import Settings
from lookalike.store.binary_codes import pack, unpack
from lookalike.store.code_segments import CodeSegment
from lookalike.store.code_view import CodeView
from lookalike.store.segments import Segment, write_segments
from tests.pipeline.folders import paint

ROWS, DIMS = 6_000, 64


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, DIMS))
    rows = centres[rng.integers(0, 60, ROWS)] + 0.7 * rng.normal(size=(ROWS, DIMS))
    return unit_rows(np.asarray(rows, np.float32))


def test_a_code_is_the_signs_and_stands_for_a_vector_of_length_1(vectors: np.ndarray) -> None:
    codes = pack(vectors[:10])
    read = unpack(codes)
    assert (codes.dtype, codes.shape) == (np.uint8, (10, DIMS // 8))
    assert ((read > 0) == (vectors[:10] > 0)).all()
    np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1, atol=1e-6)


def test_a_fitted_rotation_keeps_more_of_what_is_near(vectors: np.ndarray) -> None:
    plain = fit_transform(vectors[:1_000], 32)
    turned = for_signs(plain, vectors[:1_000])
    rows = plain(vectors)
    np.testing.assert_allclose(turned(vectors) @ turned(vectors)[0], rows @ rows[0], atol=1e-4)

    def lost(some: np.ndarray) -> float:
        return float(np.mean((some - unpack(pack(some))) ** 2))

    assert lost(turned(vectors)) < lost(rows)


def test_a_written_segment_scores_queries_against_codes(
    vectors: np.ndarray, tmp_path: Path
) -> None:
    keys = np.arange(ROWS) * 2
    (name,) = write_segments(tmp_path, DIMS, [(keys, vectors)], CodeSegment)
    (plain,) = write_segments(tmp_path, DIMS, [(keys, vectors)])
    size = {one.stem: (tmp_path / f"{one.stem}.faiss").stat().st_size for one in (name, plain)}
    assert size[name.stem] < size[plain.stem] / 5
    segment, read = CodeSegment.open(tmp_path, name), unpack(pack(vectors))
    np.testing.assert_allclose(segment.reconstruct_all(), read, atol=1e-6)
    np.testing.assert_allclose(segment.reconstruct_range(7, 9), read[7:9], atol=1e-6)
    np.testing.assert_allclose(segment.reconstruct(np.array([5, 3])), read[[5, 3]], atol=1e-6)
    query = vectors[:2]
    np.testing.assert_allclose(segment.all_scores(query), query @ read.T, atol=1e-5)
    with pytest.raises((ValueError, RuntimeError)):
        CodeSegment.open(tmp_path, type(name)(name.stem, ROWS - 1))


def test_the_nearest_by_few_bits_are_nearly_all_that_scoring_all_finds(
    vectors: np.ndarray,
) -> None:
    keys = np.arange(ROWS) + 10
    view = CodeView(DIMS, [CodeSegment.in_memory(DIMS, [(keys, vectors)])], keys)
    some, shared = keys[::2][:2_500], []
    for query in vectors[:40]:
        for chosen in (None, some):
            quick = view.top(query, 10, chosen)
            whole = view.top(query, 10, chosen, exact=True)
            assert (quick.exact, whole.exact) == (False, True)
            shared.append(len(set(quick.keys) & set(whole.keys)) / 10)
            assert chosen is None or set(quick.keys) <= set(chosen)
    assert np.mean(shared) > 0.97
    few = view.top(vectors[0], 5, keys[:100])
    assert few.exact
    assert set(few.keys) <= set(keys[:100])
    assert np.isin(view.near(vectors[3], 20)[0], keys).all()


def make(tmp_path: Path) -> Library:
    for number in range(40):
        paint(tmp_path / "pictures" / f"{number}.png", number)
    made = lookalike.create(
        tmp_path / "library", encoder="fake", settings=Settings(cache=tmp_path / "cache")
    )
    made.index([tmp_path / "pictures"])
    return made


def test_a_space_of_codes_is_searched_kept_up_checked_and_exported(tmp_path: Path) -> None:
    asked = str(tmp_path / "pictures" / "7.png")
    with make(tmp_path) as library:
        assert library.add_space("bits", base="fake", dims=24, codes="binary").filled == 40
        new = paint(tmp_path / "pictures" / "new.png", 99)
        library.index([tmp_path / "pictures"])
        space = library.description.named("bits")
        assert (space.codes, space.dims) == ("binary", 24)
        table = library.views("bits").store.space_table(space)
        assert (len(table), table.form.bytes) == (41, 3)
        assert Path(library.search(str(new), space="bits", cut=None)[0].location) == new
        by_file = [hit.id for hit in library.search(asked, space="bits", cut=None, k=10)]
        picture = library.search(asked, space="fake", k=1)[0].id
        by_id = library.search(f"id:{picture}", space="bits", cut=None, k=10)
        assert by_file[1:] == [hit.id for hit in by_id][:9]
        assert library.check().problems == []
        library.export(tmp_path / "export")
        for file in (library.path / "caches" / space.column).glob("*.faiss"):
            file.write_bytes(b"damaged")
    settings = Settings(cache=tmp_path / "cache")
    with lookalike.open(tmp_path / "library", settings=settings) as again:
        assert [hit.id for hit in again.search(asked, space="bits", cut=None, k=10)] == by_file
    with import_library(tmp_path / "export", tmp_path / "copy", settings=settings) as copy:
        assert [hit.id for hit in copy.search(asked, space="bits", cut=None, k=10)] == by_file
        assert copy.check().problems == []
        for arguments, message in (
            ({"base": "bits"}, "nothing more is made of"),
            ({"base": "fake", "dims": 20}, "20 bits do not fill whole bytes"),
            ({"base": "fake", "metric": "manhattan"}, "no manhattan distance"),
            ({"encoder": "fake"}, "made of a space that is there"),
        ):
            with pytest.raises(UsageError, match=message):
                copy.add_space("more", codes="binary", **arguments)  # type: ignore[arg-type]


def test_other_segments_are_as_they_were(vectors: np.ndarray) -> None:
    segment = Segment.in_memory(DIMS, [(np.arange(50), vectors[:50])])
    np.testing.assert_allclose(segment.reconstruct_all(), vectors[:50], atol=1e-3)
