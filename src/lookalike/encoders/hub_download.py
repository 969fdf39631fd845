"""Downloads one file of a hub, and goes on where an earlier attempt stopped.

The hub's own library begins anew in each process; a tower may have a gigabyte.
"""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import FetchError

_ATTEMPTS = 5
"""In a row that bring nothing."""
_PARTIAL, _BEYOND_THE_END = 206, 416


def download(url: str, part: Path, size: int) -> None:
    """Download what a file lacks.

    Args:
        url: of the whole file; redirects are followed, credentials do not go along to other hosts.
        part: where it is written; what is there is its beginning.
        size: of the whole in bytes; -1 if unknown.

    Raises:
        FetchError: it broke off again and again; what came is kept.
        huggingface_hub.errors.HfHubHTTPError: the hub does not give it.
    """
    from huggingface_hub.errors import HfHubHTTPError

    connection_error: type[Exception] = HfHubHTTPError.__bases__[0]
    failures = 0
    while failures < _ATTEMPTS:
        before = _length(part)
        try:
            _go_on(url, part)
            if size in (-1, _length(part)):
                return
        except HfHubHTTPError:
            raise
        except connection_error:
            if failures == _ATTEMPTS - 1:
                raise
        failures = failures + 1 if _length(part) <= before else 0
    part.unlink()  # longer or shorter than it should be, each time
    raise FetchError(f"{url} is not as long as the hub says.", "Try again.")


def _go_on(url: str, part: Path) -> None:
    from huggingface_hub import get_session
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        hf_raise_for_status,
    )

    have = _length(part)
    headers = {**build_hf_headers(library_name="lookalike"), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with get_session().stream("GET", url, headers=headers, follow_redirects=True) as response:
        if response.status_code == _BEYOND_THE_END:
            part.unlink()
            return
        if response.is_error:
            response.read()
        hf_raise_for_status(response)
        with part.open("ab" if response.status_code == _PARTIAL else "wb") as file:
            for piece in response.iter_bytes():
                file.write(piece)


def _length(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
