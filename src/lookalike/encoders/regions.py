"""Region vectors by the name of the picture encoder that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from lookalike.encoders.base import Features, Float32Array
from lookalike.encoders.efficientnet_lite import MEMBERS, Member
from lookalike.encoders.postprocessing import Transform
from lookalike.encoders.region_grid import GRID
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec, UInt8Array

DATA = Path(__file__).parent / "data"
_FAKE = "fake"


class RegionEncoder(Protocol):
    """Turns pictures into the vectors of all their regions."""

    name: str
    dims: int
    input: InputSpec

    def encode(self, pixels: UInt8Array) -> Features:
        """Vectors of shape (n, dims): the regions' of each picture, one after the other."""
        ...


@dataclass(frozen=True)
class RegionInfo:
    """What is known of an encoder's regions without loading it.

    Attributes:
        dims: length of one region's vector.
        recipe: grows when the vectors change.
    """

    dims: int
    recipe: int


def region_info(encoder: str) -> RegionInfo:
    """The regions of a picture encoder.

    Raises:
        ModelError: it has none (``no-regions``).
    """
    from lookalike.encoders.efficientnet_regions import RECIPE

    if encoder == _FAKE:
        from lookalike.encoders.fake import FakeImageEncoder

        return RegionInfo(FakeImageEncoder.dims, 1)
    if not any(member.name == encoder for member in MEMBERS):
        named = ", ".join(member.name for member in MEMBERS)
        raise ModelError(
            f"{encoder} gives no vectors of regions.",
            f"Index with one that does: {named}.",
            code="no-regions",
        )
    return RegionInfo(whitening_of(encoder).dims, RECIPE)


def load_region_encoder(
    encoder: str, cache: Path, runtime: str = "auto", threads: int = 0
) -> RegionEncoder:
    """Load what makes the region vectors that belong to a picture encoder.

    Args:
        encoder: the registry's name of the picture encoder.
        cache: where converted models lie; safe to delete.
        runtime: ``auto``, ``onnxruntime`` or ``openvino``.
        threads: threads it may use; 0 takes all cores.

    Raises:
        ModelError: there are none, or the weights are missing or damaged.
    """
    if encoder == _FAKE:
        from lookalike.encoders.fake import FakeRegions

        return FakeRegions()
    from lookalike.encoders.efficientnet_regions import LiteRegions
    from lookalike.encoders.runtimes import choose_runtime

    region_info(encoder)
    session = choose_runtime(runtime, threads).open
    return LiteRegions(_member(encoder), whitening_of(encoder), cache, session)


def region_query(encoder: str, vector: Float32Array) -> Float32Array:
    """A picture's vector, shape (dims,), as the query that its regions are compared with."""
    if encoder == _FAKE:
        return vector
    moved: Float32Array = whitening_of(encoder)(vector[None])[0]
    return moved


@cache
def whitening_of(encoder: str) -> Transform:
    """What is done to the pooled vectors of an encoder's regions.

    Raises:
        ModelError: the file that is shipped is missing or damaged.
    """
    import numpy as np

    path = DATA / f"regions-{encoder}.npz"
    try:
        read = Transform.from_bytes(path.read_bytes())
        assert read.matrix is not None
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", code="model-damaged") from error
    return Transform(read.mean.astype(np.float32), read.matrix.astype(np.float32))


def box_of(region: int) -> tuple[float, float, float, float]:
    """Left, upper, width and height of a region of the grid, as shares of the picture."""
    return GRID[region]


def _member(encoder: str) -> Member:
    return next(member for member in MEMBERS if member.name == encoder)
