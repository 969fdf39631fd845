from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import lookalike
from lookalike.server.settings import ServerSettings
from lookalike.settings import Settings
from lookalike.sources.fetch import FetchPolicy
from tests.server.stage import draw, picture_bytes, serving

from .browser import launch, until, watched

pytestmark = pytest.mark.browser

RED = picture_bytes((200, 60, 30), (250, 240, 230), size=(300, 200))
FOXES = re.compile("Red fox|Fox cub")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A library with 7 telling and 60 plain pictures, served."""
    folder = draw(tmp_path_factory.mktemp("page") / "pictures")
    for n in range(60):
        colour = (n * 37 % 200 + 40, n * 91 % 90 + 100, n * 53 % 200)
        size = (120 + n % 5 * 40, 90 + n % 3 * 60)
        (folder / f"plain {n}.png").write_bytes(picture_bytes(colour, size=size))
    settings = Settings(cache=folder.parent / "cache")
    with lookalike.create(folder.parent / "library", encoder="fake", settings=settings) as made:
        made.index([folder])
    loopback = FetchPolicy(allow=("127.0.0.0/8",))
    limits = ServerSettings(max_upload_bytes=200_000)
    with (
        lookalike.open(folder.parent / "library", settings=settings, fetch=loopback) as library,
        serving(library, limits) as url,
    ):
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Opener]:
    """Opens pages that are watched until the test ends."""
    with ExitStack() as stack:

        def opener(path: str = "/", **options: Any) -> Page:
            watching: AbstractContextManager[Page] = watched(browser, site, **options)
            page = stack.enter_context(watching)
            page.goto(path)
            return page

        yield opener


@pytest.fixture
def page(open_page: Opener) -> Page:
    return open_page()


def titles(page: Page) -> list[str]:
    return page.locator("#grid .caption .title").all_inner_texts()


def search(page: Page, words: str) -> None:
    page.fill("#box", words)
    page.press("#box", "Enter")
    expect(page.locator("#summary")).to_be_visible()


def hand_over(page: Page, event: str, files: list[bytes], text: str = "") -> None:
    """Drop or paste, as the browser would tell the page."""
    page.evaluate(
        """([event, files, text]) => {
            const data = new DataTransfer();
            files.forEach((file, n) => {
                const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
                data.items.add(new File([bytes], `red-${n}.png`, { type: "image/png" }));
            });
            if (text) data.setData(event === "paste" ? "text" : "text/uri-list", text);
            const about = { bubbles: true, cancelable: true };
            const target = document.activeElement ?? document.body;
            if (event === "paste") {
                const pasted = { ...about, clipboardData: data };
                target.dispatchEvent(new ClipboardEvent("paste", pasted));
            } else {
                target.dispatchEvent(new DragEvent(event, { ...about, dataTransfer: data }));
            }
        }""",
        [event, [base64.b64encode(file).decode() for file in files], text],
    )


def test_words_find_pictures_without_a_reload(page: Page) -> None:
    page.evaluate("window.sameDocument = true")
    search(page, "fox")
    expect(page.locator("#grid .title").first).to_have_text(FOXES)
    assert page.url.endswith("/?q=fox")
    assert page.evaluate("window.sameDocument")
    assert page.title() == "fox · lookalike"
    expect(page.locator("#announce")).to_have_text(page.inner_text("#summary"))


def test_a_dropped_picture_is_searched_with(page: Page) -> None:
    hand_over(page, "dragenter", [RED])
    expect(page.locator("#drop")).to_be_visible()
    hand_over(page, "drop", [RED])
    expect(page.locator(".chip .label")).to_have_text("your picture")
    expect(page.locator("#grid .title").first).to_have_text(FOXES)
    expect(page.locator("#drop")).to_be_hidden()
    until(page, "document.querySelector('.chip img').naturalWidth > 0")


def test_a_pasted_picture_is_added_to_the_words(page: Page) -> None:
    search(page, "water")
    page.focus("#box")
    hand_over(page, "paste", [RED])
    expect(page.locator(".chip")).to_have_count(2)
    assert re.search(r"\?q=water&q=upload%3A[0-9a-f]{32}$", page.url)
    expect(page.locator("#box")).to_have_value("water")


def test_a_chosen_picture_is_searched_with(page: Page) -> None:
    page.set_input_files("#file", [{"name": "red.png", "mimeType": "image/png", "buffer": RED}])
    expect(page.locator("#grid .title").first).to_have_text(FOXES)


def test_a_pasted_address_becomes_a_chip(page: Page, picture_site: str) -> None:
    page.focus("#box")
    hand_over(page, "paste", [], f"{picture_site}/some/red.png")
    expect(page.locator(".chip .label")).to_have_text("127.0.0.1/…/red.png")
    expect(page.locator("#grid .title").first).to_have_text(FOXES)
    expect(page.locator("#box")).to_have_value("")


def test_a_result_dropped_on_the_page_is_added(page: Page, site: str) -> None:
    search(page, "fox")
    link = page.locator(".tile .view").first.get_attribute("href")
    hand_over(page, "drop", [], f"{site}{link}")
    expect(page.locator(".chip")).to_have_count(2)
    assert "q=fox&q=id%3A" in page.url


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([b"no picture at all"], "red-0.png"),
        ([b"\0" * 300_000], "red-0.png is larger than 0 MB"),
        ([], "That is not a picture."),
    ],
    ids=["no picture", "too large", "something else"],
)
def test_what_cannot_be_searched_with_is_told(page: Page, files: list[bytes], message: str) -> None:
    search(page, "fox")
    hand_over(page, "drop", files, "" if files else "mailto:fox@example.org")
    expect(page.locator("#message")).to_contain_text(message)
    expect(page.locator(".chip.pending")).to_have_count(0)
    assert page.url.endswith("/?q=fox")


def test_more_like_this_add_and_not_like_this(page: Page) -> None:
    search(page, "fox")
    this = "id%3A[0-9a-f]{32}"
    for action, address in (
        ("unlike", rf"/\?q=fox&not={this}$"),
        ("add", rf"/\?q=fox&q={this}&not={this}$"),
        ("like", rf"/\?q={this}$"),
    ):
        first = titles(page)[0]
        page.locator(".tile").first.hover()
        page.locator(f".tile:first-child [data-action={action}]").click()
        expect(page).to_have_url(re.compile(address))
        expect(page.locator(".chip .label").filter(has_text=first)).to_have_count(1)
        expect(page.locator("#grid .tile").first).to_be_visible()
    expect(page.locator("#box")).to_have_value("")


def test_chips_are_weighted_and_removed_and_keep_the_focus(page: Page) -> None:
    page.goto("/?q=fox&q=water")
    page.get_by_label("More: water").click()
    expect(page.locator(".chip .weight")).to_have_text("×2")
    expect(page.get_by_label("More: water")).to_be_focused()
    page.get_by_label("Not this: water").click()
    expect(page.locator(".chip.negative")).to_have_count(1)
    page.get_by_label("Remove: water").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#box")).to_have_value("fox")


def test_back_and_forward_and_reload_show_the_same_search(page: Page) -> None:
    page.goto("/?q=fox&cut=none")
    page.mouse.wheel(0, 600)
    until(page, "scrollY > 300")
    far = page.evaluate("scrollY")
    page.locator("#grid .tile [data-action=like]").nth(5).evaluate("link => link.click()")
    expect(page.locator(".chip")).to_have_count(1)
    page.go_back()
    expect(page.locator("#box")).to_have_value("fox")
    expect(page.locator(".chip")).to_have_count(0)
    until(page, f"Math.abs(scrollY - {far}) < 5")
    page.go_forward()
    expect(page.locator(".chip")).to_have_count(1)
    before = titles(page)
    page.reload()
    assert titles(page) == before


def test_filters_and_their_faults_in_place(page: Page) -> None:
    search(page, "fox")
    found = len(titles(page))
    page.click("#options > summary")
    page.fill("#where", "tag = snow")
    page.press("#where", "Enter")
    expect(page.locator("#grid .tile")).to_have_count(1)
    assert "where=tag+%3D+snow" in page.url
    page.fill("#where", "colour = red")
    page.press("#where", "Enter")
    expect(page.locator("#filter-message")).to_contain_text("colour")
    expect(page.locator("#where")).to_have_attribute("aria-invalid", "true")
    page.fill("#where", "")
    page.press("#where", "Enter")
    expect(page.locator("#filter-message")).to_be_hidden()
    expect(page.locator("#grid .tile")).to_have_count(found)


def test_the_words_match_can_be_switched(page: Page) -> None:
    search(page, "fox")
    expect(page.locator("#grid .tile")).not_to_have_count(2)
    page.click("#options > summary")
    page.get_by_label("captions and names").check()
    expect(page.locator("#grid .tile")).to_have_count(2)
    assert page.url.endswith("/?q=fox&match=words")


def test_show_more_appends_and_lasts(page: Page) -> None:
    page.goto("/?q=fox&cut=none")
    first = titles(page)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#grid .tile")).to_have_count(67)
    assert titles(page)[:40] == first
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)
    expect(page.locator("#more a")).to_have_text("Hide weaker matches")
    page.reload()
    expect(page.locator("#grid .tile")).to_have_count(67)


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/?q=sea&cut=none")  # several rows, whatever the cut makes of these few pictures
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type("fox")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=fox"))
    expect(page.locator("#grid .title").first).to_have_text(FOXES)
    page.keyboard.press("ArrowDown")
    view = page.locator("#grid .view")
    expect(view.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(view.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    until(
        page,
        "document.activeElement.closest('.tile').offsetTop"
        " > document.querySelector('.tile').offsetTop",
    )
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(view.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("h1")).to_have_text(FOXES)
    page.keyboard.press("ArrowRight")
    expect(dialog.locator("h1")).to_have_text(titles(page)[1])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(view.nth(1)).to_be_focused()
    page.keyboard.press("m")
    expect(page.locator(".chip .label")).to_have_text(FOXES)
    expect(view.nth(0)).to_be_focused()


def test_the_dialog_tells_all_and_leads_on(page: Page) -> None:
    page.goto("/?q=fox&where=tag+%3D+snow")
    page.locator(".tile .view").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("A fox in the snow")
    expect(dialog.locator("dd.path")).to_have_text(re.compile(r"fox\.png$"))
    until(page, "document.querySelector('dialog figure img').naturalWidth > 0")
    dialog.get_by_role("link", name="snow").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#where")).to_have_value('tag = "snow"')
    expect(page.locator("#grid .tile")).to_have_count(1)


def test_the_id_is_copied(open_page: Opener) -> None:
    page = open_page("/?q=fox", permissions=["clipboard-read", "clipboard-write"])
    page.locator(".tile .view").first.click()
    page.get_by_role("button", name="Copy the id").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#picture").get_attribute("data-id")


def test_words_of_pictures_never_become_markup(page: Page) -> None:
    page.goto("/?q=evil&match=words")
    expect(page.locator(".tile .title")).to_have_text("<svg onload=alert(1) x")
    page.locator(".tile .view").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("h1")).to_have_text("<svg onload=alert(1) x")
    expect(dialog.locator("dd.path")).to_contain_text("<img src=x onerror=alert(3)>.png")
    dialog.get_by_role("link", name="<b x").click()
    expect(page.locator("#where")).to_have_value(re.compile("<b x"))
    expect(page.locator("#grid .tile")).to_have_count(1)
    search(page, "<img src=x onerror=alert(4)>")
    expect(page.locator("#box")).to_have_value("<img src=x onerror=alert(4)>")


def test_nothing_found_offers_ways_on(page: Page) -> None:
    page.goto("/?q=fox&where=width+>+90000")
    expect(page.locator("#view h1")).to_have_text("No pictures found.")
    page.get_by_role("link", name="Search without the filter").click()
    expect(page.locator("#grid .title").first).to_have_text(FOXES)


def test_without_scripts_words_filters_and_links_work(open_page: Opener) -> None:
    page = open_page(java_script_enabled=False)
    page.fill("#box", "fox")
    page.press("#box", "Enter")
    assert FOXES.match(titles(page)[0])
    page.locator("#options > summary").click()
    page.fill("#where", "tag = snow")
    page.press("#where", "Enter")
    assert titles(page) == ["Red fox"]
    page.locator(".tile .view").click()
    assert page.locator("#picture dd.path").count() == 1
    page.get_by_role("link", name="More like this").click()
    assert titles(page)[0] == "Fox cub"
    page.goto("/")
    page.set_input_files(
        ".send input", [{"name": "red.png", "mimeType": "image/png", "buffer": RED}]
    )
    page.click(".send button")
    assert FOXES.match(titles(page)[0])


CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
PLACES = (
    "/",
    "/?q=fox+-mountain&q=2:water&not=snow&where=width+>+10",
    "/?q=fox&where=tag+=+none",
    "/?where=((",
    "/api",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PLACES)
def test_text_has_the_contrast_of_aa(open_page: Opener, path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    if page.locator(".tile .view").count():
        page.locator(".tile .view").first.click()
        page.wait_for_selector("dialog[open] h1")
        assert page.evaluate(CONTRAST) == []


def test_dark_mode_is_dark(open_page: Opener) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert open_page(color_scheme="dark").evaluate(ground) == "rgb(23, 22, 20)"
    assert open_page(color_scheme="light").evaluate(ground) == "rgb(250, 249, 246)"


@pytest.mark.parametrize("path", [*PLACES, "/failures"])
def test_nothing_is_wider_than_a_small_phone(open_page: Opener, path: str) -> None:
    page = open_page(path, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_jumps_while_pictures_load(open_page: Opener) -> None:
    page = open_page("/?q=fox")
    page.wait_for_load_state("networkidle")
    shifts = page.evaluate(
        """new Promise((done) => {
            new PerformanceObserver((list) =>
                done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0)),
            ).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(0), 300);
        })"""
    )
    assert shifts < 0.02


def test_what_made_a_score_is_told_within_the_window(page: Page) -> None:
    page.goto("/?q=fox&q=water")
    for n in range(4):
        page.locator(".score summary").nth(n).click()
        why = page.locator(".score[open] .why")
        expect(why).to_contain_text("water")
        box = why.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1280
    page.keyboard.press("Escape")
    expect(page.locator(".score[open]")).to_have_count(0)


def test_a_fragment_moves_within_the_page(page: Page) -> None:
    page.goto("/api")
    page.click("#options > summary")
    page.get_by_role("link", name="all fields").click()
    until(page, "scrollY > 500")
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > 500


def test_every_control_has_a_name(page: Page) -> None:
    page.goto("/?q=fox&q=water")
    nameless = page.evaluate(
        """[...document.querySelectorAll("a, button, input:not([type=hidden]), summary")]
            .filter((e) => !(e.labels?.length || e.ariaLabel || e.textContent.trim()
                || e.querySelector("img[alt]:not([alt=''])")))
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []


def test_a_server_that_is_gone_is_told(page: Page) -> None:
    search(page, "fox")
    found = len(titles(page))
    page.route("**/*", lambda route: route.abort())
    page.get_by_label("Words, or the address").fill("water")
    with page.expect_event("requestfailed"):
        page.press("#box", "Enter")
    expect(page.locator("#message")).to_contain_text("the server does not answer")
    expect(page.locator("#grid .tile")).to_have_count(found)


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(RED)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def picture_site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Pictures) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
