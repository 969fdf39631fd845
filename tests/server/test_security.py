from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from lookalike.server.settings import ServerSettings

from .stage import picture_bytes
from .test_page import Page

UPLOADS, SEARCH = "/api/v1/uploads", "/api/v1/search"
RED = {"picture": ("red.png", picture_bytes((200, 60, 30)))}
Clients = Callable[[ServerSettings], TestClient]


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1/search?q=fox", "/nothing-here", "/static/main.js", "/metrics"]
)
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/?q=fox&not=snow", "/api", "/failures", "/?where=(("])
def test_pages_have_no_inline_script_or_style_and_no_foreign_address(
    client: TestClient, path: str
) -> None:
    for tag, attributes in Page(client.get(path).text).elements:
        assert tag != "style"
        assert tag != "script" or str(attributes["src"]).startswith("/static/")
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "srcset", "href", "action"):
            assert not re.match(r"(https?:)?//", str(attributes.get(name)))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", ""]
)
def test_a_loopback_server_answers_to_loopback_names_only(client: TestClient, host: str) -> None:
    answer = client.get(SEARCH, params={"q": "fox"}, headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "host-not-allowed"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "LOCALHOST", "[::1]:8765"])
def test_loopback_names_are_welcome(client: TestClient, host: str) -> None:
    assert client.get(SEARCH, params={"q": "fox"}, headers={"host": host}).status_code == 200


def test_the_operator_may_allow_names(client_with: Clients) -> None:
    client = client_with(ServerSettings(allowed_hosts=("pictures.example",)))
    for host, status in (("pictures.example", 200), ("localhost", 200), ("other.example", 403)):
        assert client.get("/healthz", headers={"host": host}).status_code == status


def test_an_open_server_answers_to_any_name_unless_some_are_listed(client_with: Clients) -> None:
    anywhere = {"host": "nas.home:8765"}
    assert client_with(ServerSettings(host="0.0.0.0")).get("/", headers=anywhere).status_code == 200
    listed = ServerSettings(host="0.0.0.0", allowed_hosts=("pictures.example",))
    assert client_with(listed).get("/", headers=anywhere).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", [UPLOADS, SEARCH, "/upload"])
def test_foreign_pages_may_not_post(client: TestClient, headers: dict[str, str], path: str) -> None:
    answer = client.post(path, files=RED, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin-not-allowed"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
    ids=["no browser", "own page", "typed"],
)
def test_own_pages_and_programs_may_post(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post(UPLOADS, files=RED, headers=headers).status_code == 201


def test_foreign_pages_may_not_embed_or_probe(client: TestClient, ids: dict[str, str]) -> None:
    probing = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    thumbnail = f"/api/v1/pictures/{ids['Red fox']}/thumbnail"
    for path in (thumbnail, f"{SEARCH}?q=fox"):
        assert client.get(path, headers=probing).status_code == 403
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/?q=fox", headers=followed).status_code == 200


def test_cors_is_off_by_default(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"q": "fox"}, headers={"origin": "https://app.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_allowed_origins_may_use_the_api(client_with: Clients) -> None:
    client = client_with(ServerSettings(cors_origins=("https://app.example",)))
    allowed = {"origin": "https://app.example", "sec-fetch-site": "cross-site"}
    answer = client.get(SEARCH, params={"q": "fox"}, headers=allowed)
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert client.post(UPLOADS, files=RED, headers=allowed).status_code == 201
    preflight = client.options(
        SEARCH,
        headers={
            **allowed,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert preflight.status_code == 200
    foreign = {"origin": "https://evil.example"}
    assert client.post(UPLOADS, files=RED, headers=foreign).status_code == 403
