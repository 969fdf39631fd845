"""Runs the command line as people do: as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "lookalike.cli.main"]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


def environment(cache: Path, **more: object) -> dict[str, str]:
    """This process's environment without its own settings of lookalike."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOOKALIKE_")}
    found = {name: str(value) for name, value in more.items()}
    return {**kept, "LOOKALIKE_CACHE": str(cache), "COLUMNS": "120", **found}


class Shell:
    """Runs ``lookalike`` in a folder of its own."""

    def __init__(self, base: Path) -> None:
        self.here = base / "here"
        self.here.mkdir()
        self.cache = base / "cache"

    def __call__(
        self, *arguments: object, cwd: Path | None = None, options: Any = None, **variables: object
    ) -> Done:
        """Run a verb to its end.

        Args:
            arguments: verb, sources, options.
            cwd: where; the shell's own folder by default.
            options: further options of :func:`subprocess.run`.
            variables: of the environment.
        """
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=cwd or self.here,
            env=environment(self.cache, **variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
            **(options or {}),
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)
