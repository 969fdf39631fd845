"""Members of archives that can be read only from beginning to end: read now or never."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lookalike.errors import SourceError
from lookalike.sources.archives.beside import MAX_TABLE_BYTES
from lookalike.sources.archives.kinds import archive_kind
from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Member
from lookalike.sources.archives.reading import damage, refusal
from lookalike.sources.archives.selection import File
from lookalike.sources.entry import Failure
from lookalike.sources.naming import SIDECAR_EXTENSIONS, split_extension
from lookalike.sources.sniff import HEAD_BYTES, PICTURE_EXTENSIONS, sniff

_WANTED = PICTURE_EXTENSIONS.union(SIDECAR_EXTENSIONS, (".cls", ".csv", ".tsv", ".jsonl"))


def buffered(files: Iterator[File | Failure], budget: Budget) -> Iterator[File | Failure]:
    """The files with their bytes in memory; what is no picture keeps its first bytes only.

    Args:
        files: in their order.
        budget: what they may cost.
    """
    for file in files:
        if isinstance(file, Failure):
            yield file
            continue
        try:
            yield replace(file, member=_held(file, budget))
        except SourceError as error:
            yield refusal(file.location, error, file.member.stamp)


def _held(file: File, budget: Budget) -> Member:
    member = file.member
    extension = split_extension(file.name)[1]
    with damage(), member.open() as stream:
        data = stream.read(HEAD_BYTES)
        if extension in _WANTED or _is_wanted(file.name, data):
            budget.check_member(member.size, member.packed)
            if extension in PICTURE_EXTENSIONS or _is_small(member) or _is_wanted(file.name, data):
                data += stream.read(max(0, member.size - len(data)))
    return replace(member, open=partial(io.BytesIO, data), counted=True)


def _is_wanted(name: str, head: bytes) -> bool:
    kind = sniff(head)
    return bool(kind and kind.picture and kind.decodable) or bool(archive_kind(name, head))


def _is_small(member: Member) -> bool:
    return member.size <= MAX_TABLE_BYTES
