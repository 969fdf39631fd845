"""What the columns of a metadata table, or the fields of a JSON file, mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from lookalike.sources.metadata import Metadata
from lookalike.sources.text import one_line
from lookalike.sources.values import camera_name, date_of, degrees_of, tags_of, texts_of

T = TypeVar("T")

# Names in lower case without separators; where a table has several, the first one counts first.
_COLUMNS = {
    "path": """path filepath relativepath relpath sourcefile filename file imagepath imagefile
        imagefilename imagename image img picturefile picture photofile photo""",
    "id": "id imageid photoid pictureid",
    "title": "title headline objectname imagetitle phototitle name",
    "caption": """caption captions description imagedescription photodescription text sentences
        sentence alt alttext altdescription summary abstract comment comments usercomment""",
    "tags": """tags tag keywords keyword subjects subject labels label finelabel classes class
        classname classlabel category categories subcategory coarselabel people personinimage""",
    "taken": """taken datetaken takenat datetimeoriginal phototakentime photographed datetime
        date createdate datecreated created timestamp""",
    "make": "make cameramake",
    "camera": "camera cameramodel model",
    "latitude": "latitude lat gpslatitude geolat",
    "longitude": "longitude lon lng long gpslongitude geolon geolng",
    "author": """author authors artist artists creator creators photographer photographers by
        owner ownername byline credit""",
    "licence": "licence license licences licenses usageterms licensename licenseurl",
    # Facts about the file, which it tells itself, and row numbers.
    "machine": """sha1 sha256 sha512 md5 hash checksum phash bytes sizebytes filesize width height
        imagewidth imageheight mode format frames mime mimetype index unnamed0""",
}
# The class of a picture in a labelled data set: kept by this name beside the tags.
_LABELS = frozenset({"label", "labels", "finelabel", "class", "classname", "classlabel"})
_ROLES = {
    name: (role, rank)
    for role, names in _COLUMNS.items()
    for rank, name in enumerate(names.split())
}
_LANGUAGE = re.compile(r"(.+)[_\-. ]([a-z]{2})(?:[_-][a-z]{2})?", re.I)
_NO_LANGUAGES = frozenset({"id", "no", "nr"})
_LANGUAGE_RANK = 100


@lru_cache(maxsize=4096)
def role_of(column: str) -> tuple[str, int]:
    """What a column holds, and its rank among columns that hold the same (lower counts first).

    A column of another name has the role ``extra``. ``title_de`` is a title, after ``title``
    and ``title_en``.
    """
    compact = "".join(char for char in column.casefold() if char.isalnum())
    if not compact:
        return "machine", 0
    if compact in _ROLES:
        return _ROLES[compact]
    if (match := _LANGUAGE.fullmatch(column.strip())) is not None:
        base, language = match[1], match[2].lower()
        role, rank = role_of(base)
        if role in ("title", "caption", "tags") and language not in _NO_LANGUAGES:
            return role, rank + (_LANGUAGE_RANK if language == "en" else 2 * _LANGUAGE_RANK)
    return "extra", 0


def key_column(columns: Iterable[str]) -> str | None:
    """The column that names the picture file: a path, else an id; None if there is neither."""
    candidates = [(role_of(column), column) for column in columns]
    for wanted in ("path", "id"):
        ranked = [(rank, column) for (role, rank), column in candidates if role == wanted]
        if ranked:
            return min(ranked, key=lambda pair: pair[0])[1]
    return None


def metadata_of(values: Mapping[str, object]) -> Metadata:
    """The metadata in named values: cells by column, or the fields of a JSON object.

    Captions are joined, keywords too; of several titles, dates or authors the first counts and
    the others stay in ``extra`` under their own names, as does everything that has no role.
    """
    fields = _Fields(values)
    latitude = fields.take("latitude", lambda text: degrees_of(text, 90))
    longitude = fields.take("longitude", lambda text: degrees_of(text, 180))
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        latitude = longitude = None  # 0, 0 is how exports write "unknown"
    captions = [text for texts in fields.take_all("caption") for text in texts]
    tags = [tag for texts in fields.take_all("tags") for tag in tags_of(texts)]
    make = fields.take("make", one_line) or ""
    label = next(filter(None, (texts_of(values[n]) for n in values if _is_label(n))), [])
    named = {role: fields.take(role, one_line) for role in ("author", "licence")}
    return Metadata(
        title=fields.take("title", one_line) or "",
        caption="\n".join(dict.fromkeys(captions)),
        tags=tuple(dict.fromkeys(tags)),
        taken=fields.take("taken", date_of),
        camera=camera_name(make, fields.take("camera", one_line) or ""),
        latitude=latitude,
        longitude=longitude,
        extra={
            **fields.rest(),
            **{role: text for role, text in named.items() if text},
            **({"label": ", ".join(dict.fromkeys(label))} if label else {}),
        },
    )


def _is_label(column: str) -> bool:
    return "".join(filter(str.isalnum, column.casefold())) in _LABELS


class _Fields:
    """Texts by column, best column first; what nobody takes is left for ``extra``."""

    def __init__(self, values: Mapping[str, object]) -> None:
        ranked = sorted(values, key=lambda name: role_of(name)[1])
        self._texts = {name: texts for name in ranked if (texts := texts_of(values[name]))}

    def _named(self, role: str) -> list[str]:
        return [name for name in self._texts if role_of(name)[0] == role]

    def take(self, role: str, read: Callable[[str], T | None]) -> T | None:
        for name in self._named(role):
            value = read(", ".join(dict.fromkeys(self._texts[name])))
            if value is not None:
                del self._texts[name]
                return value
        return None

    def take_all(self, role: str) -> list[list[str]]:
        return [self._texts.pop(name) for name in self._named(role)]

    def rest(self) -> dict[str, str]:
        left = {n: t for n, t in self._texts.items() if role_of(n)[0] not in ("path", "machine")}
        return {name.strip(): ", ".join(dict.fromkeys(texts)) for name, texts in left.items()}
