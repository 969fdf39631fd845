"""The families of image models: one file each.

A family's models are found by its prefix, as in ``timm:resnet50``; those with plain names are
looked up by these.
"""

from __future__ import annotations

from lookalike.encoders.families import (
    classic,
    colours,
    efficientnet_lite,
    fake,
    hub,
    named,
    onnx,
    openclip,
    timm,
    torchvision,
)
from lookalike.encoders.models import Family

PLAIN: tuple[Family, ...] = (
    efficientnet_lite.EfficientNetLites(),
    named.NamedModels(),
    colours.Colours(),
    classic.Classics(),
    fake.Fakes(),
    hub.HubModels(),
)
"""Families whose models have plain names, in the order in which they are shown."""

PREFIXED: dict[str, Family] = {
    "bovw": classic.Classics(),
    "vlad": classic.Classics(),
    "onnx": onnx.OnnxFolders(),
    "openclip": openclip.OpenClip(),
    "timm": timm.FAMILY,
    "torchvision": torchvision.FAMILY,
}
"""Families by the prefix of their models' names."""
