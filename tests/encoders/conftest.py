from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where converted models lie: networks are converted once a run."""
    return tmp_path_factory.mktemp("cache")
