"""Crawls of real sites on loopback, one of them built from recorded pages."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lookalike.errors import UsageError
from lookalike.sources.web.download import crawl

from .conftest import QUICK, codes, table
from .site import Site, content, cut_off, page, png, redirect, reset

OPTIONS = replace(QUICK, attempts=2)


def pack(number: int) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("in/it.png"), png(number))
    return data.getvalue()


def game_art(site: Site, recorded: Path) -> None:
    """A site like OpenGameArt's, with one recorded page, and everything that goes wrong."""
    # What the recorded page links to: searches by tag, collections, its submitter.
    linked = ("/art-search-advanced?", "/content/3d", "/content/cc0", "/users/hreikin")
    site.otherwise = lambda path: page("nothing") if path.startswith(linked) else None
    fragment = next(recorded.glob("*.html")).read_text("utf-8")
    furniture = f"""<div class="field field-name-title"><h2>Furniture &amp; more</h2></div>
    {fragment}
    <div class="field field-name-field-art-preview"><div class="field-item">
    <a href="/sites/default/files/preview%20one.png"><img src="/styles/thumb.png"></a></div></div>
    <div class="field field-name-field-art-files"><span class="file">
    <a href="/sites/default/files/furniture%2520pack.zip">pack</a>
    <a href="/sites/default/files/sheet.png">sheet</a>
    <a href="/sites/default/files/readme.txt">readme</a></span></div>"""
    site.answers |= {
        "/robots.txt": content("User-agent: *\nDisallow: /users/hidden\n"),
        "/": page('<a href="/latest">latest</a><a href="/content/moved">old</a>'),
        "/latest": page("""<a href="/content/furniture">1</a><a href="/content/gone">2</a>
            <a href="/content/loop">3</a><a href="/content/slow">4</a><a href="/content/reset">5</a>
            <a href="/content/broken">6</a><a href="/content/lures">7</a><a href="/latest#x">8</a>
            <a href="/latest?page=1">9</a><a href="/users/hidden">10</a><a href="/forum">11</a>
            <a href="http://169.254.169.254/content/x">12</a><a href="/content/away">13</a>
            <a href="/content/file">14</a>"""),
        "/latest?page=1": page('<a href="/latest">back</a><a href="/content/quiet">quiet</a>'),
        "/content/moved": redirect("/content/furniture", 301),
        "/content/furniture": page(furniture),
        "/content/loop": redirect("/content/loop"),
        "/content/slow": site.hang,
        "/content/reset": reset,
        "/content/broken": cut_off,
        "/content/away": redirect("http://10.0.0.1/content/x"),
        "/content/file": redirect("file:///etc/passwd"),
        "/content/lures": page("""<h1>Lures</h1>
            <div class="field field-name-field-art-files"><a href="http://192.168.0.1/a.png">a</a>
            <a href="http://[::ffff:10.0.0.1]/b.png">b</a>
            <a href="/to-metadata.png">c</a></div>"""),
        "/content/quiet": page(
            '<div class="field-name-field-art-preview"><img src="/q.png"></div>',
            X_Robots_Tag="noimageindex",
        ),
        "/to-metadata.png": redirect("http://169.254.169.254/latest/"),
        "/sites/default/files/preview%20one.png": content(png(1)),
        "/sites/default/files/furniture%2520pack.zip": content(pack(2)),
        "/sites/default/files/sheet.png": content(png(3)),
        "/sites/default/files/readme.txt": content("read me"),
        "/users/hidden": page("no"),
        "/forum": page("no"),
        "/q.png": content(png(4)),
    }


@pytest.fixture
def art(site: Site, shared_data: Path) -> Site:
    game_art(site, shared_data / "crawler_fixtures" / "opengameart_fragments")
    return site


def test_a_game_art_site_is_read_with_its_words_and_every_fault_is_told(
    art: Site, tmp_path: Path
) -> None:
    summary = crawl([art.url], tmp_path, OPTIONS, rules="opengameart")
    rows = {row["url"].removeprefix(art.url): row for row in table(tmp_path)}
    assert set(rows) == {
        "/sites/default/files/preview%20one.png",
        "/sites/default/files/furniture%2520pack.zip",
        "/sites/default/files/sheet.png",
    }
    for row in rows.values():
        assert row["title"] == "Furniture & more"
        assert (row["author"], row["licence"]) == ("Ron Kapaun", "CC0")
        assert {"furniture", "end table"} < set(row["tags"])
        assert row["page"] == f"{art.url}/content/furniture"
    packed = tmp_path / rows["/sites/default/files/furniture%2520pack.zip"]["path"]
    assert packed.name.startswith("furniture-pack-")
    assert packed.read_bytes() == pack(2)
    assert {url.removeprefix(art.url): code for url, code in codes(tmp_path).items()} == {
        "/content/gone": "fetch-not-found",
        "/content/loop": "too-many-redirects",
        "/content/slow": "fetch-timeout",
        "/content/reset": "fetch-failed",
        "/content/broken": "fetch-cut-off",
        "/content/away": "url-forbidden",
        "/content/file": "url-forbidden",
        "/users/hidden": "robots-forbidden",
        "http://192.168.0.1/a.png": "url-forbidden",
        "http://[::ffff:10.0.0.1]/b.png": "url-forbidden",
        "/to-metadata.png": "url-forbidden",
        "/sites/default/files/readme.txt": "fetch-wrong-type",
    }
    assert not {"/q.png", "/forum", "/users/hidden"} & set(art.asked)
    assert summary.waiting == 0


