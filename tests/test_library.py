"""The Python API: what ``import lookalike`` gives, and its use from many sides at once."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.errors import DecodeError, EncoderError, NotFoundError, UsageError
from lookalike.library import Library
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings
from lookalike.store import uploads
from lookalike.store.vectors import VectorView

from .pipeline.folders import BROKEN, content, paint, tell

ONE_WORKER = IndexOptions(workers=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache=tmp_path / "cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    for number in range(12):
        tell(paint(made / f"{number:02}.png", number), title=f"Number {number}", tags=["all"])
    return made


@pytest.fixture
def library(tmp_path: Path, folder: Path, settings: Settings) -> Iterator[Library]:
    with lookalike.create(tmp_path / "library", encoder="fake", settings=settings) as made:
        made.index([folder], options=ONE_WORKER)
        yield made


def _picture_bytes(seed: int) -> bytes:
    fields = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(fields).resize((40, 30), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import json, sys\nbefore = set(sys.modules)\n"
        "import lookalike\nassert lookalike.__version__\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    parts = {name for name in json.loads(done.stdout) if name.startswith("lookalike")}
    assert parts == {"lookalike", "lookalike.version"}
    assert not {"numpy", "lance", "pydantic", "PIL"} & set(json.loads(done.stdout))


def test_everything_in_the_public_api_is_there() -> None:
    for name in lookalike.__all__:
        assert getattr(lookalike, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = lookalike.nonsense  # type: ignore[attr-defined]


def test_a_library_is_made_filled_closed_opened_and_searched(
    tmp_path: Path, folder: Path, settings: Settings
) -> None:
    with lookalike.create(tmp_path / "new", encoder="fake", settings=settings) as library:
        assert len(library) == 0
        with pytest.raises(NotFoundError) as caught:
            library.search("anything")
        assert caught.value.code == "empty-library"
        summary = library.index([folder], options=ONE_WORKER)
        assert (summary.added, len(library)) == (12, 12)
    with lookalike.open(tmp_path / "new", settings=settings) as library:
        assert [
            hit.location for hit in library.search("seven", "number 7", match="words", k=1)
        ] == [str(folder / "07.png")]
        (best,) = library.search(str(folder / "03.png"), k=1)
        assert best.picture.metadata.title == "Number 3"
        assert len(library.search(where="tag = all", k=50)) == 12
    with lookalike.create(tmp_path / "new", settings=settings) as library:
        assert len(library) == 12


def test_what_is_not_there_or_of_another_kind_is_named(
    tmp_path: Path, library: Library, settings: Settings
) -> None:
    with pytest.raises(NotFoundError, match="no library"):
        lookalike.open(tmp_path / "nowhere", settings=settings)
    with pytest.raises(UsageError, match="made with fake"):
        lookalike.create(library.path, encoder="efficientnet-lite0", settings=settings)
    with pytest.raises(UsageError, match="Nothing to index"):
        library.index([])
    assert not (tmp_path / "nowhere").exists()


def test_a_query_may_be_a_value_of_its_own(library: Library, folder: Path) -> None:
    query = lookalike.Query((lookalike.Clause("text", "number 5"),), k=3, match="words")
    results = library.search(query)
    assert results.query is query
    assert results[0].location == str(folder / "05.png")
    assert [hit.rank for hit in results] == list(range(1, len(results) + 1))
    assert results[0].score == pytest.approx(sum(c.value for c in results[0].contributions))


def test_a_picture_is_named_by_the_first_digits_of_its_id(library: Library) -> None:
    (hit,) = library.search("number 5", match="words", k=1)
    assert library.picture(hit.id).id == library.picture(hit.id[:8]).id == hit.id
    assert hit.id not in [other.id for other in library.search(f"id:{hit.id[:8]}", cut=None)]
    for name in ("", "xyz", "0" * 32, "' or 1=1"):
        with pytest.raises(NotFoundError):
            library.picture(name)


def test_an_original_that_is_gone_says_so_and_its_copy_steps_in(
    library: Library, folder: Path
) -> None:
    first = folder / "05.png"
    (hit,) = library.search("number 5", match="words", k=1)
    assert library.original(hit.id) == first
    copy = folder / "copy.png"
    copy.write_bytes(first.read_bytes())
    library.index([folder], options=ONE_WORKER)
    first.unlink()
    assert library.original(hit.id) == copy
    copy.unlink()
    with pytest.raises(NotFoundError, match="not there") as caught:
        library.original(hit.id)
    assert caught.value.code == "original-gone"


def test_a_thumbnail_is_made_once_and_outlives_its_original(library: Library, folder: Path) -> None:
    large = paint(folder / "large.png", 99, (900, 600))
    library.index([folder], options=ONE_WORKER)
    (hit,) = library.search(str(large), k=1)
    path = library.thumbnail(hit.id, 320)
    with Image.open(path) as image:
        assert (image.size, image.format) == ((320, 213), "JPEG")
    made = path.stat().st_mtime_ns
    large.unlink()
    assert library.thumbnail(hit.id, 320).stat().st_mtime_ns == made
    with pytest.raises(NotFoundError):
        library.thumbnail(hit.id, 64)


def test_an_upload_is_kept_under_the_hash_of_its_bytes(library: Library) -> None:
    data = _picture_bytes(3)
    name = library.add_upload(data, "mine.png")
    assert name == hashlib.sha256(data).hexdigest()[:32]
    assert library.add_upload(data) == name
    (best,) = library.search(f"upload:{name}", k=1)
    assert best.picture.metadata.title == "Number 3"


def test_an_upload_that_is_no_picture_is_not_kept(library: Library) -> None:
    for data in (b"", b"These are words.", BROKEN):
        with pytest.raises(DecodeError, match=r"mine\.png"):
            library.add_upload(data, "mine.png")
    assert list((library.path / "uploads").iterdir()) == []


def test_only_the_latest_uploads_are_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 3)
    names = [library.add_upload(_picture_bytes(seed)) for seed in range(5)]
    with lookalike.open(library.path, settings=settings) as later:
        for name in names[:2]:
            with pytest.raises(NotFoundError, match="not kept any more"):
                later.search(f"upload:{name}")
        assert all(len(later.search(f"upload:{name}", k=1)) == 1 for name in names[2:])
    for name in ("../../library.json", "0" * 31 + "/", "0" * 32):
        with pytest.raises(NotFoundError):
            library.search(f"upload:{name}")


def test_many_threads_may_search_at_once(library: Library, folder: Path) -> None:
    queries = [("number 5",), (str(folder / "03.png"),), ("number 7", str(folder / "01.png"))]
    expected = [[hit.id for hit in library.search(*query)] for query in queries]
    data = _picture_bytes(50)
    start = threading.Barrier(20)

    def ask(number: int) -> list[str]:
        start.wait(timeout=30)
        for turn in range(5):
            found = [hit.id for hit in library.search(*queries[(number + turn) % 3])]
            assert found == expected[(number + turn) % 3]
            library.search(f"upload:{library.add_upload(data)}", k=2)
            library.thumbnail(found[0])
        return found

    with ThreadPoolExecutor(20) as threads:
        assert len(list(threads.map(ask, range(20)))) == 20
    leftovers = [path for path in library.path.rglob("*") if ".tmp" in path.name]
    assert leftovers == []


def test_the_same_picture_may_be_sent_many_times_at_once(library: Library) -> None:
    pictures = [_picture_bytes(seed) for seed in range(60, 80)]
    together = threading.Barrier(16)

    def send(_: int) -> list[str]:
        names = []
        for data in pictures:
            together.wait(timeout=30)
            names.append(library.add_upload(data))
        return names

    with ThreadPoolExecutor(16) as threads:
        sent = list(threads.map(send, range(16)))
    assert sent == [[hashlib.sha256(data).hexdigest()[:32] for data in pictures]] * 16
    assert len(list((library.path / "uploads").iterdir())) == 20


def test_a_library_can_be_measured_while_files_come_and_go(library: Library) -> None:
    done = threading.Event()

    def churn() -> None:
        number = 0
        while not done.is_set():
            number += 1
            made = library.path / "caches" / f"{number}"
            made.mkdir()
            for name in "abc":
                (made / name).write_bytes(b"cache")
            shutil.rmtree(made)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(churn)
        try:
            sizes = [library.info().disk_bytes for _ in range(200)]
        finally:
            done.set()
        running.result()
    assert min(sizes) > 10_000


def _writer(library: Path, folder: Path, settings: Settings) -> subprocess.Popen[bytes]:
    """Another process that indexes a folder again and again, in small batches, while it grows."""
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "import lookalike\nfrom lookalike.pipeline import intake\n"
        "from lookalike.pipeline.run import IndexOptions\nfrom lookalike.settings import Settings\n"
        "from tests.pipeline.folders import paint\n"
        "intake.MAX_PENDING = 5\n"
        "library, folder, cache = map(Path, sys.argv[1:])\n"
        "with lookalike.open(library, settings=Settings(cache=cache)) as opened:\n"
        "    for turn in range(6):\n"
        "        for number in range(10):\n"
        "            paint(folder / f'turn {turn}' / f'{number}.png', 100 + 10 * turn + number)\n"
        "        if turn % 2:\n"
        "            (folder / f'turn {turn - 1}' / '0.png').unlink()\n"
        "        opened.index([folder], options=IndexOptions(workers=1, batch=4))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, library, folder, settings.cache],
        cwd=Path(__file__).parents[1],
        stderr=subprocess.PIPE,
    )


def _consistent(reader: Library) -> int:
    """Assert that what is in view fits together; returns how many pictures there are."""
    results = reader.search("picture", where="width > 0", k=1000, match="concept", cut=None)
    assert len({hit.id for hit in results}) == len(results) == results.plan.pictures
    views: list[VectorView] = [reader.views().look]
    assert all(len(view.live) == results.plan.pictures for view in views)
    by_filter = reader.search(where="width > 0", k=1000)
    assert {hit.id for hit in by_filter} == {hit.id for hit in results}
    reader.info()
    return len(results)


def test_readers_stay_consistent_while_another_process_writes(
    library: Library, folder: Path, settings: Settings
) -> None:
    with (
        lookalike.open(library.path, settings=settings) as still,
        lookalike.open(library.path, settings=settings) as moving,
    ):
        version, counts = still.version, []
        with _writer(library.path, folder, settings) as writer:
            while writer.poll() is None:
                assert _consistent(still) == 12
                moving.refresh()
                counts.append(_consistent(moving))
                time.sleep(0.02)
            assert writer.stderr is not None
            assert writer.returncode == 0, writer.stderr.read().decode()
        moving.refresh()
        assert _consistent(moving) == 12 + 60 - 3
        assert len(set(counts)) > 3, "the reader saw the library grow"
        assert (still.version, _consistent(still)) == (version, 12)
        assert still.refresh()
        assert not still.refresh()
        assert _consistent(still) == 12 + 60 - 3
        assert still.check().problems == []


def test_a_failed_run_leaves_the_library_usable(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.encoders.fake import FakeImageEncoder

    before = content(library.path)
    paint(tmp_path / "more" / "a.png", 77)

    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(FakeImageEncoder, "encode", broken)
    with pytest.raises(EncoderError):
        library.index([tmp_path / "more"], options=ONE_WORKER)
    monkeypatch.undo()
    assert content(library.path) == before
    assert library.index([tmp_path / "more"], options=ONE_WORKER).added == 1
