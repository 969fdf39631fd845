from __future__ import annotations

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` a file's tests stay together, and share what it sets up.

    The documents' commands share nothing, and take long: they are dealt out one by one.
    """
    for item in items:
        alone = item.name.startswith("test_the_commands_of_the_documents_run")
        item.add_marker(pytest.mark.xdist_group(item.name if alone else item.location[0]))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real pictures that lie beside the repository; see their README."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    assert folder.is_dir(), f"{folder}: the test pictures are not there."
    return folder
