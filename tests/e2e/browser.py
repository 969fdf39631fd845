"""A real Chromium, and a watch over what its pages do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Playwright, Response

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")


def launch(playwright: Playwright) -> Browser:
    """Playwright's own Chromium if it is installed, else the system's."""
    own = Path(playwright.chromium.executable_path)
    found = next((path for path in (own, SYSTEM_CHROMIUM) if path.exists()), None)
    assert found, (
        "The page's tests need Chromium: run `playwright install chromium`, "
        "or install your system's package `chromium`."
    )
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


def until(page: Page, expression: str, limit_s: float = 15) -> None:
    """Wait until a JavaScript expression holds.

    Playwright's own ``wait_for_function`` evaluates text within the page, which the page's
    security policy forbids as soon as it has to look twice.
    """
    over = time.monotonic() + limit_s
    while not page.evaluate(expression):
        assert time.monotonic() < over, f"{expression} did not come true"
        page.wait_for_timeout(50)


@dataclass
class Watch:
    """What a page did that it should not do."""

    origin: str
    wrong: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Begin to watch."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.wrong.append("alert"), dialog.dismiss()))
        page.on("response", self._on_response)
        page.on("request", lambda request: self._on_request(request.url))

    def _on_console(self, message: Any) -> None:
        # the browser's own line on answers, which are judged one by one below
        answered = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not answered:
            self.wrong.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        part_of_page = response.request.resource_type not in ("document", "fetch")
        if response.status >= (400 if part_of_page else 500):
            self.wrong.append(f"{response.status}: {response.url}")

    def _on_request(self, url: str) -> None:
        told = urlsplit(url)
        own = f"{told.scheme}://{told.netloc}" == self.origin
        if not own and told.scheme not in ("data", "blob", "chrome-error"):
            self.wrong.append(f"request: {url}")


@contextmanager
def watched(browser: Browser, origin: str, **options: Any) -> Iterator[Page]:
    """A page in a fresh context; fails where it errs or asks another origin."""
    context = browser.new_context(base_url=origin, **options)
    try:
        page, watch = context.new_page(), Watch(origin)
        page.set_default_timeout(10_000)
        watch.over(page)
        yield page
        assert watch.wrong == []
    finally:
        context.close()
