from __future__ import annotations

import hashlib
import io
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from PIL import Image

import lookalike
from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.settings import ServerSettings
from lookalike.settings import Settings

from .stage import BASE, picture_bytes, serving

UPLOADS = "/api/v1/uploads"
RED = picture_bytes((201, 61, 31), (250, 240, 230))


def test_a_picture_sent_in_a_form_can_be_searched_with(client: TestClient) -> None:
    sent = client.post(UPLOADS, files={"picture": ("red.png", RED, "image/png")})
    assert sent.status_code == 201
    told = sent.json()
    assert told == {
        "upload": hashlib.sha256(RED).hexdigest()[:32],
        "clause": f"upload:{told['upload']}",
    }
    hits = client.get("/api/v1/search", params={"q": told["clause"]}).json()["hits"]
    assert hits[0]["title"] in {"Red fox", "Fox cub"}


def test_a_picture_may_be_the_whole_body(client: TestClient) -> None:
    sent = client.post(UPLOADS, content=RED, headers={"content-type": "image/png"})
    assert sent.status_code == 201


def test_an_upload_has_a_thumbnail(client: TestClient) -> None:
    told = client.post(UPLOADS, files={"picture": ("red.png", RED)}).json()
    small = client.get(f"{UPLOADS}/{told['upload']}/thumbnail")
    assert small.headers["content-type"] == "image/jpeg"
    assert small.content.startswith(b"\xff\xd8")
    assert "immutable" in small.headers["cache-control"]


def test_what_was_sent_is_decoded_apart_from_the_server(
    own_library: Library, quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*_: object, **__: object) -> None:
        raise AssertionError("decoded in the server's own process")

    monkeypatch.setattr("lookalike.imaging.decode.open_picture", here)
    with lookalike.open(own_library.path, settings=quick, isolate_decoding=True) as library:
        client = TestClient(create_app(library), base_url=BASE)
        told = client.post(UPLOADS, files={"picture": ("red.png", RED)}).json()
        small = client.get(f"{UPLOADS}/{told['upload']}/thumbnail")
    assert small.status_code == 200
    with Image.open(io.BytesIO(small.content)) as image:
        assert image.size == (160, 107)


@pytest.mark.parametrize("name", ["0" * 32, "library.json", "..%2Flibrary.json", "%2Fetc%2Fpasswd"])
def test_nothing_but_uploads_is_shown_as_upload(client: TestClient, name: str) -> None:
    answer = client.get(f"{UPLOADS}/{name}/thumbnail")
    assert answer.status_code == 404


@pytest.mark.parametrize("data", [b"not a picture", b"<html><body>no</body></html>"])
def test_what_is_no_picture_is_refused(client: TestClient, data: bytes) -> None:
    answer = client.post(UPLOADS, files={"picture": ("x.png", data, "image/png")})
    assert answer.status_code == 415
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "request_body",
    [{}, {"data": {"other": "1"}}, {"files": {"other": ("x.png", RED)}}],
    ids=["nothing", "no file", "another field"],
)
def test_a_request_without_a_picture_is_refused(client: TestClient, request_body: dict) -> None:
    answer = client.post(UPLOADS, **request_body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "no-picture"


def test_too_many_pictures_at_once_are_refused(client: TestClient) -> None:
    files = [("picture", (f"{n}.png", RED)) for n in range(11)]
    answer = client.post("/api/v1/search", files=files)
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize("path", [UPLOADS, "/api/v1/search"])
def test_a_body_beyond_the_limit_is_refused(
    client_with: Callable[[ServerSettings], TestClient], path: str
) -> None:
    client = client_with(ServerSettings(max_upload_bytes=20_000))
    answer = client.post(path, files={"picture": ("x.png", b"\0" * 30_000)})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too-large"


def test_the_limit_is_kept_while_the_body_streams_in(library: Library) -> None:
    limit, chunk = 200_000, b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    with serving(library, ServerSettings(max_upload_bytes=limit)) as url:
        host, port = str(urlsplit(url).hostname), urlsplit(url).port
        with socket.create_connection((host, port or 0), timeout=10) as line:
            line.sendall(
                f"POST {UPLOADS} HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\n"
                "Transfer-Encoding: chunked\r\n\r\n".encode()
            )
            for _ in range(2 + limit // 0x8000):  # just beyond the limit, and never an end
                line.sendall(chunk)
            answer = line.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
