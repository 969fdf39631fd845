"""Rule sets: which links of a site are followed, and where its pages keep pictures and words."""

from __future__ import annotations

from dataclasses import dataclass, field

from lookalike.errors import UsageError


@dataclass(frozen=True)
class RuleSet:
    """How a kind of site is read. All expressions are XPath 1.0; of several the first that
    finds something counts.

    Attributes:
        name: what it is chosen by.
        content: a regular expression for the paths of pages whose pictures are taken; of the
            others only links are followed. Empty for all pages.
        follow: a regular expression for the paths of pages that are read; empty for all.
        skip: a regular expression for the paths (with query) of pages that are never read.
        pictures: where pictures are; elements ``img`` or ``source``, links, or attributes.
        files: links to files that are kept as they are, archives among them.
        values: by field: where title, author, licence, tags and so on are.
        lists: fields that may have several values.
        date_format: how the field ``date`` is written, for :func:`datetime.strptime`.
    """

    name: str
    content: str = ""
    follow: str = ""
    skip: str = ""
    pictures: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lists: frozenset[str] = frozenset({"tags", "licence", "author"})
    date_format: str = ""


_NEVER = (
    r"/(?:log(?:in|out)|sign(?:in|up)|register|cart|user/(?:login|register))\b|[?&](?:sort|order)="
)

GENERAL = RuleSet(
    name="general",
    skip=_NEVER,
    pictures=(
        "//img | //picture/source | //a[@href] | //link[@rel='image_src']/@href"
        " | //meta[@property='og:image' or @property='og:image:url']/@content",
    ),
    values={
        "title": ("//meta[@property='og:title']/@content", "//h1[1]", "//title"),
        "author": (
            "//*[@itemprop='author' or @itemprop='creator']//*[@itemprop='name']",
            "//a[@rel='author']",
            "//meta[@name='author']/@content",
        ),
        "licence": (
            "//a[contains(concat(' ', @rel, ' '), ' license ')]/@href",
            "//link[@rel='license']/@href",
            "//*[@itemprop='license']/@href",
            "//meta[@name='dcterms.license' or @name='DC.rights']/@content",
        ),
        "tags": (
            "//a[contains(concat(' ', @rel, ' '), ' tag ')]",
            "//meta[@name='keywords']/@content",
        ),
        "text": (
            "//meta[@property='og:description']/@content",
            "//meta[@name='description']/@content",
        ),
        "date": (
            "//meta[@property='article:published_time']/@content",
            "//*[@itemprop='datePublished']/@content",
        ),
    },
)


def _field(name: str, inside: str = "") -> str:
    return f"//div[contains(concat(' ', @class, ' '), ' field-name-{name} ')]{inside}"


OPENGAMEART = RuleSet(
    name="opengameart",
    content=r"^/content/",
    follow=r"^/(?:content/|art-search|latest|popular|collection|users/[^/]+/?$|$)|^$",
    skip=_NEVER + r"|/(?:edit|revisions|flag|comment)\b",
    pictures=(_field("field-art-preview", "//a[@href]"), _field("field-art-preview", "//img")),
    files=(_field("field-art-files", "//a/@href"),),
    values={
        "title": (_field("title", "//h2"), "//h1[@id='page-title']", "//h1[1]", "//title"),
        "author": (_field("author-submitter", "//span[@class='username']"),),
        "submitter": (_field("author-submitter", "//strong/a"),),
        "licence": (_field("field-art-licenses", "//div[@class='license-name']"),),
        "tags": (_field("field-art-tags", "//div[contains(@class, 'field-item')]/a"),),
        "art_type": (_field("field-art-type", "//div[contains(@class, 'field-item')]/a"),),
        "text": (_field("body", "//div[contains(@class, 'field-item')]"),),
        "attribution": (_field("field-art-attribution", "//div[contains(@class, 'field-item')]"),),
        "date": (_field("post-date", "//div[@class='field-items']/div"),),
        "favorites": (_field("favorites", "//div[@class='field-items']/div"),),
    },
    date_format="%A, %B %d, %Y - %H:%M",
)

SHOWN = RuleSet(
    name="shown",
    pictures=(
        "//meta[@property='og:image' or @property='og:image:url']/@content",
        "//link[@rel='image_src']/@href",
    ),
)
"""For pages that each show one picture, of which more is known than the page says."""

RULE_SETS = {rules.name: rules for rules in (GENERAL, OPENGAMEART, SHOWN)}


def rule_set(name: str) -> RuleSet:
    """The rule set of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in RULE_SETS:
        known = ", ".join(sorted(RULE_SETS))
        raise UsageError(f"There is no rule set {name!r}.", f"There are: {known}.")
    return RULE_SETS[name]
