"""What cannot be searched for is told in one line with a code, by the shell as over the web."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from lookalike.errors import LookalikeError, QueryError
from lookalike.opening import open_library
from lookalike.search.clause import Clause
from lookalike.server.app import create_app
from lookalike.settings import Settings

from .shell import Shell

GONE = "id:" + "ab" * 16
HUGE = "9" * 400 + ":fox"
"""No finite number can hold this weight."""
MANY = [f"fox{i}" for i in range(500)]
CASES: list[tuple[list[str], str, str]] = [
    ([], "empty-query", "words"),
    ([""], "bad-query", "empty"),
    (["--not", "fox"], "only-negative", "what you are looking for"),
    (["-1:fox"], "only-negative", "what you are looking for"),
    (["99999:fox"], "bad-weight", "1000"),
    ([HUGE], "bad-weight", "1000"),
    (["fox.png", "--region", "90,90,20,20%"], "bad-region", "reaches out"),
    ([GONE], "no-such-picture", "abab"),
    (["id:nonsense"], "no-such-picture", "hex"),
    (["fox", "--where", "tagg = snow"], "bad-filter", "tag"),
    (["fox", "--where", "tag = snow and"], "bad-filter", "ends"),
    (["fox", "--facets", "tgas"], "bad-filter", "tag"),
    (["fox", "--sort", "sideways"], "bad-query", "newest"),
    (["fox", "--diverse", "7"], "bad-query", "between 0 and 1"),
    (["fox", "--after", "nonsense"], "bad-cursor", "next"),
    (["fox", "--surprise", "3"], "bad-query", "filter"),
    (["colour:reddish"], "no-such-colour", "red"),
    (MANY, "too-many-clauses", "50"),
    (["long " * 20_000], "too-long", "2,000"),
    (["fox \udcff"], "bad-query", "U+DCFF"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), CASES, ids=str)
def test_the_shell_says_what_is_wrong(
    filled: Path, tmp_path: Path, arguments: list[str], code: str, said: str
) -> None:
    done = Shell(tmp_path)("search", "--json", *_guarded(arguments), cwd=filled)
    assert done.status == 2, done.err
    assert done.json["error"]["code"] == code
    assert said in done.json["error"]["message"] + done.json["error"]["hint"]


def _guarded(arguments: list[str]) -> list[str]:
    """A clause that begins with a hyphen is no option."""
    return ["--", *arguments] if arguments and arguments[0].startswith("-1") else arguments


@pytest.fixture(scope="module")
def client(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    settings = Settings(cache=tmp_path_factory.mktemp("cache"))
    library = open_library(filled / ".lookalike", settings=settings)
    return TestClient(create_app(library), base_url="http://127.0.0.1:8765")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "empty-query"),
        ({"not": ["fox"]}, 400, "only-negative"),
        ({"q": ["-fox"]}, 400, "only-negative"),
        ({"q": ["99999:fox"]}, 400, "bad-weight"),
        ({"q": [HUGE]}, 400, "bad-weight"),
        ({"q": [GONE]}, 404, "no-such-picture"),
        ({"q": ["fox"], "where": "tagg = snow"}, 400, "bad-filter"),
        ({"q": ["fox"], "facets": ["tgas"]}, 400, "bad-filter"),
        ({"q": ["fox"], "diversity": 7}, 400, "bad-query"),
        ({"q": ["fox"], "after": "nonsense"}, 400, "bad-cursor"),
        ({"q": ["fox"], "surprise": -1}, 400, "bad-query"),
        ({"q": ["colour:reddish"]}, 400, "no-such-colour"),
        ({"q": MANY}, 400, "too-many-clauses"),
        ({"q": ["long " * 20_000]}, 400, "too-long"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_the_api_says_what_is_wrong(
    client: TestClient, query: dict[str, object], status: int, code: str
) -> None:
    answer = client.post("/api/v1/search", json=query)
    assert answer.status_code == status, answer.text[:300]
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]


def test_half_a_character_is_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/search", content=b'{"q": ["fox \\ud800"]}')
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "invalid-request"


def test_ten_megabytes_of_words_are_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/search", json={"q": ["fox " * 2_500_000]})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["code"] in ("too-long", "too-large", "request-too-large")


def test_a_region_outside_the_picture_is_refused(client: TestClient) -> None:
    picture = client.get("/api/v1/search?q=fox").json()["hits"][0]["id"]
    for region in ("#xywh=percent:60,60,50,50", "#xywh=9000,9000,50,50"):
        answer = client.get("/api/v1/search", params={"q": f"id:{picture}{region}"})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "bad-region"


def test_a_filter_error_says_where_it_is(client: TestClient) -> None:
    error = client.get("/api/v1/search", params={"where": "tag = a and tagg = b"}).json()["error"]
    assert "Did you mean tag" in error["hint"]


PYTHON: list[tuple[list[str], dict[str, object], str]] = [
    ([], {}, "empty-query"),
    ([], {"without": ["fox"]}, "only-negative"),
    ([HUGE], {}, "bad-weight"),
    ([GONE], {}, "no-such-picture"),
    (["fox"], {"where": "tagg = snow"}, "bad-filter"),
    (["fox"], {"k": 0}, "bad-query"),
    (["fox"], {"cut": float("nan")}, "bad-query"),
    (["fox"], {"diversity": float("nan")}, "bad-query"),
    (MANY, {}, "too-many-clauses"),
    (["fox " * 2_500_000], {}, "too-long"),
    (["fox \ud800"], {}, "bad-query"),
    (["fox"], {"where": "fox " * 2_500_000}, "bad-filter"),
]


@pytest.mark.parametrize(("clauses", "fields", "code"), PYTHON, ids=lambda value: str(value)[:60])
def test_python_says_what_is_wrong(
    filled: Path, clauses: list[str], fields: dict[str, object], code: str
) -> None:
    with open_library(filled / ".lookalike") as library, pytest.raises(LookalikeError) as raised:
        library.search(*clauses, **fields)  # type: ignore[arg-type]
    assert raised.value.code == code


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), float("-inf")])
def test_a_weight_that_is_not_finite_is_refused(weight: float) -> None:
    with pytest.raises(QueryError) as raised:
        Clause("text", "fox", weight)
    assert raised.value.code == "bad-weight"
