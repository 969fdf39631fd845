"""``lookalike compare``."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookalike.cli.main import run
from tests.lab.conftest import paint_colours

from .shell import Shell


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("compared")
    folder = paint_colours(base / "pictures", each=4)
    done = Shell(base)("-L", "../lib", "index", folder, "--encoder", "fake", "--table",
                       folder / "manifest.csv")  # fmt: skip
    assert done.status == 0, done.err
    return base / "lib"


def test_a_grid_is_one_table_and_one_file(shell: Shell, coloured: Path) -> None:
    grid = ("--model", "fake", "--model", "colours", "--post", "none", "--metric", "cosine")
    done = shell("-L", coloured, "compare", "--labels", "label", *grid, "--csv", "table.csv")
    assert done.status == 0, done.err
    head, *lines = done.out.splitlines()
    assert head.split()[:3] == ["model", "post", "metric"]
    assert len(lines) == 2
    assert "12 queries over 13 pictures (by label)" in done.err
    assert (shell.here / "table.csv").read_text().startswith("encoder,post,metric,search,AP,")


def test_reports_are_written_and_kept(shell: Shell, coloured: Path) -> None:
    grid = ("--post", "none", "--metric", "cosine", "--plot", "plot.svg")
    done = shell("-L", coloured, "compare", "--labels", "label", *grid, "--html", "one.html",
                 "--save", "one")  # fmt: skip
    assert done.status == 0, done.err
    assert (shell.here / "one.html").read_text("utf-8").startswith("<!doctype html>")
    assert (coloured / "reports" / "one.html").is_file()
    assert (shell.here / "plot.svg").is_file()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), "nothing-to-evaluate"),
        (("--labels", "label", "--judged"), "nothing-to-evaluate"),
        (("--judged",), "no-judgments"),
        (("--labels", "label", "--model", "fakt"), "unknown-model"),
        (("--labels", "label", "--preset", "seed9"), "bad-grid"),
        (("--labels", "label", "--grid", "absent.toml"), "bad-grid"),
        (("--labels", "label", "--metric", "taxi"), "bad-request"),
        (("--labels", "label", "--post", "polish"), "bad-post"),
        (("--labels", "label", "--measures", "luck"), "bad-measure"),
        (("--labels", "shape"), "no-labels"),
        (("--labels", "label", "--save", "../two"), "bad-report-name"),
    ],
)
def test_wrong_use_is_told(
    coloured: Path, options: tuple[str, ...], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-L", str(coloured), "compare", *options]) == 2
    assert f"lookalike: {code}: " in capsys.readouterr().err
