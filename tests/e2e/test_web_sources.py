"""Lists of URLs, URLs and Flickr's records, taken in by ``lookalike index`` as people run it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import lookalike
from lookalike import Library
from lookalike.pipeline.run import IndexOptions
from lookalike.sources.web.options import WebOptions
from tests.cli.shell import Shell
from tests.sources.web.site import Site, content, page, png, serving

ALLOW = ("--allow-host", "127.0.0.1")
WEB = WebOptions(allow_hosts=("127.0.0.1",), attempts=1)
INDEX = ("index", "--encoder", "fake", *ALLOW)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with lookalike.create(tmp_path / "lib", encoder="fake") as made:
        yield made


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, member in members.items():
            archive.writestr(f"{name}.png", member)
    return data.getvalue()


def failures(shell: Shell) -> dict[str, str]:
    """By location, the codes of the library's ledger."""
    told = shell("failures", "--json").json["failures"]
    return {entry["location"]: entry["code"] for entry in told}


def test_a_list_of_urls_is_indexed_with_one_verb(site: Site, shell: Shell) -> None:
    site.answers |= {"/fox.png": content(png(1)), "/owl.png": content(png(2))}
    listed = shell.here / "urls.csv"
    rows = [f"{site.url}/{name}.png,{name.title()},Ada" for name in ("fox", "gone")]
    listed.write_text("\n".join(["url,title,author", *rows]))
    first = shell(*INDEX, "urls.csv")
    assert first.status == 1, first.err
    assert "1 pictures and files fetched, 1 failed" in first.err
    assert "--retry" in first.err
    (hit,) = shell("search", "--json", "fox", "--where", "author = Ada").json["hits"]
    assert hit["title"] == "Fox"
    assert Path(hit["location"]).is_relative_to(shell.here / ".lookalike" / "fetched")
    assert failures(shell) == {f"{site.url}/gone.png": "fetch-not-found"}

    listed.write_text(listed.read_text() + f"\n{site.url}/owl.png,Owl,Ben")
    before = site.asked.copy()
    again = shell(*INDEX, "urls.csv", "--json")
    assert (again.status, again.json["added"], again.json["unchanged"]) == (0, 1, 1)
    assert (again.json["failed_before"], again.json["fetched"]["done"]) == (1, 1)
    assert site.asked - before == {"/owl.png": 1, "/robots.txt": 1}


def test_where_downloads_go_can_be_said_and_retry_asks_again(
    site: Site, library: Library, tmp_path: Path
) -> None:
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{site.url}/a.png")
    mine = tmp_path / "mine"
    assert library.index([listed], web=WEB, into=mine).failed == 1
    site.answers["/a.png"] = content(png(1))
    again = library.index([listed], web=WEB, into=mine)
    assert (again.added, again.failed_before) == (0, 1)
    retried = library.index([listed], web=WEB, into=mine, options=IndexOptions(retry=True))
    assert (retried.added, library.failures()) == (1, [])
    assert len(list(mine.glob("*/*.png"))) == 1


def test_a_table_about_files_stays_one_though_it_tells_urls(
    site: Site, library: Library, tmp_path: Path
) -> None:
    picture, table = tmp_path / "a.png", tmp_path / "metadata.csv"
    picture.write_bytes(png(1))
    table.write_text(f"file,title,url\na.png,Fox,{site.url}/a.png\n")
    assert library.index([picture, table], web=WEB).fetched is None
    assert library.search("fox").hits[0].location == str(picture)
    assert not site.asked


def test_urls_of_pictures_and_archives_are_sources_and_pages_are_told_their_verb(
    site: Site, shell: Shell
) -> None:
    site.answers |= {
        "/fox.png": content(png(1)),
        "/more.zip": content(zipped(owl=png(2), elk=png(3))),
        "/album": page("<body>one <img src=fox.png></body>"),
    }
    done = shell(*INDEX, *(f"{site.url}/{name}" for name in ("fox.png", "more.zip", "album")))
    assert done.status == 1
    assert f"lookalike crawl {site.url}/album --into DIR" in done.err
    assert shell("info", "--json").json["pictures"] == 3
    assert failures(shell) == {f"{site.url}/album": "fetch-wrong-type"}


