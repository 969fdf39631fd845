import json
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lookalike.errors import LibraryError, LibraryFormatError, LibraryLockedError, NotFoundError
from lookalike.sources.entry import Failure
from lookalike.store.lance_store import LanceStore
from lookalike.store.writer import writing

from .conftest import SPACE, picture, unit_vectors


def test_what_is_stored_comes_back_whole(store: LanceStore) -> None:
    record = picture(3, title="Füchse", tags=("Red", "snow"), extra={"author": "Ana"}, latitude=1.5)
    with writing(store) as writer:
        writer.append([record], {"fake": unit_vectors(1)})
    (found,) = store.records([0])
    assert (found.id, found.metadata, found.locations) == (
        record.id,
        record.metadata,
        record.locations,
    )
    assert found.facts == record.facts


def test_keys_are_never_used_twice_even_when_the_last_picture_was_removed(
    store: LanceStore, fill: Callable[..., np.ndarray]
) -> None:
    fill(3)
    with writing(store) as writer:
        writer.delete([2])
    fill(1, first=10)
    assert store.keys().tolist() == [0, 1, 3]


def test_an_update_keeps_vectors_and_key_order(
    store: LanceStore, fill: Callable[..., np.ndarray]
) -> None:
    vectors = fill(5)
    (second,) = store.records([1])
    with writing(store) as writer:
        writer.update([replace(second, classes=("fox",))])
    assert store.records([1])[0].classes == ("fox",)
    np.testing.assert_array_equal(store.vectors(SPACE, [0, 1, 4]), vectors[[0, 1, 4]])


def test_text_search_finds_stems_accents_and_fresh_rows(store: LanceStore) -> None:
    with writing(store) as writer:
        writer.append([picture(1, title="Running foxes")], {"fake": unit_vectors(1)})
        writer.append([picture(2, caption="une école")], {"fake": unit_vectors(1)})
    assert store.text_search("fox run", 5)[0].tolist() == [0]
    assert store.text_search("ecole", 5)[0].tolist() == [1]
    assert store.text_search("nothing", 5)[0].tolist() == []


def test_a_picture_is_found_by_the_first_digits_of_its_id(
    store: LanceStore, fill: Callable[..., np.ndarray]
) -> None:
    fill(20)
    assert store.key_of(f"{7:016x}") == 7
    with pytest.raises(NotFoundError, match="Several"):
        store.key_of("0000")
    with pytest.raises(NotFoundError, match="no picture"):
        store.key_of("' OR 1=1")


def test_known_tells_unchanged_moved_and_gone(
    store: LanceStore, fill: Callable[..., np.ndarray]
) -> None:
    fill(10)
    known = store.known()
    assert known.unchanged("/pictures/3/3.jpg", "stamp-3")
    assert not known.unchanged("/pictures/3/3.jpg", "other")
    assert known.holds("/pictures/4/4.jpg")
    assert not known.holds("/pictures/none.jpg")
    assert known.unseen_owners(np.array([3, 4])).tolist() == [4]
    assert known.count_seen(np.arange(10)) == 1
    assert known.is_unseen("/pictures/4/4.jpg", 4)
    assert not known.is_unseen("/pictures/4/4.jpg", 9)
    known.add("ab" * 16, 99)
    assert known.key_of("ab" * 16) == 99
    assert known.key_of("cd" * 16) is None
    assert known.key_of(f"{5:016x}" * 2) == 5


def test_a_newer_format_is_refused_and_named(store: LanceStore) -> None:
    file = store.path / "library.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99, "written_by": "9.0"}))
    with pytest.raises(LibraryFormatError, match=r"format 99.*9\.0"):
        LanceStore(store.path)


def test_a_damaged_description_and_a_missing_library_say_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no library"):
        LanceStore(tmp_path / "none")
    LanceStore.create(tmp_path / "a", [SPACE])
    (tmp_path / "a" / "library.json").write_text("{")
    with pytest.raises(LibraryError, match="damaged"):
        LanceStore(tmp_path / "a")


def _try_to_write(path: Path, answer: "multiprocessing.Queue[str]") -> None:
    try:
        with writing(LanceStore(path)):
            answer.put("written")
    except LibraryLockedError as error:
        answer.put(str(error))


def test_a_second_writer_in_another_process_is_told_who_writes(store: LanceStore) -> None:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    with writing(store):
        process = context.Process(target=_try_to_write, args=(store.path, answer))
        process.start()
        assert "process" in (said := answer.get(timeout=60))
        assert "is writing" in said
        process.join()


def test_the_ledger_keeps_one_entry_a_location(store: LanceStore) -> None:
    first = Failure("/a'b.jpg", "decode", "truncated", "ends early", "1")
    store.failures.put([(first, "/"), (Failure("/c.jpg", "read", "vanished", "gone"), "/")])
    store.failures.put([(Failure("/a'b.jpg", "decode", "corrupt", "broken", "2"), "/")])
    assert [(f.failure.location, f.failure.code) for f in store.failures.all()] == [
        ("/a'b.jpg", "corrupt"),
        ("/c.jpg", "vanished"),
    ]
    store.failures.remove(["/a'b.jpg"])
    assert len(store.failures.all()) == 1
