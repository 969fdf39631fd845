"""What a picture may lend to the name of its cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from lookalike.store.rows import PictureRecord

_LABELS = ("label", "class", "category", "group", "species", "object")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LONGEST = 30
_LEAST_PROB = 0.1
_PLAIN = frozenset(
    {"and", "are", "but", "for", "from", "has", "her", "his", "its", "not", "out", "the", "this",
     "that", "them", "they", "was", "were", "with", "img", "dsc", "picture", "pictures", "image",
     "images", "photo", "photos", "file", "untitled", "copy"}
)  # fmt: skip


def terms_of(record: PictureRecord) -> dict[str, float]:
    """Terms that describe a picture, and how sure each is, 0 to 1.

    Its labels, tags, folder and words of its title count in full, what the encoder sees in it by
    its probability.
    """
    seen = zip(record.classes, record.class_probs, strict=False)
    found = {name.lower(): prob for name, prob in seen if prob >= _LEAST_PROB}
    found.update(dict.fromkeys(_written(record), 1.0))
    return found


def _written(record: PictureRecord) -> Iterator[str]:
    meta = record.metadata
    named = {name.lower(): value for name, value in meta.extra.items()}
    short = (*meta.tags, *(named.get(name, "") for name in _LABELS))
    place = PurePath(record.locations[0].path)
    for text in (*short, place.parent.name):
        term = text.replace("_", " ").strip().lower()
        if 1 < len(term) <= _LONGEST and not term.isdigit() and term not in _PLAIN:
            yield term
    for word in _WORD.findall(meta.title.lower()):
        if word not in _PLAIN:
            yield word
