"""Settings that the edges read from the environment and hand down."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What may be set by ``LOOKALIKE_...`` in the environment.

    Attributes:
        library: where the library is, if not ``./.lookalike``.
        cache: where converted models lie; safe to delete.
        runtime: ``auto``, ``onnxruntime`` or ``openvino``.
        threads: threads for models and decoding together; 0 takes all cores.
    """

    model_config = SettingsConfigDict(env_prefix="LOOKALIKE_", extra="ignore")

    library: Path | None = None
    cache: Path = Field(default_factory=lambda: user_cache_path("lookalike"))
    runtime: str = "auto"
    threads: int = 0