def test_flickrs_records_are_sources(
    site: Site, library: Library, tmp_path: Path, shared_data: Path
) -> None:
    recorded = shared_data / "crawler_fixtures" / "cccatalog" / "flickr"
    text = (recorded / "flickr_example_photo_list.json").read_text("utf-8")
    answer = tmp_path / "answer.json"
    answer.write_text(text.replace("https://live.staticflickr.com", site.url), "utf-8")
    site.otherwise = lambda path: content(png(hash(path) % 60_000)) if "_" in path else None
    summary = library.index([answer], web=WEB)
    assert summary.fetched is not None
    assert (summary.fetched.kept, summary.failed) == (30, 0)
    found = library.search("église", where='licence = "CC BY-NC-SA 2.0"')
    assert any("Warsy (église)" in hit.picture.metadata.title for hit in found.hits)


def test_the_same_picture_under_three_urls_in_a_folder_and_in_a_zip_is_one_with_five_places(
    site: Site, library: Library, tmp_path: Path
) -> None:
    site.otherwise = lambda path: content(png(5)) if path.startswith("/copy") else None
    rows = [f"{site.url}/copy{n}.png,title {n}" for n in range(3)]
    listed, own, packed = tmp_path / "urls.csv", tmp_path / "own", tmp_path / "packed.zip"
    listed.write_text("\n".join(["url,title", *rows]))
    own.mkdir()
    (own / "mine.png").write_bytes(png(5))
    packed.write_bytes(zipped(inner=png(5)))
    summary = library.index([listed, own, packed], web=WEB)
    assert (summary.added, summary.updated, summary.failed) == (1, 4, 0)
    (hit,) = library.search("title 1").hits
    places = {place.path for place in library.picture(hit.id).locations}
    assert len(library) == 1
    assert {str(own / "mine.png"), f"{packed}!/inner.png"} < places
    assert sum(place.startswith(str(library.path / "fetched")) for place in places) == 3
    assert library.index([listed, own, packed], web=WEB).unchanged == 5


def test_failures_retry_asks_the_web_again_for_one_reason_only(site: Site, shell: Shell) -> None:
    site.answers |= {"/a.png": content("", 403), "/robots.txt": content("", 404)}
    (shell.here / "urls.txt").write_text(f"{site.url}/a.png\n{site.url}/b.png\n")
    (shell.here / "own").mkdir()
    (shell.here / "own" / "broken.png").write_bytes(png(9)[:40])
    assert shell("fetch", "urls.txt", "--into", "web", *ALLOW).status == 1
    assert shell(*INDEX, "own", "web").status == 1
    broken = str(shell.here / "own" / "broken.png")
    assert set(failures(shell)) == {f"{site.url}/a.png", f"{site.url}/b.png", broken}

    site.answers |= {"/a.png": content(png(1)), "/b.png": content(png(2))}
    (shell.here / "own" / "new.png").write_bytes(png(3))
    before = site.asked.copy()
    done = shell("failures", "--retry", "--code", "http-403", "--json")
    assert (done.status, done.json["added"]) == (0, 1)
    assert (site.asked - before)["/a.png"] == 1
    assert (site.asked - before)["/b.png"] == 0
    assert set(failures(shell)) == {f"{site.url}/b.png", broken}
    assert shell("info", "--json").json["pictures"] == 1
    shell("failures", "--retry")
    assert set(failures(shell)) == {broken}
    assert shell("info", "--json").json["pictures"] == 2


def test_failures_retry_goes_on_with_a_crawl_by_its_own_rules(site: Site, shell: Shell) -> None:
    site.answers |= {
        "/": page('<img src="/a.png"><img src="/b.png"><a href="/none">x</a>'),
        "/a.png": content(png(1)),
    }
    assert shell("crawl", site.url, "--into", "art", "--delay", "0", *ALLOW).status == 1
    assert shell(*INDEX, "art").status == 1
    assert failures(shell) == {f"{site.url}/b.png": "fetch-not-found"}
    site.answers["/b.png"] = content(png(2))
    done = shell("failures", "--retry", "--code", "fetch-not-found", "--json")
    assert (done.status, done.json["added"], failures(shell)) == (0, 1, {})


def test_what_was_fetched_into_a_library_stays_when_the_folder_around_it_is_indexed(
    site: Site, library: Library, tmp_path: Path
) -> None:
    site.answers["/a.png"] = content(png(1))
    listed = tmp_path / "urls.jsonl"
    rows = [{"url": f"{site.url}/{name}.png", "title": name} for name in ("a", "none")]
    listed.write_text("\n".join(map(json.dumps, rows)))
    library.index([listed], web=WEB)
    (tmp_path / "own.png").write_bytes(png(2))
    assert library.index([tmp_path]).removed == 0
    assert len(library) == 2
    assert [entry.failure.location for entry in library.failures()] == [f"{site.url}/none.png"]
