"""The reports that were kept with the library."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from lookalike.lab.pages.page import policy, script
from lookalike.server.served import ServedDep
from lookalike.server.templating import render

router = APIRouter(include_in_schema=False)

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@router.get("/reports", name="reports")
def reports(request: Request, served: ServedDep) -> Response:
    """All of them, newest first."""
    return render(request, "reports.html", {"reports": served.library().reports.all()})


@router.get("/reports/{name}", name="report")
def report(name: str, served: ServedDep) -> Response:
    """One of them.

    A report brings its style and its script along. Whoever made the library may have put something
    else there: no script but ours runs, and the page may neither fetch nor send anything.
    """
    page = served.library().reports.read(name)
    style = _STYLE.search(page)
    allowed = f"{policy(style[1] if style else '', script())}; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": allowed})
