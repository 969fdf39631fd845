"""What a run of the bench found, and how two runs differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lookalike.errors import UsageError

KIND, VERSION = "lookalike bench", 1


def read_result(path: Path) -> dict[str, Any]:
    """The JSON that ``lookalike bench --out`` wrote.

    Raises:
        UsageError: there is no such file, or it is something else (``not-a-bench``).
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}.", "Write one with `lookalike bench --out FILE`.",
            code="not-a-bench",
        ) from error  # fmt: skip
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise UsageError(
            f"{path} is no result of a bench.", "Write one with `lookalike bench --out FILE`.",
            code="not-a-bench",
        )  # fmt: skip
    return found


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, float, float, float]]:
    """Figures that two results share: name, before, after, and how many times as good it is now.

    Above 1 is better, whatever the figure: more pictures a second, fewer milliseconds, less memory.
    """
    old = dict(_figures(before))
    rows = []
    for name, value in _figures(after):
        if name in old and old[name] > 0 and value > 0:
            better = value / old[name] if name.endswith("pictures/s") else old[name] / value
            rows.append((name, old[name], value, round(better, 3)))
    return rows


def setups_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What was not the same when two results were measured."""
    names = ("processor", "cores", "encoder", "pictures")
    found = [
        f"{name}: {before[name]} before, {after[name]} now"
        for name in names
        if before.get(name) != after.get(name)
    ]
    old, new = dict(before.get("versions", ())), dict(after.get("versions", ()))
    return found + [
        f"{name}: {old.get(name, 'absent')} before, {new.get(name, 'absent')} now"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _figures(result: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for step in result["steps"]:
        label = f"{step['step']} ({step['detail']})" if step["detail"] else step["step"]
        yield f"{label}, pictures/s", step["per_second"]
    for asked in result["searches"]:
        yield f"search {asked['query']}, p50 ms", asked["p50_ms"]
    for name, size in result["memory_mb"].items():
        yield f"memory while {name}, MB", size
