"""Reports: one page with everything in it."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lookalike.errors import NotFoundError, UsageError
from lookalike.lab import Grid, by_labels, compare, evaluate
from lookalike.lab.pages.comparison import comparison_page
from lookalike.lab.pages.evaluation import evaluation_page, suite_page
from lookalike.lab.pages.page import policy, script
from lookalike.lab.pages.plots import comparison_figure, save_figure
from lookalike.lab.suites.base import Row
from lookalike.library import Library


class _Reader(HTMLParser):
    """Notes elements, attributes and what lies open at the end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def _check_alone(page: str) -> _Reader:
    """The page asks for nothing, and its policy lets exactly its own style and script pass."""
    read = _Reader(page)
    sources = [v for n, v in read.attributes if n in ("src", "href", "srcset", "xlink:href")]
    assert all(source.startswith(("data:image/jpeg;base64,", "#")) for source in sources)
    assert "style" not in {name for name, _ in read.attributes}
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (code,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert code == script()
    (allowed,) = [v for n, v in read.attributes if n == "content" and "default-src" in v]
    assert allowed == policy(style, code)
    return read


def test_an_evaluation_is_one_page_with_its_figures_plots_and_pictures(library: Library) -> None:
    report = evaluate(library, "shade")
    other = evaluate(library, "shade", metric="chebyshev")
    page = evaluation_page(
        library, [report], command="lookalike <b>", compared=report.compare(other), other="that one"
    )
    read = _check_alone(page)
    assert f"<td>{report.means['AP']:.3f}</td>" in page
    assert "less that of that one" in page
    assert "lookalike &lt;b&gt;" in page
    assert page.count('<svg role="img"') == 1
    pictures = {v for n, v in read.attributes if n == "src"}
    assert 5 < len(pictures) <= 19
    assert page.count("<li>\n") == 12  # eight of the worst, four of the best


def test_a_comparison_is_one_page_that_says_what_could_not_be_measured(library: Library) -> None:
    grid = Grid(("fake", "colours"), posts=("none", "pca:90"), metrics=("cosine",), title="A & B")
    found = compare(library, [by_labels(library.views(), "shade")], grid, settings=library.settings)
    page = comparison_page(library, found)
    _check_alone(page)
    assert "<h1>A &amp; B</h1>" in page
    best = found.measured[0]
    assert f"<td>{found.means(best)['AP']:.3f}</td>" in page
    assert page.count("principal axes cannot be had") == 2
    assert "Where they differ" in page


def test_suites_are_one_page() -> None:
    rows = [
        Row("words", "captions", "own folder", 7, {"RR": 0.25}, ("2 <left> out",)),
        Row("retrieval", "cats", "all folders", 9, {"AP": 0.5}),
    ]
    page = suite_page(rows, name="quick")
    _check_alone(page)
    assert "<td>0.250</td>" in page
    assert "captions: 2 &lt;left&gt; out" in page


def test_a_report_without_matplotlib_says_what_to_install(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = evaluation_page(library, [evaluate(library, "label")])
    assert "pip install &#34;lookalike[lab]&#34;" in page
    assert "<svg" not in page


def test_plots_are_written_as_their_names_say(library: Library, tmp_path: Path) -> None:
    grid = Grid(("fake",), posts=("none", "centre"), metrics=("cosine",))
    found = compare(library, [by_labels(library.views(), "label")], grid, settings=library.settings)
    figure = comparison_figure(found)
    for name, head in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")):
        save_figure(figure, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(head)
    with pytest.raises(UsageError) as caught:
        save_figure(figure, tmp_path / "absent" / "a.png")
    assert caught.value.code == "plot-unwritable"


def test_kept_reports_are_found_again_and_no_other_file_is(library: Library) -> None:
    shelf = library.reports
    path = shelf.save("first", "<title>A &amp; B</title>")
    try:
        assert [(one.name, one.title) for one in shelf.all()] == [("first", "A & B")]
        assert shelf.read("first").startswith("<title>")
        for name in ("../library", "", ".hidden", "a/b", "x" * 81):
            with pytest.raises(UsageError):
                shelf.save(name, "")
            with pytest.raises(NotFoundError):
                shelf.read(name)
    finally:
        path.unlink()
