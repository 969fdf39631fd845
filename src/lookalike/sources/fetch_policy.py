"""Which URLs and network addresses lookalike contacts on behalf of whoever names a URL."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.errors import ForbiddenUrlError, UsageError

if TYPE_CHECKING:
    import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[..., Sequence[tuple[Any, ...]]]

MAX_URL = 8_000
_PORTS = (80, 443)
_CREDENTIALS = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?/*)[^/?#]*@", re.IGNORECASE)
_OPERATOR = "An operator of this library can allow named hosts or networks."

# IANA's special-purpose address registries, and multicast. Kept here and not left to
# ``ipaddress.is_global``, whose answers changed between patch releases of Python.
_SPECIAL_4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_6 = [
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class FetchPolicy:
    """What a fetch may cost and whom it may contact.

    Attributes:
        max_bytes: of the content, as sent and as unpacked.
        timeout_s: seconds for everything: name look-ups, redirects, the content.
        max_redirects: how many are followed.
        allow: names of hosts, addresses and networks (``intranet.local``, ``10.1.0.0/16``)
            that may be contacted although they are not public, on any port.
        connect_timeout_s: seconds for one connection.
        content_types: beginnings of the media types that are accepted; all if empty.
        ca_file: certificate authorities to trust in place of the public ones.
        resolve: looks a host's addresses up, as :func:`socket.getaddrinfo` does.

    Raises:
        UsageError: ``allow`` names a network that is none.
    """

    max_bytes: int = 30 * 2**20
    timeout_s: float = 20.0
    max_redirects: int = 5
    allow: tuple[str, ...] = ()
    connect_timeout_s: float = 5.0
    content_types: tuple[str, ...] = ()
    ca_file: Path | None = None
    resolve: Resolve = socket.getaddrinfo

    def __post_init__(self) -> None:
        _ = self._allowed

    @cached_property
    def _allowed(self) -> tuple[frozenset[str], tuple[Network, ...]]:
        names, networks = set(), []
        for entry in self.allow:
            try:
                networks.append(ipaddress.ip_network(entry.strip("[] "), strict=False))
            except ValueError as error:
                if "/" in entry or not entry.strip():
                    raise UsageError(
                        f"{entry!r} is no network that could be allowed.",
                        "Write a host's name, or a network as 10.1.0.0/16.",
                    ) from error
                names.add(_bare(entry))
        return frozenset(names), tuple(networks)

    def allows_host(self, host: str) -> bool:
        """Whether an operator permits this host by its name."""
        return _bare(host) in self._allowed[0]

    def check_address(self, host: str, port: int, address: Address) -> None:
        """Refuse an address that must not be contacted.

        Args:
            host: the name that it was looked up for.
            port: where it is to be contacted.
            address: the address itself.

        Raises:
            ForbiddenUrlError: it is not public, or the port is not the web's.
        """
        address = _unwrapped(address)
        if self.allows_host(host) or any(address in network for network in self._allowed[1]):
            return
        self.check_port(host, port)
        if not _is_public(address):
            raise ForbiddenUrlError(f"{host} is not on the public internet.", _OPERATOR)

    def check_port(self, host: str, port: int) -> None:
        """Refuse ports that are not the web's.

        Raises:
            ForbiddenUrlError: it is neither 80 nor 443, and the host is not allowed by name.
        """
        if port not in _PORTS and not self.allows_host(host):
            raise ForbiddenUrlError(
                f"Port {port} of {host} is not the web's: 80 and 443 are.", _OPERATOR
            )


def checked_url(url: str) -> httpx.URL:
    """The parts of a URL that may be fetched, as far as it alone tells.

    Raises:
        ForbiddenUrlError: it is malformed, not of the web, or holds a password.
    """
    import httpx

    if len(url) > MAX_URL:
        raise ForbiddenUrlError(f"The URL is {len(url)} characters long.", f"At most {MAX_URL} do.")
    try:
        parsed = httpx.URL(url.strip())
        host = parsed.host
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ForbiddenUrlError(f"{shown(url)} is no URL: {error}", "Check it.") from error
    if parsed.scheme not in ("http", "https"):
        raise ForbiddenUrlError(
            f"{shown(url)} is not fetched: it does not begin with http:// or https://."
        )
    if not host or not (parsed.port is None or 0 < parsed.port < 2**16):
        missing = "port that there is" if host else "host"
        raise ForbiddenUrlError(f"{shown(url)} names no {missing}.", "Check it.")
    if parsed.userinfo:
        raise ForbiddenUrlError(
            f"{shown(url)} holds a user name or a password.", "Leave out what stands before the @."
        )
    return parsed


def shown(url: str) -> str:
    """A URL for messages: without what stands before an @, and not too long."""
    safe = _CREDENTIALS.sub(r"\1", url.strip())
    return repr(safe if len(safe) <= 200 else safe[:199] + "…")


def _bare(host: str) -> str:
    return host.strip("[] ").rstrip(".").lower()


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (RFC 4291, 3056 and 6052), or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    return address in _UNICAST_6 and not any(address in network for network in _SPECIAL_6)
