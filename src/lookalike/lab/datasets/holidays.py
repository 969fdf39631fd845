"""INRIA Holidays (Jégou, Douze and Schmid, 2008).

A picture ``1SSSNN.jpg`` shows scene SSS; NN = 00 is the query of its scene, and is removed from its
own ranking. AP is the area under the precision-recall curve, by trapezoids, as in the set's own
program.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePath

from lookalike.lab.datasets.kinds import Kind
from lookalike.lab.datasets.places import Places, below
from lookalike.lab.topics import TestCollection, Topic, half_of, keys_array, picture_query
from lookalike.search.views import Views

_NAME = re.compile(r"(1\d{3})(\d{2})")


def _matches(folder: Path) -> bool:
    stems = [path.stem for path in folder.rglob("1[0-9][0-9][0-9][0-9][0-9].*")]
    return any(stem.endswith("00") for stem in stems) and all(map(_NAME.fullmatch, stems))


def _collections(views: Views, folder: Path) -> list[TestCollection]:
    places = Places(views, folder)
    scenes: dict[str, list[int]] = defaultdict(list)
    queries, names = {}, {}
    for key, paths in sorted(places.paths.items()):
        if (found := _NAME.fullmatch(PurePath(paths[0]).stem)) is None:
            continue
        scenes[found[1]].append(key)
        names[key] = PurePath(paths[0]).name
        if found[2] == "00":
            queries[found[1]] = key
    topics = [
        Topic(
            names[key], picture_query(places.id_by_key[key]), keys_array(scenes[scene]), key=key,
            half=half_of(number),
        )
        for number, (scene, key) in enumerate(sorted(queries.items()))
        if len(scenes[scene]) > 1
    ]  # fmt: skip
    left_out = {
        "scenes lack their query (not asked for)": len(scenes) - len(queries),
        "scenes have a single picture (not asked for)": len(queries) - len(topics),
    }
    return [
        TestCollection(
            folder.name, tuple(topics), below(folder), names=names,
            measures=("AP_trap", "AP", "P@1"), left_out=left_out,
        )
    ]  # fmt: skip


KIND = Kind(
    name="Holidays",
    what="INRIA Holidays: the first picture of each scene asks for the others",
    matches=_matches,
    collections=_collections,
)
