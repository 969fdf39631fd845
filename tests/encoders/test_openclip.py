"""OpenCLIP with weights of noise: what it computes, and words cut as it cuts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.encoders.models import UnknownModelError
from lookalike.encoders.registry import (
    describe_model,
    load_image_encoder,
    load_words_encoder,
    model_info,
)
from lookalike.encoders.torch_support import import_timm
from lookalike.errors import ModelError

_TEXTS = [
    "Two dogs, playing in the snow!",
    "it's 2026: ÄPFEL & naïve  cafés",
    "狗",
    "red " * 200,
    "",
]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """OpenCLIP, with an architecture of one small layer."""
    import_timm()
    import open_clip

    folder = tmp_path_factory.mktemp("configs")
    vision = {"image_size": 32, "layers": 1, "width": 32, "patch_size": 16, "head_width": 16}
    text = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
    said = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
    (folder / "tiny-test.json").write_text(json.dumps(said))
    open_clip.add_model_config(folder)
    return open_clip


def test_it_gives_what_openclip_gives(clip: Any, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    model = clip.create_model("tiny-test", load_weights=False).eval()
    save_file(model.state_dict(), str(tmp_path / "tiny.safetensors"))
    name = model_info(f"openclip:tiny-test?weights={tmp_path / 'tiny.safetensors'}", tmp_path).name
    (tmp_path / "tiny.safetensors").unlink()  # what was exported is enough
    with torch.no_grad():
        theirs = model.encode_text(clip.get_tokenizer("tiny-test")(_TEXTS), normalize=True)
        pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
        shown = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
        said = model.visual.preprocess_cfg
        mean, std = (torch.tensor(said[key])[:, None, None] for key in ("mean", "std"))
        seen = model.encode_image((shown - mean) / std, normalize=True)
    ours = load_words_encoder(name, tmp_path).encode(_TEXTS)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)
    vectors = load_image_encoder(name, tmp_path).encode(pixels).vectors
    np.testing.assert_allclose(vectors, seen.numpy(), atol=1e-4)


def test_what_it_lacks_is_said(clip: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as missing:
        model_info("openclip:ViT-B-32/laion2b_s34b_b79k", tmp_path)
    assert missing.value.code == "weights-missing"
    assert "models --get laion/CLIP-ViT-B-32-laion2B-s34B-b79K@main" in missing.value.hint
    with pytest.raises(UnknownModelError, match="called 'ViT-B-33'") as unknown:
        model_info("openclip:ViT-B-33", tmp_path)
    assert "ViT-B-32" in unknown.value.hint
    card = describe_model("openclip:ViT-B-32/openai")
    assert (card.info.dims, card.info.words) == (512, True)
    other = tmp_path / "other.pt"
    other.write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"other\.pt"):
        model_info(f"openclip:tiny-test?weights={other}", tmp_path)
    assert not [*(tmp_path / "converted").glob("openclip*")]
