"""Pictures that lie in archives, over REST."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fastapi.testclient import TestClient

import lookalike
from lookalike.server.app import create_app
from lookalike.settings import Settings

from .stage import BASE, picture_bytes


def test_originals_and_thumbnails_come_out_of_the_archive(tmp_path: Path, quick: Settings) -> None:
    archive = tmp_path / "a.zip"
    page = b"<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'/>"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("sea/blå\n.png", picture_bytes((20, 60, 200)))
        packed.writestr("drawing.svg", page)
    with lookalike.create(tmp_path / "library", encoder="fake", settings=quick) as library:
        library.index([archive])
        client = TestClient(create_app(library), base_url=BASE)
        for hit in library.search(where="width > 0"):
            url = f"/api/v1/pictures/{hit.id}"
            answer = client.get(f"{url}/original")
            assert answer.status_code == 200
            assert "sandbox" in answer.headers["content-security-policy"]
            shown = answer.headers["content-disposition"].partition(";")[0]
            if hit.picture.facts.format == "svg":
                assert (answer.content, shown) == (page, "attachment")
                assert answer.headers["content-type"] == "application/octet-stream"
            else:
                assert (answer.content, shown) == (picture_bytes((20, 60, 200)), "inline")
                assert answer.headers["content-type"] == "image/png"
            assert client.get(f"{url}/thumbnail").headers["content-type"] == "image/jpeg"
        archive.unlink()
        gone = client.get(f"{url}/original")
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "original-gone")
