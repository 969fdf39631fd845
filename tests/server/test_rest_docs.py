"""The guide to the API: its commands run, its examples have the shape of real answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lookalike.library import Library
from lookalike.server.schemas import AddedBody, ErrorBody, HitBody
from lookalike.server.settings import ServerSettings

from .stage import BASE, serving

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "rest.md").read_text("utf-8")


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.M | re.S)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_command_of_the_guide_runs(own_library: Library, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "pictures" / "fox.png", tmp_path)
    assert len(fences("sh")) >= 4
    with serving(own_library, ServerSettings(writable=True)) as url:
        for fence in fences("sh"):
            script = fence.replace(BASE, url).replace("curl ", "curl --fail --silent --show-error ")
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", script],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, f"{script}\n{done.stderr}"
    assert (tmp_path / "thumbnail.jpg").read_bytes().startswith(b"\xff\xd8")


def test_the_examples_have_the_shape_of_answers() -> None:
    hit, added, error = (json.loads(fence) for fence in fences("json"))
    HitBody.model_validate(hit)
    AddedBody.model_validate(added)
    ErrorBody.model_validate(error)


def test_the_python_of_the_guide_compiles() -> None:
    for fence in fences("python"):
        compile(fence, "rest.md", "exec")
