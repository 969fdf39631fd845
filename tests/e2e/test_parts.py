"""A box is drawn in a real browser, with the mouse and with keys, and is the query then."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import lookalike
from lookalike.settings import Settings
from tests.server.stage import draw, picture_bytes, serving

from .browser import launch, watched

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = draw(tmp_path_factory.mktemp("parts") / "pictures")
    settings = Settings(cache=folder.parent / "cache")
    with lookalike.create(folder.parent / "library", encoder="fake", settings=settings) as made:
        made.index([folder])
        made.add_regions()
        with serving(made) as url:
            yield url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    with watched(browser, site, viewport={"width": 1100, "height": 800}) as opened:
        yield opened


def test_a_box_that_is_drawn_is_searched_for(page: Page) -> None:
    page.goto("/")
    page.locator(".tile .view").first.click()
    page.get_by_role("button", name="Search for a part").click()
    sheet, part = page.locator(".drawing .sheet"), page.locator(".drawing .part")
    expect(part).to_be_focused()
    around = sheet.bounding_box()
    assert around is not None
    x, y, width, height = (around[side] for side in ("x", "y", "width", "height"))
    page.mouse.move(x + 0.1 * width, y + 0.2 * height)
    page.mouse.down()
    page.mouse.move(x + 0.5 * width, y + 0.8 * height, steps=3)
    page.mouse.up()
    part.press("ArrowRight")
    part.press("Shift+ArrowUp")
    told = part.get_attribute("aria-label") or ""
    numbers = [float(number) for number in re.findall(r"[\d.]+", told)]
    assert numbers == pytest.approx([40, 58, 12, 20], abs=1)
    part.press("Enter")
    page.wait_for_url(re.compile(r"xywh%3Dpercent"), wait_until="commit")
    expect(page.locator(".chip")).to_contain_text("part of")
    expect(page.locator("#detail")).not_to_be_visible()


def test_the_picture_of_the_query_is_cut_out_of_with_keys(page: Page) -> None:
    page.goto("/")
    sent = {"name": "fox.png", "mimeType": "image/png", "buffer": picture_bytes((200, 60, 30))}
    page.locator("#file").set_input_files(sent)  # type: ignore[arg-type]
    page.get_by_role("button", name=re.compile("Choose a part")).press("Enter")
    part = page.locator("#choose .part")
    expect(part).to_be_focused()
    part.press("Escape")
    expect(page.locator("#choose")).not_to_be_visible()
    page.get_by_role("button", name=re.compile("Choose a part")).press("Enter")
    expect(part).to_be_focused()
    part.press("Enter")
    expect(page.locator(".chip")).to_contain_text("part of your picture")
    assert "upload%3A" in page.url
    assert "percent%3A25%2C25%2C50%2C50" in page.url


def test_a_hit_shows_where_it_was_found(page: Page) -> None:
    page.goto("/")
    disc = picture_bytes((250, 250, 250), (250, 240, 230), size=(60, 60))
    sent = {"name": "disc.png", "mimeType": "image/png", "buffer": disc}
    page.locator("#file").set_input_files(sent)  # type: ignore[arg-type]
    expect(page.locator(".chip")).to_contain_text("your picture")
    found = page.locator(".tile .found rect").first
    expect(found).to_be_attached()
    assert 0 < float(found.get_attribute("width") or 0) < 240
