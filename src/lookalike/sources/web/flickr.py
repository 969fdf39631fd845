"""Flickr's photo records, as its API and the MVSO data set write them: XML, JSON, JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lookalike.errors import SourceError, UsageError
from lookalike.sources.text import decode_text, plain_text
from lookalike.sources.web.row import Row

FAILED_ANSWER = "failed-answer"
"""The code of an answer that says that there is no such photo, or why it could not be asked for."""

# Fields with URLs of a photo, largest first (flickr.photos.search, "extras").
_SIZES = (
    "url_o",
    "url_6k",
    "url_5k",
    "url_4k",
    "url_3k",
    "url_k",
    "url_h",
    "url_l",
    "url_c",
    "url_z",
    "url_m",
    "url_n",
    "url_w",
    "url_s",
    "url_q",
    "url_t",
    "url_sq",
)
# flickr.photos.licenses.getInfo
_LICENCES = {
    "0": "All Rights Reserved",
    "1": "CC BY-NC-SA 2.0",
    "2": "CC BY-NC 2.0",
    "3": "CC BY-NC-ND 2.0",
    "4": "CC BY 2.0",
    "5": "CC BY-SA 2.0",
    "6": "CC BY-ND 2.0",
    "7": "No known copyright restrictions",
    "8": "United States Government Work",
    "9": "CC0 1.0",
    "10": "Public Domain Mark 1.0",
    "11": "CC BY 4.0",
    "12": "CC BY-SA 4.0",
    "13": "CC BY-ND 4.0",
    "14": "CC BY-NC 4.0",
    "15": "CC BY-NC-SA 4.0",
    "16": "CC BY-NC-ND 4.0",
}
_WRAPPED = re.compile(r"^\s*jsonFlickr\w+\((.*)\)\s*;?\s*$", re.S)
_ID = re.compile(r"[0-9]+")


def read_xml(path: Path) -> Iterator[Row]:
    """The photos of an XML answer or record, wherever its ``photo`` elements stand.

    Raises:
        SourceError: it is no XML, holds no photos, or is an answer that says why not.
        UsageError: the reader of XML is not installed.
        OSError: it cannot be read.
    """
    try:
        from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
        from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError(
            f"{path} is XML, and its reader is not installed.",
            "Run: pip install 'lookalike[crawl]'",
            code="not-installed",
        ) from error
    try:
        root = fromstring(path.read_bytes())
    except (ParseError, DefusedXmlException) as error:
        raise SourceError(
            f"{path} is no XML that can be read: {error}.", code="bad-list"
        ) from error
    _check_answer(path, root.attrib.get("stat", ""), root.find("err"))
    yield from _rows(path, (_from_xml(photo) for photo in root.iter("photo")))


def read_json(path: Path) -> Iterator[Row]:
    """The photos of a JSON answer: one, a list, or a page of them.

    Raises:
        SourceError: it is no JSON, or holds no photos.
        OSError: it cannot be read.
    """
    text = decode_text(path.read_bytes())
    wrapped = _WRAPPED.match(text)
    try:
        found = json.loads(wrapped[1] if wrapped else text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is no JSON: {error}.", code="bad-list") from error
    if isinstance(found, dict):
        _check_answer(path, found.get("stat", ""), found)
    yield from _rows(path, _photos(found))


def is_photo(record: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a record of Flickr's and not any row with a URL."""
    named = "secret" in record and "server" in record
    return named or ("owner" in record and any(size in record for size in _SIZES))


def photo_row(photo: Mapping[str, Any]) -> Row | None:
    """One record as a row; None if it leads to no picture.

    Args:
        photo: the fields of a JSON record; of an XML record the same, see ``_from_xml``.
    """
    page = _page_url(photo)
    picture = next((str(photo[size]) for size in _SIZES if photo.get(size)), "")
    picture = picture or _built_url(photo)
    values = {
        "title": plain_text(_content(photo.get("title"))),
        "text": plain_text(_content(photo.get("description"))),
        "tags": _tags(photo.get("tags")),
        "author": _author(photo),
        "licence": _LICENCES.get(str(photo.get("license", "")), ""),
        "taken": _taken(photo),
        "latitude": _place(photo, "latitude"),
        "longitude": _place(photo, "longitude"),
        "flickr_url": page,
        "image_url": picture,
    }
    told = {name: value for name, value in values.items() if value not in ("", None, [])}
    if picture:
        return Row(picture, told)
    return Row(page, told, "page") if page else None


