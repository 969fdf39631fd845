"""The pages of kept reports."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from lookalike.lab import evaluate
from lookalike.lab.pages.evaluation import evaluation_page
from lookalike.lab.pages.page import policy, script
from lookalike.library import Library
from lookalike.server.app import create_app

from .stage import BASE


def test_kept_reports_are_listed_and_open(own_library: Library) -> None:
    visitor = TestClient(create_app(own_library), base_url=BASE)
    assert "None yet" in visitor.get("/reports").text
    page = evaluation_page(own_library, [evaluate(own_library, "format", measures=["AP"])])
    own_library.reports.save("b.1", page)
    listed = visitor.get("/reports").text
    assert 'href="/reports/b.1"' in listed
    assert "How good is it? by format" in listed
    answer = visitor.get("/reports/b.1")
    assert answer.text == page
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[0]
    expected = f"{policy(style, script())}; frame-ancestors 'none'"
    assert answer.headers["content-security-policy"] == expected
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_no_report_is_not_found(own_library: Library) -> None:
    visitor = TestClient(create_app(own_library), base_url=BASE)
    for name in ("nobody", "..%2Flibrary", "%2e%2e"):
        answer = visitor.get(f"/reports/{name}", headers={"accept": "text/html"})
        assert answer.status_code == 404


def test_no_script_but_ours_may_run_in_a_report(own_library: Library) -> None:
    own_library.reports.save("odd", "<title>x</title><style>b{}</style><script>alert(1)</script>")
    visitor = TestClient(create_app(own_library), base_url=BASE)
    allowed = visitor.get("/reports/odd").headers["content-security-policy"]
    assert allowed == f"{policy('b{}', script())}; frame-ancestors 'none'"
    assert "alert" not in script()
