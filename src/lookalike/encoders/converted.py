"""Networks that were converted to ONNX once, kept in the cache together with what is known of them.

Kept by what they were made of: a library finds its encoder again by the digest of the weights,
even after the original file is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lookalike.encoders.base import ImageEncoder
from lookalike.encoders.devices import Device
from lookalike.encoders.models import ImageModel, ModelInfo
from lookalike.encoders.names import ModelName
from lookalike.encoders.onnx_encoder import OnnxEncoder
from lookalike.encoders.packaged import cached, digest_texts
from lookalike.encoders.runtimes import Session, choose_runtime, parse_preference
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec

_DIGEST_LENGTH = 12


@dataclass(frozen=True)
class Conversion:
    """What a conversion made.

    Attributes:
        onnx: the serialised network: uint8 pixels (n, size, size, 3) in, (n, dims) out.
        info: of the model; its name is the whole one, with layer, pooling and digest.
        runtime: the only runtime that can run it, ``onnxruntime`` or ``torch``; empty for any.
    """

    onnx: bytes
    info: ModelInfo
    runtime: str = ""


@dataclass(frozen=True)
class TorchRun:
    """How PyTorch shall run a network.

    Attributes:
        device: where.
        threads: for the CPU; 0 for as many as PyTorch takes by itself.
        batch: pictures at once; 0 for what is usual.
    """

    device: Device
    threads: int
    batch: int


class Conversions:
    """The converted networks of one family.

    Args:
        cache: where they are kept.
        recipe: of the family; another one converts anew.
        in_torch: opens a network that only PyTorch can run, by its whole name.
    """

    def __init__(
        self,
        cache: Path,
        recipe: int,
        in_torch: Callable[[ModelName, TorchRun], Session] | None = None,
    ) -> None:
        self._cache, self._recipe, self._in_torch = cache, recipe, in_torch

    def kept(self, name: ModelName) -> ImageModel | None:
        """The network that a whole name stands for, if it was converted; only its facts are read.

        Raises:
            ModelError: what is kept is damaged.
        """
        if not name.sha256:
            return None
        facts = self._facts(name)
        return self._read(facts, name) if facts.is_file() else None

    def make(self, name: ModelName, convert: Callable[[], Conversion]) -> ImageModel:
        """Convert a network, unless that was done.

        Args:
            name: its whole name.
            convert: does it.

        Raises:
            DiskFullError, ModelError: it cannot be kept.
        """
        facts = self._facts(name)
        if not facts.is_file():
            made = convert()
            if made.runtime != "torch":
                cached(facts.with_suffix(".onnx"), lambda: made.onnx)
            known = {"info": asdict(made.info), "runtime": made.runtime}
            cached(facts, lambda: json.dumps(known).encode())
        return self._read(facts, name)

    def _facts(self, name: ModelName) -> Path:
        key = digest_texts([name.plain, name.sha256, str(self._recipe)])
        return self._cache / "converted" / f"{key}.json"

    def _read(self, facts: Path, name: ModelName) -> ImageModel:
        try:
            known = json.loads(facts.read_text(encoding="utf-8"))
            info = _info({**known["info"], "name": str(name)})
            only = str(known["runtime"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{facts} cannot be read: {error}.",
                "Delete it and try again.",
                code="model-damaged",
            ) from error
        network = facts.with_suffix(".onnx")

        def load(_cache: Path, runtime: str, threads: int) -> ImageEncoder:
            assert info.input is not None
            wanted = parse_preference(runtime)
            # On a GPU that is asked for, PyTorch itself runs its networks, exported or not.
            on_gpu = wanted.device.is_gpu and wanted.name == "auto"
            if self._in_torch is not None and (only == "torch" or on_gpu):
                session = self._in_torch(name, TorchRun(wanted.device, threads, wanted.batch))
            else:
                how = replace(wanted, name=only, batch=1) if only else wanted
                session = choose_runtime(str(how), threads).open(network)
            return OnnxEncoder(info.name, info.dims, info.input, session)

        return ImageModel(info, load)


def checked_digest(name: ModelName, found: str, where: str) -> str:
    """The first hex digits of a digest, which must be those that the name asks for, if it does.

    Raises:
        OtherModelsError: the vectors were made with other weights.
    """
    from lookalike.errors import OtherModelsError

    if name.sha256 and name.sha256 != found[:_DIGEST_LENGTH]:
        raise OtherModelsError(
            f"The vectors of {name.plain} were made with other weights than {where} holds now "
            f"(digest {name.sha256}; here is {found[:_DIGEST_LENGTH]}).",
            "Bring the old file back, or drop the space and add it again.",
            code="other-weights",
        )
    return found[:_DIGEST_LENGTH]


def _info(known: dict[str, Any]) -> ModelInfo:
    spec = known.pop("input")
    return ModelInfo(
        **{**known, "taps": tuple(known["taps"])}, input=InputSpec(**spec) if spec else None
    )
