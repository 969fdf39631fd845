"""Files that describe the picture beside them: text, JSON and XMP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from lookalike.sources.columns import metadata_of
from lookalike.sources.metadata import Metadata
from lookalike.sources.naming import COPY_NUMBER, TAKEOUT_LENGTH, split_extension
from lookalike.sources.sniff import PICTURE_EXTENSIONS, sniff
from lookalike.sources.text import decode_text, plain_text
from lookalike.sources.xmp import MAX_XMP_BYTES, parse_xmp

MAX_TEXT_BYTES = 64 << 10
MAX_JSON_BYTES = 4 << 20


def read_sidecars(picture: str, sidecars: Iterable[Path]) -> Metadata:
    """What the sidecars of a picture say, later ones over earlier ones.

    Args:
        picture: file name of the picture.
        sidecars: the files, most specific last. A broken, vanished or forbidden one says nothing:
            words are a bonus, and the picture must not be lost for them.
    """
    found = Metadata()
    for sidecar in sidecars:
        found = found.merged_under(_read(picture, sidecar))
    return found


def _read(picture: str, sidecar: Path) -> Metadata:
    kind = sidecar.suffix.lower()
    limit = {".xmp": MAX_XMP_BYTES, ".json": MAX_JSON_BYTES}.get(kind, MAX_TEXT_BYTES)
    try:
        with sidecar.open("rb") as file:
            data = file.read(limit)
    except OSError:
        return Metadata()
    return told_by(picture, sidecar, data)


def told_by(picture: str, sidecar: Path, data: bytes) -> Metadata:
    """What one sidecar says; a broken one says nothing.

    Args:
        picture: file name of the picture.
        sidecar: name of the sidecar.
        data: its bytes.
    """
    kind = sidecar.suffix.lower()
    if kind == ".xmp":
        return parse_xmp(data)
    if kind == ".json":
        return _from_json(picture, sidecar, data)
    about = sniff(data)
    if about is not None and about.name not in ("text", "html"):
        return Metadata()
    return Metadata(caption=plain_text(decode_text(data)))


def _from_json(picture: str, sidecar: Path, data: bytes) -> Metadata:
    try:
        document = json.loads(decode_text(data))
    except (ValueError, RecursionError):
        return Metadata()
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict):
        return Metadata()
    if "photoTakenTime" in document or "geoData" in document:
        return _from_takeout(picture, sidecar, document)
    return metadata_of(document)


def _from_takeout(picture: str, sidecar: Path, document: Mapping[str, object]) -> Metadata:
    title = document.get("title")
    title = title if isinstance(title, str) else ""
    if _is_cut(picture, sidecar) and not _same_file(title, picture):
        return Metadata()  # another picture whose long name begins alike
    taken, place = document.get("photoTakenTime"), document.get("geoData")
    values: dict[str, object] = {
        "title": "" if split_extension(title)[1] in PICTURE_EXTENSIONS else title,
        "description": document.get("description"),
        "people": document.get("people"),
        "url": document.get("url"),
    }
    if isinstance(taken, dict):
        values["taken"] = taken.get("timestamp")
    if isinstance(place, dict):
        values |= {"latitude": place.get("latitude"), "longitude": place.get("longitude")}
    return metadata_of(values)


def _is_cut(picture: str, sidecar: Path) -> bool:
    """Whether the sidecar's name was too long for Takeout, so that others may be cut to it too."""
    body = COPY_NUMBER.sub("", sidecar.stem)
    return len(body) >= TAKEOUT_LENGTH and sidecar.stem not in (picture, Path(picture).stem)


def _same_file(title: str, picture: str) -> bool:
    """Whether a title in Takeout names the picture, whose own name may be cut and cleaned."""
    whole, cut = (COPY_NUMBER.sub("", split_extension(name)[0]) for name in (title, picture))
    return bool(title) and _letters(whole).startswith(_letters(cut))


def _letters(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
