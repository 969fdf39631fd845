"""Settings that the edges read from the environment and hand down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field

PREFIX = "LOOKALIKE_"


class Settings(BaseModel):
    """What may be set by ``LOOKALIKE_...`` in the environment.

    Attributes:
        library: where the library is, if not ``./.lookalike``.
        cache: where converted models lie; safe to delete.
        runtime: ``auto``, ``onnxruntime`` or ``openvino``; ``:16`` after it for batches of 16.
        threads: threads for models and decoding together; 0 takes all cores.
    """

    model_config = ConfigDict(frozen=True)

    library: Path | None = None
    cache: Path = Field(default_factory=lambda: user_cache_path("lookalike"))
    runtime: str = "auto"
    threads: int = Field(default=0, ge=0)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables that are set and not empty.

        Not by pydantic-settings, whose import takes a tenth of a second of every command.

        Raises:
            pydantic.ValidationError: a value cannot be used.
        """
        named = {name: environment.get(PREFIX + name.upper()) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in named.items() if value})
