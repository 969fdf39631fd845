"""What is read from pages, recorded ones and made-up ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from parsel import Selector

from lookalike.errors import UsageError
from lookalike.sources.web.pages import Page, is_followed, read_page
from lookalike.sources.web.rules import GENERAL, OPENGAMEART, rule_set

URL = "https://art.example/content/one"


def read(html: str, url: str = URL, rules: str = "general") -> Page:
    return read_page(Selector(html), url, rule_set(rules))


def test_a_recorded_content_page_gives_what_people_read_on_it(shared_data: Path) -> None:
    folder = shared_data / "crawler_fixtures" / "opengameart_fragments"
    for name, expected in json.loads((folder / "expected.json").read_text("utf-8")).items():
        values = read((folder / name).read_text("utf-8"), rules="opengameart").values
        assert values["author"] == expected["author"]
        assert values["submitter"] == expected["submitter"]
        assert values["date"] == expected["date"]
        assert values["art_type"] == expected["art_type"]
        assert values["tags"] == expected["tags"]
        assert [values["licence"]] == expected["licenses"]
        assert int(values["favorites"]) == expected["favorites"]
        assert values["page"] == URL


def test_several_authors_and_licences_are_kept_as_lists() -> None:
    html = """
    <div class="field field-name-author-submitter"><span class='username'><a>Ada</a></span>,
    <span class='username'>Björn</span></div>
    <div class="field field-name-field-art-licenses"><div class='license-name'>CC-BY 4.0</div>
    <div class='license-name'>GPL 3.0</div></div>"""
    values = read(html, rules="opengameart").values
    assert values["author"] == ["Ada", "Björn"]
    assert values["licence"] == ["CC-BY 4.0", "GPL 3.0"]


def test_only_content_pages_of_a_game_art_site_give_pictures() -> None:
    html = '<div class="field-name-field-art-preview"><a href="/a.png"><img src="/t.png"></a></div>'
    assert list(read(html, rules="opengameart").pictures) == ["https://art.example/a.png"]
    listing = read(html, "https://art.example/art-search?page=2", "opengameart")
    assert (listing.pictures, listing.values) == ({}, {})
    assert listing.links == ["https://art.example/a.png"]


def test_files_are_not_pictures_as_well() -> None:
    html = """<div class="field-name-field-art-preview"><a href="/f/x.png"></a></div>
    <div class="field-name-field-art-files"><a href="/f/pack%2520one.zip">pack</a>
    <a href="/f/x.png">x</a></div>"""
    page = read(html, rules="opengameart")
    assert page.files == ["https://art.example/f/pack%2520one.zip", "https://art.example/f/x.png"]
    assert page.pictures == {}


def test_thumbnails_give_way_to_what_they_link_to_and_the_largest_size_is_taken() -> None:
    page = read("""
    <a href="big.jpg"><img src="thumb.jpg" alt="A red fox"></a>
    <img src="small.jpg" srcset="m.jpg 640w, l.jpg 1280w, n.jpg nonsense">
    <img src="spacer.gif" data-src="lazy.jpg"><img src="icon.png" width="16" height="16px">
    <img src="data:image/png;base64,AAAA"><img><img src="javascript:x()">
    <picture><source srcset="/p.webp"><img src="/p.jpg"></picture>""")
    names = [url.removeprefix("https://art.example/") for url in page.pictures]
    assert names == ["content/big.jpg", "content/l.jpg", "content/lazy.jpg", "p.webp", "p.jpg"]
    assert page.pictures["https://art.example/content/big.jpg"] == {"caption": "A red fox"}


def test_a_general_page_tells_title_author_licence_and_tags() -> None:
    values = read("""<head><title>x</title><meta property="og:title" content="Fox &amp; crow">
    <meta name="author" content="Ada"><meta name="keywords" content="fox, crow ,"></head>
    <a rel="license nofollow" href="https://creativecommons.org/licenses/by/4.0/">CC</a>""").values
    assert values == {
        "title": "Fox & crow",
        "author": "Ada",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "tags": ["fox", "crow"],
        "page": URL,
    }


def test_a_caption_below_a_picture_belongs_to_it() -> None:
    page = read("<figure><img src=a.png alt=Fox><figcaption>A <b>fox</b></figcaption></figure>")
    assert list(page.pictures.values()) == [{"caption": "A fox\nFox"}]


def test_links_are_joined_as_they_stand_without_fragments_and_repeats() -> None:
    page = read("""<base href="/b/"><a href="c%2520d#top">1</a><a href="c%2520d">2</a>
    <a href="mailto:a@b">3</a><a href="http://[">4</a><a href="?p=2">5</a><a href="file:///x">6</a>""")
    assert page.links == ["https://art.example/b/c%2520d", "https://art.example/b/?p=2"]


@pytest.mark.parametrize(
    ("path", "followed"),
    [("/a", True), ("/logout", False), ("/a?sort=name", False), ("/a.JPG", False), ("", True)],
)
def test_links_that_lead_in_circles_or_to_pictures_are_no_pages(path: str, followed: bool) -> None:
    assert is_followed("https://art.example" + path, GENERAL) is followed


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("/content/fox", True),
        ("/art-search-advanced?field_art_tags_tid=fox", True),
        ("/forumtopic/x", False),
        ("/content/fox/edit", False),
        ("/users/ada", True),
        ("/users/ada/badges", False),
    ],
)
def test_only_art_of_a_game_art_site_is_followed(path: str, followed: bool) -> None:
    assert is_followed("https://art.example" + path, OPENGAMEART) is followed


def test_an_unknown_rule_set_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"(?s)nonsense.*general, opengameart"):
        rule_set("nonsense")
