"""Jinja templates: every value is escaped, every missing name is an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from lookalike.errors import LookalikeError

HERE = Path(__file__).parent
FILTERS = ("tag = snow", "date >= 2020", "width > 2000", "name ~ beach")


@cache
def environment() -> Environment:
    """The templates of the page."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["where_url"] = lambda where: f"/?{urlencode({'where': where})}"
    made.filters["ticked"] = _ticked
    made.filters["grouped"] = lambda number: f"{number:,}"
    return made


def _ticked(text: str) -> Markup:
    """The text with its `code` marked up, and everything in it escaped."""
    parts = (
        Markup("<code>{}</code>").format(part) if odd else escape(part)
        for part, odd in zip(text.split("`"), cycle((False, True)))
    )
    return Markup("").join(parts)


def render(
    request: Request, template: str, values: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page as an answer.

    Args:
        request: what is answered; its app knows how many pictures there are.
        template: file name of the template.
        values: what the template shows, besides what every page shows.
        status: the HTTP status.
    """
    served = request.app.state.served
    library = served.library()
    shared = {
        "pictures": len(library),
        "joint": library.description.joint is not None,
        "max_upload": served.settings.max_upload_bytes,
        "filters": FILTERS,
    }
    return HTMLResponse(environment().get_template(template).render(shared | dict(values)), status)


def render_error(error: LookalikeError) -> HTMLResponse:
    """A page that says what went wrong; it needs no library, which may be what is broken."""
    return HTMLResponse(environment().get_template("error.html").render(error=error), error.status)
