"""URLs into a folder, from real servers on loopback."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from lookalike.errors import SourceError, UsageError
from lookalike.sources.entry import Entry
from lookalike.sources.folder import FolderSource
from lookalike.sources.web.download import crawl, fetch_rows
from lookalike.sources.web.options import USER_AGENT, WebOptions
from lookalike.sources.web.spider_main import LOCK_NAME

from .conftest import QUICK, codes, table
from .site import Handler, Site, content, cut_off, huge, page, png, redirect, reset, serving


def test_every_fault_has_its_own_reason_and_the_pictures_come_all_the_same(
    site: Site, tmp_path: Path
) -> None:
    site.answers |= {
        "/good.png": content(png(1), Content_Type="application/octet-stream"),
        "/moved.png": redirect("/good2.png", 301),
        "/good2.png": content(png(2)),
        "/page": page("<body>no picture</body>"),
        "/lying.jpg": content("<!doctype html><p>Log in", Content_Type="image/jpeg"),
        "/private": content("no", 403),
        "/busy": content("later", 503),
        "/empty.png": content(b""),
        "/loop": redirect("/loop"),
        "/inside": redirect("http://169.254.169.254/latest/meta-data/"),
        "/file": redirect("file:///etc/passwd"),
        "/reset": reset,
        "/cut.png": cut_off,
        "/huge.png": huge,
        "/slow.png": site.hang,
        "/noindex.png": content(png(3), X_Robots_Tag="noimageindex"),
        "/others.png": content(png(4), X_Robots_Tag="otherbot: noindex"),
        "/secret/one.png": content(png(5)),
        "/robots.txt": content("User-agent: *\nDisallow: /secret/\n"),
    }
    paths = [path for path in site.answers if path not in ("/good2.png", "/robots.txt")]
    rows = [(site.url + path, {"title": path}) for path in [*paths, "/none.png"]]
    rows += [("http://127.0.0.2:81/x.png", {}), ("http://[::1]/x.png", {}), ("no url", {})]
    rows += [("http://localhost.invalid/x.png", {}), ("http://user:pass@127.0.0.1/x.png", {})]
    summary = fetch_rows(rows, tmp_path, QUICK)
    found = {url.removeprefix(site.url): code for url, code in codes(tmp_path).items()}
    assert found == {
        "/page": "fetch-wrong-type",
        "/lying.jpg": "fetch-wrong-type",
        "/private": "http-403",
        "/busy": "http-503",
        "/empty.png": "fetch-empty",
        "/loop": "too-many-redirects",
        "/inside": "url-forbidden",
        "/file": "url-forbidden",
        "/reset": "fetch-failed",
        "/cut.png": "fetch-cut-off",
        "/huge.png": "fetch-too-large",
        "/slow.png": "fetch-timeout",
        "/noindex.png": "robots-noindex",
        "/secret/one.png": "robots-forbidden",
        "/none.png": "fetch-not-found",
        "http://127.0.0.2:81/x.png": "url-forbidden",
        "http://[::1]/x.png": "url-forbidden",
        "no url": "url-forbidden",
        "http://localhost.invalid/x.png": "host-not-found",
        "http://user:pass@127.0.0.1/x.png": "url-forbidden",
    }
    assert {row["title"] for row in table(tmp_path)} == {"/good.png", "/moved.png", "/others.png"}
    assert (summary.kept, summary.waiting) == (3, 0)
    assert sum(summary.failures.values()) == len(found)
    assert site.asked["/secret/one.png"] == 0
    assert site.asked["/busy"] == site.asked["/reset"] == QUICK.attempts == 3
    assert site.asked["/slow.png"] == 2
    assert site.asked["/private"] == site.asked["/none.png"] == 1
    assert site.agents == {USER_AGENT}


def test_what_a_list_tells_about_a_url_is_found_by_the_folder(site: Site, tmp_path: Path) -> None:
    site.answers["/red%2520fox.png"] = content(png(1))
    url = f"{site.url}/red%2520fox.png"
    fetch_rows([(url, {"title": "Fuchs", "author": "Ada", "tags": ["snow"]})], tmp_path, QUICK)
    (entry,) = FolderSource(tmp_path).scan()
    assert isinstance(entry, Entry)
    assert entry.path.name.startswith("red-fox-")
    assert entry.path.read_bytes() == png(1)
    assert entry.row is not None
    assert (entry.row.title, entry.row.tags) == ("Fuchs", ("snow",))
    assert entry.row.extra == {"author": "Ada", "url": url}


def test_the_same_picture_under_three_urls_is_three_places_and_once_on_the_disk(
    site: Site, tmp_path: Path
) -> None:
    site.otherwise = lambda path: content(png(7)) if path.startswith("/copy") else None
    rows = [(f"{site.url}/copy{n}.png", {"title": f"copy {n}"}) for n in range(3)]
    fetch_rows([*rows, *rows], tmp_path, QUICK)
    entries = [entry for entry in FolderSource(tmp_path).scan() if isinstance(entry, Entry)]
    assert sorted(entry.row.title for entry in entries if entry.row) == [
        "copy 0",
        "copy 1",
        "copy 2",
    ]
    assert len({entry.path.stat().st_ino for entry in entries}) == 1
    assert all(site.asked[f"/copy{n}.png"] == 1 for n in range(3))


def test_a_second_run_fetches_only_what_is_new_and_retries_only_what_it_is_told_to(
    site: Site, tmp_path: Path
) -> None:
    site.answers |= {
        "/a.png": content(png(1)),
        "/b.png": content("", 500),
        "/c.png": content("", 404),
    }
    rows = [(f"{site.url}/{name}.png", {}) for name in "abc"]
    fetch_rows(rows, tmp_path, QUICK)
    before = site.asked.copy()
    again = fetch_rows(rows, tmp_path, QUICK)
    assert (again.run.done, site.asked - before) == (0, {})

    site.answers |= {"/b.png": content(png(2)), "/c.png": content(png(3))}
    only = fetch_rows(rows, tmp_path, QUICK, retry="http-500")
    assert (only.kept, dict(only.failures)) == (2, {"fetch-not-found": 1})
    assert fetch_rows([], tmp_path, QUICK, retry="").kept == 3


def test_a_server_that_asks_for_time_is_left_alone_that_long(site: Site, tmp_path: Path) -> None:
    asked: list[float] = []

    def busy_once(request: object) -> None:
        asked.append(time.monotonic())
        answer = content("", 429, Retry_After="2") if len(asked) == 1 else content(png(1))
        answer(request)  # type: ignore[arg-type]

    site.answers |= {"/a.png": busy_once, "/b.png": busy_once}
    rows = [(f"{site.url}/{name}.png", {}) for name in "ab"]
    summary = fetch_rows(rows, tmp_path, replace(QUICK, per_host=1))
    assert summary.kept == 2
    assert asked[1] - asked[0] >= 1.9


def test_the_crawl_delay_of_robots_txt_is_kept(site: Site, tmp_path: Path) -> None:
    asked: list[float] = []

    def timed(request: object) -> None:
        asked.append(time.monotonic())
        content(png(len(asked)))(request)  # type: ignore[arg-type]

    site.answers["/robots.txt"] = content("User-agent: *\nCrawl-delay: 0.5\n")
    site.otherwise = lambda _: timed
    fetch_rows([(f"{site.url}/{n}.png", {}) for n in range(4)], tmp_path, QUICK)
    assert len(asked) == 4
    assert asked[-1] - asked[0] > 3 * 0.5 - 0.2


def test_a_server_whose_robots_txt_fails_is_not_asked_for_more(site: Site, tmp_path: Path) -> None:
    site.answers |= {"/robots.txt": content("", 500), "/a.png": content(png(1))}
    rows = [(f"{site.url}/a.png?{n}", {}) for n in range(20)]
    summary = fetch_rows(rows, tmp_path, QUICK)
    assert dict(summary.failures) == {"robots-unreadable": 20}
    assert dict(site.asked) == {"/robots.txt": QUICK.attempts}


def test_loopback_is_refused_unless_it_is_allowed(site: Site, tmp_path: Path) -> None:
    site.answers["/a.png"] = content(png(1))
    rows = [(f"{site.url}/a.png", {}), (site.url.replace("127.0.0.1", "localhost") + "/a.png", {})]
    summary = fetch_rows(rows, tmp_path, replace(QUICK, allow_hosts=()))
    assert dict(summary.failures) == {"url-forbidden": 2}
    assert not site.asked


def test_one_slow_host_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    options = replace(QUICK, allow_hosts=("127.0.0.0/8", "127.0.0.1", "127.0.0.2"), timeout_s=40)
    with serving("127.0.0.1") as slow, serving("127.0.0.2") as quick:
        quick.otherwise = lambda path: content(png(int(path[1:]))) if path[1:].isdigit() else None

        def after_the_others(request: Handler) -> None:
            while sum(quick.asked[f"/{n}"] for n in range(40)) < 40 and not slow.closing.is_set():
                time.sleep(0.02)
            content(png(99))(request)

        slow.otherwise = lambda path: after_the_others if path[1:].isdigit() else None
        rows = [(f"{one.url}/{n}", {}) for one in (slow, quick) for n in range(40)]
        began = time.monotonic()
        summary = fetch_rows(rows, tmp_path, replace(options, connections=16))
    assert (summary.kept, summary.run.again) == (80, 0)
    assert time.monotonic() - began < options.timeout_s


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_lost(
    site: Site, tmp_path: Path
) -> None:
    site.otherwise = lambda path: content(png(int(path[1:]))) if path[1:].isdigit() else None
    rows = [(f"{site.url}/{n}", {}) for n in range(30)]
    for number in range(256):
        (tmp_path / f"{number:04d}").write_bytes(b"")  # where a folder should be
    with pytest.raises(SourceError, match="cannot be written") as caught:
        fetch_rows(rows, tmp_path, QUICK)
    assert caught.value.code == "folder-unwritable"
    for number in range(256):
        (tmp_path / f"{number:04d}").unlink()
    assert fetch_rows(rows, tmp_path, QUICK).kept == 30


def test_two_processes_do_not_fill_one_folder(site: Site, tmp_path: Path) -> None:
    with FileLock(tmp_path / LOCK_NAME), pytest.raises(SourceError, match="Another process"):
        fetch_rows([(f"{site.url}/1", {})], tmp_path, QUICK)


def test_a_crawled_folder_takes_no_list(site: Site, tmp_path: Path) -> None:
    site.answers["/"] = page("<body>nothing</body>")
    crawl([site.url], tmp_path, QUICK)
    with pytest.raises(UsageError, match="filled by a crawl"):
        fetch_rows([], tmp_path, QUICK)


def test_options_out_of_their_range_are_named() -> None:
    with pytest.raises(UsageError, match="per_host"):
        WebOptions(per_host=0)


def test_urls_that_hang_do_not_hold_up_the_others_of_their_host(site: Site, tmp_path: Path) -> None:
    def after_the_others(request: Handler) -> None:
        while not all(site.asked[path] for path in good) and not site.closing.is_set():
            time.sleep(0.02)
        content(png(200))(request)

    good = [f"/{n}" for n in range(80)]
    site.otherwise = lambda path: (
        after_the_others if path.startswith("/late") else content(png(int(path[1:])))
    )
    site.answers["/robots.txt"] = content("", 404)
    paths = [*good[:20], *(f"/late{n}" for n in range(12)), *good[20:]]
    options = replace(QUICK, per_host=4, timeout_s=40)
    summary = fetch_rows([(site.url + path, {}) for path in paths], tmp_path, options)
    assert (summary.kept, summary.run.again) == (92, 0)


def test_where_trying_again_never_helps_it_is_done_less(site: Site, tmp_path: Path) -> None:
    site.otherwise = lambda path: content("", 500 if path != "/robots.txt" else 404)
    rows = [(f"{site.url}/{n}", {}) for n in range(200)]
    summary = fetch_rows(rows, tmp_path, replace(QUICK, backoff_s=0.05))
    assert dict(summary.failures) == {"http-500": 200}
    asked = [n for path, n in site.asked.items() if path != "/robots.txt"]
    assert (min(asked), max(asked), len(asked)) == (2, 3, 200)
    assert asked.count(3) < 100


def test_each_further_attempt_waits_longer(site: Site, tmp_path: Path) -> None:
    asked: list[float] = []

    def failing(request: Handler) -> None:
        asked.append(time.monotonic())
        content("", 500)(request)

    site.answers["/a.png"] = failing
    fetch_rows([(f"{site.url}/a.png", {})], tmp_path, replace(QUICK, backoff_s=0.4))
    assert len(asked) == 3
    assert asked[1] - asked[0] > 0.3
    assert asked[2] - asked[1] > 0.7
