"""Makes a page of its own out of figures: style, script, plots and pictures are all in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lookalike.lab.provenance import Provenance

_HERE = Path(__file__).parent / "templates"


def render(template: str, values: Mapping[str, Any], provenance: Provenance) -> str:
    """A page as text; every value is escaped.

    Args:
        template: its file name.
        values: what it shows, besides what every page shows.
        provenance: for its foot.
    """
    style, code = Markup(_text("report.css")), Markup(script())
    shared = {
        "style": style,
        "script": code,
        "policy": policy(_text("report.css"), script()),
        "from_where": provenance,
    }
    return _environment().get_template(template).render(shared | dict(values))


def script() -> str:
    """The only script of a page: it sorts tables."""
    return _text("sort.js")


def policy(style: str, code: str) -> str:
    """The content security policy that lets a page use these two texts, and nothing else.

    Args:
        style: the content of its ``style`` element.
        code: the content of its ``script`` element.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(code)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["grouped"] = lambda number: f"{number:,}"
    made.filters["share"] = lambda number: f"{number:.3f}"
    made.filters["chance"] = lambda p: "< .001" if p < 0.001 else f"{p:.3f}"
    return made
