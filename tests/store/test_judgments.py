"""The small tables: many processes write, any of them may die."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from lookalike.store.judgments import Judgment, JudgmentTable

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from lookalike.store.judgments import Judgment, JudgmentTable
table, user, count = JudgmentTable(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for n in range(count):
    batch = [Judgment("q=x", f"{n:030x}{m:02x}", True, user, datetime.now(UTC)) for m in range(3)]
    table.add(batch)
    print(n, flush=True)
"""


def writer(library: Path, user: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(library), user, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_several_processes_write_and_nothing_is_lost(tmp_path: Path) -> None:
    writers = [writer(tmp_path, user, 30) for user in ("ann", "bob", "eve")]
    for process in writers:
        process.communicate(timeout=60)
        assert process.returncode == 0
    found = JudgmentTable(tmp_path).all()
    assert len(found) == len({judgment.id for judgment in found}) == 270
    # the many small files were merged meanwhile
    assert len(list((tmp_path / "judgments.lance" / "data").iterdir())) < 60


def test_a_killed_writer_leaves_whole_batches_and_no_lock(tmp_path: Path) -> None:
    process = writer(tmp_path, "ann", 10_000)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(12)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.readlines()
    process.wait(20)
    process.stdout.close()
    table = JudgmentTable(tmp_path)
    began = time.monotonic()
    table.add([Judgment("q=x", "0" * 32, False, "bob", datetime.now(UTC))])
    assert time.monotonic() - began < 20
    batches = [j for j in table.all() if j.user == "ann"]
    assert len(batches) % 3 == 0
    assert len(batches) >= 3 * len([line for line in told if line.endswith("\n")])


def test_what_is_forgotten_is_gone_from_the_disk(tmp_path: Path) -> None:
    table = JudgmentTable(tmp_path)
    now = datetime.now(UTC)
    table.add([Judgment("q=secret", "0" * 32, True, "ann", now)])
    table.add([Judgment("q=x", "1" * 32, True, "ann", now)])
    marker = table.marker
    table.forget([j.id for j in table.all() if j.query == "q=secret"])
    assert table.marker != marker
    assert [judgment.query for judgment in table.all()] == ["q=x"]
    left = [path for path in (tmp_path / "judgments.lance").rglob("*") if path.is_file()]
    assert not any(b"secret" in path.read_bytes() for path in left)
