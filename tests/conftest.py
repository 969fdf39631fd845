from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real pictures that lie beside the repository; see their README."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    assert folder.is_dir(), f"{folder}: the test pictures are not there."
    return folder
