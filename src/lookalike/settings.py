"""Settings that the edges read from the environment and hand down."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field, field_validator

PREFIX = "LOOKALIKE_"
_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:[0-9]{1,3})?)(\+half)?")


class Settings(BaseModel):
    """What may be set by ``LOOKALIKE_...`` in the environment.

    Attributes:
        library: where the library is, if not ``./.lookalike``.
        cache: where converted models lie; safe to delete.
        runtime: ``auto``, ``onnxruntime`` or ``openvino``; ``:16`` after it for batches of 16.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``: where networks run that fill
            libraries; ``+half`` after it computes in half precision where PyTorch runs them.
        threads: threads for models and decoding together; 0 takes all cores.
    """

    model_config = ConfigDict(frozen=True)

    library: Path | None = None
    cache: Path = Field(default_factory=lambda: user_cache_path("lookalike"))
    runtime: str = "auto"
    device: str = "auto"
    threads: int = Field(default=0, ge=0)

    @field_validator("device")
    @classmethod
    def _is_a_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError("it is auto, cpu, cuda, cuda:1 or mps, and +half may follow")
        return value

    @property
    def preference(self) -> str:
        """Runtime and device in one, as loading an encoder takes them."""
        return self.runtime if self.device == "auto" else f"{self.runtime}@{self.device}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables that are set and not empty.

        Not by pydantic-settings, whose import takes a tenth of a second of every command.

        Raises:
            pydantic.ValidationError: a value cannot be used.
        """
        named = {name: environment.get(PREFIX + name.upper()) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in named.items() if value})
