"""Judging on the page, in a real browser, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

import lookalike
from lookalike.library import Library
from lookalike.settings import Settings
from tests.server.stage import draw, picture_bytes, serving

from .browser import launch, watched

pytestmark = pytest.mark.browser

FOXES = re.compile("Red fox|Fox cub")
RED = (200, 60, 30)
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = draw(tmp_path_factory.mktemp("judging") / "pictures")
    for n in range(24):
        colour = (n * 37 % 200 + 40, n * 91 % 90 + 100, n * 53 % 200)
        (folder / f"plain {n}.png").write_bytes(picture_bytes(colour))
    settings = Settings(cache=folder.parent / "cache")
    with lookalike.create(folder.parent / "library", encoder="fake", settings=settings) as made:
        made.index([folder])
        yield made


@pytest.fixture(scope="module")
def browser_page(library: Library) -> Iterator[Opener]:
    with serving(library) as url, sync_playwright() as playwright, ExitStack() as stack:
        chromium = launch(playwright)
        stack.callback(chromium.close)

        def opener(path: str, **options: Any) -> Page:
            page = stack.enter_context(watched(chromium, url, **options))
            page.goto(path)
            return page

        yield opener


def button(page: Page, nth: int, kind: str) -> Any:
    return page.locator("#grid .tile").nth(nth).locator(f".verdict .{kind}")


def shown(page: Page) -> list[str]:
    return page.locator("#grid > .tile").evaluate_all("all => all.map(e => e.dataset.id)")


def test_a_thumb_reorders_the_pictures_without_a_reload(
    browser_page: Opener, library: Library
) -> None:
    page = browser_page("/?q=zorb&cut=none")
    page.evaluate("window.sameDocument = true")
    liked = shown(page)[9]
    button(page, 9, "yes").click(force=True)
    expect(page.locator(".chip.learned")).to_contain_text("learned from 1 judged picture")
    expect(page.locator(f'[data-id="{liked}"] .yes')).to_have_attribute("aria-pressed", "true")
    assert shown(page).index(liked) < 9
    assert page.evaluate("window.sameDocument")
    assert page.evaluate("document.activeElement.dataset.key") == f"yes-{liked}"
    expect(page.locator("#announce")).to_contain_text("Noted")
    assert [j.picture for j in library.teaching.judgments()] == [liked]

    page.locator(f'[data-id="{liked}"] .yes').click(force=True)
    expect(page.locator(".chip.learned")).to_have_count(0)
    assert library.teaching.judgments() == []


def test_keys_judge_the_picture_that_has_the_focus(browser_page: Opener, library: Library) -> None:
    page = browser_page("/?q=keyed&cut=none")
    first, second = shown(page)[:2]
    page.locator(f'[data-id="{first}"] .view').focus()
    page.keyboard.press("n")
    expect(page.locator(f'[data-id="{first}"] .no')).to_have_attribute("aria-pressed", "true")
    assert shown(page)[-1] == first
    page.locator(f'[data-id="{second}"] .view').focus()
    page.keyboard.press("y")
    expect(page.locator(f'[data-id="{second}"] .yes')).to_have_attribute("aria-pressed", "true")


def test_what_was_learned_can_be_switched_off_and_on(
    browser_page: Opener, library: Library
) -> None:
    library.judge("switched", relevant=[library.search("switched", k=20, cut=None)[15].id])
    page = browser_page("/?q=switched&cut=none")
    with_it = shown(page)
    page.get_by_label("Search without what was learned").click()
    expect(page.get_by_text("Use what was learned")).to_be_visible()
    assert "learned=false" in page.url
    assert shown(page) != with_it
    page.get_by_text("Use what was learned").click()
    expect(page.locator(".chip.learned")).to_contain_text("learned from")
    assert shown(page) == with_it
    page.get_by_label("Search without what was learned").click()
    expect(page.get_by_text("Use what was learned")).to_be_visible()
    page.press("#box", "Enter")  # the form keeps it off
    page.wait_for_timeout(500)
    expect(page.get_by_text("Use what was learned")).to_be_visible()


def test_suggestions_are_judged_until_it_is_enough(browser_page: Opener, library: Library) -> None:
    page = browser_page("/?q=taught")
    page.get_by_text("Which to judge next").click()
    expect(page.locator(".suggested .tile")).to_have_count(8)
    before = page.locator(".suggested .tile").first.get_attribute("data-id")
    page.locator(".suggested .yes").first.click(force=True)
    expect(page.locator(".chip.learned")).to_be_visible()
    expect(page.locator(f'.suggested [data-id="{before}"]')).to_have_count(0)
    expect(page.locator(".suggested .tile")).to_have_count(8)
    page.get_by_text("That is enough").click()
    expect(page.locator(".suggested")).to_have_count(0)


def test_a_query_becomes_a_concept_and_its_name_a_word(
    browser_page: Opener, library: Library
) -> None:
    page = browser_page("/?q=named&cut=none")
    button(page, 3, "yes").click(force=True)
    expect(page.locator(".chip.learned")).to_be_visible()
    page.get_by_text("Save as a concept").click()
    page.fill(".teach input[name=concept]", "My Favourites")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/?q=concept%3Amy-favourites")
    expect(page.locator("#grid .verdict.told")).to_have_count(1)
    page.goto("/?q=my+favourites")
    expect(page.locator(".chip.learned")).to_contain_text("the concept my-favourites")


def test_a_picture_of_ones_own_shows_what_words_mean(
    browser_page: Opener, library: Library, tmp_path: Path
) -> None:
    example = tmp_path / "red.png"
    example.write_bytes(picture_bytes(RED, (250, 240, 230), size=(300, 200)))
    page = browser_page("/?q=vulpine")
    page.get_by_text("Show a picture of it").click()
    page.set_input_files(".teach input[name=picture]", example)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".suggested .title").first).to_have_text(FOXES)
    page.locator(".suggested .yes").first.click(force=True)
    expect(page.locator(".chip.learned")).to_be_visible()
    expect(page.locator("#grid .title").first).to_have_text(FOXES)


def test_judging_works_without_scripts(browser_page: Opener, library: Library) -> None:
    page = browser_page("/?q=scriptless&k=10&cut=none", java_script_enabled=False)
    button(page, 2, "yes").click(force=True)
    expect(page.locator(".chip.learned")).to_contain_text("1 judged picture")
    assert "q=scriptless&k=10" in page.url
    expect(page.locator("#grid .yes[aria-pressed=true]")).to_have_count(1)


def test_a_page_that_may_not_be_judged_shows_no_thumbs(library: Library) -> None:
    from fastapi.testclient import TestClient

    from lookalike.server.app import create_app
    from lookalike.server.settings import ServerSettings
    from tests.server.stage import BASE

    client = TestClient(create_app(library, ServerSettings(judging=False)), base_url=BASE)
    page = client.get("/?q=zorb")
    assert page.status_code == 200
    assert "verdict" not in page.text
    assert "Save as a concept" not in page.text
    refused = client.post("/judge?q=zorb", data={"relevant": "0"}, headers={"Accept": "text/html"})
    assert refused.status_code == 403
