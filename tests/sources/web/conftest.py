from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookalike.sources.web.ledger import Ledger
from lookalike.sources.web.options import WebOptions

from .site import Site, serving

QUICK = WebOptions(allow_hosts=("127.0.0.1",), timeout_s=1.5, backoff_s=0.1, max_bytes=200_000)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


def table(folder: Path) -> list[dict[str, Any]]:
    """The rows of the folder's metadata."""
    text = (folder / "metadata.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def codes(folder: Path) -> dict[str, str]:
    """By URL, why it was not had."""
    with Ledger(folder) as ledger:
        return {failure.url: failure.code for failure in ledger.failures()}
