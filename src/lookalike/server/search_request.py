"""The parameters of a search: of the API's GET and POST, and of the page's address."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from lookalike.search.query import Match, QueryFields, Sort
from lookalike.server.schemas import EXAMPLE_ID, Body

_CLAUSES = """What to find; repeat it for several clauses. A clause is `[WEIGHT:]WHAT`, and WHAT is
`id:ID` (a picture of the library), `upload:HASH` (a picture sent before), an http(s) URL of a
picture, `concept:NAME`, `colour:NAME`, or else words. A picture may end in a region,
`#xywh=percent:25,10,50,40`. A negative weight means "not this"."""


class SearchRequest(Body):
    """A query. What is left out has its usual value."""

    q: list[str] = Field(
        default=[],
        description=_CLAUSES,
        examples=[["red fox", f"2:id:{EXAMPLE_ID}"]],
    )
    without: list[str] = Field(
        default=[], alias="not", description="What not to find, written like `q`."
    )
    where: str = Field(default="", description="A filter.", examples=["tag = snow"])
    k: int = Field(default=20, description="How many hits at most.")
    match: Match = Field(
        default="auto",
        description="Match words with the metadata (`words`), with what the encoder sees "
        "(`concept`), or both (`auto`). `classes` is like `concept`, but by the classes that the "
        "encoder knows even where the library has a joint model of pictures and words.",
    )
    cut: float | Literal["none"] | None = Field(
        default=None,
        description="Where the hits end: 1 is usual, more gives longer lists, less surer ones; "
        "`none` for `k` hits in any case.",
    )
    collapse: bool | None = Field(
        default=None, description="Show hits that are the same picture as one."
    )
    diversity: float = Field(
        default=0, description="From 0 (the best) to 1 (as unlike one another as possible)."
    )
    sort: Sort = Field(default="best", description="The order of the hits that are shown.")
    after: str = Field(default="", description="The `next` of the page before.")
    space: str = Field(
        default="", description="The space that pictures are compared in, see `/info`."
    )
    facets: list[str] = Field(
        default=[], description="Fields whose values are counted.", examples=[["tag"]]
    )
    literal: bool = Field(
        default=False, description="Take words as they stand: no dates, corrections, or -words."
    )
    surprise: int | None = Field(
        default=None, description="A seed: pictures at random, unlike one another; without `q`."
    )
    learned: bool = Field(
        default=True, description="Let what people judged under this query count."
    )
    verify: bool = Field(
        default=False,
        description="Look at the best hits for a picture again, point by point: same thing first.",
    )

    def fields(self) -> QueryFields:
        """The fields of the query besides its clauses, those only that were given."""
        given = self.model_fields_set
        fields = QueryFields(where=self.where, diversity=self.diversity, sort=self.sort)
        fields |= {"match": self.match, "after": self.after, "space": self.space}
        fields |= {"facets": tuple(self.facets)}
        if self.literal:
            fields["literal"] = True
        if self.surprise is not None:
            fields["surprise"] = self.surprise
        fields["learned"] = self.learned
        fields["verify"] = self.verify
        if "k" in given:
            fields["k"] = self.k
        if self.cut is not None:
            fields["cut"] = None if self.cut == "none" else self.cut
        if self.collapse is not None:
            fields["collapse"] = self.collapse
        return fields


class PageRequest(SearchRequest):
    """The same in an address that people may have added to."""

    model_config = ConfigDict(extra="ignore")

    teach: bool = False
    like: str = ""
