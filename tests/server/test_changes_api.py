"""Pictures come into the library and go out of it over REST, where the operator allows it."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from lookalike.library import Library
from lookalike.pipeline.run import IndexOptions
from lookalike.server.app import create_app
from lookalike.server.schemas import AddedBody, RemovedBody
from lookalike.server.settings import ServerSettings
from lookalike.store.lock import writer_lock

from .stage import BASE, picture_bytes, serving

PICTURES = "/api/v1/pictures"
RED = picture_bytes((201, 61, 31), (250, 240, 230))
TEAL = picture_bytes((20, 140, 130))
WRITABLE = ServerSettings(writable=True)


@pytest.fixture
def writer(own_library: Library) -> TestClient:
    return TestClient(create_app(own_library, WRITABLE), base_url=BASE)


def _send(client: Any, *pictures: tuple[str, bytes], **words: Any) -> Any:
    files = [("picture", picture) for picture in pictures]
    return client.post(PICTURES, files=files, data=words)


def test_a_picture_that_is_sent_is_found_by_its_words_and_its_look(writer: TestClient) -> None:
    sent = _send(writer, ("door.png", TEAL), title="A door", caption="Painted", tags="teal;door")
    assert sent.status_code == 201
    (told,) = AddedBody.model_validate(sent.json()).pictures
    assert (told.name, told.known, told.error) == ("door.png", False, None)
    hits = writer.get("/api/v1/search", params={"q": "teal door", "match": "words"}).json()["hits"]
    assert [hit["id"] for hit in hits] == [told.id]
    assert (hits[0]["title"], hits[0]["tags"]) == ("A door", ["teal", "door"])
    assert writer.get(f"{PICTURES}/{told.id}/original").content == TEAL
    assert writer.get(f"{PICTURES}/{told.id}/thumbnail").content.startswith(b"\xff\xd8")


def test_each_of_several_pictures_has_its_words_and_its_outcome(writer: TestClient) -> None:
    sent = _send(
        writer,
        ("a.png", TEAL),
        ("b.png", b"no picture"),
        ("c.png", RED),
        title=["First", "Second", "Third"],
        tags=["", "", "x"],
    )
    assert sent.status_code == 201
    first, second, third = sent.json()["pictures"]
    assert (second["id"], second["name"]) == (None, "b.png")
    assert second["error"]["message"].startswith("b.png")
    for told, title in ((first, "First"), (third, "Third")):
        assert writer.get(f"{PICTURES}/{told['id']}").json()["title"] == title


def test_frames_of_an_animation_become_pictures_on_request(
    writer: TestClient, own_library: Library
) -> None:
    before, stream = len(own_library), io.BytesIO()
    first, *others = (Image.new("RGB", (9, 9), (level, 9, 9)) for level in range(0, 250, 50))
    first.save(stream, "GIF", save_all=True, append_images=others)
    files = [("picture", ("a.gif", stream.getvalue()))]
    assert writer.post(PICTURES, files=files, params={"frames": 4}).status_code == 201
    assert len(own_library) == before + 4
    assert writer.post(PICTURES, files=files, params={"frames": 0}).status_code == 422


def test_where_none_is_a_picture_the_error_is_told_too(writer: TestClient) -> None:
    sent = _send(writer, ("a.png", b"\xff\xd8\xff broken"))
    assert sent.status_code == 415
    assert sent.json()["error"] == sent.json()["pictures"][0]["error"]


def test_a_removed_picture_is_gone_and_stays_so(
    writer: TestClient, own_library: Library, tmp_path: Path
) -> None:
    hit = writer.get("/api/v1/search", params={"q": "meadow", "match": "words"}).json()["hits"][0]
    answer = writer.delete(f"{PICTURES}/{hit['id']}")
    assert answer.status_code == 200
    told = RemovedBody.model_validate(answer.json())
    assert (told.id, told.deleted) == (hit["id"], False)
    assert told.dismissed == [str(tmp_path / "pictures" / "meadow.png")]
    for what in ("", "/thumbnail", "/original"):
        assert writer.get(f"{PICTURES}/{hit['id']}{what}").status_code == 404
    found = writer.get("/api/v1/search", params={"where": "width > 0", "k": 100}).json()["hits"]
    assert hit["id"] not in {other["id"] for other in found}
    assert own_library.index([tmp_path / "pictures"], options=IndexOptions(workers=1)).added == 0
    assert (tmp_path / "pictures" / "meadow.png").is_file()
    codes = writer.get("/api/v1/failures").json()["codes"]
    assert "dismissed" not in codes


def test_a_sent_picture_that_is_removed_leaves_no_file(
    writer: TestClient, own_library: Library
) -> None:
    (told,) = _send(writer, ("a.png", TEAL), title="x").json()["pictures"]
    assert writer.delete(f"{PICTURES}/{told['id']}").json()["deleted"] is True
    assert list((own_library.path / "pictures").rglob("*.*")) == []


@pytest.mark.parametrize("settings", [ServerSettings(), ServerSettings(host="0.0.0.0")])
def test_nothing_is_changed_unless_the_operator_allows_it(
    own_library: Library, settings: ServerSettings
) -> None:
    client = TestClient(create_app(own_library, settings), base_url=BASE)
    before = own_library.version
    hit = client.get("/api/v1/search", params={"where": "width > 0"}).json()["hits"][0]
    answers = (_send(client, ("a.png", TEAL)), client.delete(f"{PICTURES}/{hit['id']}"))
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "read-only"
    assert own_library.version == before
    assert client.get("/api/v1/info").json()["limits"]["writable"] is False


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"host": "rebound.example"},
    ],
)
def test_pages_of_other_origins_change_nothing(
    writer: TestClient, own_library: Library, headers: dict[str, str]
) -> None:
    before = own_library.version
    hit = writer.get("/api/v1/search", params={"where": "width > 0"}).json()["hits"][0]
    files = {"picture": ("a.png", TEAL)}
    assert writer.post(PICTURES, files=files, headers=headers).status_code == 403
    assert writer.delete(f"{PICTURES}/{hit['id']}", headers=headers).status_code == 403
    assert own_library.version == before


def test_while_another_process_writes_the_request_may_be_tried_again(
    writer: TestClient, own_library: Library
) -> None:
    hit = writer.get("/api/v1/search", params={"where": "width > 0"}).json()["hits"][0]
    with writer_lock(own_library.path):
        answers = (_send(writer, ("a.png", TEAL)), writer.delete(f"{PICTURES}/{hit['id']}"))
    for answer in answers:
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "library-locked")
        assert error["retryable"] is True
    assert writer.delete(f"{PICTURES}/{hit['id']}").status_code == 200


@pytest.mark.parametrize("picture_id", ["0" * 32, "0" * 8, "..%2Flibrary.json", "x" * 32])
def test_only_whole_ids_of_pictures_can_be_removed(writer: TestClient, picture_id: str) -> None:
    answer = writer.delete(f"{PICTURES}/{picture_id}")
    assert answer.status_code == (404 if picture_id in ("0" * 32, "..%2Flibrary.json") else 422)


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/passwd", "a\\b.png", "\u202eevil.png"])
def test_names_from_outside_never_become_paths(
    writer: TestClient, own_library: Library, name: str
) -> None:
    (told,) = _send(writer, (name, TEAL)).json()["pictures"]
    kept = {path.name.split(".")[0] for path in (own_library.path / "pictures").rglob("*.*")}
    assert kept == {told["id"]}


@pytest.mark.parametrize(
    "request_body",
    [{}, {"files": {"other": ("x.png", RED)}}, {"content": RED}],
    ids=["nothing", "another field", "no form"],
)
def test_a_request_without_a_picture_is_refused(
    writer: TestClient, request_body: dict[str, Any]
) -> None:
    answer = writer.post(PICTURES, **request_body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no-picture")


def test_words_without_a_picture_and_too_many_pictures_are_refused(writer: TestClient) -> None:
    assert _send(writer, ("a.png", TEAL), title=["one", "two"]).status_code == 400
    assert _send(writer, *[(f"{n}.png", TEAL) for n in range(11)]).status_code == 400


def test_many_clients_at_once_lose_nothing(own_library: Library) -> None:
    pictures = [picture_bytes((10 * n, 255 - 9 * n, 40)) for n in range(12)]
    with serving(own_library, WRITABLE) as url, httpx.Client(base_url=url, timeout=60) as client:
        stop = threading.Event()

        def search() -> int:
            count = 0
            while not stop.is_set():
                answer = client.get("/api/v1/search", params={"where": "width > 0", "k": 100})
                assert answer.status_code == 200
                count += 1
            return count

        with ThreadPoolExecutor(5) as pool:
            searching = pool.submit(search)
            sent = list(pool.map(lambda data: _send(client, ("x.png", data)), pictures))
            ids = [answer.json()["pictures"][0]["id"] for answer in sent]
            gone = list(pool.map(lambda i: client.delete(f"{PICTURES}/{i}"), ids[:6]))
            stop.set()
            assert searching.result() > 0
        assert {answer.status_code for answer in (*sent, *gone)} <= {200, 201}
        found = client.get("/api/v1/search", params={"where": "width > 0", "k": 100}).json()
    assert {hit["id"] for hit in found["hits"]} >= set(ids[6:])
    assert not {hit["id"] for hit in found["hits"]} & set(ids[:6])


def test_other_sites_may_be_let_in(own_library: Library) -> None:
    site = "https://pictures.example"
    for writable in (True, False):
        settings = ServerSettings(writable=writable, judging=False, cors_origins=(site,))
        client = TestClient(create_app(own_library, settings), base_url=BASE)
        asked = {"origin": site, "access-control-request-method": "DELETE"}
        answer = client.options(f"{PICTURES}/{'0' * 32}", headers=asked)
        allowed = "DELETE" in answer.headers.get("access-control-allow-methods", "")
        assert allowed is writable
