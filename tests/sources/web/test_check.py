"""Whether pictures are there, asked without fetching them: Flickr's real records on loopback."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lookalike.errors import SourceError
from lookalike.sources.web.download import fetch_rows
from lookalike.sources.web.lists import read_list, read_lists
from tests.cli.shell import Shell

from .conftest import QUICK, codes, table
from .site import Handler, Site, content, page, png, redirect


@pytest.fixture
def answer(site: Site, shared_data: Path, tmp_path: Path) -> Path:
    """A page of results of Flickr's API whose pictures lie on the loopback server."""
    recorded = shared_data / "crawler_fixtures" / "cccatalog" / "flickr"
    text = (recorded / "flickr_example_photo_list.json").read_text("utf-8")
    path = tmp_path / "answer.json"
    path.write_text(text.replace("https://live.staticflickr.com", site.url), "utf-8")
    return path


def test_what_is_there_is_counted_without_fetching_and_fetched_later(
    site: Site, answer: Path, tmp_path: Path
) -> None:
    urls = [row.url.removeprefix(site.url) for row in read_list(answer)]
    site.answers |= {path: content(png(at)) for at, path in enumerate(urls)}
    site.answers[urls[0]] = content("", 410)
    site.answers[urls[1]] = redirect("/images/photo_unavailable.png")
    site.answers["/images/photo_unavailable.png"] = content(png(99))
    site.answers[urls[2]] = page("<body>Log in</body>")
    site.answers[urls[3]] = content(png(3), Content_Type="image/png", X_Robots_Tag="noindex")

    folder = tmp_path / "got"
    shell = Shell(tmp_path)
    fetch = ("fetch", str(answer), "--into", str(folder), "--allow-host", "127.0.0.1")
    done = shell(*fetch, "--check")
    assert done.status == 1
    assert "26 URLs are there, 4 are not" in done.err
    assert {method for path, method in site.methods if path in urls} == {"HEAD"}
    gone = {path.removeprefix(site.url): code for path, code in codes(folder).items()}
    assert gone == {
        urls[0]: "fetch-not-found",
        urls[1]: "fetch-not-found",
        urls[2]: "fetch-wrong-type",
        urls[3]: "robots-noindex",
    }
    assert table(folder) == []

    before = site.asked.copy()
    fetched = shell(*fetch, "--json").json
    assert (fetched["kept"], fetched["there"], sum(fetched["failures"].values())) == (26, 0, 4)
    assert all((site.asked - before)[path] == 0 for path in urls[:4])
    assert all(site.methods[path, "GET"] == 1 for path in urls[4:])


def test_servers_without_head_are_asked_for_one_byte(site: Site, tmp_path: Path) -> None:
    ranges: list[str | None] = []

    def get_only(request: Handler) -> None:
        if request.command == "HEAD":
            content("", 405)(request)
            return
        ranges.append(request.headers["Range"])
        content(png(1)[:1], 206, Content_Range=f"bytes 0-0/{len(png(1))}")(request)

    def large(request: Handler) -> None:
        status = 501 if request.command == "HEAD" else 206
        content(b"x", status, Content_Range="bytes 0-0/999999999")(request)

    site.answers |= {"/a.png": get_only, "/large.png": large}
    rows = [(f"{site.url}/{name}.png", {}) for name in ("a", "large", "none")]
    summary = fetch_rows(rows, tmp_path, replace(QUICK, check=True))
    assert (summary.there, summary.kept, ranges) == (1, 0, ["bytes=0-0"])
    assert dict(summary.failures) == {"fetch-too-large": 1, "fetch-not-found": 1}


def test_a_record_that_says_that_its_photo_is_gone_is_counted_and_stops_no_other(
    site: Site, answer: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.xml"
    gone.write_text('<rsp stat="fail"><err code="1" msg="Photo not found"/></rsp>')
    (tmp_path / "one.jsonl").write_text(json.dumps({"url": f"{site.url}/a.png"}))
    site.answers["/a.png"] = content(png(1))
    folder = tmp_path / "got"
    rows = list(read_lists([gone, tmp_path / "one.jsonl"]))
    assert fetch_rows(rows, folder, QUICK).kept == 1
    assert codes(folder) == {gone.as_uri(): "record-failed"}
    again = fetch_rows(rows, folder, QUICK, retry="")
    assert dict(again.failures) == {"record-failed": 1}
    with pytest.raises(SourceError, match="Photo not found"):
        list(read_lists([gone]))
