"""Reading what is sent: a picture, or a query with pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from lookalike.errors import UsageError
from lookalike.pipeline.additions import NewPicture
from lookalike.search.clause import Clause, parse_clause
from lookalike.server.problems import TooLargeError, invalid
from lookalike.server.search_request import SearchRequest
from lookalike.server.served import Served

MAX_FIELDS = 200
MAX_JSON_BYTES = 256_000
_LISTS = ("q", "not", "facets")
_SINGLE = tuple({*SearchRequest.model_fields} - {*_LISTS, "without"})
_WORDS = ("title", "caption", "tags")
_FORM_HINT = 'Send the file as a field called "picture": curl -F picture=@fox.jpg'


@dataclass(frozen=True)
class SentPicture:
    """A picture as it came in.

    Attributes:
        data: its bytes.
        name: the file's name, as the sender tells it.
    """

    data: bytes
    name: str


async def read_picture(request: Request, served: Served) -> SentPicture:
    """One picture: the form field ``picture``, or the whole body.

    Raises:
        UsageError: there is none, or there are several.
    """
    if not _is_form(request):
        data = await request.body()
        if not data:
            raise UsageError("The request holds no picture.", _FORM_HINT, code="no-picture")
        return SentPicture(data, "")
    async with request.form(max_files=1, max_fields=MAX_FIELDS) as form:
        sent = await _pictures(form)
    if not sent:
        raise UsageError("The form holds no picture.", _FORM_HINT, code="no-picture")
    return sent[0]


async def read_search(request: Request, served: Served) -> tuple[SearchRequest, list[Clause]]:
    """A query as JSON, or as a form with pictures.

    Returns:
        The query, and a clause for each picture that came along (now an upload).

    Raises:
        InvalidRequestError: some part has the wrong type.
        UsageError: a weight belongs to no picture.
    """
    if not _is_form(request):
        return _from_json(await request.body()), []
    limit = served.settings.max_pictures
    async with request.form(max_files=limit, max_fields=MAX_FIELDS) as form:
        query = _from_form(form)
        sent, weights = await _pictures(form), [f"{w}" for w in form.getlist("weight")]
    if len(weights) > len(sent):
        raise UsageError(
            f"There are {len(weights)} weights for {len(sent)} pictures.",
            "Give as many weights as pictures, in their order, or none.",
        )
    hashes = [await run_in_threadpool(add_upload, served, picture) for picture in sent]
    padded = weights + ["1"] * (len(hashes) - len(weights))
    return query, [parse_clause(f"{w}:upload:{h}") for w, h in zip(padded, hashes, strict=True)]


async def read_new_pictures(request: Request, served: Served) -> list[NewPicture]:
    """Pictures for the library: the form fields ``picture``, with the words that belong to them.

    Raises:
        UsageError: there is none, or there are words that belong to no picture.
    """
    if not _is_form(request):
        raise UsageError("The request is no form.", _FORM_HINT, code="no-picture")
    limit = served.settings.max_pictures
    async with request.form(max_files=limit, max_fields=MAX_FIELDS) as form:
        sent = await _pictures(form)
        words = {name: [f"{text}" for text in form.getlist(name)] for name in _WORDS}
    if not sent:
        raise UsageError("The form holds no picture.", _FORM_HINT, code="no-picture")
    for name, texts in words.items():
        if len(texts) > len(sent):
            raise UsageError(
                f"There are {len(texts)} of {name} for {len(sent)} pictures.",
                "Give as many as pictures, in their order, or none; an empty one says nothing.",
            )
    told = {name: texts + [""] * (len(sent) - len(texts)) for name, texts in words.items()}
    return [
        NewPicture(picture.data, picture.name, *(told[name][i] for name in _WORDS))
        for i, picture in enumerate(sent)
    ]


def add_upload(served: Served, picture: SentPicture) -> str:
    """Hand a picture to the library.

    Returns:
        Its hash.

    Raises:
        DecodeError: it is none.
    """
    added = served.library().add_upload(picture.data, picture.name)
    served.metrics.uploads.inc()
    return added


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "")
    return kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded"))


async def _pictures(form: FormData) -> list[SentPicture]:
    files = [part for part in form.getlist("picture") if isinstance(part, UploadFile)]
    # a form without a chosen file sends an empty one without a name
    files = [file for file in files if file.filename or file.size]
    return [SentPicture(await file.read(), file.filename or "") for file in files]


def _from_json(body: bytes) -> SearchRequest:
    if len(body) > MAX_JSON_BYTES:
        raise TooLargeError(
            f"The query is {len(body)} bytes long.", f"At most {MAX_JSON_BYTES} bytes will do."
        )
    try:
        return SearchRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error.errors()) from error


def _from_form(form: FormData) -> SearchRequest:
    values: dict[str, Any] = {name: form.getlist(name) for name in _LISTS if name in form}
    values |= {name: form[name] for name in _SINGLE if form.get(name)}
    try:
        return SearchRequest.model_validate(values)
    except ValidationError as error:
        raise invalid(error.errors()) from error
