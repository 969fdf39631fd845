"""Scrapy's connections under lookalike's rules for addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]

from lookalike.errors import ForbiddenUrlError
from lookalike.sources.fetch_policy import FetchPolicy, checked_url

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

REFUSED: dict[str, ForbiddenUrlError] = {}
"""Why hosts were not contacted, by name; read where a failure is put into words."""

_MAX_REFUSED = 10_000


class RefusedRequestError(IgnoreRequest):
    """A request that lookalike does not send; ``error`` says why."""

    def __init__(self, error: ForbiddenUrlError) -> None:
        super().__init__(str(error))
        self.error = error


class UrlGuard:
    """Downloader middleware: every request's URL is checked, redirects' among them."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> UrlGuard:
        """Make it as Scrapy wants it made."""
        return cls()

    def process_request(self, request: Request) -> None:
        """Refuse what is not of the web, holds a password, or goes through a proxy.

        Raises:
            RefusedRequestError: it must not be sent.
        """
        request.meta.pop("proxy", None)
        try:
            checked_url(request.url)
        except ForbiddenUrlError as error:
            raise RefusedRequestError(error) from error


@implementer(IHostnameResolver)
class GuardedResolver:
    """Looks names up and hands on only addresses that may be contacted.

    Twisted's ``HostnameEndpoint`` asks it for every connection, also for addresses written as
    such, and connects to nothing but its answers: the address that was checked is the address
    connected to. A name of which one address is refused has none.

    Args:
        reactor: Twisted's reactor.
        policy: whom to contact.
    """

    def __init__(self, reactor: Any, policy: FetchPolicy) -> None:
        self._reactor, self._policy = reactor, policy

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GuardedResolver:
        """Make it as Scrapy wants it made."""
        return cls(reactor, FetchPolicy(allow=tuple(crawler.settings.getlist("ALLOW_HOSTS"))))

    def install_on_reactor(self) -> None:
        """Answer all look-ups of this process."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name for it
        self,
        receiver: Any,
        host: str,
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Tell the receiver the host's addresses, or none."""
        # Imported here, for it installs a reactor.
        from twisted.internet.threads import deferToThreadPool

        resolution = _Resolution(host)
        receiver.resolutionBegan(resolution)
        asked = deferToThreadPool(
            self._reactor, self._reactor.getThreadPool(), self._addresses, host, portNumber
        )

        def tell(addresses: list[Any]) -> None:
            for address in addresses:
                receiver.addressResolved(address)
            receiver.resolutionComplete()

        asked.addCallbacks(tell, lambda _: receiver.resolutionComplete())
        return resolution

    def _addresses(self, host: str, port: int) -> list[IPv4Address | IPv6Address]:
        import socket

        REFUSED.pop(host, None)
        try:
            try:
                answers = self._policy.resolve(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                self._policy.check_port(host, port)
                return []  # there is no such host
            found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
            for address in found:
                self._policy.check_address(host, port, ipaddress.ip_address(address))
        except ForbiddenUrlError as error:
            if len(REFUSED) < _MAX_REFUSED:
                REFUSED[host] = error
            return []
        return [(IPv6Address if ":" in one else IPv4Address)("TCP", one, port) for one in found]


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing waits for the look-up any more; its thread ends by itself."""
