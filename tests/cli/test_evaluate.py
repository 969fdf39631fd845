"""``lookalike evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookalike.cli.main import run
from tests.lab.conftest import paint_colours

from .shell import Shell


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("coloured")
    folder = paint_colours(base / "pictures", each=4)
    done = Shell(base)("-L", "../lib", "index", folder, "--encoder", "fake", "--table",
                       folder / "manifest.csv")  # fmt: skip
    assert done.status == 0, done.err
    return base / "lib"


def test_labels_are_measured_and_told(shell: Shell, coloured: Path) -> None:
    done = shell("-L", coloured, "evaluate", "--labels", "label", "--measures", "AP P@1 Bpref")
    assert done.status == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines()] == ["measure", "AP", "P@1", "Bpref"]
    assert "12 queries over 13 pictures" in done.err
    assert "1 pictures have no label" in done.err


def test_runs_are_written_compared_and_the_worst_are_drawn(shell: Shell, coloured: Path) -> None:
    first = shell("-L", coloured, "evaluate", "--labels", "label", "--run", "a.run",
                  "--qrels-out", "a.qrels")  # fmt: skip
    assert first.status == 0, first.err
    done = shell("-L", coloured, "evaluate", "--labels", "label", "--compare", "a.run", "--worst",
                 3, "--montage", "worst.png", "--json")  # fmt: skip
    assert done.status == 0, done.err
    assert done.json["queries"] == 12
    assert done.json["compared"]["AP"]["p"] == 1.0
    values = [row["AP"] for row in done.json["worst"]]
    assert values == sorted(values)
    assert (shell.here / "worst.png").read_bytes().startswith(b"\x89PNG")
    again = shell("-L", coloured, "evaluate", "--qrels", "a.qrels", "--queries", _ids(shell))
    assert again.status == 0, again.err


def _ids(shell: Shell) -> str:
    ids = dict.fromkeys(
        line.split()[0] for line in (shell.here / "a.qrels").read_text().splitlines()
    )
    (shell.here / "q.csv").write_text("qid,query\n" + "".join(f"{i},{i}\n" for i in ids))
    return "q.csv"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], "nothing-to-evaluate"),
        (["--labels", "label", "--qrels", "q"], "nothing-to-evaluate"),
        (["--labels", "nothing"], "no-labels"),
        (["--labels", "label", "--measures", "P"], "bad-measure"),
        (["--labels", "label", "--compare", "absent.run"], "bad-trec-file"),
        (["--labels", "label", "--split", "half"], "bad-request"),
        (["--labels", "label", "--metric", "taxi"], "bad-request"),
        (["--labels", "label", "--montage", "nowhere/x.png"], "montage-unwritable"),
    ],
)
def test_what_cannot_be_measured_is_said(
    coloured: Path, options: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-L", str(coloured), "evaluate", *options, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a data set, and a cache of its own."""
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LOOKALIKE_LIBRARY", raising=False)
    folder = paint_colours(tmp_path / "set", each=2)
    (folder / "queries.csv").write_text("qid,query\nq1,red\nq2,blue/p1.png\n")
    (folder / "qrels.txt").write_text("q1 0 red/p0.png 1\nq2 0 blue/p0.png 1\n")
    return folder


def test_the_folder_of_a_data_set_is_indexed_and_measured(
    cached: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(cached), "--encoder", "fake", "--json"]) == 0
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [(one["name"], one["queries"]) for one in reports] == [
        ("set: words", 1), ("set: pictures", 1), ("set: label", 6),
    ]  # fmt: skip
    assert run(["evaluate", str(cached), "--encoder", "fake"]) == 0
    table = capsys.readouterr().out
    assert [line[:10] for line in table.splitlines()[1:]] == [
        "set: words", "set: pictu", "set: label",
    ]  # fmt: skip
    options = ["--encoder", "fake", "--only", "pictures", "--run", str(cached / "a.run")]
    assert run(["evaluate", str(cached), *options]) == 0
    assert (cached / "a.run").read_text().startswith("q2 Q0 blue/p0.png 1 ")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--worst", "3"], "several-collections"),
        (["--only", "sounds"], "nothing-to-evaluate"),
        (["--suite", "everything"], "bad-suite"),
        (["--suite", "quick"], "nothing-to-evaluate"),
    ],
)
def test_what_a_folder_cannot_be_asked_is_said(
    cached: Path, options: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(cached), "--encoder", "fake", *options, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_suite_is_one_table(cached: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cached.rename(cached.parent / "clothing")
    options = ["--encoder", "fake", "--suite", "retrieval", "--quick", str(cached.parent)]
    assert run(["evaluate", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    columns = ["suite", "measured", "searched", "among", "queries", "AP", "P@1", "P@10"]
    assert lines[0].split() == columns
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["retrieval", "clothing", "own", "folder"],
        ["retrieval", "clothing", "all", "folders"],
    ]
