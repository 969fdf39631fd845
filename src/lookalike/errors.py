"""Every error that lookalike raises on purpose.

Each class carries a stable ``code`` (for scripts), an HTTP ``status`` (for the
REST API) and whether a retry can help. The message names the file or field and
says what happened; ``hint`` says what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class LookalikeError(Exception):
    """The base of all domain errors.

    Args:
        message: what happened, naming the file or the field.
        hint: what the user can do about it; may be empty.
        code: overrides the class's stable code where one class has several.
    """

    code: str = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, hint: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint, self.code))


def _rebuild(kind: type[LookalikeError], message: str, hint: str, code: str) -> LookalikeError:
    return kind(message, hint, code=code)


class UsageError(LookalikeError):
    """The request itself is wrong: an unknown option value, an empty query."""

    code = "bad-request"
    status = 400


class QueryError(UsageError):
    """A query or a clause that cannot be understood."""

    code = "bad-query"


class FilterError(UsageError):
    """A ``--where`` expression that cannot be understood.

    Args:
        message: what is wrong.
        hint: near names, or an example.
        position: 0-based offset of the fault in the expression.
    """

    code = "bad-filter"

    def __init__(
        self, message: str, hint: str = "", *, position: int = 0, code: str | None = None
    ) -> None:
        super().__init__(message, hint, code=code)
        self.position = position


class NotFoundError(LookalikeError):
    """A picture, library, source or model that is not there."""

    code = "not-found"
    status = 404


class SourceError(LookalikeError):
    """A source (folder, file, URL) that cannot be read."""

    code = "source-unreadable"
    status = 400


class DecodeError(LookalikeError):
    """Bytes that do not become a picture."""

    code = "not-a-picture"
    status = 415


class FetchError(LookalikeError):
    """A URL that could not be fetched."""

    code = "fetch-failed"
    status = 502
    retryable = True


class FetchRefusedError(FetchError):
    """A server's answer that cannot be used and will be the same next time."""

    retryable = False


class FetchTooLargeError(FetchRefusedError):
    """A URL with more bytes behind it than are accepted."""

    code = "fetch-too-large"
    status = 413


class ForbiddenUrlError(LookalikeError):
    """A URL that lookalike refuses to contact."""

    code = "url-forbidden"
    status = 403


class ModelError(LookalikeError):
    """An encoder that is unknown, missing or damaged."""

    code = "model-unavailable"


class OtherModelsError(ModelError):
    """A library whose vectors were made by other models than are here."""

    code = "other-models"
    status = 409


class EncoderError(ModelError):
    """An encoder failed on pictures or words that were sound."""

    code = "encoder-failed"


class LibraryError(LookalikeError):
    """A library that cannot be opened, read or written."""

    code = "library-unusable"


class LibraryFormatError(LibraryError):
    """A library of a format that this version cannot read."""

    code = "library-format"


class LibraryLockedError(LibraryError):
    """Another process is writing to the library."""

    code = "library-locked"
    status = 409
    retryable = True


class DiskFullError(LibraryError):
    """No space is left where the library lies."""

    code = "disk-full"
    status = 507
    retryable = True
