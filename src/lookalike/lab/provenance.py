"""Where figures come from: the command, the versions, the machine."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil

from lookalike.version import __version__

PACKAGES = ("numpy", "faiss-cpu", "onnxruntime", "openvino", "torch", "pillow")


@dataclass(frozen=True)
class Provenance:
    """What one needs to know to have the same figures again.

    Attributes:
        command: that was given.
        when: UTC.
        versions: of lookalike, Python and the packages that compute, by name.
        processor: its name.
        cores: that this process may use.
        memory_gb: of the machine.
        system: operating system.
        load: average over the last minute; None where the system does not tell.
    """

    command: str
    when: datetime
    versions: tuple[tuple[str, str], ...]
    processor: str
    cores: int
    memory_gb: float
    system: str
    load: float | None

    @classmethod
    def of(cls, command: str = "") -> Provenance:
        """Of this process, now."""
        return cls(
            command=command,
            when=datetime.now(UTC),
            versions=(
                ("lookalike", __version__),
                ("Python", platform.python_version()),
                *((name, found) for name in PACKAGES if (found := _version(name))),
            ),
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
            memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
            system=platform.platform(terse=True),
            load=round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _cores() -> int:
    return os.cpu_count() or 1


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
