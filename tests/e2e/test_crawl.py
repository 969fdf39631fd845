"""From a site, or a list of URLs, to a search by author and licence, as people run it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import COMMAND, Shell, environment
from tests.sources.web.site import Site, content, page, png, serving

ALLOW = ("--allow-host", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def art_page(title: str, author: str, licence: str, file: str) -> str:
    return f"""<div class="field field-name-title"><h2>{title}</h2></div>
    <div class="field field-name-author-submitter"><span class="username">{author}</span></div>
    <div class="field field-name-field-art-licenses"><div class="license-name">{licence}</div></div>
    <div class="field field-name-field-art-files"><a href="{file}">file</a></div>"""


def test_a_crawled_site_is_searched_by_author_licence_and_page(site: Site, shell: Shell) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("chair.png", png(3))
    site.answers |= {
        "/": page("".join(f'<a href="/content/{n}">{n}</a>' for n in ("table", "bed", "chair"))),
        "/content/chair": page(art_page("Chairs", "Chen", "OGA-BY 3.0", "/f/chairs.zip")),
        "/f/chairs.zip": content(packed.getvalue()),
        "/content/table": page(art_page("Wooden table", "Ada", "CC0", "/f/table.png")),
        "/content/bed": page(art_page("Soft bed", "Björn", "CC-BY 4.0", "/f/bed%2520one.png")),
        "/f/table.png": content(png(1)),
        "/f/bed%2520one.png": content(png(2)),
    }
    crawl = ("crawl", site.url, "--into", "art", "--rules", "opengameart", "--delay", "0", *ALLOW)
    done = shell(*crawl)
    assert done.status == 0, done.err
    assert "4 pages read, 3 pictures and files fetched" in done.err
    assert shell("index", "art", "--encoder", "fake").status == 0
    (hit,) = shell("search", "--json", "bed", "--where", 'licence = "CC-BY 4.0"').json["hits"]
    assert hit["title"] == "Soft bed"
    assert "bed-one-" in hit["location"]
    (hit,) = shell("search", "--json", "table", "--where", "author = Ada").json["hits"]
    assert hit["title"] == "Wooden table"
    (hit,) = shell("search", "--json", "chairs", "--where", 'licence = "OGA-BY 3.0"').json["hits"]
    assert hit["location"].endswith(".zip!/chair.png")
    page_of = f'page = "{site.url}/content/table"'
    assert len(shell("search", "--json", "wooden", "--where", page_of).json["hits"]) == 1
    again = shell(*crawl, "--json")
    assert (again.status, again.json["done"], again.json["kept"]) == (0, 0, 3)


def test_the_same_picture_from_three_urls_and_a_folder_is_one_with_four_places(
    site: Site, shell: Shell
) -> None:
    site.otherwise = lambda path: content(png(5)) if path.startswith("/copy") else None
    (shell.here / "urls.txt").write_text("\n".join(f"{site.url}/copy{n}.png" for n in range(3)))
    (shell.here / "own").mkdir()
    (shell.here / "own" / "mine.png").write_bytes(png(5))
    assert shell("fetch", "urls.txt", "--into", "web", *ALLOW).status == 0
    assert shell("index", "web", "own", "--encoder", "fake").status == 0
    told = shell("info", "--json").json
    assert (told["pictures"], told["locations"]) == (1, 4)


def test_failures_are_counted_by_reason_and_end_with_status_1(site: Site, shell: Shell) -> None:
    site.answers["/a.png"] = content("", 500)
    (shell.here / "urls.csv").write_text(f"url\n{site.url}/a.png\n{site.url}/none.png\n")
    fetch = ("fetch", "urls.csv", "--into", "web", "--attempts", "1", *ALLOW)
    done = shell(*fetch)
    assert done.status == 1
    assert "1 http-500" in done.err
    assert "1 fetch-not-found" in done.err
    site.answers |= {"/a.png": content(png(1)), "/none.png": content(png(2))}
    retried = shell(*fetch, "--retry", "--code", "http-500", "--json")
    assert (retried.status, retried.json["kept"]) == (1, 1)
    assert retried.json["failures"] == {"fetch-not-found": 1}
    assert shell(*fetch, "--retry", "--json").json["kept"] == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fetch", "none.csv", "--into", "web"], "not-found"),
        (["fetch", "page.docx", "--into", "web"], "bad-list"),
        (["crawl", "art.example", "--into", "web"], "bad-request"),
        (["crawl", "https://art.example/", "--into", "web", "--rules", "x"], "bad-request"),
        (["fetch", "urls.txt", "--into", "page.docx"], "source-unreadable"),
    ],
)
def test_wrong_use_is_told_in_one_line(shell: Shell, arguments: list[str], code: str) -> None:
    (shell.here / "page.docx").write_text("x")
    (shell.here / "urls.txt").write_text("https://one.example/a.png")
    done = shell(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"lookalike: {code}: ")
    assert done.err.count("\n") == 1


def test_without_scrapy_the_command_to_install_it_is_told(shell: Shell) -> None:
    script = (
        "import importlib.util, sys\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'scrapy' else real(n, *a)\n"
        "from lookalike.cli.main import run\n"
        "sys.exit(run(['crawl', 'https://one.example/', '--into', 'x']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=shell.here, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'lookalike[crawl]'" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="sends an interrupt as terminals do")
def test_an_interrupt_keeps_what_was_fetched_and_says_how_to_go_on(
    site: Site, shell: Shell
) -> None:
    site.otherwise = lambda path: content(png(int(path[1:]))) if path[1:].isdigit() else None
    (shell.here / "urls.txt").write_text("\n".join(f"{site.url}/{n}" for n in range(60)))
    command = [*COMMAND, "fetch", "urls.txt", "--into", "web", "--delay", "0.1", *ALLOW]
    process = subprocess.Popen(
        command,
        cwd=shell.here,
        env=environment(shell.cache),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while site.asked.total() < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Run the same command again to go on." in err
    before = site.asked.copy()
    command[-3] = "0"
    rest = shell(*command[3:], "--delay", "0", "--json")
    assert rest.json["kept"] == 60
    assert sum(n > 0 for p, n in (site.asked - before).items() if before[p]) <= 9
