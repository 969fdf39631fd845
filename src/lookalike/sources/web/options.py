"""How the web is asked: how hard, how long, how politely."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from lookalike.errors import UsageError
from lookalike.version import __version__

CANNOT_WRITE = "cannot-write: "
"""How the downloading process begins to tell that its folder is full or gone."""

USER_AGENT = f"lookalike/{__version__}"


@dataclass(frozen=True)
class WebOptions:
    """What one run of the downloader may cost, and whom it may ask.

    Attributes:
        allow_hosts: names of hosts, addresses and networks that may be contacted although they
            are not public, on any port.
        user_agent: how it introduces itself; robots.txt is read for this name.
        per_host: connections to one host at once.
        connections: connections at once, over all hosts.
        delay_s: seconds between two requests to one host; robots.txt may ask for more.
        timeout_s: seconds that one answer may take, from connecting to its last byte.
        attempts: how often a URL is tried when trying again may help.
        backoff_s: seconds before the second attempt; they double with each further one.
        max_bytes: of one answer, as sent and as unpacked.
        max_redirects: how many are followed.
        max_depth: links from a start page; 0 takes the start pages only.
        max_pages: pages of a crawl that are read, over all runs; 0 for no limit.
        max_total_bytes: of all pictures and files that are kept, over all runs; 0 for no limit.
        max_seconds: of this run; 0 for no limit.
        check: only ask whether what is wanted is there (HEAD), and fetch nothing.

    Raises:
        UsageError: a value is out of its range.
    """

    allow_hosts: tuple[str, ...] = ()
    user_agent: str = USER_AGENT
    per_host: int = 8
    connections: int = 64
    delay_s: float = 0.0
    timeout_s: float = 30.0
    attempts: int = 3
    backoff_s: float = 1.0
    max_bytes: int = 30 * 2**20
    max_redirects: int = 5
    max_depth: int = 5
    max_pages: int = 0
    max_total_bytes: int = 0
    max_seconds: float = 0.0
    check: bool = False

    def __post_init__(self) -> None:
        least = {"per_host": 1, "connections": 1, "attempts": 1, "max_bytes": 1}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and value < least.get(field.name, 0):
                raise UsageError(f"{field.name} cannot be {value}.", "Give a larger number.")
        if not self.timeout_s > 0:
            raise UsageError("timeout_s cannot be 0.", "Give the seconds that an answer may take.")

    def to_json(self) -> str:
        """The options as text, for the process that does the work."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WebOptions:
        """The options from :meth:`to_json`."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "allow_hosts": tuple(values["allow_hosts"])})
