"""What the name of a file, and of the folders around it, says about a picture."""

from __future__ import annotations

import re
import unicodedata

from lookalike.sources.archives.names import SEPARATOR
from lookalike.sources.naming import COPY_NUMBER, split_extension
from lookalike.sources.sniff import PICTURE_EXTENSIONS

# What cameras, phones and programs call every picture; only the number behind tells them apart.
_CAMERA_NAMES = """
    cimg dji dsc dscf dscn fb gopr gx hpim imag image images img imgp kimg mvi mvimg p pano pic
    pict picture photo pxl rimg sam sany scan sdc signal stitch vid wa wp
"""
_CAMERA_WORDS = frozenset(_CAMERA_NAMES.split())
_NO_WORD = "0"
# Hashes, dates and code points; "face2" is a word.
_HEX = re.compile(
    r"(?=[0-9a-f]*\d)[0-9a-f]{7,}|(?=.{4})(?:\d[0-9a-f]*[a-f]|[a-f]+\d+[a-f])[0-9a-f]*", re.I
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_PERCENT = re.compile(r"%[0-9A-F]{2}")
_ARCHIVE = re.compile(r"(?:\.tar)?\.\w{2,4}!(?=/)", re.I)
_YEAR = re.compile(r"1[89]\d\d|20\d\d")
_SERIAL = re.compile(r"[a-z]{1,2}\d{4,}", re.I)
_CAMEL = re.compile(r"(?<=[^\W\d_][^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z]{2})")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_LETTERS_NUMBER = re.compile(r"([^\W\d_]{3,})(\d+)|(\d{4,})([^\W\d_]{3,})")


def name_words(location: str, root: str) -> str:
    """Searchable words of the file's and the folders' names, below and including the root's.

    ``2019 Italy/red-fox_in-snow.jpg`` gives ``2019 Italy red fox in snow``. What cameras and
    programs make up is left out: ``IMG_1234``, long and zero-padded numbers, hashes.
    Years stay, and short numbers beside a word (``Boeing 747``).

    Args:
        location: the picture's location.
        root: the source's location; its last part counts as a folder.
    """
    if SEPARATOR in location:
        # An archive counts as a folder of its name.
        inside = location.startswith(root + SEPARATOR)
        root = _ARCHIVE.sub("", root + SEPARATOR) if inside else root
        location = _ARCHIVE.sub("", location)
    separators = re.compile(r"[\\/]")
    base = root.rstrip("/\\")
    if location == root:
        parts = [separators.split(base)[-1]]
    elif location.startswith(base) and location[len(base) : len(base) + 1] in ("/", "\\"):
        parts = [separators.split(base)[-1], *separators.split(location[len(base) + 1 :])]
    else:
        parts = [separators.split(location)[-1]]
    stem, suffix = split_extension(parts[-1])
    parts[-1] = stem if suffix in PICTURE_EXTENSIONS else parts[-1]
    words = (" ".join(_words(part)) for part in parts)
    return " ".join(dict.fromkeys(word for word in words if word))


def _words(part: str) -> list[str]:
    part = unicodedata.normalize("NFC", _PERCENT.sub(" ", part))
    part = COPY_NUMBER.sub("", _UUID.sub(" ", part))
    tokens = [piece for token in _TOKEN.findall(part) for piece in _pieces(token)]
    kept: list[str] = []
    for position, token in enumerate(tokens):
        follows = tokens[position + 1] if position + 1 < len(tokens) else ""
        before = tokens[position - 1].casefold() if position else ""
        if token.isdigit():
            keep = _is_telling(token) and before not in _CAMERA_WORDS
        else:
            keep = not (token.casefold() in _CAMERA_WORDS and follows[:1].isdigit())
        if keep:
            kept.append(token)
    has_words = any(not token.isdigit() for token in kept)
    return [token for token in kept if has_words or _YEAR.fullmatch(token)]


def _pieces(token: str) -> list[str]:
    if _HEX.fullmatch(token) or _SERIAL.fullmatch(token):
        # A camera's or a data set's serial number: P1000123, n02233338.
        return [_NO_WORD]
    pieces: list[str] = []
    for word in _CAMEL.sub(" ", token).split():
        match = _LETTERS_NUMBER.fullmatch(word)
        pieces += [group for group in match.groups() if group] if match else [word]
    return pieces


def _is_telling(number: str) -> bool:
    return bool(_YEAR.fullmatch(number)) or (len(number) in (2, 3) and number[0] != "0")
