"""Ways to damage a file. Every one is made by a random generator, so a seed repeats it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random

_NUMBERS = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000)
_LARGE = (*_NUMBERS, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEADER = 96


def flip_bits(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    for _count in range(random.choice((1, 1, 2, 8, 32))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def set_bytes(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    for _count in range(random.choice((1, 2, 4))):
        data[random.randrange(len(data))] = random.choice((0, 1, 0x7F, 0x80, 0xFF))


def edit_header(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    """Put a telling number where lengths, widths and counts use to be."""
    layout = random.choice(("<H", ">H", "<L", ">L"))
    field = struct.pack(layout, random.choice(_NUMBERS if "H" in layout else _LARGE) % 2**16
                        if "H" in layout else random.choice(_LARGE))  # fmt: skip
    at = random.randrange(max(1, min(_HEADER, len(data)) - len(field) + 1))
    data[at : at + len(field)] = field


def edit_number(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    """The same anywhere."""
    at = random.randrange(max(1, len(data) - 3))
    data[at : at + 4] = struct.pack(random.choice("<>") + "L", random.choice(_LARGE))


def truncate(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    del data[random.randrange(1, len(data) + 1) :]


def cut_out(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start, length = random.randrange(len(data)), random.randrange(1, 64)
    del data[start : start + length]


def repeat(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    start, length = random.randrange(len(data)), random.randrange(1, 64)
    data[start:start] = data[start : start + length] * random.choice((1, 2, 16))


def splice(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    """The beginning of one file with the end of another."""
    other = random.choice(others)
    data[random.randrange(len(data)) :] = other[random.randrange(len(other)) :]


def insert(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    other = random.choice(others)
    start = random.randrange(len(other))
    at = random.randrange(len(data))
    data[at:at] = other[start : start + random.randrange(1, 256)]


_ALL: tuple[Callable[[bytearray, Random, Sequence[bytes]], None], ...] = (
    flip_bits,
    flip_bits,
    set_bytes,
    edit_header,
    edit_header,
    edit_number,
    truncate,
    cut_out,
    repeat,
    splice,
    insert,
)


def damaged(sound: Sequence[bytes], random: Random) -> bytes:
    """One of the files, damaged in one to three ways.

    Half of the damaged PNG files get their checksums right again, lest every fault be found by
    these.
    """
    data = bytearray(random.choice(sound))
    for _ in range(random.choice((1, 1, 2, 3))):
        random.choice(_ALL)(data, random, sound)
        if not data:
            return b"\0"
    if data.startswith(b"\x89PNG") and random.random() < 0.5:
        _mend_checksums(data)
    return bytes(data)


def _mend_checksums(data: bytearray) -> None:
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            return
        data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
