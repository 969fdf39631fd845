from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.concepts import load_concept_space
from lookalike.encoders.fake import COLOURS, FakeImageEncoder, FakeTextEncoder
from tests.encoders.pictures import painted

CODE = (
    "from lookalike.encoders.fake import *; from tests.encoders.pictures import painted;"
    "import sys; found = FakeImageEncoder().encode(painted(32));"
    "sys.stdout.buffer.write(found.vectors.tobytes() + found.logits.tobytes()"
    " + FakeTextEncoder().encode(['a red house']).tobytes())"
)


def test_every_process_gets_the_same_vectors() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 4 * (3 * 32 + 3 * 10 + 32)


def test_a_picture_is_nearest_to_its_own_noisy_copy() -> None:
    pixels = painted(32)
    noise = np.random.default_rng(0).integers(-6, 7, pixels.shape)
    noisy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    encoder = FakeImageEncoder()
    alike = encoder.encode(pixels).vectors @ encoder.encode(noisy).vectors.T
    assert alike.argmax(axis=1).tolist() == [0, 1, 2]
    assert alike.diagonal().min() > 0.98


@pytest.mark.parametrize("colour", COLOURS)
def test_the_name_of_a_colour_finds_the_picture_of_that_colour(colour: str, tmp_path: Path) -> None:
    space = load_concept_space("fake", tmp_path, FakeTextEncoder())
    plain = [np.full((32, 32, 3), rgb, np.uint8) for rgb in COLOURS.values()]
    logits = FakeImageEncoder().encode(np.stack(plain)).logits
    assert logits is not None
    scores = space.embed(logits) @ space.query(colour)
    assert list(COLOURS)[int(scores.argmax())] == colour
    assert space.top_classes(logits, 1)[list(COLOURS).index(colour)][0][0] == colour
