"""Files of weights: read without running what is in them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch reads its own files")

from lookalike.encoders.checkpoints import check_fit, read_checkpoint  # noqa: E402
from lookalike.errors import ModelError  # noqa: E402

STATE = {"a.weight": torch.ones(2, 3), "a.bias": torch.zeros(2)}


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch '{self._mark}'",))


@pytest.mark.parametrize("wrapped", ["plain", "state_dict", "ema", "parallel", "safetensors"])
def test_weights_are_taken_out_of_what_training_wraps_around_them(
    tmp_path: Path, wrapped: str
) -> None:
    path = tmp_path / "weights.pth"
    match wrapped:
        case "plain":
            torch.save(STATE, path)
        case "state_dict":
            torch.save({"epoch": 3, "state_dict": STATE}, path)
        case "ema":
            torch.save({"state_dict": {"a.weight": STATE["a.bias"]}, "model_ema": STATE}, path)
        case "parallel":
            torch.save({"model": {f"module.{key}": value for key, value in STATE.items()}}, path)
        case "safetensors":
            path = path.with_suffix(".safetensors")
            pytest.importorskip("safetensors.torch").save_file(STATE, path)
    read = read_checkpoint(path)
    assert read.keys() == STATE.keys()
    assert torch.equal(read["a.weight"], STATE["a.weight"])


@pytest.mark.parametrize("form", ["torch.save", "in a state dict", "old", "module", "script"])
def test_what_could_run_code_is_refused_and_not_run(tmp_path: Path, form: str) -> None:
    mark, path = tmp_path / "mark", tmp_path / "weights.pth"
    match form:
        case "torch.save":
            torch.save(Malicious(mark), path)
        case "in a state dict":
            torch.save({**STATE, "b": Malicious(mark)}, path)
        case "old":
            torch.save(Malicious(mark), path, _use_new_zipfile_serialization=False)
        case "module":
            torch.save(torch.nn.Linear(2, 2), path)
        case "script":
            torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), str(path))
    with pytest.raises(ModelError) as caught:
        read_checkpoint(path)
    assert caught.value.code == "weights-refused"
    assert "weights_only" not in str(caught.value)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"<html>not found</html>", ".pth"),
        (b"", ".pth"),
        (pickle.dumps(3, protocol=2), ".pth"),
        (b"<html>not found</html>", ".safetensors"),
        (b"PK\x03\x04 cut", ".pth"),
        (b"hello", ".pth"),
    ],
)
def test_what_is_no_file_of_weights_is_told_apart(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=path.name) as caught:
        read_checkpoint(path)
    assert caught.value.code == "model-damaged"


def test_a_file_that_is_not_there_and_one_without_names_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        read_checkpoint(tmp_path / "none.pth")
    assert caught.value.code == "weights-missing"
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ModelError, match="no weights by name"):
        read_checkpoint(tmp_path / "list.pth")


def test_weights_that_do_not_fit_say_which_of_them() -> None:
    network = {f"layer{i}.weight": torch.zeros(4, 4) for i in range(9)} | STATE
    state = {"a.weight": torch.ones(2, 5), "a.bias": torch.zeros(2), "head.w": torch.zeros(1)}
    with pytest.raises(ModelError) as caught:
        check_fit(network, state, "the net", Path("w.pth"))
    assert caught.value.code == "weights-unfit"
    for said in ("layer0.weight", "and 5 more", "head.w", "a.weight is 2×5 instead of 2×3"):
        assert said in caught.value.message
    check_fit(STATE, dict(STATE), "the net", Path("w.pth"))
