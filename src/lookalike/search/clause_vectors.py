"""From the clauses of a query to vectors: fetches, decodes and encodes what they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.colours import colour_vector
from lookalike.errors import DecodeError, ModelError, NotFoundError, OtherModelsError, QueryError
from lookalike.imaging.picture import Decoded, InputSpec
from lookalike.imaging.single import SingleDecoder
from lookalike.search.clause import Clause
from lookalike.search.encode_query import QueryEncoder
from lookalike.search.query import Match, Query
from lookalike.search.verification import Sight
from lookalike.search.views import ClauseVectors, Views
from lookalike.search.words.terms import only_phrases, plain
from lookalike.store.picture_files import PictureFiles
from lookalike.store.rows import PictureRecord
from lookalike.store.uploads import Uploads

if TYPE_CHECKING:
    from lookalike.sources.fetch import FetchPolicy

_SMALL = 32


class ClauseEncoder:
    """Encodes clauses for one library; safe for many threads.

    Args:
        encoder: the library's models.
        decoder: reads query pictures.
        uploads: where pictures are kept that were sent or fetched.
        fetch: what query URLs may be fetched; None for public hosts only.
    """

    def __init__(
        self,
        encoder: QueryEncoder,
        decoder: SingleDecoder,
        uploads: Uploads,
        fetch: FetchPolicy | None,
    ) -> None:
        self._encoder, self._decoder = encoder, decoder
        self._uploads, self._fetch = uploads, fetch

    def add_upload(self, data: bytes, name: str) -> str:
        """Keep a picture to search with; returns its name among the uploads.

        Raises:
            DecodeError: it is no picture.
        """
        if len(data) > self._decoder.limits.max_bytes:
            raise DecodeError(f"{name or 'The upload'} is too large.", code="too-large")
        upload = self._uploads.put(data)
        path = self._uploads.path(upload)
        try:
            self._decoder.decode(path, InputSpec(_SMALL, "within"), name)
        except DecodeError:
            path.unlink(missing_ok=True)
            raise
        return upload

    def vectors(self, clause: Clause, query: Query, views: Views) -> ClauseVectors:
        """What the encoders make of a clause of a query, or of a concept in it.

        Raises:
            DecodeError: a query picture is none.
            FetchError, ForbiddenUrlError: a query URL cannot or must not be fetched.
            NotFoundError: a picture that it names is not there, or its file is gone and a part
                of it is meant (``original-gone``).
            QueryError: a region reaches out of its picture (``bad-region``).
        """
        match clause.kind:
            case "text":
                return self._of_words(clause.value, query, views)
            case "picture":
                return self._of_library(clause, views)
            case "upload":
                path = self._uploads.path(clause.value)
                return self._of_file(path.name, path, "The uploaded picture", clause, views)
            case "url":
                upload = self.add_upload(self._fetched(clause.value), clause.value)
                path = self._uploads.path(upload)
                return self._of_file(upload, path, clause.value, clause, views)
            case "file":
                path = Path(clause.value).expanduser()
                return self._of_file(_content(path), path, clause.value, clause, views)
            case "colour":
                return ClauseVectors(colour=colour_vector(clause.value))
            case "concept" | "learned":
                raise QueryError(f"There is no {clause.kind} {clause.value!r}.")

    def _of_file(
        self, content: str, path: Path, name: str, clause: Clause, views: Views
    ) -> ClauseVectors:
        def decode(spec: InputSpec) -> Decoded:
            return self._decoder.decode(path, spec, name)

        return self._seen(content, decode, clause, views)

    def _of_library(self, clause: Clause, views: Views) -> ClauseVectors:
        """The stored vector of a picture; of a part of it, its file is read again."""
        key = views.store.key_of(clause.value)

        def decode(spec: InputSpec) -> Decoded:
            (record,) = views.store.records([key])
            return self._read(record, spec, views)

        if clause.region is None:
            keys = np.array([key], dtype=np.int64)
            if views.look.holds(keys) is not None:
                raise NotFoundError(
                    f"The picture {clause.value} has no vector in {views.space.name} yet.",
                    "Run `lookalike index` again, or search in another space.",
                    code="not-in-space",
                )
            regions = views.regions
            plain = None if regions is None else views.store.vectors(regions.base, keys)[0]
            return ClauseVectors(
                look=views.as_queries(keys)[0],
                encoded=None if views.encoded is None else views.encoded.vectors(keys)[0],
                region=self._as_region(plain, views),
                sight=self._sight(decode, clause, views),
                excluded=(key,),
            )
        return replace(self._seen(f"key {key}", decode, clause, views), excluded=(key,))

    def _seen(
        self, content: str, decode: Callable[[InputSpec], Decoded], clause: Clause, views: Views
    ) -> ClauseVectors:
        """A picture, or the part of it that is meant, as pictures and regions are compared with."""
        regions, part = views.regions, clause.region
        look = self._encoder.picture(content, decode, views.space, part)
        plain = None
        if regions is not None:
            plain = self._encoder.picture(content, decode, regions.base, part)
        encoded = None
        if views.encoded is not None:
            encoded = self._encoder.picture(content, decode, views.encoded_space, part)
        return ClauseVectors(
            look=look,
            encoded=encoded,
            region=self._as_region(plain, views),
            sight=self._sight(decode, clause, views),
        )

    def _read(self, record: PictureRecord, spec: InputSpec, views: Views) -> Decoded:
        source, frame = PictureFiles(views.store.path).source(record)
        return self._decoder.decode(source, spec, record.locations[0].path, frame)

    def _sight(self, decode: Callable[[InputSpec], Decoded], clause: Clause, views: Views) -> Sight:
        return Sight(decode, lambda record, spec: self._read(record, spec, views), clause.region)

    def _as_region(self, plain: Float32Array | None, views: Views) -> Float32Array | None:
        if plain is None or views.regions is None:
            return None
        return self._encoder.regions(plain, views.regions.space)

    def related(self, words: str, k: int) -> list[str]:
        """Names of things that the encoder knows, near to some words."""
        return self._encoder.related(plain(words), k)

    def _of_words(self, text: str, query: Query, views: Views) -> ClauseVectors:
        """Words in the joint space if there is one, else among the classes of the concept space."""
        lacks, words, match = "", plain(text), query.match
        if views.joint_space is not None and match in ("auto", "concept"):
            try:
                return ClauseVectors(joint=self._encoder.words(words, views.joint_space))
            except ModelError as error:
                if match == "concept":
                    raise
                lacks = error.message  # the classes, and the metadata, can still be searched
        of_kinds = not query.literal
        concept = self._concept(words, match, of_kinds=of_kinds)
        if concept is None or not of_kinds or (match == "auto" and only_phrases(text)):
            return ClauseVectors(concept=concept, lacks=lacks)
        return ClauseVectors(concept=concept, kinds=tuple(self._encoder.kinds(words)), lacks=lacks)

    def _concept(self, words: str, match: Match, *, of_kinds: bool) -> Float32Array | None:
        if match == "words":
            return None
        try:
            return self._encoder.concept(words, of_kinds=of_kinds)
        except OtherModelsError:
            if match != "auto":
                raise
            return None  # the metadata can still be searched

    def _fetched(self, url: str) -> bytes:
        from lookalike.sources.fetch import FetchPolicy, fetch

        return fetch(url, self._fetch or FetchPolicy()).data


def _content(path: Path) -> str:
    about = path.stat()
    return f"{path}\0{about.st_size}\0{about.st_mtime_ns}"
