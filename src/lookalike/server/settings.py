"""What an operator may decide about the server."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class ServerSettings:
    """How a library is served.

    Attributes:
        host: the address that is listened on; decides what is trusted by default.
        allowed_hosts: names under which browsers may address the server besides loopback
            names; ``*`` allows any. Without it, a server on loopback answers to loopback
            names only and another one to any name.
        cors_origins: foreign origins (``https://example.org``) whose pages may use the API.
        originals: whether original files are handed out; None says yes on loopback only.
        judging: whether visitors may judge pictures and name concepts, which changes what everybody
            finds; None says yes on loopback only.
        writable: whether pictures may be added to the library and removed from it.
        max_upload_bytes: longest request body.
        max_pictures: most pictures in one request.
        max_k: most hits of one search.
        refresh_s: how often, at most, to look for a newer version of the library.
    """

    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    originals: bool | None = None
    judging: bool | None = None
    writable: bool = False
    max_upload_bytes: int = 50 * MEGABYTE
    max_pictures: int = 10
    max_k: int = 1000
    refresh_s: float = 1.0

    @property
    def serves_originals(self) -> bool:
        """Whether original files are handed out."""
        return is_loopback(self.host) if self.originals is None else self.originals

    @property
    def accepts_judgments(self) -> bool:
        """Whether visitors may judge pictures and name concepts."""
        return is_loopback(self.host) if self.judging is None else self.judging

    def accepts_host(self, name: str) -> bool:
        """Whether a request may address the server by ``name`` (no port).

        A page that rebinds its own DNS name to 127.0.0.1 arrives under that name, so a
        loopback server listens to loopback names and to what the operator allows only.
        """
        allowed = {host.lower() for host in self.allowed_hosts}
        if "*" in allowed or name.lower() in allowed:
            return True
        if is_loopback(self.host):
            return is_loopback(name)
        return not allowed or name.lower() == self.host.lower()


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:  # a name, not an address
        return False
