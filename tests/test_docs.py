"""The documents: their commands run, and what they list is complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# A fence of commands; a comment directly before it says why it is not run.
_CONSOLE = re.compile(r"^(<!-- not run: [^\n]+ -->\n)?```console\n(.*?)^```$", re.M | re.S)
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def commands(document: Path) -> list[str]:
    """The lines after ``$ `` in the document's console fences, in order."""
    fences = _CONSOLE.findall(document.read_text("utf-8"))
    text = "\n".join(body for not_run, body in fences if not not_run)
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh checkout: the samples are there, no library yet."""
    folder = tmp_path_factory.mktemp("workplace")
    shutil.copytree(ROOT / "samples", folder / "samples")
    return folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_of_the_documents_run(document: Path, workplace: Path) -> None:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    environment.pop("LOOKALIKE_LIBRARY", None)
    for command in commands(document):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=workplace,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{document.name}: $ {command}\n{done.stdout}{done.stderr}"


def test_the_page_of_every_source_takes_some_in() -> None:
    pages = [path for path in DOCUMENTS if path.parent.name == "sources"]
    assert len(pages) >= 6
    verbs = re.compile(r"lookalike (index|watch) ")
    assert [page.name for page in pages if not any(map(verbs.search, commands(page)))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_links_of_the_documents_lead_to_files(document: Path) -> None:
    links = _LINK.findall(document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    names = {re.match(r"[\w.-]+", requirement)[0] for requirement in wanted}  # type: ignore[index]
    explained = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert {name for name in names if f"`{name}`" not in explained} == set()
