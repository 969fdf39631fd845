"""A long hunt by hand: ``python tests/fuzz/run.py --minutes 60``.

Pictures that cost a decoding process, and those whose outcome nobody expects, are written to
``--into``, by seed and number.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import randrange

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lookalike.imaging.workers import DecodePool  # noqa: E402
from tests.fuzz.hunt import LIMITS, SPECS, Damaged, batch, check, check_memory, hunt  # noqa: E402
from tests.fuzz.seeds import collected, written  # noqa: E402

BATCH = 200


def main() -> int:
    options = arguments()
    sound = written()
    for folder in options.seeds:
        sound += collected(folder)
    until = time.monotonic() + 60 * options.minutes
    seed = options.seed if options.seed is not None else randrange(2**31)
    total: Counter[str] = Counter()
    found, peak = 0, 0.0
    with DecodePool(options.workers, SPECS, LIMITS) as pool:
        while time.monotonic() < until:
            tasks = batch(sound, seed, BATCH)
            try:
                counts, kept = hunt(pool, tasks)
            except AssertionError:
                counts, kept = Counter({"unexpected": 1}), unexpected(pool, tasks)
            total.update(counts)
            keep(kept, options.into)
            found += len(kept)
            peak = max(peak, check_memory())
            seed += 1
    print(f"{total.total():,} damaged files of {len(sound)}, seeds up to {seed}: {dict(total)}")
    print(f"{found} kept in {options.into}; a decoder held at most {peak:.0f} MiB.")
    return 1 if total["unexpected"] else 0


def unexpected(pool: DecodePool, tasks: list[Damaged]) -> list[Damaged]:
    kept = []
    for task, outcome in pool.run(tasks):
        try:
            check(outcome)
        except AssertionError as error:
            print(f"{task.location}: {error}", file=sys.stderr)
            kept.append(task)
    return kept


def keep(tasks: list[Damaged], into: Path) -> None:
    for task in tasks:
        into.mkdir(parents=True, exist_ok=True)
        (into / f"{task.location.lstrip('/')}-frame{task.frame}").write_bytes(task.content)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Damage pictures and decode them.")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, help="of the first batch; random if left out")
    parser.add_argument("--into", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--seeds", type=Path, nargs="*", default=default_seeds())
    return parser.parse_args()


def default_seeds() -> list[Path]:
    folder = ROOT.parent / "shared" / "data" / "nasty_pillow"
    return [folder] if folder.is_dir() else []


if __name__ == "__main__":
    sys.exit(main())