def test_a_second_run_asks_for_nothing_and_a_refresh_only_for_pages(
    art: Site, tmp_path: Path
) -> None:
    crawl([art.url], tmp_path, OPTIONS, rules="opengameart")
    before = art.asked.copy()
    again = crawl([art.url], tmp_path, OPTIONS, rules="opengameart")
    assert (again.run.pages, art.asked - before) == (0, {})
    art.answers["/latest?page=1"] = page('<a href="/content/new">new</a>')
    art.answers["/content/new"] = page(
        '<div class="field-name-field-art-preview"><img src="/new.png"></div>'
    )
    art.answers["/new.png"] = content(png(9))
    fresh = crawl([art.url], tmp_path, OPTIONS, rules="opengameart", refresh=True)
    assert (fresh.run.done, fresh.kept) == (1, 4)
    assert not any(path.startswith("/sites/") for path in art.asked - before)


def endless(site: Site) -> None:
    """Pages without end: each links to two more and shows a picture."""

    def answer(path: str) -> object:
        number = path.strip("/").removesuffix(".png")
        if not number.isdigit():
            return None
        if path.endswith(".png"):
            return content(png(int(number)))
        at = int(number)
        return page(f'<a href="/{2 * at}">l</a><a href="/{2 * at + 1}">r</a><img src="/{at}.png">')

    site.otherwise = answer  # type: ignore[assignment]


def test_depth_pages_and_bytes_end_a_crawl_and_a_later_one_goes_on(
    site: Site, tmp_path: Path
) -> None:
    endless(site)
    start = f"{site.url}/1"
    shallow = crawl([start], tmp_path / "depth", replace(OPTIONS, max_depth=2))
    assert (shallow.run.pages, shallow.kept) == (7, 7)
    few = crawl([start], tmp_path / "pages", replace(OPTIONS, max_pages=5))
    assert (few.run.pages, few.kept, few.waiting) == (5, 5, 0)
    more = crawl([start], tmp_path / "pages", replace(OPTIONS, max_pages=9))
    assert (more.run.pages, more.kept) == (4, 9)
    small = crawl([start], tmp_path / "bytes", replace(OPTIONS, max_total_bytes=300))
    assert small.run.ended == "max_total_bytes"
    assert 300 <= small.run.bytes < 300 + OPTIONS.per_host * 200
    assert small.waiting > 0


def test_time_ends_a_crawl(site: Site, tmp_path: Path) -> None:
    endless(site)
    options = replace(OPTIONS, max_seconds=1, max_depth=50)
    summary = crawl([f"{site.url}/1"], tmp_path, options)
    assert summary.run.ended == "max_seconds"
    assert summary.waiting > 0
    assert summary.seconds < 60


def test_only_pages_within_the_beginning_are_read(site: Site, tmp_path: Path) -> None:
    site.answers |= {
        "/gallery/": page(
            '<a href="/gallery/a">a</a><a href="/blog/b">b</a><img src="/cdn/1.png">'
        ),
        "/gallery/a": page('<img src="/cdn/2.png">'),
        "/blog/b": page('<img src="/cdn/3.png">'),
    }
    site.otherwise = lambda path: content(png(int(path[5]))) if path.startswith("/cdn/") else None
    crawl([f"{site.url}/gallery/"], tmp_path, OPTIONS, within=(f"{site.url}/gallery/",))
    assert site.asked["/blog/b"] == 0
    assert {row["url"].rpartition("/")[2] for row in table(tmp_path)} == {"1.png", "2.png"}


def test_the_robots_meta_tag_is_obeyed(site: Site, tmp_path: Path) -> None:
    site.answers |= {
        "/": page('<meta name="Robots" content="NoFollow"><a href="/a">a</a><img src="/1.png">'),
        "/a": page("a"),
        "/b": page('<meta name="robots" content="noindex"><a href="/c">c</a><img src="/2.png">'),
        "/c": page('<img src="/3.png">'),
    }
    for n in (1, 2, 3):
        site.answers[f"/{n}.png"] = content(png(n))
    crawl([f"{site.url}/", f"{site.url}/b"], tmp_path, OPTIONS)
    assert {row["url"].rpartition("/")[2] for row in table(tmp_path)} == {"1.png", "3.png"}
    assert site.asked["/a"] == 0


@pytest.mark.parametrize("url", ["art.example", "ftp://art.example/", "file:///etc"])
def test_a_start_page_that_is_none_is_named(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no URL"):
        crawl([url], tmp_path / "x")
    assert not (tmp_path / "x").exists()
