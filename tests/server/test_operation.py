from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.schemas import ErrorBody, FailuresBody
from lookalike.server.settings import ServerSettings

from .stage import BASE, serving


def test_live_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["pictures"] == 7


def test_a_library_that_is_gone_is_live_but_not_ready(own_library: Library) -> None:
    app = create_app(own_library, ServerSettings(refresh_s=0))
    client = TestClient(app, base_url=BASE)
    shutil.rmtree(own_library.path)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_metrics_count_requests_by_route_and_status(client: TestClient) -> None:
    client.get("/api/v1/search", params={"q": "fox"})
    client.get("/api/v1/search", params={"q": "fox", "where": "(("})
    client.get("/made/up/path")
    told = client.get("/metrics").text
    counted = 'lookalike_http_requests_total{method="GET",route="%s",status="%s"} 1.0'
    assert counted % ("/api/v1/search", 200) in told
    assert counted % ("/api/v1/search", 400) in told
    assert "made/up" not in told
    assert "lookalike_search_seconds_count 1.0" in told
    assert "lookalike_pictures 7.0" in told


def test_two_servers_in_one_process_count_apart(library: Library) -> None:
    first, second = (TestClient(create_app(library), base_url=BASE) for _ in range(2))
    first.get("/api/v1/search", params={"q": "fox"})
    assert "lookalike_search_seconds_count 0.0" in second.get("/metrics").text


def test_info_tells_counts_and_limits(client: TestClient) -> None:
    told = client.get("/api/v1/info").json()
    assert (told["pictures"], told["failures"]) == (7, 1)
    assert told["limits"]["max_upload_bytes"] == 50_000_000


def test_failures_are_listed_counted_and_filtered(client: TestClient) -> None:
    told = FailuresBody.model_validate(client.get("/api/v1/failures").json())
    assert told.total == 1
    assert told.failures[0].location.endswith("broken.jpg")
    code = told.failures[0].code
    assert told.codes == {code: 1}
    assert client.get("/api/v1/failures", params={"code": code}).json()["total"] == 1
    assert client.get("/api/v1/failures", params={"code": "other"}).json()["total"] == 0
    assert client.get("/api/v1/failures", params={"offset": 1}).json()["failures"] == []
    assert "broken.jpg" in client.get("/failures").text


def test_an_unknown_address_is_told_in_the_same_shape(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert ErrorBody.model_validate(answer.json()).error.code == "not-found"
    answer = client.delete("/api/v1/search")
    assert answer.status_code == 405
    assert ErrorBody.model_validate(answer.json()).error.code == "method-not-allowed"


def test_a_browser_gets_a_page_for_an_unknown_address(client: TestClient) -> None:
    answer = client.get("/nothing", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at /nothing." in answer.text


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_fault_of_ours_is_logged_with_its_id_and_never_shown(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    accept: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Library, "search", fails)
    with caplog.at_level(logging.ERROR, "lookalike.server"):
        answer = client.get("/?q=fox", headers={"accept": accept})
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    entry = json.loads(caplog.records[-1].getMessage())
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert entry["request_id"] in answer.text
    assert "secret detail" in entry["exception"]
    assert "content-security-policy" in answer.headers


def test_head_asks_for_the_headers_alone(library: Library) -> None:
    with serving(library) as url:
        for path in ("/healthz", "/", "/api/v1/search?q=fox"):
            whole, head = httpx.get(url + path), httpx.head(url + path)
            assert head.status_code == 200
            assert head.content == b""
            assert head.headers["content-type"] == whole.headers["content-type"]


def test_every_operation_is_documented(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    operations = [o for methods in told["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(operations) >= 12
    for operation in operations:
        assert re.fullmatch(r"[a-z_]+", operation["operationId"])
        assert operation["summary"]
        assert operation["description"]
    assert "HTTPValidationError" not in json.dumps(told)


def test_the_reference_page_lists_every_operation(client: TestClient) -> None:
    page = client.get("/api").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page


def test_the_page_is_in_the_package() -> None:
    root = Path(__file__).resolve().parents[2] / "src" / "lookalike" / "server"
    assert (root / "templates" / "search.html").is_file()
    assert (root / "static" / "main.js").is_file()
