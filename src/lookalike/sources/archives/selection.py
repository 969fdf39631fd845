"""Which members of an archive are looked at, and what is refused unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lookalike.errors import SourceError
from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Member
from lookalike.sources.archives.names import SEPARATOR, clean, fault_of, is_hidden, shown
from lookalike.sources.archives.reading import each, refusal
from lookalike.sources.entry import Failure

_GROUP_FILES = 64
_GROUP_BYTES = 64 * 2**20

_REFUSED = {
    "link": ("archive-link", "it is a link", "Links in archives are not followed."),
    "device": ("archive-device", "it is a device or a pipe", "Only files are read."),
    "encrypted": ("encrypted", "it is encrypted", "Unpack the archive with its password."),
    "unsupported": ("unsupported-format", "it cannot be read", "Pack it anew, or unpack it."),
}


@dataclass(frozen=True)
class File:
    """A file in an archive that may be looked at.

    Attributes:
        name: safe, with ``/`` between folders; ``#2`` and so on after one that occurs again.
        location: as it is kept in the library.
        member: the file.
    """

    name: str
    location: str
    member: Member


def selected(
    members: Iterator[Member], location: str, budget: Budget, only: str = ""
) -> Iterator[File | Failure]:
    """The files of an archive; hidden ones and folders are left out, bad ones are failures.

    Args:
        members: of the archive.
        location: of the archive.
        budget: counts them.
        only: location of the one member wanted, perhaps in an archive inside; empty for all.

    Raises:
        SourceError: as the archive's members.
    """
    seen: Counter[str] = Counter()
    for member in each(members):
        budget.member()
        if member.kind == "folder" and member.name.strip("/") in ("", "."):
            continue  # the archive itself, as tar calls it
        fault = fault_of(member.name)
        if fault:
            place = location + SEPARATOR + shown(member.name)
            error = SourceError(fault, "Such names are never followed.", code="unsafe-name")
            yield refusal(place, error, member.stamp)
            continue
        name = clean(member.name)
        if member.kind == "folder" or is_hidden(name):
            continue
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name}#{seen[name]}"
        place = location + SEPARATOR + shown(name)
        if only and only != place and not only.startswith(place + SEPARATOR):
            continue
        if member.kind in _REFUSED:
            code, what, hint = _REFUSED[member.kind]
            yield refusal(place, SourceError(member.note or what, hint, code=code), member.stamp)
        else:
            yield File(name, place, member)


def grouped(files: Iterator[File | Failure]) -> Iterator[list[File | Failure]]:
    """Files in a row that are named alike but for what follows the first dot.

    So a picture and its sidecars are together, as WebDataset (Aizman et al., 2019) has them.
    """
    group: list[File | Failure] = []
    key, held = "", 0
    for file in files:
        mine = _key(file)
        if group and (mine != key or len(group) >= _GROUP_FILES or held > _GROUP_BYTES):
            yield group
            group, held = [], 0
        key = mine
        group.append(file)
        held += file.member.size if isinstance(file, File) else 0
    if group:
        yield group


def _key(file: File | Failure) -> str:
    if isinstance(file, Failure):
        return ""
    folder, _, name = file.name.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"
