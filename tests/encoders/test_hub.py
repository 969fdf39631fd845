from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.encoders.hub import get_model
from lookalike.encoders.hub_models import HubModel, find_hub_model, hub_models
from lookalike.encoders.registry import list_models, load_words_encoder, model_info
from lookalike.errors import FetchError, FetchRefusedError, ModelError, UsageError

from .hub_server import COMMIT, Hub, serving
from .joint_pair import make_hub_pair

_TOWER = "onnx/text_model.onnx"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A real pair of towers, and what else lies about in such repositories."""
    folder = make_hub_pair(tmp_path_factory.mktemp("repo") / "pair")
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}
    others = {
        "onnx/text_model_q4.onnx": b"",
        "README.md": b"# hello",
        "pytorch_model.bin": b"",
    }
    return found | others


@pytest.fixture
def hub(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with serving(Hub("someone/pair", dict(files))) as served:
        yield served


MODEL = find_hub_model("someone/pair@main")


def test_a_model_comes_whole_and_is_not_fetched_twice(hub: Hub, tmp_path: Path) -> None:
    seen: list[str] = []
    found = get_model(MODEL, tmp_path, hub.url, lambda path, _: seen.append(path))
    assert (found.commit, found.fresh) == (COMMIT, True)
    assert found.folder == tmp_path / "models" / "someone--pair--main"
    assert set(found.digests) == {
        "config.json", "preprocessor_config.json", "tokenizer.json",
        "onnx/vision_model.onnx", _TOWER,
    }  # fmt: skip
    assert sorted(seen) == sorted(found.digests)
    for path, digest in found.digests.items():
        assert hashlib.sha256((found.folder / path).read_bytes()).hexdigest() == digest
    asked = len(hub.asked)
    assert not get_model(MODEL, tmp_path, hub.url).fresh
    assert len(hub.asked) == asked
    name = f"onnx:{found.folder}"
    assert load_words_encoder(name, tmp_path).encode(["red"]).shape == (1, 3)


def test_a_damaged_model_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    folder = get_model(MODEL, tmp_path, hub.url).folder
    (folder / _TOWER).write_bytes(b"harmed")
    assert get_model(MODEL, tmp_path, hub.url).fresh
    assert (folder / _TOWER).read_bytes() == hub.files[_TOWER]


def test_what_was_broken_off_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.files[_TOWER] += bytes(400_000)
    hub.breaks_off[_TOWER] = [100_000, 150_000, 0, 0, 0, 0, 0]
    with pytest.raises(FetchError) as caught:
        get_model(MODEL, tmp_path, hub.url)
    assert caught.value.code == "hub-unreachable"
    hub.breaks_off.clear()
    found = get_model(MODEL, tmp_path, hub.url)
    ranges = [asked for _, path, asked in hub.asked if path == _TOWER]
    assert ranges[:3] == ["", "bytes=100000-", "bytes=250000-"]
    assert set(ranges[3:]) == {"bytes=250000-"}
    assert (found.folder / _TOWER).read_bytes() == hub.files[_TOWER]


def test_files_that_came_before_it_failed_are_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    hub.lies[_TOWER] = bytes(len(hub.files[_TOWER]))
    with pytest.raises(ModelError) as caught:
        get_model(MODEL, tmp_path, hub.url)
    assert caught.value.code == "wrong-digest"
    assert not MODEL.folder(tmp_path).exists()
    hub.lies.clear()
    hub.asked.clear()
    assert get_model(MODEL, tmp_path, hub.url).fresh
    assert {path for _, path, _ in hub.asked} == {_TOWER}


def test_a_pinned_digest_counts_more_than_the_hub_s_word(hub: Hub, tmp_path: Path) -> None:
    pinned = HubModel("mine", "someone/pair", "main", {"tokenizer.json": "0" * 64, _TOWER: ""})
    with pytest.raises(ModelError) as caught:
        get_model(pinned, tmp_path, hub.url)
    assert caught.value.code == "wrong-digest"


def test_pickles_are_refused(hub: Hub, tmp_path: Path) -> None:
    pinned = HubModel("mine", "someone/pair", "main", {"pytorch_model.bin": ""})
    with pytest.raises(ModelError) as by_name:
        get_model(pinned, tmp_path, hub.url)
    hub.files[_TOWER] = pickle.dumps({"a": 1}, protocol=2)
    with pytest.raises(ModelError) as by_content:
        get_model(MODEL, tmp_path, hub.url)
    hub.files = {"pytorch_model.bin": b"x", "config.json": b"{}"}
    with pytest.raises(ModelError) as nothing_else:
        get_model(MODEL, tmp_path, hub.url)
    for caught in (by_name, by_content, nothing_else):
        assert caught.value.code == "pickle-refused"
    assert not (MODEL.folder(tmp_path) / _TOWER).exists()


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "no-such-hub-model"), (401, "model-gated"), (403, "model-gated")],
)
def test_what_the_hub_does_not_give_is_said(
    hub: Hub, tmp_path: Path, status: int, code: str
) -> None:
    hub.status = status
    with pytest.raises(FetchRefusedError) as caught:
        get_model(MODEL, tmp_path, hub.url)
    assert caught.value.code == code
    assert "someone/pair" in caught.value.message


def test_without_a_network_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        get_model(MODEL, tmp_path, "http://127.0.0.1:9")
    assert caught.value.code == "hub-unreachable"
    assert "onnx:FOLDER" in caught.value.hint


def test_missing_files_and_revisions_are_named(hub: Hub, tmp_path: Path) -> None:
    lacking = HubModel("mine", "someone/pair", "main", {"nothing.json": ""})
    with pytest.raises(FetchRefusedError, match=r"has no nothing\.json"):
        get_model(lacking, tmp_path, hub.url)
    with pytest.raises(FetchRefusedError, match="someone/pair at v9"):
        get_model(find_hub_model("someone/pair@v9"), tmp_path, hub.url)


def test_known_models_are_listed_and_say_how_they_are_had(tmp_path: Path) -> None:
    listed = {info.name: info for info in list_models() if info.words}
    assert set(listed) == {model.name for model in hub_models()}
    for model in hub_models():
        assert listed[model.name].install_hint == f"lookalike models --get {model.name}"
        assert all(len(digest) in (0, 64) for digest in model.files.values())
    with pytest.raises(ModelError) as caught:
        model_info("siglip2-base", tmp_path)
    assert caught.value.code == "model-not-fetched"
    with pytest.raises(UsageError, match="could be fetched"):
        find_hub_model("siglip3")


def test_a_known_model_is_used_by_its_name_once_it_is_here(hub: Hub, tmp_path: Path) -> None:
    known = find_hub_model("clip-vit-b32")
    here = HubModel(known.name, "someone/pair", "main")
    get_model(here, tmp_path, hub.url)
    info = model_info("clip-vit-b32", tmp_path)
    assert (info.dims, info.name.split("?")[0]) == (3, "clip-vit-b32")
    assert load_words_encoder(info.name, tmp_path).encode(["red"]).shape == (1, 3)
