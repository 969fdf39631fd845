"""UKBench (Nistér and Stewénius, 2006): four pictures of each object, in the order of their names.

The query is found, too: the N-S score counts how many of the first four are of its object.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePath

from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.places import Places, below
from lookalike.lab.topics import TestCollection, Topic, half_of, keys_array, picture_query
from lookalike.search.views import Views

_NAME = re.compile(r"ukbench(\d{5})", re.I)


def _matches(folder: Path) -> bool:
    stems = [path.stem for path in folder.rglob("*.[jJ][pP]*[gG]")]
    return bool(stems) and all(map(_NAME.fullmatch, stems))


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    places = Places(views, folder)
    objects: dict[int, list[int]] = defaultdict(list)
    names = {}
    for key, paths in places.paths.items():
        if (found := _NAME.fullmatch(PurePath(paths[0]).stem)) is not None:
            objects[int(found[1]) // 4].append(key)
            names[key] = PurePath(paths[0]).name
    topics = []
    for number, members in sorted(objects.items()):
        relevant = keys_array(members)
        for key in relevant.tolist() if len(relevant) > 1 else []:
            query = picture_query(places.id_by_key[key])
            topics.append(Topic(names[key], query, relevant, key=key, half=half_of(number)))
    alone = sum(len(members) == 1 for members in objects.values())
    return [
        TestCollection(
            folder.name, tuple(topics), below(folder), names=names, keep_query=True,
            measures=("NS", "AP", "P@1"),
            left_out={"objects have a single picture (not asked for)": alone},
        )
    ]  # fmt: skip


KIND = Kind(
    name="UKBench",
    what="UKBench: four pictures of each object, N-S score",
    matches=_matches,
    collections=_collections,
)
