from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from fastapi.testclient import TestClient

import lookalike
from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.settings import ServerSettings
from lookalike.settings import Settings

from .stage import BASE, picture_bytes, serving


def add_pictures(folder: Path, first: int, count: int) -> None:
    for n in range(first, first + count):
        colour = (n * 37 % 256, n * 91 % 256, n * 53 % 256)
        (folder / f"more-{n}.png").write_bytes(picture_bytes(colour, size=(64 + n % 7, 48)))


def test_fifty_searches_at_once_while_pictures_come_in(
    own_library: Library, tmp_path: Path, quick: Settings
) -> None:
    done = threading.Event()

    def index() -> None:
        try:
            with lookalike.open(own_library.path, settings=quick) as writer:
                for batch in range(3):
                    add_pictures(tmp_path / "pictures", batch * 20, 20)
                    writer.index([tmp_path / "pictures"])
        finally:
            done.set()

    picture = picture_bytes((200, 60, 30))
    statuses: list[int] = []
    with (
        serving(own_library, ServerSettings(refresh_s=0.05)) as url,
        httpx.Client(base_url=url, timeout=60) as client,
        ThreadPoolExecutor(50) as pool,
    ):

        def search(n: int) -> int:
            if n % 10 == 0:
                return client.post("/api/v1/search", files={"picture": picture}).status_code
            asked = {"q": "fox" if n % 2 else "water", "k": "5"}
            return client.get("/api/v1/search", params=asked).status_code

        writer = threading.Thread(target=index)
        writer.start()
        while not done.is_set():
            statuses += pool.map(search, range(50))
        writer.join()
        time.sleep(0.1)
        seen = client.get("/readyz").json()["pictures"]
    assert set(statuses) == {200}
    assert len(statuses) >= 50
    assert seen == 67


def test_new_pictures_are_seen_without_a_restart(
    own_library: Library, tmp_path: Path, quick: Settings
) -> None:
    client = TestClient(create_app(own_library, ServerSettings(refresh_s=0)), base_url=BASE)
    everything = {"where": "width > 0", "k": 100}
    before = len(client.get("/api/v1/search", params=everything).json()["hits"])
    assert "7 pictures" in client.get("/").text
    add_pictures(tmp_path / "pictures", 0, 3)
    with lookalike.open(own_library.path, settings=quick) as writer:
        writer.index([tmp_path / "pictures"])
    after = client.get("/api/v1/search", params=everything).json()["hits"]
    assert len(after) == before + 3
    page = client.get("/").text
    assert "10 pictures" in page
    assert "more 0" in page or "more-0" in page


def test_the_library_is_looked_at_at_most_once_in_a_while(
    own_library: Library, tmp_path: Path, quick: Settings
) -> None:
    client = TestClient(create_app(own_library, ServerSettings(refresh_s=3600)), base_url=BASE)
    add_pictures(tmp_path / "pictures", 0, 3)
    with lookalike.open(own_library.path, settings=quick) as writer:
        writer.index([tmp_path / "pictures"])
    assert client.get("/readyz").json()["pictures"] == 7
