"""Filters by author, licence and page, which lie among the further texts of a picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.imaging.picture import PictureFacts
from lookalike.search.filter import compile_filter
from lookalike.sources.metadata import Metadata
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.rows import Location, PictureRecord
from lookalike.store.writer import writing

HOSTILE = 'x", "licence": "CC0\\'
EXTRAS = {
    "a": {"author": "Ada Lovelace", "licence": "CC0", "page": "https://art.example/content/fox"},
    "b": {"author": "Ada, Björn", "licence": "CC-BY 4.0", "url": "https://cdn.example/x_1.png"},
    "c": {"author": HOSTILE, "note": "author: Ada"},
    "d": {"note": "licence", "label": "cat, red fox"},
    "e": {},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> LanceStore:
    space = SpaceDescription(name="fake", kind="image", encoder="fake", dims=16)
    store = LanceStore.create(tmp_path_factory.mktemp("named") / "library", [space])
    records = [
        PictureRecord(
            letter * 32,
            (Location(f"/photos/{letter}.png", "/photos", "stamp", letter),),
            size_bytes=1,
            facts=PictureFacts("png", 1, 1, "RGB"),
            metadata=Metadata(extra=extra),
        )
        for letter, extra in EXTRAS.items()
    ]
    with writing(store) as writer:
        writer.append(records, {"fake": np.eye(len(records), 16, dtype=np.float32)})
    return store


def found(store: LanceStore, text: str) -> str:
    return "".join(sorted("abcde"[key] for key in store.keys_where(compile_filter(text))))


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ('author = "ada lovelace"', "a"),
        ("author = Ada", ""),
        ("author ~ ada", "ab"),
        ("author ~ BJÖRN", "b"),
        ("author ~ Bjo\u0308rn", "b"),
        ("author ~ ada*lace", "a"),
        ("author ~ ada*", "ab"),
        ("author ~ *lace", "a"),
        ("artist ~ lovelace", "a"),
        ("licence = cc0", "a"),
        ("license = CC0", "a"),
        ("licence ~ cc", "ab"),
        ("licence != CC0", "b"),
        ("not licence = CC0", "bcde"),
        ("licence in (CC0, 'CC-BY 4.0')", "ab"),
        ("page ~ art.example", "a"),
        ("page ~ art_example", ""),
        ("url ~ x_1", "b"),
        ("has author", "abc"),
        ("not has licence", "cde"),
        (f"author = {quoted(HOSTILE)}", "c"),
        (f"author ~ {quoted(HOSTILE[2:-2])}", "c"),
        ('author ~ "CC0"', "c"),
        ('licence ~ "CC-BY 4.0\\", "', ""),
        ("label = cat", "d"),
        ('label = "Red fox"', "d"),
        ("label = fox", ""),
        ("label = ca", ""),
        ('label = "cat, red fox"', "d"),
        ("label ~ fox", "d"),
        ("label != fox", "d"),
        ("label != cat", ""),
        ("has label", "d"),
    ],
)
def test_texts_are_found_under_their_own_names_only(
    store: LanceStore, text: str, letters: str
) -> None:
    assert found(store, text) == letters


@given(value=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8))
def test_whatever_is_asked_finds_what_holds_it_and_nothing_else(
    store: LanceStore, value: str
) -> None:
    if not value.strip() or "\0" in value:
        return
    letters = found(store, f"author ~ {quoted(value)}")
    for letter, extra in EXTRAS.items():
        if value in extra.get("author", ""):
            assert letter in letters
        elif value.isascii():
            assert (letter in letters) == (value.lower() in extra.get("author", "").lower())