def _rows(path: Path, photos: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    empty = True
    for photo in photos:
        row = photo_row(photo)
        if row is not None:
            empty = False
            yield row
    if empty:
        raise SourceError(
            f"{path} holds no photos of Flickr's.",
            "Give an answer with photo records.",
            code="bad-list",
        )


def _check_answer(path: Path, stat: object, error: Any) -> None:
    if stat == "fail":
        said = error.get("msg") or error.get("message") or "no reason" if error is not None else ""
        raise SourceError(f"{path} is an answer that failed: {said}.", code=FAILED_ANSWER)


def _photos(found: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(found, list):
        for one in found:
            yield from _photos(one)
    elif isinstance(found, dict):
        inner = next((found[key] for key in ("photos", "photoset", "photo") if key in found), None)
        if isinstance(inner, dict | list):
            yield from _photos(inner)
        elif "id" in found or is_photo(found):
            yield found


def _from_xml(photo: Any) -> dict[str, Any]:
    """An element as JSON writes it: attributes by name, elements by tag."""
    owner, dates, location = photo.find("owner"), photo.find("dates"), photo.find("location")
    record: dict[str, Any] = dict(photo.attrib)
    for name in ("title", "description"):
        if (element := photo.find(name)) is not None:
            record[name] = "".join(element.itertext())
    tags = [tag for tag in photo.iter("tag") if tag.get("machine_tag", "0") != "1"]
    if tags or not isinstance(record.get("tags"), str):
        record["tags"] = [tag.get("raw") or "".join(tag.itertext()) for tag in tags]
    record["urls"] = {
        "url": [{"type": url.get("type"), "_content": url.text} for url in photo.iter("url")]
    }
    for name, element in (("owner", owner), ("dates", dates), ("location", location)):
        if element is not None:
            record[name] = dict(element.attrib)
    return record


def _content(value: Any) -> str:
    found = value.get("_content", "") if isinstance(value, dict) else value
    return str(found or "")


def _tags(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    if isinstance(value, dict):
        value = value.get("tag", [])
    found = (
        str(tag.get("raw") or _content(tag)) if isinstance(tag, dict) else str(tag)
        for tag in value or ()
        if not (isinstance(tag, dict) and str(tag.get("machine_tag", "0")) in ("1", "True"))
    )
    return list(dict.fromkeys(text for tag in found if (text := plain_text(tag))))


def _author(photo: Mapping[str, Any]) -> str:
    owner = photo.get("owner")
    if isinstance(owner, dict):
        return str(owner.get("realname") or owner.get("username") or "")
    return str(photo.get("ownername") or "")


def _taken(photo: Mapping[str, Any]) -> str:
    dates = photo.get("dates") if isinstance(photo.get("dates"), dict) else {}
    unknown = str((dates or {}).get("takenunknown", photo.get("datetakenunknown", "0")))
    taken = str((dates or {}).get("taken") or photo.get("datetaken") or "")
    return "" if unknown == "1" else taken


def _place(photo: Mapping[str, Any], name: str) -> str:
    location = photo.get("location")
    value = location.get(name) if isinstance(location, dict) else photo.get(name)
    return "" if value in (None, 0, "0") else str(value)


def _page_url(photo: Mapping[str, Any]) -> str:
    urls = photo.get("urls")
    listed = urls.get("url", []) if isinstance(urls, dict) else []
    for url in listed if isinstance(listed, list) else []:
        if isinstance(url, dict) and url.get("type") == "photopage" and _content(url):
            return _content(url).strip()
    owner = photo.get("owner")
    nsid = owner.get("nsid", "") if isinstance(owner, dict) else owner
    if photo.get("flickr_url"):
        return str(photo["flickr_url"])
    return f"https://www.flickr.com/photos/{nsid}/{photo['id']}/" if nsid and "id" in photo else ""


def _built_url(photo: Mapping[str, Any]) -> str:
    """The picture of 500 pixels, a size that every photo has (Flickr's "Photo Image URLs")."""
    number, server, secret = (str(photo.get(name) or "") for name in ("id", "server", "secret"))
    if not (_ID.fullmatch(number) and server.isalnum() and secret.isalnum()):
        return ""
    return f"https://live.staticflickr.com/{server}/{number}_{secret}.jpg"
