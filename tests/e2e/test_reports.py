"""A kept report in a real browser, under the policy it is served with."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

import lookalike
from lookalike.lab import evaluate
from lookalike.lab.pages.evaluation import evaluation_page
from lookalike.settings import Settings
from tests.lab.conftest import paint_colours
from tests.server.stage import serving

from .browser import launch, watched

pytestmark = pytest.mark.browser


def test_a_kept_report_opens_shows_its_pictures_and_sorts_by_keyboard(tmp_path: Path) -> None:
    folder = paint_colours(tmp_path / "pictures", each=3)
    settings = Settings(cache=tmp_path / "cache")
    with lookalike.create(tmp_path / "library", encoder="fake", settings=settings) as library:
        library.index([folder], table=folder / "manifest.csv")
        report = evaluate(library, "label", measures=["AP", "P@5"])
        library.reports.save("mine", evaluation_page(library, [report]))
        with (
            serving(library) as url,
            sync_playwright() as playwright,
            watched(launch(playwright), url, color_scheme="dark") as page,
        ):
            page.goto("/reports")
            page.get_by_role("link", name="How good is it? by label").click()
            first = page.locator("table.sortable tbody tr").first
            expect(first).to_contain_text("AP")
            heads = page.get_by_role("button", name="mean")
            heads.focus()
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
            expect(first).to_contain_text("P@5")
            assert page.locator("th[aria-sort=ascending]").count() == 1
            widths = page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
            assert widths
            assert min(widths) > 0
            ground = page.eval_on_selector("body", "one => getComputedStyle(one).backgroundColor")
            assert ground == "rgb(23, 22, 20)"
