"""Parts of pictures over REST and on the page without scripts."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from lookalike.library import Library

from .stage import picture_bytes


def shown(client: TestClient, url: str) -> Image.Image:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_a_thumbnail_shows_only_the_part_that_is_asked_for(
    client: TestClient, library: Library, ids: dict[str, str]
) -> None:
    upload = library.add_upload(picture_bytes((200, 60, 30), (250, 240, 230)))
    for place in (f"pictures/{ids['Red fox']}", f"uploads/{upload}"):
        url = f"/api/v1/{place}/thumbnail"
        assert shown(client, url).size in {(240, 160), (160, 107)}
        part = shown(client, f"{url}?side=160&region=percent:75,0,25,50")
        assert part.size == (60, 80)
        pixel = part.getpixel((30, 40))
        assert isinstance(pixel, tuple)
        assert pixel == pytest.approx((200, 60, 30), abs=6)
        for wrong in ("200,100,90,90", "percent:90,0,20,20", "a"):
            answer = client.get(f"{url}?region={wrong}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-region")


def test_a_region_is_searched_for_and_its_chip_shows_it(
    client: TestClient, ids: dict[str, str]
) -> None:
    clause = f"id:{ids['Red fox']}#xywh=percent:50,0,50,100"
    answer = client.get("/api/v1/search", params={"q": clause}).json()
    assert answer["query"]["clauses"] == [clause]
    assert answer["hits"][0]["title"] == "Fox cub"
    assert {hit["box"] for hit in answer["hits"]} == {None}  # the library has no regions
    page = client.get(f"/?q={quote(clause)}").text
    assert "part of Red fox" in page
    assert "region=percent%3A50%2C0%2C50%2C100" in page
    outside = client.get("/api/v1/search", params={"q": clause.replace("50,0", "60,0")})
    assert (outside.status_code, outside.json()["error"]["code"]) == (400, "bad-region")
