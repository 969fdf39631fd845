"""Every verb and every option explains itself, and help costs nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from lookalike.cli.main import app

from .shell import Shell

GROUP = typer.main.get_command(app)
VERBS = sorted(GROUP.commands)  # type: ignore[attr-defined]


def test_the_verbs_are_there() -> None:
    assert {"index", "search", "serve", "info", "check", "failures", "models"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_and_all_its_options_have_help(verb: str) -> None:
    command = GROUP.commands[verb]  # type: ignore[attr-defined]
    assert command.help
    unexplained = [p.name for p in command.params if not getattr(p, "help", None)]
    assert unexplained == []


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_printed_on_stdout(shell: Shell, verb: str) -> None:
    done = shell(*filter(None, [verb]), "--help")
    assert (done.status, done.err) == (0, "")
    assert f"Usage: lookalike {verb}".strip() in done.out


def test_no_verb_shows_the_help(shell: Shell) -> None:
    done = shell()
    assert "Usage: lookalike" in done.out + done.err
    assert done.status in (0, 2)


def test_the_version_is_told(shell: Shell) -> None:
    import lookalike

    assert shell("--version").out == f"lookalike {lookalike.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["index", "--help"], ["search", "-h"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import json, sys\n"
        "from lookalike.cli.main import run\n"
        f"assert run({arguments!r}) == 0\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    heavy = {"numpy", "lance", "pyarrow", "faiss", "PIL", "onnxruntime", "openvino", "torch"}
    assert (
        loaded & (heavy | {"fastapi", "uvicorn", "httpx", "tokenizers", "lookalike.library"})
        == set()
    )
