"""What goes to which stream, and what a status means."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.pipeline.folders import paint

from .conftest import draw
from .shell import COMMAND, Shell, environment


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "fox"],
        ["search", "fox", "--explain"],
        ["search", "--where", "tag = snow"],
        ["search", "fox", "--thumbnails"],
        ["info"],
        ["failures"],
        ["failures", "--code", "none-such"],
        ["failures", "--retry", "--code", "none-such"],
        ["check"],
        ["models"],
        ["index", "."],
    ],
)
def test_json_prints_one_document_and_nothing_else_on_stdout(
    shell: Shell, tmp_path: Path, filled: Path, arguments: list[str]
) -> None:
    copy = shutil.copytree(filled, tmp_path / "copy", copy_function=shutil.copy2)
    done = shell(*arguments, "--json", cwd=copy)
    assert done.status in (0, 1), done.err
    assert isinstance(done.json, dict)


@pytest.mark.parametrize("verb", ["search", "info", "failures", "check", "index"])
def test_json_errors_are_documents_too(shell: Shell, verb: str) -> None:
    what = ["fox"] if verb == "search" else ["nowhere"] if verb == "index" else []
    done = shell(verb, *what, "--json")
    assert done.status == 2
    error = done.json["error"]
    assert error["code"] == ("not-found" if verb == "index" else "no-library")
    assert done.err == f"lookalike: {error['code']}: {error['message']} {error['hint']}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serch", "fox"], "search"),
        (["search", "fox", "--wher", "tag = a"], "--where"),
        (["search", "fox", "-k", "many"], "-k"),
        (["search", "fox", "-k", "0"], "k = 0"),
        (["search"], "Nothing to search for"),
        (["index"], "SOURCE"),
        (["index", ".", "--encoder", "efficientnet-lite1"], "efficientnet-lite"),
        (["search", "fox", "--match", "word"], "words"),
        (["search", "--not", "fox"], "what not to find"),
    ],
)
def test_wrong_use_is_one_line_that_says_what_to_do(
    shell: Shell, arguments: list[str], says: str
) -> None:
    paint(shell.here / "a.png", 1)
    done = shell(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("lookalike: ")
    assert done.err.count("\n") == 1
    assert says in done.err
    assert not (shell.here / ".lookalike").exists()


@pytest.mark.parametrize(
    ("name", "value", "arguments"),
    [
        ("LOOKALIKE_THREADS", "many", ["models"]),
        ("LOOKALIKE_THREADS", "many", ["search", "fox"]),
        ("LOOKALIKE_THREADS", "many", ["index", "."]),
        ("LOOKALIKE_RUNTIME", "abacus", ["models"]),
        ("LOOKALIKE_DEVICE", "abacus", ["search", "fox"]),
    ],
)
def test_a_wrong_setting_in_the_environment_is_named(
    shell: Shell, filled: Path, name: str, value: str, arguments: list[str]
) -> None:
    done = shell(*arguments, cwd=filled, **{name: value})
    assert (done.status, value in done.err) == (2, True)
    assert done.err.count("\n") == 1


def test_index_tells_what_it_did_and_ends_with_1_if_files_failed(shell: Shell) -> None:
    draw(shell.here)
    first = shell("index", ".", "--encoder", "fake")
    assert (first.status, first.out) == (1, "")
    assert "3 new" in first.err
    assert "1 failed" in first.err
    assert "lookalike failures" in first.err
    second = shell("index", ".")
    assert second.status == 0
    assert "0 new" in second.err
    assert "4 unchanged" in second.err
    told = shell("index", ".", "--json").json
    assert (told["unchanged"], told["failed_before"], told["pictures"]) == (4, 1, 3)


def test_the_library_is_the_one_named_else_the_one_here_else_that_of_the_environment(
    shell: Shell, filled: Path, tmp_path: Path
) -> None:
    named, elsewhere = tmp_path / "named", tmp_path / "elsewhere"
    paint(tmp_path / "one" / "a.png", 1)
    assert shell("index", tmp_path / "one", "--encoder", "fake", "-L", named).status == 0
    env = {"LOOKALIKE_LIBRARY": named}
    assert shell("info", "--json", **env).json["path"] == str(named)
    assert shell("info", "--json", cwd=filled, **env).json["path"] == str(filled / ".lookalike")
    for arguments in (("info", "-L", named), ("--library", named, "info")):
        assert shell(*arguments, "--json", cwd=filled).json["path"] == str(named)
    env = {"LOOKALIKE_LIBRARY": elsewhere}
    assert shell("index", tmp_path / "one", "--encoder", "fake", **env).status == 0
    assert (elsewhere / "library.json").exists()
    assert not (shell.here / ".lookalike").exists()


def test_a_search_prints_a_table_with_rank_score_id_and_place(shell: Shell, filled: Path) -> None:
    done = shell("search", "fox", "--match", "words", cwd=filled)
    head, *rows = done.out.splitlines()
    assert head.split() == ["score", "id", "picture", "what"]
    assert len(rows) == 1
    rank, score, picture_id, place = rows[0].split(maxsplit=3)
    assert rank == "1"
    assert float(score) > 0
    assert place.startswith("copy of fox.png (+1)")
    assert "Red fox" in place
    assert shell("search", f"id:{picture_id}", cwd=filled).status == 0
    assert done.err == ""


def test_into_a_pipe_every_row_is_one_line(shell: Shell, tmp_path: Path) -> None:
    folder = draw(tmp_path / ("long " * 40) / ("longer " * 30))
    (folder / "sea.png.txt").write_text("The sea.\nA blue sea.\nWater to the horizon.\n")
    (folder / "sea.png.json").unlink()
    shell("index", folder, "--encoder", "fake")
    done = shell("search", "horizon", folder / "sea.png", "--explain", "-k", "1")
    assert len(done.out.splitlines()) == 2
    assert "The sea." in done.out
    assert "(look)" in done.out
    assert done.out.count(str(folder)) == 1
    assert len(shell("failures").out.splitlines()) == 2


def test_no_hits_are_said_on_stderr_and_are_no_error(shell: Shell, filled: Path) -> None:
    done = shell("search", "xylophone", "--match", "words", cwd=filled)
    assert (done.status, done.out) == (0, "")
    assert "No picture matches" in done.err


def test_explain_shows_what_each_clause_gave_and_how_it_was_done(
    shell: Shell, filled: Path
) -> None:
    done = shell("search", "fox", "--not", "0.5:sea", "--explain", cwd=filled)
    assert "why" in done.out.splitlines()[0]
    assert "fox (words)" in done.out
    assert "-0.5:sea" in done.out
    assert "exact" in done.err


def test_a_montage_is_a_picture_of_the_hits(shell: Shell, filled: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jpg"
    done = shell("search", "fox", "-k", "3", "--no-cut", "--montage", sheet, cwd=filled)
    assert (done.status, str(sheet) in done.err) == (0, True)
    with Image.open(sheet) as image:
        assert image.width > image.height > 200
    bad = shell("search", "fox", "--montage", tmp_path / "none" / "sheet.jpg", cwd=filled)
    assert bad.status == 2
    assert "montage-unwritable" in bad.err
    assert shell("search", "fox", "--montage", tmp_path / "a.what", cwd=filled).status == 2


@pytest.mark.parametrize(
    "arguments", [["models"], ["search", "fox"], ["search", "fox", "--json"], ["info", "--json"]]
)
def test_a_reader_that_has_seen_enough_ends_the_output_silently(
    shell: Shell, filled: Path, arguments: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=filled,
            env=environment(shell.cache),
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "rror" not in done.stderr
    assert "Exception" not in done.stderr
    assert done.returncode == 0


def test_failures_are_listed_by_code(shell: Shell, filled: Path) -> None:
    done = shell("failures", cwd=filled)
    assert (done.status, "broken.jpg" in done.out) == (0, True)
    (entry,) = shell("failures", "--json", cwd=filled).json["failures"]
    assert entry["code"] in done.out
    assert shell("failures", "--code", entry["code"], "--json", cwd=filled).json["failures"]
    assert shell("failures", "--code", "other", "--json", cwd=filled).json == {"failures": []}


def test_retrying_failures_keeps_the_words_that_a_table_gave(shell: Shell, tmp_path: Path) -> None:
    folder = draw(tmp_path / "pictures")
    table = tmp_path / "words.csv"
    table.write_text("path,title\nnight/owl.png,Snowy owl\n")
    shell("index", folder, "--encoder", "fake", "--table", table)
    good = paint(tmp_path / "good.png", 7)
    (folder / "broken.jpg").write_bytes(good.read_bytes())
    done = shell("failures", "--retry")
    assert (done.status, "1 new" in done.err) == (0, True)
    assert len(shell("search", "snowy", "--match", "words", "--json").json["hits"]) == 1
    assert shell("failures", "--json").json == {"failures": []}


def test_retrying_goes_on_where_a_whole_source_is_gone(shell: Shell, tmp_path: Path) -> None:
    for name in ("kept", "gone"):
        draw(tmp_path / name)
    shell("index", tmp_path / "kept", tmp_path / "gone", "--encoder", "fake")
    shutil.rmtree(tmp_path / "gone")
    done = shell("failures", "--retry")
    assert done.status == 1
    assert len(shell("failures", "--json").json["failures"]) == 2
    assert shell("info", "--json").json["locations"] == 8


def test_models_are_listed_with_the_default_marked(shell: Shell) -> None:
    assert "efficientnet-lite0 (default)" in shell("models").out
    models = shell("models", "--json").json["models"]
    assert {model["kind"] for model in models} == {"image", "text"}
    assert "fake" not in json.dumps(models)
