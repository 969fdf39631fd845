from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from lookalike.errors import UsageError
from lookalike.library import Library
from lookalike.server.run import run_server
from lookalike.settings import Settings

SERVE = """
import sys, lookalike
from lookalike.server.run import run_server
with lookalike.open(sys.argv[1]) as library:
    run_server(library, port=0, on_ready=lambda url: print(url, flush=True))
print("closed", flush=True)
"""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(
    library_path: Path, quick: Settings, stop: signal.Signals
) -> None:
    command = [sys.executable, "-c", SERVE, str(library_path)]
    environment = {**os.environ, "LOOKALIKE_CACHE": str(quick.cache)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url) as client:
            assert client.get("readyz").json()["pictures"] == 7
            waits = [client.get("readyz").elapsed.total_seconds() for _ in range(9)]
        process.send_signal(stop)
        said, complained = process.communicate(timeout=20)
    assert said.strip() == "closed"
    assert complained == ""
    assert process.returncode == 0
    assert sorted(waits)[4] < 0.03, "answers wait for the network's delayed acknowledgement"


def test_a_taken_port_is_told_clearly(library: Library) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port}") as caught:
            run_server(library, port=port)
    assert caught.value.code == "port-taken"


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no-such-name.invalid", 0)])
def test_an_address_of_another_machine_is_told_clearly(
    library: Library, host: str, port: int
) -> None:
    with pytest.raises(UsageError) as caught:
        run_server(library, host=host, port=port)
    assert caught.value.code == "address-unusable"


def test_importing_the_package_loads_no_web_framework() -> None:
    check = "import lookalike, sys; sys.exit('fastapi' in sys.modules or 'uvicorn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
