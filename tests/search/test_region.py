import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import QueryError
from lookalike.search.clause import Clause, parse_clause
from lookalike.search.region import Region, parse_region


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("id:3f2a#xywh=10,20,30,40", (10, 20, 40, 60)),
        ("id:3f2a#xywh=pixel:10,20,30,40", (10, 20, 40, 60)),
        ("id:3f2a#xywh=percent:10,20,30,40", (20, 20, 80, 60)),
        ("https://a.example/b.jpg#xywh=percent:0,0,100,100", (0, 0, 200, 100)),
    ],
)
def test_a_region_is_read_behind_a_picture(text: str, box: tuple[int, int, int, int]) -> None:
    region = parse_clause(text).region
    assert region is not None
    assert region.pixels(200, 100) == box


def test_words_have_no_region() -> None:
    assert parse_clause("fox#xywh=1,2,30,40") == Clause("text", "fox#xywh=1,2,30,40")
    with pytest.raises(QueryError, match="no picture"):
        Clause("text", "fox", region=Region(0, 0, 50, 50))


@given(
    st.sampled_from(["picture", "upload"]),
    st.tuples(*[st.integers(0, 49)] * 2, *[st.integers(1, 50)] * 2),
    st.sampled_from(["percent", "pixel"]),
)
def test_a_region_is_written_as_it_is_read(
    kind: str, numbers: tuple[int, int, int, int], unit: str
) -> None:
    clause = Clause(kind, "3f2a", 2.0, Region(*numbers, unit))  # type: ignore[arg-type]
    assert parse_clause(str(clause)) == clause


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "0,0,0,10", "90,0,20,10%", "a,b,c,d", "1,2,3,4,5", "-1,0,10,10"]
)
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_region(text)
    assert caught.value.code == "bad-region"


def test_a_region_lies_in_its_picture() -> None:
    assert parse_region("10,10,90%, 50").pixels(100, 100) == (10, 10, 100, 60)
    for text in ("50,0,60,20", "0,90,20,20", "10,10,4,50"):
        with pytest.raises(QueryError) as caught:
            parse_region(text).pixels(100, 100)
        assert caught.value.code == "bad-region"
