"""A picture is looked at in three sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import unit_rows
from lookalike.encoders.efficientnet_lite import LITE0
from lookalike.encoders.registry import describe_model, load_image_encoder, resolve_model
from lookalike.encoders.several_scales import sides
from tests.encoders.pictures import painted

NAME = "efficientnet-lite0/scales"


def test_three_sizes_are_told_of_and_lite2_has_its_own() -> None:
    assert sides(LITE0) == (160, 224, 320)
    info = resolve_model("efficientnet-lite2/scales", Path("nowhere")).info
    assert (info.name, info.input and info.input.size, info.dims) == (
        "efficientnet-lite2/scales", 371, 1280
    )  # fmt: skip
    assert info.classes == "imagenet-1k"
    assert describe_model("efficientnet-lite2/scales").info == info


@pytest.mark.model
def test_the_vector_is_the_sum_of_those_at_three_sizes(cache: Path) -> None:
    encoder = load_image_encoder(NAME, cache, "onnxruntime")
    pixels = painted(320)[:2]
    found = encoder.encode(pixels)
    assert (found.vectors.shape, found.logits is not None) == ((2, 1280), True)
    plain = load_image_encoder("efficientnet-lite0", cache, "onnxruntime")
    from PIL import Image

    middle = np.stack([np.asarray(Image.fromarray(one).resize((224, 224), 3)) for one in pixels])
    seen = plain.encode(middle)
    np.testing.assert_allclose(found.logits, seen.logits, atol=1e-4)
    nearness = (unit_rows(found.vectors) * seen.vectors).sum(axis=1)
    assert (nearness > 0.6).all()
    assert (nearness < 0.999).all()
    assert encoder.encode(pixels[:0]).vectors.shape == (0, 1280)
