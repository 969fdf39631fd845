from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import ImageEncoder
from lookalike.encoders.efficientnet_lite import LITE0, MEMBERS, Member
from lookalike.encoders.registry import load_image_encoder
from lookalike.encoders.runtimes import onnxruntime
from lookalike.errors import ModelError
from lookalike.imaging.picture import UInt8Array
from tests.encoders.pictures import decoded, painted

pytestmark = pytest.mark.model

RECORDED = Path(__file__).with_name("recorded.npz")


@pytest.fixture(scope="module")
def query_encoder(cache: Path) -> ImageEncoder:
    return load_image_encoder(LITE0.name, cache, purpose="query")


@pytest.fixture(scope="module")
def photos(shared_data: Path) -> tuple[UInt8Array, list[str]]:
    return decoded(shared_data / "imagenet_sample", LITE0.input)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_outputs_equal_those_recorded_from_pytorch(member: Member, cache: Path) -> None:
    recorded = np.load(RECORDED)
    outputs = onnxruntime.OnnxSession(member.onnx(cache)).run(painted(member.input.size))
    for name, ours in zip(("pool", "logits"), outputs, strict=True):
        theirs = recorded[f"{member.name} {name}"].astype(np.float32)
        assert np.abs(ours - theirs).max() < 2e-3 * np.abs(theirs).max()


def test_vectors_do_not_depend_on_the_size_of_batches(cache: Path) -> None:
    pixels = painted(LITE0.input.size)
    alone = load_image_encoder(LITE0.name, cache, "onnxruntime").encode(pixels).vectors
    together = load_image_encoder(LITE0.name, cache, "onnxruntime:3").encode(pixels).vectors
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_fast_runtime_sees_what_the_exact_one_sees(
    query_encoder: ImageEncoder, cache: Path, photos: tuple[UInt8Array, list[str]]
) -> None:
    pytest.importorskip("openvino")
    exact = query_encoder.encode(photos[0])
    fast = load_image_encoder(LITE0.name, cache, "openvino").encode(photos[0])
    assert exact.logits is not None
    assert fast.logits is not None
    agreement = np.mean(exact.logits.argmax(axis=1) == fast.logits.argmax(axis=1))
    assert agreement >= 0.95
    assert (exact.vectors * fast.vectors).sum(axis=1).min() >= 0.99


def test_photos_of_imagenet_get_their_own_class(
    query_encoder: ImageEncoder, photos: tuple[UInt8Array, list[str]]
) -> None:
    from lookalike.encoders.class_names import imagenet

    classes = [{n.casefold() for n in (c.name, *c.synonyms)} for c in imagenet()]
    logits = query_encoder.encode(photos[0]).logits
    assert logits is not None
    labels = [label.replace("_", " ").casefold() for label in photos[1]]
    right = [label in classes[i] for label, i in zip(labels, logits.argmax(axis=1), strict=True)]
    assert np.mean(right) > 0.7


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_vector_does_not_depend_on_its_batch(
    runtime: str, cache: Path, photos: tuple[UInt8Array, list[str]]
) -> None:
    pytest.importorskip(runtime)
    encoder = load_image_encoder(LITE0.name, cache, runtime)
    pixels = photos[0][:6]
    together = encoder.encode(pixels)
    alone = [encoder.encode(pixels[i : i + 1]) for i in range(len(pixels))]
    np.testing.assert_array_equal(together.vectors, np.concatenate([a.vectors for a in alone]))
    np.testing.assert_allclose(np.linalg.norm(together.vectors, axis=1), 1, atol=1e-5)


def test_no_pictures_give_no_vectors(query_encoder: ImageEncoder) -> None:
    features = query_encoder.encode(np.zeros((0, 224, 224, 3), np.uint8))
    assert features.vectors.shape == (0, 1280)
    assert features.logits is not None
    assert features.logits.shape == (0, 1000)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((1, 225, 224, 3), np.uint8), np.zeros((1, 224, 224, 3), np.float32)],
    ids=["shape", "type"],
)
def test_other_pixels_are_refused(query_encoder: ImageEncoder, pixels: UInt8Array) -> None:
    with pytest.raises(ModelError, match="224, 224, 3") as caught:
        query_encoder.encode(pixels)
    assert caught.value.code == "wrong-input"


def test_larger_pictures_are_run_in_smaller_batches() -> None:
    openvino = pytest.importorskip("openvino")
    from lookalike.encoders.runtimes.openvino import usual_batch

    sides = (32, 224, 260, 320, 448, 1024, -1)
    shapes = [openvino.PartialShape([-1, side, side, 3]) for side in sides]
    assert [usual_batch(shape) for shape in shapes] == [4, 4, 4, 2, 1, 1, 4]
