"""Certificates are checked, against the name and not the address."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lookalike.sources.web.download import fetch_rows

from .conftest import QUICK
from .site import content, png, serving

OPTIONS = replace(QUICK, allow_hosts=("localhost", "127.0.0.1"), attempts=1)


def certificate(folder: Path, name: str) -> Path:
    path = folder / f"{name}.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
         f"subjectAltName=DNS:{name}", "-keyout", "-", "-out", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    path.write_bytes(made.stdout)
    return path


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
@pytest.mark.parametrize(
    ("name", "trusted", "kept"),
    [("localhost", True, 1), ("localhost", False, 0), ("x.test", True, 0)],
)
def test_only_servers_that_prove_their_name_are_asked_for_anything(
    name: str, trusted: bool, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = certificate(tmp_path, name)
    (tmp_path / "empty.pem").write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(shown if trusted else tmp_path / "empty.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(shown)
    with serving(tls=tls) as site:
        site.answers["/a.png"] = content(png(1))
        summary = fetch_rows([(f"{site.url}/a.png", {})], tmp_path / "got", OPTIONS)
        assert (summary.kept, site.asked["/a.png"]) == (kept, kept)
    assert dict(summary.failures) == ({} if kept else {"fetch-failed": 1})
