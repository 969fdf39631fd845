"""What people may ask for as a device, and what they hear if it is not there."""

from __future__ import annotations

import onnxruntime
import pytest

from lookalike.encoders.devices import Device, parse_device
from lookalike.encoders.runtimes import choose_runtime, parse_preference
from lookalike.errors import ModelError
from lookalike.settings import Settings


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("auto", Device()),
        ("cpu+half", Device("cpu", half=True)),
        ("cuda", Device("cuda")),
        ("cuda:12+half", Device("cuda", 12, half=True)),
        ("mps", Device("mps")),
    ],
)
def test_a_device_is_read_and_written_alike(text: str, device: Device) -> None:
    assert parse_device(text) == device
    assert str(device) == text
    assert Settings(device=text).device == text


@pytest.mark.parametrize("text", ["gpu", "cuda:", "cuda:x", "cpu:1", "mps:0", "half", "cuda half"])
def test_what_is_no_device_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="LOOKALIKE_DEVICE") as told:
        parse_device(text)
    assert told.value.code == "unknown-device"
    with pytest.raises(ValueError, match="cuda:1"):
        Settings(device=text)


def test_settings_hand_runtime_and_device_down_as_one() -> None:
    assert Settings(runtime="openvino:8").preference == "openvino:8"
    both = parse_preference(Settings(runtime="auto:8", device="cuda:1").preference)
    assert (both.name, both.batch, both.device) == ("auto", 8, Device("cuda", 1))
    assert parse_preference(str(both)) == both


@pytest.mark.parametrize("preference", ["openvino@cuda", "auto@mps", "onnxruntime@mps"])
def test_a_runtime_that_does_not_run_there_says_so(preference: str) -> None:
    with pytest.raises(ModelError, match="does not run there") as told:
        choose_runtime(preference)
    assert told.value.code == "device-missing"


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="it has that part"
)
def test_an_onnx_runtime_without_cuda_names_the_package_that_has_it() -> None:
    with pytest.raises(ModelError, match="onnxruntime-gpu") as told:
        choose_runtime("auto@cuda")
    assert told.value.code == "device-missing"


def test_an_unknown_runtime_stays_unknown_on_any_device() -> None:
    with pytest.raises(ModelError, match="abacus") as told:
        choose_runtime("abacus@cuda")
    assert told.value.code == "unknown-runtime"
