from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import QueryError
from lookalike.search.clause import MAX_TEXT, Clause, parse_clause
from lookalike.search.query import Query, parse_query


@pytest.mark.parametrize(
    ("text", "kind", "value", "weight"),
    [
        ("red fox", "text", "red fox", 1),
        ("2:red fox", "text", "red fox", 2),
        ("-0.5:cars", "text", "cars", -0.5),
        ("id:3f2a", "picture", "3f2a", 1),
        ("2:id:3f2a", "picture", "3f2a", 2),
        ("upload:ab", "upload", "ab", 1),
        ("https://a.example/b.jpg", "url", "https://a.example/b.jpg", 1),
        ("HTTP://a.example/", "url", "HTTP://a.example/", 1),
        ("text:id:3f2a", "text", "id:3f2a", 1),
        ("16:9 screens", "text", "9 screens", 16),
        ("1:16:9", "text", "9", 16),
        ("note: snow", "text", "note: snow", 1),
        ("/etc/hostname", "text", "/etc/hostname", 1),
    ],
)
def test_what_a_clause_means(text: str, kind: str, value: str, weight: float) -> None:
    assert parse_clause(text) == Clause(kind, value, weight)  # type: ignore[arg-type]


def test_a_path_is_a_picture_only_where_local_files_are_meant(tmp_path: Path) -> None:
    picture = tmp_path / "a b.jpg"
    picture.write_bytes(b"")
    assert parse_clause(str(picture)).kind == "text"
    assert parse_clause(str(picture), local_files=True).kind == "file"
    assert parse_clause(f"0.5:{picture}", local_files=True).weight == 0.5


def test_a_misspelt_path_is_told_from_words() -> None:
    with pytest.raises(QueryError, match="no file"):
        parse_clause("./foxes/red.jpg", local_files=True)
    assert parse_clause("cats and/or dogs", local_files=True).kind == "text"
    assert parse_clause("long " * 300, local_files=True).kind == "text"


@given(
    st.sampled_from(["text", "url", "upload", "picture"]),
    st.text(min_size=1, max_size=40).map(str.strip).filter(bool),
    st.sampled_from([1.0, 2.0, 0.5, -1.0, -0.25]),
)
def test_what_is_written_is_read_back(kind: str, value: str, weight: float) -> None:
    clause = Clause(kind, f"http://{value}" if kind == "url" else value, weight)  # type: ignore[arg-type]
    assert parse_clause(str(clause)) == clause


@pytest.mark.parametrize("text", ["", "  ", "1001:fox", "x" * (MAX_TEXT + 1)])
def test_unusable_clauses_are_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse_clause(text)


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_weights_are_finite(weight: float) -> None:
    with pytest.raises(QueryError):
        Clause("text", "fox", weight)


def test_a_query_says_what_to_find() -> None:
    with pytest.raises(QueryError, match="Nothing"):
        Query()
    with pytest.raises(QueryError, match="not to find"):
        parse_query([], without=["cars"])
    with pytest.raises(QueryError, match="k = 0"):
        parse_query(["fox"], k=0)
    with pytest.raises(QueryError, match="concept"):
        parse_query(["fox"], match="pixels")  # type: ignore[arg-type]


def test_a_clause_of_weight_0_does_not_count() -> None:
    assert [str(clause) for clause in parse_query(["fox", "0:cars"]).weighed] == ["fox"]
    with pytest.raises(QueryError, match="not to find"):
        parse_query(["0:fox"])


def test_what_is_not_wanted_weighs_negative_whatever_its_sign() -> None:
    query = parse_query(["fox"], without=["2:cars", "-1:night"])
    assert [clause.weight for clause in query.clauses] == [1, -2, -1]
