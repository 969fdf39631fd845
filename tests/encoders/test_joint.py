from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.joint import open_joint
from lookalike.encoders.joint_config import is_joint, read_joint_config
from lookalike.encoders.registry import (
    load_image_encoder,
    load_words_encoder,
    model_info,
    resolve_model,
)
from lookalike.errors import ModelError, OtherModelsError

from .joint_pair import COLOURS, SIDE, TOML, make_hub_pair, make_pair


def test_pictures_and_the_words_that_fit_them_lie_together(tmp_path: Path) -> None:
    name = f"onnx:{make_pair(tmp_path / 'pair')}"
    info = model_info(name, tmp_path / "cache")
    image = load_image_encoder(info.name, tmp_path / "cache")
    words = load_words_encoder(info.name, tmp_path / "cache")
    assert (info.dims, info.words, info.licence) == (3, True, "Apache-2.0")
    means = (np.array([*COLOURS.values()]) * 255).astype(np.uint8)
    pixels = np.broadcast_to(means[:, None, None], (len(means), SIDE, SIDE, 3))
    near = words.encode([*COLOURS]) @ image.encode(np.ascontiguousarray(pixels)).vectors.T
    assert near.argmax(axis=1).tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(np.diag(near), 1, atol=1e-4)
    assert image.encode(np.zeros((0, SIDE, SIDE, 3), np.uint8)).vectors.shape == (0, 3)


@pytest.mark.parametrize("both", [False, True])
def test_the_hub_s_layout_needs_no_toml(tmp_path: Path, both: bool) -> None:
    folder = make_hub_pair(tmp_path / "pair", both=both)
    model = open_joint(folder, tmp_path / "cache")
    image = model.image("hub", tmp_path / "cache")
    assert (image.input.size, image.input.crop_share) == (16, 0.8)
    assert (image.input.interpolation, model.config.text.context) == ("bilinear", 8)
    blue = np.full((1, SIDE, SIDE, 3), (25, 51, 230), np.uint8)
    words = model.text("hub", tmp_path / "cache").encode(["blue", "red"])
    assert (words @ image.encode(blue).vectors[0]).round(2).tolist()[0] == 1.0


def test_siglip_s_words_are_filled_up(tmp_path: Path) -> None:
    folder = make_hub_pair(tmp_path / "pair")
    (folder / "config.json").write_text('{"model_type": "siglip", "text_config": {}}')
    (folder / "preprocessor_config.json").write_text(
        '{"size": {"height": 16, "width": 16}, "image_mean": [0.5, 0.5, 0.5],'
        ' "image_std": [0.5, 0.5, 0.5]}'
    )
    config = read_joint_config(folder)
    assert (config.text.padding, config.text.context, config.text.lower) == ("max", 64, True)
    assert (config.image.fit, config.image.mean) == ("squash", (0.5, 0.5, 0.5))
    (one,) = open_joint(folder, tmp_path).text("x", tmp_path).encode(["Red"])
    assert one.argmax() == 0


def test_long_texts_are_cut_and_empty_ones_are_nowhere(tmp_path: Path) -> None:
    model = open_joint(make_pair(tmp_path / "pair"), tmp_path)
    words = model.text("x", tmp_path)
    long, short = words.encode(["red " * 500, "red"])
    np.testing.assert_allclose(long, short, atol=1e-6)
    assert not words.encode(["nothing of that"]).any()


def test_a_model_that_changed_is_another(tmp_path: Path) -> None:
    folder = make_pair(tmp_path / "pair")
    before = resolve_model(f"onnx:{folder}", tmp_path / "cache").info.name
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + "\n")
    with pytest.raises(OtherModelsError, match="other weights"):
        resolve_model(before, tmp_path / "cache")


def test_a_model_of_pictures_only_reads_no_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="reads no words"):
        load_words_encoder("fake", tmp_path)


def _without(name: str) -> object:
    return lambda folder: (folder / name).unlink()


def _broken(name: str) -> object:
    return lambda folder: (folder / name).write_bytes(b"not what it says")


def _toml(old: str, new: str) -> object:
    return lambda folder: (folder / "lookalike.toml").write_text(TOML.replace(old, new))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_without("image.onnx"), "image.onnx is missing"),
        (_without("tokenizer.json"), "tokenizer tokenizer.json is missing"),
        (_without("lookalike.toml"), "neither lookalike.toml nor"),
        (_broken("image.onnx"), "cannot be loaded"),
        (_broken("text.onnx"), "cannot be loaded"),
        (_broken("tokenizer.json"), "cannot be read"),
        (_broken("lookalike.toml"), "cannot be read"),
        (_toml("context", "contxt"), "text.contxt: is unknown"),
        (_toml("size = 16", 'size = "big"'), "image.size"),
        (_toml("[image]", "dims = 4\n[image]"), "it says 4"),
        (_toml("[text]", 'output = "sum"\n[text]'), "has no tensor sum"),
        (_toml("size = 16", "size = 32"), "a tower failed"),
        (lambda folder: make_pair(folder, text_dims=2), "words 2"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path, harm: object, said: str) -> None:
    folder = make_pair(tmp_path / "pair")
    harm(folder)  # type: ignore[operator]
    with pytest.raises(ModelError) as caught:
        open_joint(folder, tmp_path / "cache")
    assert said in caught.value.message
    assert caught.value.code in ("bad-model-folder", "model-damaged")
    assert caught.value.hint


def test_folders_of_other_things_are_no_pair(tmp_path: Path) -> None:
    assert not is_joint(tmp_path)
    (tmp_path / "model.toml").write_text("")
    assert not is_joint(tmp_path)
    assert is_joint(make_pair(tmp_path / "pair"))
