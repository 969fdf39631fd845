"""What the server's tests play with: drawn pictures with words, and a real server."""

from __future__ import annotations

import contextlib
import csv
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import uvicorn
from PIL import Image, ImageDraw

from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.settings import ServerSettings

BASE = "http://127.0.0.1:8765"
# no whole tag, so that it is not stripped as markup when it is indexed
SCRIPT = "<svg onload=alert(1) x"
EVIL_NAME = "<img src=x onerror=alert(3)>.png"
QUOTE = '" onerror="alert(2)'

# file, ground colour, shape colour, title, caption, tags
PICTURES = (
    ("fox.png", (200, 60, 30), (250, 240, 230), "Red fox", "A fox in the snow", "fox;snow"),
    ("cub.jpg", (205, 70, 40), (240, 240, 230), "Fox cub", "A young fox", "fox"),
    ("sea.jpg", (20, 60, 200), (240, 240, 255), "Blue sea", "Waves and spray", "sea;water"),
    ("lake.jpg", (30, 70, 190), (220, 230, 255), "Quiet lake", "Water without wind", "water"),
    ("meadow.png", (40, 170, 50), (250, 220, 50), "Meadow", "Grass and dandelions", "grass"),
    ("night.png", (15, 15, 20), (230, 230, 210), "Night", "A moon in the dark", "night;moon"),
    (EVIL_NAME, (120, 40, 170), (250, 250, 90), SCRIPT, QUOTE, "evil;<b x"),
)


def picture_bytes(
    ground: tuple[int, int, int],
    shape: tuple[int, int, int] = (250, 250, 250),
    *,
    size: tuple[int, int] = (240, 160),
    kind: str = "PNG",
) -> bytes:
    """A drawn picture: a disc on a ground."""
    image = Image.new("RGB", size, ground)
    ImageDraw.Draw(image).ellipse((20, 20, size[1] - 20, size[1] - 20), fill=shape)
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def draw(folder: Path) -> Path:
    """Seven pictures with their words, and a file that is none."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "title", "caption", "tags"])
        for name, ground, shape, title, caption, tags in PICTURES:
            kind = "JPEG" if name.endswith("jpg") else "PNG"
            (folder / name).write_bytes(picture_bytes(ground, shape, kind=kind))
            table.writerow([name, title, caption, tags])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff and then nothing")
    return folder


class _Ready(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        self.ready.set()


@contextlib.contextmanager
def serving(library: Library, settings: ServerSettings | None = None) -> Iterator[str]:
    """A real server on a free port of loopback; yields its address without a last slash."""
    app = create_app(library, replace(settings or ServerSettings(), host="127.0.0.1"))
    server = _Ready(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.ready.wait(20)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
