"""Sources on the web: told apart from those that are here, and gone on with later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lookalike.pipeline.fetching import failed_downloads, retry_downloads, told_apart
from lookalike.sources.entry import FETCH, Failure
from lookalike.sources.naming import LEDGER_NAME
from lookalike.sources.web.ledger import Ledger
from lookalike.store.failures import FailureRecord


def failed(root: Path, stage: str, code: str) -> FailureRecord:
    """An entry of a library's ledger."""
    return FailureRecord(Failure("x", stage, code, "x"), str(root), datetime.now(UTC))


def test_sources_are_told_apart(tmp_path: Path) -> None:
    listed, folder = tmp_path / "urls.txt", tmp_path / "folder"
    listed.write_text("https://one.example/a.png\n")
    folder.mkdir()
    apart = told_apart(["https://two.example/b.zip", listed, str(folder), tmp_path / "none.csv"])
    assert apart.urls == ("https://two.example/b.zip",)
    assert apart.lists == (listed,)
    assert apart.local == (folder, tmp_path / "none.csv")
    assert apart.of_the_web
    assert not told_apart([folder]).of_the_web


def test_only_folders_with_failed_downloads_are_asked_for_again(tmp_path: Path) -> None:
    inner = tmp_path / "all" / "web"
    inner.mkdir(parents=True)
    (inner / LEDGER_NAME).touch()
    entries = [failed(tmp_path / "all", FETCH, "http-503"), failed(tmp_path, "decode", "truncated")]
    assert failed_downloads(entries) == failed_downloads(entries, "http-503") == [inner]
    assert failed_downloads(entries, "truncated") == []


def test_a_folder_that_does_not_know_how_it_was_filled_names_what_to_do(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.add([("https://one.example/a.png", {})])
    summaries, (problem,) = retry_downloads([tmp_path])
    assert (summaries, problem.code) == ([], "unknown-job")
    assert f"--into {tmp_path} --retry" in problem.hint
