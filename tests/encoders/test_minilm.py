from __future__ import annotations

import numpy as np
import pytest

from lookalike.encoders.minilm import MiniLM, load_tokenizer

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("puppy", "young dog", "airplane"),
        ("automobile", "car", "flower"),
        ("a man riding a horse", "someone on horseback", "a bowl of fruit"),
        ("sofa", "couch", "shark"),
    ],
)
def test_words_of_one_meaning_are_nearer(minilm: MiniLM, word: str, near: str, far: str) -> None:
    query, *others = minilm.encode([word, near, far])
    assert query @ others[0] > query @ others[1] + 0.2


def test_a_vector_does_not_depend_on_its_batch(minilm: MiniLM) -> None:
    texts = ["a dog", "an old wooden boat on a calm lake at sunset", "", "dog " * 400]
    together = minilm.encode(texts)
    alone = np.concatenate([minilm.encode([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert minilm.encode([]).shape == (0, 384)


def test_case_and_accents_do_not_matter(minilm: MiniLM) -> None:
    plain, other = minilm.encode(["cafe in zurich", "Café in Zürich"])
    assert plain @ other > 0.999


def test_the_tokenizer_splits_words_as_bert_does() -> None:
    # as in the BERT repository's tokenization_test.py and the sentence "unaffable" of its README
    tokens = load_tokenizer().encode("UNwantéd, running unaffable!").tokens
    assert tokens == ["[CLS]", "unwanted", ",", "running", "una", "##ffa", "##ble", "!", "[SEP]"]
