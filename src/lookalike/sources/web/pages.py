"""What a page of a site holds: links, pictures, files, and words about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin, urlsplit

from lookalike.sources.naming import split_extension
from lookalike.sources.sniff import PICTURE_EXTENSIONS
from lookalike.sources.text import one_line, plain_text
from lookalike.sources.web.rules import RuleSet

if TYPE_CHECKING:
    from parsel import Selector

_SMALLEST_SIDE = 50
_SIZE = re.compile(r"\s*(\d+)(?:px)?\s*$")
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-full", "src")


@dataclass
class Page:
    """What was found on a page.

    Attributes:
        links: URLs of pages that it links to, without fragments.
        pictures: URLs of its pictures, each with what the page says about that one.
        files: URLs of files to be kept as they are.
        values: what it says about all of them.
    """

    links: list[str] = field(default_factory=list)
    pictures: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


def read_page(root: Selector, url: str, rules: RuleSet) -> Page:
    """Read a page.

    Args:
        root: the parsed page.
        url: where it was found, after redirects.
        rules: where such pages keep what.
    """
    base = _joined(url, root.xpath("//base/@href").get() or "") or url
    page = Page(links=_unique(base, root.xpath("//a/@href | //area/@href").getall()))
    if rules.content and not re.search(rules.content, urlsplit(url).path):
        return page
    page.values = _values(root, rules) | {"page": url}
    page.files = _unique(base, [one for path in rules.files for one in root.xpath(path).getall()])
    for link, about in _pictures(root, rules):
        target = _joined(base, link)
        if target and target not in page.files:
            page.pictures.setdefault(target, about)
    return page


def is_followed(url: str, rules: RuleSet) -> bool:
    """Whether the rules want a page to be read, told from its URL."""
    parts = urlsplit(url)
    path = parts.path or "/"
    where = f"{path}?{parts.query}" if parts.query else path
    if rules.skip and re.search(rules.skip, where):
        return False
    if split_extension(path)[1] in PICTURE_EXTENSIONS:
        return False
    return not rules.follow or bool(re.search(rules.follow, path))


def _values(root: Selector, rules: RuleSet) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, paths in rules.values.items():
        found = next((texts for path in paths if (texts := _texts(root, path))), [])
        if not found:
            continue
        values[name] = found if name in rules.lists and len(found) > 1 else found[0]
    if "tags" in values and isinstance(values["tags"], str):
        values["tags"] = [tag for part in values["tags"].split(",") if (tag := part.strip())]
    if rules.date_format and "date" in values:
        values["date"] = _date(values["date"], rules.date_format)
    return values


def _texts(root: Selector, path: str) -> list[str]:
    texts = (_text_of(found) for found in root.xpath(path))
    return list(dict.fromkeys(text for text in texts if text))


def _text_of(found: Selector) -> str:
    html = found.get() or ""
    return plain_text(html) if "\n" in html.strip() or "<p" in html else one_line(html)


def _date(text: str, written: str) -> str:
    try:
        return datetime.strptime(text, written).isoformat(" ", "minutes")
    except ValueError:
        return text  # written in another way: kept as it stands


def _pictures(root: Selector, rules: RuleSet) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in rules.pictures:
        found = list(_found_pictures(root.xpath(path)))
        if found:
            yield from found
            return


def _found_pictures(elements: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for element in elements:
        tag = getattr(element.root, "tag", "")
        if not tag:
            yield element.get(), {}
        elif tag == "a":
            if _names_picture(element.attrib["href"]):
                yield element.attrib["href"], _words(element)
        elif not _is_linked_larger(element) and not _is_small(element.attrib):
            link = _largest(element.attrib.get("srcset", "")) or _source(element.attrib)
            if link:
                yield link, _words(element)


def _is_linked_larger(image: Selector) -> bool:
    """Whether a thumbnail stands in a link to the picture itself."""
    links = image.xpath("ancestor::a[1]/@href").getall()
    return any(map(_names_picture, links))


def _names_picture(link: str) -> bool:
    path = re.split(r"[?#]", link, maxsplit=1)[0]
    return split_extension(path.strip())[1] in PICTURE_EXTENSIONS


def _is_small(attributes: dict[str, str]) -> bool:
    sizes = (_SIZE.match(attributes.get(name, "")) for name in ("width", "height"))
    return any(size is not None and int(size[1]) < _SMALLEST_SIDE for size in sizes)


def _source(attributes: dict[str, str]) -> str:
    return next((attributes[name] for name in _LAZY if attributes.get(name)), "")


def _largest(srcset: str) -> str:
    best, size = "", 0.0
    for candidate in re.split(r",\s+|,(?=https?:)", srcset.strip()):
        link, _, wide = candidate.strip().partition(" ")
        try:
            number = float(wide.strip().rstrip("wx") or 1)
        except ValueError:
            continue  # no size: a broken attribute
        if link and number > size:
            best, size = link, number
    return best


def _words(element: Selector) -> dict[str, Any]:
    """What stands in the picture's own alt and title, and below it."""
    alt = element.xpath("@alt | .//img/@alt").get() or ""
    title = element.xpath("@title | .//img/@title").get() or ""
    caption = " ".join(element.xpath("ancestor::figure[1]/figcaption//text()").getall())
    texts = dict.fromkeys(one_line(text) for text in (caption, alt, title))
    found = [text for text in texts if text]
    return {"caption": "\n".join(found)} if found else {}


def _unique(base: str, links: list[str]) -> list[str]:
    return list(dict.fromkeys(url for link in links if (url := _joined(base, link))))


def _joined(base: str, link: str) -> str:
    try:
        url = urldefrag(urljoin(base, link.strip()))[0]
        scheme = urlsplit(url).scheme
    except ValueError:
        return ""  # no URL: http://[
    return url if scheme in ("http", "https") and len(url) < 8_000 else ""
