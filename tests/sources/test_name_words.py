from __future__ import annotations

import pytest

from lookalike.sources.words import name_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("2019 Italy/red-fox_in-snow.jpg", "2019 Italy red fox in snow"),
        ("redFoxInSnow.JPEG", "red Fox In Snow"),
        ("HTMLPage.png", "HTML Page"),
        ("iPhone.jpg", "iPhone"),
        ("Überraschung_für_Möwen.jpg", "Überraschung für Möwen"),
        ("U\u0308bung.jpg", "Übung"),
        ("猫と犬.png", "猫と犬"),
        ("Anna's cat.jpg", "Anna's cat"),
        ("Boeing747.jpg", "Boeing 747"),
        ("Route 66/diner.jpg", "Route 66 diner"),
        ("Rome2013.jpg", "Rome 2013"),
        ("B2 mp3 4k.jpg", "B2 mp3 4k"),
        ("v1.2 final.cut.png", "v1 final cut"),
        ("no extension", "no extension"),
        ("notes.v2", "notes v2"),
        ("caf%E9 terrace.jpg", "caf terrace"),
        ("fox/fox.jpg", "fox"),
    ],
)
def test_names_become_words(name: str, words: str) -> None:
    assert name_words(f"/data/pics/{name}", "/data/pics") == f"pics {words}"


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234.jpg",
        "IMG_2019.jpg",
        "DSC00123.JPG",
        "DSCN0123 (2).jpg",
        "P1000123.JPG",
        "PXL_20210712_101112123.jpg",
        "IMG-20190712-WA0001.jpg",
        "image_0057.jpg",
        "102.jpg",
        "000001.jpg",
        "1478268555_7e301fc510.jpg",
        "a3f5c1d2e4b697880123456789abcdef.png",
        "cbf45350-1a65-4cec-abad-0f64a4a459eb.jpg",
        "n02233338_42.JPEG",
        "1f17f-fe0f.png",
        "-.png",
    ],
)
def test_what_cameras_and_programs_make_up_is_left_out(name: str) -> None:
    assert name_words(f"/pics/{name}", "/pics") == "pics"


def test_a_word_behind_a_camera_name_stays() -> None:
    assert name_words("/p q/IMG_1234_red fox.jpg", "/p q") == "p q red fox"


@pytest.mark.parametrize(
    ("location", "root", "words"),
    [
        ("/a/red fox.jpg", "/a/red fox.jpg", "red fox"),
        ("/a/b/fox.jpg", "/", "a b fox"),
        ("/a/b/fox.jpg", "/a/b/", "b fox"),
        ("/a/bc/fox.jpg", "/a/b", "fox"),
        ("https://example.org/art/red-fox.png", "https://example.org/", "example org art red fox"),
        ("C:\\Fotos\\Urlaub\\Möwe.jpg", "C:\\Fotos", "Fotos Urlaub Möwe"),
    ],
)
def test_words_begin_at_the_root(location: str, root: str, words: str) -> None:
    assert name_words(location, root) == words
