"""Concepts: learned queries with a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookalike.errors import NotFoundError, UsageError
from lookalike.library import Library
from lookalike.opening import import_library

from .test_feedback import Ids, colours_of, scores


def test_a_concept_is_a_clause_and_its_name_a_word(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2], concept="Sunset at sea")
    assert colours_of(library.search("concept:sunset-at-sea", k=8)) == ["blue"] * 8
    for written in ("sunset at sea", "Sunset-at-Sea"):
        results = library.search(written, k=8)
        assert colours_of(results) == ["blue"] * 8
        assert results.taught[0].concept == "sunset-at-sea"
    assert library.search("sunset at sea", learned=False).taught == ()


def test_a_concept_learns_from_its_query_and_from_itself(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:1], concept="mine")
    library.judge("zorb", relevant=of["red"][:1])
    library.judge("concept:mine", concept="mine", relevant=of["yellow"][:1])
    assert library.teaching.concept("mine")[1] == 3
    assert colours_of(library.search("concept:mine", k=40))[-8:] != ["yellow"] * 8


def test_pictures_alone_make_a_concept(library: Library, of: Ids) -> None:
    library.judge(f"id:{of['green'][0]}", concept="grass")
    found = library.search("concept:grass", k=8)
    assert colours_of(found) == ["green"] * 8
    assert of["green"][0] in [hit.id for hit in found]
    library.judge(relevant=of["black"][:2], concept="night")
    assert colours_of(library.search("concept:night", k=8)) == ["black"] * 8


def test_a_concept_weighs_like_any_clause(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2], not_relevant=of["red"][:2], concept="mine")
    twice = scores(library.search("concept:mine", "concept:mine", k=40))
    assert twice == pytest.approx(scores(library.search("2:concept:mine", k=40)), abs=1e-3)
    plain = scores(library.search("yellow", k=40))
    less = scores(library.search("yellow", without=["concept:mine"], k=40))
    assert all(less[picture] <= plain[picture] + 1e-5 for picture in plain)


def test_concepts_are_listed_renamed_and_deleted(library: Library, of: Ids) -> None:
    library.judge("zorb", relevant=of["blue"][:2], concept="mine", user="ann")
    library.judge(relevant=of["red"][:2], concept="other")
    teaching = library.teaching
    assert [(c.name, c.clauses, n) for c, n in teaching.concepts()] == [
        ("mine", ("zorb",), 2),
        ("other", (), 2),
    ]
    with pytest.raises(UsageError, match="already"):
        teaching.rename("mine", "Other")
    assert teaching.rename("mine", "our own").name == "our-own"
    assert colours_of(library.search("concept:our-own", k=8)) == ["blue"] * 8
    with pytest.raises(NotFoundError, match="no concept"):
        library.search("concept:mine")
    teaching.delete("other")
    assert [c.name for c, _ in teaching.concepts()] == ["our-own"]
    assert len(teaching.judgments()) == 2


def test_what_would_not_last_makes_no_concept(
    library: Library, of: Ids, tmp_path: Path, colours: Path
) -> None:
    stranger = tmp_path / "stranger.png"
    content = (colours / "pictures" / "red" / "p00.png").read_bytes()
    stranger.write_bytes(content + b"\0")
    with pytest.raises(UsageError, match="does not hold"):
        library.judge(str(stranger), concept="mine")
    stranger.write_bytes(content)
    library.judge(str(stranger), concept="mine")
    stranger.unlink()
    assert colours_of(library.search("concept:mine", k=8)) == ["red"] * 8
    for name in ("!!", "x" * 81):
        with pytest.raises(UsageError, match="no name"):
            library.judge("zorb", concept=name)


def test_a_concept_without_its_pictures_says_so(library: Library, of: Ids) -> None:
    library.judge(f"id:{of['green'][0]}", concept="grass")
    library.remove(of["green"][:1])
    with pytest.raises(NotFoundError, match="nothing to go by"):
        library.search("concept:grass")


def test_a_concept_may_be_made_of_another(library: Library, of: Ids) -> None:
    library.judge(relevant=of["black"][:2], concept="night")
    library.judge("concept:night", concept="darkness")
    assert colours_of(library.search("concept:darkness", k=8)) == ["black"] * 8
    library.judge("concept:darkness", concept="night")  # in a circle, and still an answer
    assert colours_of(library.search("concept:darkness", k=8)) == ["black"] * 8


def test_what_was_taught_survives_indexing_export_and_import(
    library: Library, of: Ids, colours: Path, tmp_path: Path
) -> None:
    library.judge("zorb", relevant=of["blue"][:2], concept="mine", user="ann")
    library.judge("zorb", not_relevant=of["red"][:1])
    library.index([colours / "pictures" / "blue"])
    library.export(tmp_path / "exported")
    imported = import_library(
        tmp_path / "exported", tmp_path / "imported", settings=library.settings
    )
    for one in (library, imported):
        assert {j.picture for j in one.teaching.judgments(user="ann")} == {*of["blue"][:2]}
        assert scores(one.search("concept:mine", k=40)) == pytest.approx(
            scores(library.search("concept:mine", k=40)), abs=1e-4
        )
    assert imported.teaching.judgments() == library.teaching.judgments()


def test_an_export_without_judgments_is_imported(library: Library, of: Ids, tmp_path: Path) -> None:
    library.judge("zorb", relevant=of["blue"][:2])
    library.export(tmp_path / "exported")
    manifest = json.loads((tmp_path / "exported" / "manifest.json").read_text())
    for name in ("judgments.parquet", "concepts.parquet"):
        del manifest["files"][name]
        (tmp_path / "exported" / name).unlink()
    (tmp_path / "exported" / "manifest.json").write_text(json.dumps(manifest))
    imported = import_library(tmp_path / "exported", tmp_path / "imported")
    assert imported.teaching.judgments() == []
    assert len(imported) == 40
