"""How good maps are: neighbourhoods kept by each method, and of pictures that were placed later.

python maps.py LIBRARY
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

import lookalike
from lookalike.lab.maps.layout import METHODS, LayoutOptions, lay_out
from lookalike.lab.maps.placing import place
from lookalike.lab.maps.quality import measure_map
from measure import machine


def main() -> None:
    with lookalike.open(sys.argv[1]) as library:
        look = library.views().look
        vectors = look.vectors(look.live)
    order = np.random.default_rng(0).permutation(len(vectors))
    held = np.sort(order[: len(order) // 5])
    kept = np.sort(order[len(order) // 5 :])
    rows = {}
    for method in METHODS:
        began = time.perf_counter()
        drawn = lay_out(vectors, LayoutOptions(method))
        took = time.perf_counter() - began
        whole = measure_map(vectors, drawn)
        places = np.empty_like(drawn)
        places[kept] = lay_out(vectors[kept], LayoutOptions(method))
        places[held], _ = place(vectors[held], vectors[kept], places[kept])
        asked = np.sort(np.random.default_rng(1).choice(held, min(1000, len(held)), replace=False))
        later = measure_map(vectors, places, rows=asked)
        rows[method] = {
            "seconds": round(took, 1),
            "trustworthiness": round(whole.trustworthiness, 3),
            "continuity": round(whole.continuity, 3),
            "preserved": round(whole.preserved, 3),
            "placed": {
                "trustworthiness": round(later.trustworthiness, 3),
                "continuity": round(later.continuity, 3),
                "preserved": round(later.preserved, 3),
            },
        }
        print(method, json.dumps(rows[method]), file=sys.stderr)
    print(json.dumps({"machine": machine(), "pictures": len(vectors), "maps": rows}, indent=1))


if __name__ == "__main__":
    main()
