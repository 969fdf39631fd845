"""The library behind the server, kept at its newest version."""

from __future__ import annotations

import threading
import time
from typing import Annotated

from fastapi import Depends, Request

from lookalike.errors import LibraryError, LookalikeError, QueryError
from lookalike.library import Library
from lookalike.search.query import Query
from lookalike.search.results import Results
from lookalike.server.examples import ExampleBook
from lookalike.server.metrics import Metrics
from lookalike.server.settings import ServerSettings


class NotReadyError(LibraryError):
    """The library cannot be read at the moment."""

    status = 503
    retryable = True


class Served:
    """What every request works with.

    Args:
        library: an open library; it stays the caller's to close.
        settings: the operator's decisions.
    """

    def __init__(self, library: Library, settings: ServerSettings) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self.settings = settings
        self.examples = ExampleBook(10 * settings.refresh_s)
        self.metrics = Metrics(lambda: len(self.library()))

    def library(self) -> Library:
        """The library; now and then it moves to its newest version first.

        Raises:
            NotReadyError: it cannot be read any more.
        """
        due = self._looked_at + self.settings.refresh_s
        if time.monotonic() >= due and self._lock.acquire(blocking=False):
            try:
                self._library.refresh()
                self._looked_at = time.monotonic()
            except LookalikeError as error:
                raise NotReadyError(error.message, error.hint, code=error.code) from error
            finally:
                self._lock.release()
        return self._library

    def search(self, query: Query) -> Results:
        """Search, within what this server allows, and note the time it took.

        Raises:
            QueryError: it asks for too many hits.
            LookalikeError: as :meth:`lookalike.library.Library.search` says.
        """
        if query.k > self.settings.max_k:
            raise QueryError(
                f"k = {query.k} is too much here.", f"At most {self.settings.max_k} will do."
            )
        results = self.library().search(query)
        self.metrics.search_seconds.observe(results.took_ms / 1000)
        return results


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served


ServedDep = Annotated[Served, Depends(_served)]
