"""A server on loopback that speaks the protocol of the Hugging Face hub, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LFS = (".onnx", ".safetensors", ".bin")


@dataclass
class Hub:
    """One repository, and what goes wrong with it.

    Attributes:
        repo: its name.
        files: what is in it.
        url: where the server is.
        breaks_off: by path after how many bytes the connection ends, once per number.
        lies: by path what is sent in place of the file.
        status: what every request is answered with; 0 for as it should be.
        asked: method, path and range of each request for a file's bytes.
    """

    repo: str
    files: dict[str, bytes]
    url: str = ""
    breaks_off: dict[str, list[int]] = field(default_factory=dict)
    lies: dict[str, bytes] = field(default_factory=dict)
    status: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def about(self) -> dict[str, Any]:
        """What the API says of the repository."""
        siblings = []
        for path, content in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            one: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": blob}
            if path.endswith(_LFS):
                digest = hashlib.sha256(content).hexdigest()
                one["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
            siblings.append(one)
        return {"id": self.repo, "modelId": self.repo, "sha": COMMIT, "siblings": siblings}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a repository."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            if hub.status:
                code = {403: "GatedRepo", 401: "RepoNotFound", 404: "RepoNotFound"}[hub.status]
                self._send(hub.status, b"", {"X-Error-Code": code})
            elif path.startswith(f"/api/models/{hub.repo}/revision/"):
                if path.endswith(("/main", "/" + COMMIT)):
                    said = json.dumps(hub.about()).encode()
                    self._send(200, said, {"Content-Type": "application/json"})
                else:
                    self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            elif path.startswith(f"/{hub.repo}/resolve/{COMMIT}/"):
                self._resolve(path.removeprefix(f"/{hub.repo}/resolve/{COMMIT}/"), body=body)
            elif path.startswith("/cdn/"):
                self._bytes(path.removeprefix("/cdn/"), body=body)
            else:
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"})

        def _resolve(self, path: str, *, body: bool) -> None:
            content = hub.files[path]
            if not path.endswith(_LFS):
                self._bytes(path, body=body)
                return
            digest = hashlib.sha256(content).hexdigest()
            self._send(302, b"", {
                "Location": f"{hub.url}/cdn/{path}", "X-Repo-Commit": COMMIT,
                "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content)),
            })  # fmt: skip

        def _bytes(self, path: str, *, body: bool) -> None:
            content = hub.lies.get(path, hub.files[path])
            wanted = self.headers.get("Range", "")
            start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
            about = {
                "ETag": f'"{hashlib.sha256(hub.files[path]).hexdigest()}"',
                "X-Repo-Commit": COMMIT,
                "Accept-Ranges": "bytes",
            }
            if wanted:
                about["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            if body:
                hub.asked.append((self.command, path, wanted))
            cuts = hub.breaks_off.get(path, [])
            if body and cuts:
                self._send(206 if wanted else 200, content[start:], about, cut=cuts.pop(0))
                return
            self._send(206 if wanted else 200, content[start:], about, body=body)

        def _send(
            self,
            status: int,
            content: bytes,
            headers: dict[str, str],
            *,
            body: bool = True,
            cut: int = -1,
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body and self.command != "HEAD":
                self.wfile.write(content if cut < 0 else content[:cut])
            if cut >= 0:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
