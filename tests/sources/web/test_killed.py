"""A thousand URLs, a fifth of them faulty, and a downloader that is killed five times."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from lookalike.sources.entry import Entry
from lookalike.sources.folder import FolderSource
from lookalike.sources.web.download import fetch_rows
from lookalike.sources.web.ledger import Ledger

from .conftest import codes, table
from .site import Site, fault_of, faulty

URLS = 1000
PER_HOST = 16
CODES = {
    "timeout": "fetch-timeout",
    "reset": "fetch-failed",
    "error": "http-500",
    "type": "fetch-wrong-type",
    "huge": "fetch-too-large",
}


def kill_after(command: list[str], site: Site, answers: int) -> None:
    """Run a command, and kill it and all that it started once it asked so many more times."""
    wanted = site.asked.total() + answers
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while site.asked.total() < wanted and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.01)
        family = psutil.Process(process.pid).children(recursive=True)
        for one in family:
            one.kill()
        psutil.wait_procs(family, 10)
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(180)
def test_nothing_is_lost_or_fetched_twice_when_killed_and_every_url_is_accounted_for(
    site: Site, tmp_path: Path
) -> None:
    site.otherwise = lambda path: faulty(site, path)
    listed = tmp_path / "urls.csv"
    lines = [f"{site.url}/p/{n}.png,picture {n}" for n in range(URLS)]
    listed.write_text("url,title\n" + "\n".join(lines), "utf-8")
    folder = tmp_path / "got"
    command = [sys.executable, "-m", "lookalike.cli.main", "fetch", str(listed)]
    command += ["--into", str(folder), "--allow-host", "127.0.0.1", "--timeout", "1"]
    command += ["--attempts", "2", "--per-host", str(PER_HOST), "--max-megabytes", "1"]

    kill_after(command, site, 150)
    with Ledger(folder) as ledger:
        after_first = {state: n for (_, state), n in ledger.states().items()}
    assert 0 < after_first["done"] < URLS
    assert after_first["done"] - 1 <= len(table(folder))
    for _ in range(4):
        kill_after(command, site, 120)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr

    expected = {
        f"{site.url}/p/{n}.png": CODES[fault] for n in range(URLS) if (fault := fault_of(n))
    }
    assert codes(folder) == expected
    entries = [entry for entry in FolderSource(folder).scan() if isinstance(entry, Entry)]
    titles = {entry.row.title for entry in entries if entry.row}
    assert titles == {f"picture {n}" for n in range(URLS) if not fault_of(n)}
    good = Counter({p: n for p, n in site.asked.items() if p.startswith("/p/")})
    twice = [p for p, n in good.items() if n > 1 and not fault_of(int(p[3:-4]))]
    assert len(twice) <= 5 * PER_HOST
    assert fetch_rows([], folder).run.done == 0
