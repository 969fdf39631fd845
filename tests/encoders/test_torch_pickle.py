from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from lookalike.encoders.efficientnet_lite import LITE0
from lookalike.encoders.torch_pickle import load_state_dict
from lookalike.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
FACTS = {"little_endian": True, "protocol_version": 1001, "type_sizes": {}}


class Malicious:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch '{self.mark}'",))


@pytest.mark.parametrize("place", range(5))
def test_a_file_cannot_run_code(tmp_path: Path, place: int) -> None:
    mark = tmp_path / "it-ran"
    parts: list[object] = [MAGIC, 1001, FACTS, {}, []]
    parts[place] = Malicious(mark)
    file = tmp_path / "weights.pth"
    file.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))

    with pytest.raises(ModelError, match="which no weights need") as caught:
        load_state_dict(file)
    assert caught.value.code == "model-damaged"
    assert not mark.exists()
    pickle.loads(pickle.dumps(Malicious(mark)))
    assert mark.exists(), "the trap itself must work"


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.999])
def test_a_file_that_ends_early_is_damaged(tmp_path: Path, share: float) -> None:
    whole = LITE0.weights().read_bytes()
    file = tmp_path / "weights.pth"
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"weights\.pth") as caught:
        load_state_dict(file)
    assert caught.value.code == "model-damaged"


def test_a_missing_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.pth"):
        load_state_dict(tmp_path / "gone.pth")


@pytest.mark.parametrize("text", [b"PK\x03\x04 a zip", b"<html>", b"\x80\x02}q\x00."])
def test_other_formats_are_refused(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(text * 40)
    with pytest.raises(ModelError):
        load_state_dict(file)
