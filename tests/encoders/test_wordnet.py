"""Words as WordNet has them."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from lookalike.encoders.class_names import CLASSES, imagenet
from lookalike.encoders.concepts import ConceptSpace, class_texts
from lookalike.encoders.fake import FakeTextEncoder
from lookalike.encoders.wordnet import wordnet


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("Animals", "animal"),
        ("the musical instruments", "musical instrument"),
        ("a bus", "bus"),
        ("foxes", "fox"),
        ("berries", "berry"),
        ("policemen", "policeman"),
        ("wolves", "wolf"),
        ("qwertzes", "qwertzes"),
    ],
)
def test_a_noun_is_known_in_any_form(text: str, noun: str) -> None:
    assert wordnet().noun(text) == noun


def test_a_kind_stands_for_the_classes_below_it() -> None:
    names = [c.name for c in imagenet()]

    def below(noun: str) -> set[str]:
        return {names[i] for i in wordnet().kinds(noun)}

    assert {"goldfish", "ostrich", "tabby cat"} <= below("animals")
    assert {"violin", "grand piano", "drum"} <= below("musical instrument")
    assert not below("musical instrument") & below("animal")
    assert below("qwertz") == below("happiness") == set()


def test_synonyms_are_of_the_usual_sense() -> None:
    assert "couch" in wordnet().same("sofas")
    assert wordnet().same("mice")[0] == "mouse"


def test_the_extract_is_small() -> None:
    assert files("lookalike.encoders").joinpath("data/wordnet.json.gz").stat().st_size < 1_500_000  # type: ignore[attr-defined]


def test_a_picture_of_any_of_the_classes_is_as_near_to_their_kind_as_one_to_its_own_name() -> None:
    names, text_encoder = CLASSES["colours"].names(), FakeTextEncoder()
    kinds = [0, 2, 3, 5, 7]
    space = ConceptSpace("kinds", names, class_texts(names, text_encoder), text_encoder,
                         kinds=lambda text: kinds if text == "some" else ())  # fmt: skip
    pictures = space.embed(np.float32(30) * np.eye(len(names), dtype=np.float32))
    near = pictures @ space.query("some")
    assert near[kinds].mean() == pytest.approx(1, abs=1e-3)
    assert near[kinds].min() > np.delete(near, kinds).max()
