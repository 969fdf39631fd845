"""The JSON of judgments and concepts."""

from __future__ import annotations

from pydantic import Field

from lookalike.server.schemas import EXAMPLE_ID, Body

_QUERY_EXAMPLE = "q=red%20fox"


class JudgeRequest(Body):
    """What somebody says about pictures under a query."""

    q: list[str] = Field(
        default=[], description="The query, as for `/search`.", examples=[["red fox"]]
    )
    without: list[str] = Field(default=[], alias="not", description="The query's `not`.")
    relevant: list[str] = Field(
        default=[], description="Ids of pictures that fit.", examples=[[EXAMPLE_ID]]
    )
    not_relevant: list[str] = Field(default=[], description="Ids of pictures that do not.")
    concept: str = Field(
        default="", alias="as", description="Give the query this name, and judge for it."
    )
    user: str = Field(default="", max_length=200, description="Who says so.")


class JudgmentBody(Body):
    """One verdict."""

    id: str
    query: str = Field(description="In canonical form.", examples=[_QUERY_EXAMPLE])
    picture: str = Field(examples=[EXAMPLE_ID])
    relevant: bool
    user: str
    when: str


class JudgedBody(Body):
    """What was kept."""

    judged: list[JudgmentBody]


class JudgmentsBody(Body):
    """What was judged, oldest first."""

    total: int
    judgments: list[JudgmentBody]


class ForgottenBody(Body):
    """How many judgments were forgotten."""

    forgotten: int


class SuggestionBody(Body):
    """A picture whose verdict would teach much."""

    id: str = Field(examples=[EXAMPLE_ID])
    location: str
    thumbnail: str


class SuggestionsBody(Body):
    """Pictures to judge next, most telling first."""

    suggestions: list[SuggestionBody]


class ConceptBody(Body):
    """A learned query with a name."""

    name: str = Field(examples=["sunset-at-sea"])
    clauses: list[str] = Field(description="What it was made from.", examples=[["sunset", "sea"]])
    query: str = Field(description="The same in canonical form.")
    judged: int = Field(description="How many pictures were judged for it.")
    user: str = Field(description="Who made it.")
    when: str


class ConceptsBody(Body):
    """Every concept, by name."""

    concepts: list[ConceptBody]


class RenameRequest(Body):
    """A concept's new name."""

    name: str
