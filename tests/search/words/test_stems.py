"""Other forms of a word in each language, where a library is written in it."""

from __future__ import annotations

import pytest

from lookalike.search.words import stems
from lookalike.search.words.stems import Forms
from lookalike.store.folding import fold
from lookalike.store.vocabulary import Vocabulary

FORMS = {
    "arabic": ("معلمون", "معلم"),
    "armenian": ("ծաղիկներ", "ծաղիկ"),
    "basque": ("etxeak", "etxe"),
    "catalan": ("gata", "gat"),
    "czech": ("kočkami", "kočka"),
    "danish": ("billederne", "billede"),
    "dutch": ("huizen", "huis"),
    "estonian": ("koerad", "koera"),
    "finnish": ("talossa", "talo"),
    "french": ("châteaux", "château"),
    "german": ("Häuser", "Haus"),
    "greek": ("αλεπούδες", "αλεπού"),
    "hindi": ("घरों", "घर"),
    "hungarian": ("kutyák", "kutya"),
    "indonesian": ("kucingnya", "kucing"),
    "italian": ("castelli", "castello"),
    "lithuanian": ("miestai", "miestas"),
    "norwegian": ("hunder", "hund"),
    "persian": ("گربه‌ها", "گربه"),
    "polish": ("kwiaty", "kwiat"),
    "portuguese": ("amarela", "amarelo"),
    "romanian": ("pisicile", "pisica"),
    "russian": ("лягушками", "лягушка"),
    "serbian": ("mačke", "mačka"),
    "spanish": ("zorra", "zorro"),
    "swedish": ("blommor", "blomma"),
    "turkish": ("evlerde", "ev"),
}


def written_in(language: str, *words: str) -> Forms:
    markers = stems._MARKERS.get(language, "").split()
    own = [chr(ord(stems._OWN_LETTERS[language][0]) + 1)] if not markers else []
    known = tuple(sorted({*markers, *own, *(fold(word) for word in words)}))
    return Forms(Vocabulary(known, (1,) * len(known)))


def test_every_language_has_an_example() -> None:
    assert set(FORMS) == {*stems._MARKERS, *stems._OWN_LETTERS}


@pytest.mark.parametrize("language", FORMS)
def test_another_form_of_a_word_is_found(language: str) -> None:
    asked, written = FORMS[language]
    forms = written_in(language, written)
    assert language in forms.languages
    assert fold(written) in forms.of(fold(asked))


def test_a_word_with_its_article_is_a_form() -> None:
    assert "الكتاب" in written_in("arabic", "الكتاب").of("كتاب")
    assert "كتاب" in written_in("arabic", "كتاب").of("الكتاب")
