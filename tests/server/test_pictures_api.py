from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.schemas import PictureBody
from lookalike.server.settings import ServerSettings

from .stage import BASE, SCRIPT

PICTURES = "/api/v1/pictures"


def test_the_record_says_what_is_known(client: TestClient, ids: dict[str, str]) -> None:
    told = client.get(f"{PICTURES}/{ids['Red fox']}").json()
    record = PictureBody.model_validate(told)
    assert (record.width, record.height, record.format) == (240, 160, "png")
    assert record.tags == ["fox", "snow"]
    assert record.caption == "A fox in the snow"
    assert record.locations[0].endswith("fox.png")


def test_the_beginning_of_an_id_is_enough(client: TestClient, ids: dict[str, str]) -> None:
    whole = ids["Red fox"]
    assert client.get(f"{PICTURES}/{whole[:12]}").json()["id"] == whole


def test_words_come_back_as_they_are_and_only_json_shows_them(
    client: TestClient, ids: dict[str, str]
) -> None:
    answer = client.get(f"{PICTURES}/{ids[SCRIPT]}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(answer.text)["title"] == SCRIPT


@pytest.mark.parametrize("what", ["", "/thumbnail", "/original"])
def test_an_unknown_picture_is_not_found(client: TestClient, what: str) -> None:
    answer = client.get(f"{PICTURES}/{'0' * 32}{what}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "no-such-picture"


@pytest.mark.parametrize(
    "path",
    ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "....//etc/passwd", "library.json", "fox.png"],
)
@pytest.mark.parametrize("what", ["", "/thumbnail", "/original"])
def test_only_ids_lead_to_files(client: TestClient, path: str, what: str) -> None:
    answer = client.get(f"{PICTURES}/{path}{what}")
    assert answer.status_code in (404, 422)
    assert "error" in answer.json()


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/..%2fapp.py", "/static//etc/passwd"]
)
def test_static_files_end_at_their_folder(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_thumbnails_are_small_jpegs(client: TestClient, ids: dict[str, str]) -> None:
    answer = client.get(f"{PICTURES}/{ids['Red fox']}/thumbnail", params={"side": 100})
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (160, 107)


def test_thumbnails_come_in_few_sizes(library: Library, ids: dict[str, str]) -> None:
    client = TestClient(create_app(library), base_url=BASE)
    for side in (161, 200, 299, 320):
        client.get(f"{PICTURES}/{ids['Meadow']}/thumbnail", params={"side": side})
    kept = list((library.path / "thumbnails").rglob(f"{ids['Meadow']}*"))
    assert len(kept) == 1


@pytest.mark.parametrize("side", ["0", "-5", "100000", "wide"])
def test_sides_that_make_no_sense_are_refused(
    client: TestClient, ids: dict[str, str], side: str
) -> None:
    answer = client.get(f"{PICTURES}/{ids['Red fox']}/thumbnail", params={"side": side})
    assert answer.status_code == 422


def test_browsers_keep_thumbnails(client: TestClient, ids: dict[str, str]) -> None:
    url = f"{PICTURES}/{ids['Red fox']}/thumbnail"
    first = client.get(url)
    assert "immutable" in first.headers["cache-control"]
    again = client.get(url, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_the_original_is_the_file_itself(
    client: TestClient, ids: dict[str, str], pictures: Path
) -> None:
    answer = client.get(f"{PICTURES}/{ids['Fox cub']}/original")
    assert answer.content == (pictures / "cub.jpg").read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]
    part = client.get(
        f"{PICTURES}/{ids['Fox cub']}/original",
        headers={"range": "bytes=0-9", "accept-encoding": "gzip"},
    )
    assert part.status_code == 206
    assert len(part.content) == 10


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    ],
)
def test_a_file_that_became_active_content_is_only_downloaded(
    own_library: Library, tmp_path: Path, content: bytes
) -> None:
    client = TestClient(create_app(own_library), base_url=BASE)
    hit = client.get("/api/v1/search", params={"q": "meadow", "match": "words"}).json()["hits"][0]
    (tmp_path / "pictures" / "meadow.png").write_bytes(content)
    answer = client.get(f"{PICTURES}/{hit['id']}/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_an_original_that_is_gone_is_told_so(own_library: Library, tmp_path: Path) -> None:
    client = TestClient(create_app(own_library), base_url=BASE)
    hit = client.get("/api/v1/search", params={"q": "meadow", "match": "words"}).json()["hits"][0]
    (tmp_path / "pictures" / "meadow.png").unlink()
    for what in ("original", "thumbnail"):
        answer = client.get(f"{PICTURES}/{hit['id']}/{what}")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "original-gone"


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        (ServerSettings(host="127.0.0.1"), 200),
        (ServerSettings(host="0.0.0.0"), 403),
        (ServerSettings(host="0.0.0.0", originals=True), 200),
        (ServerSettings(host="127.0.0.1", originals=False), 403),
    ],
)
def test_originals_are_handed_out_on_loopback_unless_told_otherwise(
    client_with: Callable[[ServerSettings], TestClient],
    ids: dict[str, str],
    settings: ServerSettings,
    status: int,
) -> None:
    client = client_with(settings)
    assert client.get(f"{PICTURES}/{ids['Red fox']}/original").status_code == status
    record = client.get(f"{PICTURES}/{ids['Red fox']}").json()
    assert (record["original"] is None) == (status == 403)
    assert ("/original" in client.get("/", params={"q": "fox"}).text) == (status == 200)
