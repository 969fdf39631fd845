"""Animations and documents by frame: which are wanted, which are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields

from lookalike.imaging.picture import Decoded
from lookalike.sources.entry import Entry, Failure
from lookalike.sources.frame_names import frame_id, frame_location, split_frame
from lookalike.store.known import Known
from lookalike.store.lance_store import LanceStore
from lookalike.store.sql import literal


@dataclass(frozen=True)
class Frame(Entry):
    """One frame of a file.

    Attributes:
        frame: which one, from 1.
    """

    frame: int = 1


def spread(frames: int, most: int) -> list[int]:
    """At most ``most`` of the numbers 1 to ``frames``, evenly spread; the first is among them."""
    count = min(frames, most)
    if count < 2:
        return [1]
    return [1 + round(step * (frames - 1) / (count - 1)) for step in range(count)]


@dataclass(frozen=True)
class FramedFile:
    """A file of the library that has several frames, as it was when it was taken in."""

    stamp: str
    id: str
    frames: int


class FrameBook:
    """Knows the frames that a run has to take in besides the files themselves.

    Frames that the library holds stay there as long as their file does, also in runs that do
    not ask for frames.

    Args:
        store: the library's store.
        known: what it holds.
        failed: the ledger's failures, by location.
        most: how many frames of a file are wanted, by the root of its source; 1 for the file itself
            only.
        retried: whether a failure is to be tried again though its file has not changed.
        only_failed: leave files that have not changed as they are.
        ids: of the only files that the run can meet, where that is known.
    """

    def __init__(
        self,
        store: LanceStore,
        known: Known,
        failed: Mapping[str, Failure],
        most: Mapping[str, int],
        retried: Callable[[Failure], bool],
        *,
        only_failed: bool = False,
        ids: Collection[str] | None = None,
    ) -> None:
        self._known, self._most, self._retried = known, most, retried
        wanted = any(count > 1 for count in most.values()) and not only_failed
        self._files = files_with_frames(store, ids) if wanted else {}
        self._failed: defaultdict[str, dict[int, Failure]] = defaultdict(dict)
        for location, failure in failed.items():
            base, frame = split_frame(location)
            if frame > 1:
                self._failed[base][frame] = failure

    def failed_before(self, entry: Entry) -> list[str]:
        """Locations of frames of this file that the ledger names."""
        return [failure.location for failure in self._failed.get(entry.location, {}).values()]

    def lacks(self, entry: Entry) -> bool:
        """Whether frames of a file that has not changed are still to be taken in.

        Those that are there count as seen.
        """
        failed = self._failed.get(entry.location, {})
        if any(self._retried(failure) for failure in failed.values()):
            return True
        lacking = False
        for file in self._files.get(entry.location, []):
            if file.stamp != entry.stamp:
                continue
            for frame in spread(file.frames, self._wanted(entry))[1:]:
                if frame not in failed and not self._is_there(entry.location, file, frame):
                    lacking = True
        return lacking

    def frames_of(self, entry: Entry, decoded: Decoded) -> list[Frame]:
        """The frames to take in of a file that has just been decoded, without the first."""
        if decoded.facts.frames == 1:
            return []
        wanted = set(spread(decoded.facts.frames, self._wanted(entry))[1:])
        for frame, failure in self._failed.get(entry.location, {}).items():
            if self._retried(failure) and frame <= decoded.facts.frames:
                wanted.add(frame)
        about = {field.name: getattr(entry, field.name) for field in fields(Entry)}
        return [
            Frame(**{**about, "location": frame_location(entry.location, frame)}, frame=frame)
            for frame in sorted(wanted)
        ]

    def _wanted(self, entry: Entry) -> int:
        return self._most.get(entry.root, 1)

    def _is_there(self, location: str, file: FramedFile, frame: int) -> bool:
        key = self._known.key_of(frame_id(file.id, frame))
        if key is None:
            return False
        place = frame_location(location, frame)
        is_there = self._known.is_unseen(place, key)
        self._known.mark_seen(place, key)
        return is_there


def files_with_frames(
    store: LanceStore, ids: Collection[str] | None = None
) -> dict[str, list[FramedFile]]:
    """What is known of the files with several frames, by their locations.

    Args:
        store: the library's store.
        ids: only of these pictures; None for all.
    """
    files: defaultdict[str, list[FramedFile]] = defaultdict(list)
    condition = "frames > 1"
    if ids is not None:
        condition += f" AND id IN ({', '.join(map(literal, ids)) or 'NULL'})"
    rows = store.facets(["id", "frames", "locations"], condition).to_pylist()
    for row in rows:
        for place in row["locations"]:
            files[place["path"]].append(FramedFile(place["stamp"], row["id"], row["frames"]))
    return files
