"""Turns an OpenCLIP model and a file of its weights into a folder with two ONNX towers, once.

From then on it is a joint model like any other, and PyTorch is not needed any more.
"""

from __future__ import annotations

import gzip
import io
import warnings
from pathlib import Path
from typing import Any

from lookalike.encoders.checkpoints import check_fit, read_checkpoint
from lookalike.encoders.torch_support import import_timm, import_torch
from lookalike.errors import ModelError

_OPSET = 17
_FITS = {"shortest": "crop", "squash": "squash", "longest": "pad"}
_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""CLIP's own (Radford et al., 2021)."""


def export(architecture: str, tag: str, weights: Path, folder: Path) -> None:
    """Write the folder of a joint model.

    Args:
        architecture: as OpenCLIP calls it.
        tag: of the weights, which may stand for other activations and normalisation; may be empty.
        weights: a file of them; nothing in it is run.
        folder: it is there, and empty.

    Raises:
        ModelError: the weights do not fit or are refused, or the model has a tokenizer of a kind
            that cannot be written down (``tokenizer-unknown``).
    """
    import_timm()
    import open_clip

    said = (open_clip.get_pretrained_cfg(architecture, tag) or {}) if tag else {}
    tokenizer = _tokenizer(architecture)
    model = open_clip.create_model(
        architecture,
        load_weights=False,
        pretrained_text=False,
        force_quick_gelu=bool(said.get("quick_gelu")),
    ).eval()
    expected = model.state_dict()
    state = {key: value.float() for key, value in read_checkpoint(weights).items()}
    check_fit(expected, state, f"openclip:{architecture}", weights)
    model.load_state_dict(state)
    pixels = {**open_clip.model.get_model_preprocess_cfg(model), **said}
    side = pixels["size"] if isinstance(pixels["size"], int) else pixels["size"][0]
    context = int(tokenizer.context_length)
    torch = import_torch()
    images, words = torch.zeros(1, 3, side, side), torch.zeros(1, context, dtype=torch.int64)
    words[0, :2] = torch.tensor(tokenizer.all_special_ids[:2])
    (folder / "image.onnx").write_bytes(_onnx(model, "encode_image", images, "pixel_values"))
    (folder / "text.onnx").write_bytes(_onnx(model, "encode_text", words, "input_ids"))
    (folder / "tokenizer.json").write_text(_as_json(tokenizer), "utf-8")
    (folder / "lookalike.toml").write_text(_toml(f"{architecture}/{tag}", side, context, pixels))


def _tokenizer(architecture: str) -> Any:
    import open_clip
    from open_clip.tokenizer import SimpleTokenizer

    config = open_clip.get_model_config(architecture)["text_cfg"]
    asked = config.get("tokenizer_kwargs") or {}
    if "hf_tokenizer_name" in config or "hf_model_name" in config or asked:
        raise ModelError(
            f"The tokenizer of openclip:{architecture} is not OpenCLIP's usual one.",
            "Take an ONNX export of the model instead: `lookalike models --get`, or docs/joint.md.",
            code="tokenizer-unknown",
        )
    return SimpleTokenizer(context_length=config.get("context_length", 77))


def _onnx(model: Any, method: str, example: Any, name: str) -> bytes:
    torch = import_torch()

    class Tower(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, given: Any) -> Any:
            return getattr(self.model, method)(given)

    file = io.BytesIO()
    torch.backends.mha.set_fastpath_enabled(False)  # its operators cannot be exported
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Tower().eval(),
            (example,),
            file,
            dynamo=False,
            input_names=[name],
            output_names=["vectors"],
            opset_version=_OPSET,
        )
    return file.getvalue()


def _as_json(tokenizer: Any) -> str:
    """CLIP's byte pairs as the ``tokenizers`` library reads them."""
    from open_clip.tokenizer import default_bpe
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import BPE
    from tokenizers.processors import TemplateProcessing

    lines = gzip.decompress(Path(default_bpe()).read_bytes()).decode("utf-8").split("\n")
    pairs = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    start, end = "<start_of_text>", "<end_of_text>"
    made = Tokenizer(
        BPE(
            vocab=tokenizer.encoder,
            merges=pairs,
            unk_token=end,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
        )
    )
    made.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.post_processor = TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(one, tokenizer.encoder[one]) for one in (start, end)],
    )
    return str(made.to_str())


def _toml(name: str, side: int, context: int, pixels: dict[str, Any]) -> str:
    return f"""name = "OpenCLIP {name}"

[image]
file = "image.onnx"
size = {side}
mean = {[*pixels["mean"]]}
std = {[*pixels["std"]]}
fit = "{_FITS[pixels.get("resize_mode", "shortest")]}"
interpolation = "{pixels.get("interpolation", "bicubic")}"

[text]
file = "text.onnx"
context = {context}
padding = "max"
"""
