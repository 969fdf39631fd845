"""The grammar of model names."""

from __future__ import annotations

import pytest

from lookalike.encoders.names import ModelName, parse_name, with_weights
from lookalike.encoders.poolings import Pooling
from lookalike.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("efficientnet-lite0", ModelName("", "efficientnet-lite0")),
        ("m/blocks.10@gem:2.5", ModelName("", "m/blocks.10", Pooling("gem", 2.5))),
        ("timm:resnet50.a1/l3@gap", ModelName("timm", "resnet50.a1/l3", Pooling("gap"))),
        ("onnx:/my models/a/t@max", ModelName("onnx", "/my models/a/t", Pooling("max"))),
        (
            "torchvision:vgg16/classifier.1?weights=/a%20b/v%26w.pth&sha256=12ab",
            ModelName("torchvision", "vgg16/classifier.1", None, "/a b/v&w.pth", "12ab"),
        ),
    ],
)  # fmt: skip
def test_a_name_is_taken_apart_and_put_together_again(text: str, expected: ModelName) -> None:
    assert parse_name(text) == expected
    assert parse_name(str(expected)) == expected


def test_weights_are_added_to_a_name_and_left_out_of_a_spaces_name() -> None:
    whole = with_weights("vgg16/fc1@flat", "/data/my weights?.pth")
    assert parse_name(whole).weights == "/data/my weights?.pth"
    assert parse_name(whole).plain == "vgg16/fc1@flat"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "bad-model-name", "family:"),
        ("timm:", "bad-model-name", "family:"),
        ("m@", "bad-model-name", "family:"),
        ("m?weight=a", "bad-model-name", "weights"),
        ("m/l@gemm", "unknown-pooling", "gem"),
        ("m/l@zzzzzz", "unknown-pooling", "rmac"),
        ("m/l@gap:2", "unknown-pooling", "gem"),
        ("m/l@gem:-1", "unknown-pooling", "gem"),
        ("m/l@gem:x", "unknown-pooling", "gem"),
    ],
)
def test_what_is_no_name_is_refused_and_the_near_one_named(text: str, code: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_name(text)
    assert caught.value.code == code
    assert said in caught.value.hint
