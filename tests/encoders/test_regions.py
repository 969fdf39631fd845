"""Regions of the real networks: one pass over a picture sees its parts."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.encoders.region_grid import GRID
from lookalike.encoders.regions import load_region_encoder, region_info, region_query
from lookalike.encoders.registry import load_image_encoder
from lookalike.errors import ModelError
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import InputSpec, Limits

pytestmark = pytest.mark.model
SAMPLES = Path(__file__).parents[2] / "samples" / "pictures"


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return sorted(SAMPLES.rglob("*.jpg"))[:9]


def test_a_picture_pasted_into_another_is_told_by_its_region(
    files: list[Path], cache: Path
) -> None:
    encoder = load_image_encoder("efficientnet-lite0", cache)
    regions = load_region_encoder("efficientnet-lite0", cache)
    small = [decode(file, [InputSpec(224, "squash")], Limits()).pixels[0] for file in files]
    pasted = Image.fromarray(np.kron(small[0], np.ones((2, 2, 1), np.uint8)))
    pasted.paste(Image.fromarray(small[1]), (224, 0))
    seen = regions.encode(np.asarray(pasted)[None]).vectors.reshape(len(GRID), -1)
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, atol=1e-2)
    asked = encoder.encode(np.stack(small)).vectors
    info = region_info("efficientnet-lite0")
    queries = np.stack([region_query("efficientnet-lite0", vector) for vector in asked])
    assert queries.shape == (len(files), info.dims) == (len(files), seen.shape[1])
    scores = queries @ seen.T
    assert scores[1:].max(axis=1).argmax() == 0
    left, upper, width, height = GRID[int(scores[1].argmax())]
    assert left + width / 2 > 0.5
    assert upper + height / 2 < 0.5


def test_other_pixels_are_refused(cache: Path) -> None:
    regions = load_region_encoder("efficientnet-lite0", cache, "onnxruntime")
    assert regions.encode(np.zeros((0, 448, 448, 3), np.uint8)).vectors.shape == (0, regions.dims)
    with pytest.raises(ModelError) as caught:
        regions.encode(np.zeros((1, 224, 224, 3), np.uint8))
    assert caught.value.code == "wrong-input"


def test_both_networks_have_regions() -> None:
    assert region_info("efficientnet-lite2").dims == region_info("efficientnet-lite0").dims
