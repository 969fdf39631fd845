"""Filters, against a real library of eight pictures."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lookalike.errors import FilterError
from lookalike.imaging.picture import PictureFacts
from lookalike.search.filter import FIELDS, Field, compile_filter
from lookalike.sources.metadata import Metadata
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import optimize
from lookalike.store.rows import Location, PictureRecord
from lookalike.store.writer import writing

TODAY = date(2024, 3, 1)
HOSTILE = '100%_sure\'s \\ "fun" -- /* ; */ [x]*'
Find = Callable[[str], str]


def picture(key: str, path: str, facts: PictureFacts, **about: object) -> PictureRecord:
    extra = {name: about.pop(name) for name in ("size_bytes", "classes", "added") if name in about}
    place = Location(path, "/photos", "stamp", Path(path).stem.replace("_", " "))
    metadata = Metadata(**about)  # type: ignore[arg-type]
    return PictureRecord(key * 32, (place,), facts=facts, metadata=metadata, **extra)  # type: ignore[arg-type]


PICTURES = (
    picture(
        "a",
        "/photos/Italy 2019/IMG_0001.jpg",
        PictureFacts("jpeg", 4000, 3000, "RGB"),
        tags=("Snow", "Blue Sky"),
        taken=datetime(2019, 6, 21, 10, 30, 15),
        camera="Canon EOS 5D",
        latitude=45.5,
        longitude=-9.25,
        title="Rotfuchs",
        size_bytes=2_000_000,
        classes=("red fox", "Labrador retriever"),
        added=datetime(2024, 3, 1, 12, tzinfo=UTC),
    ),
    picture(
        "b",
        "/photos/Italy 2019/raw/IMG_0002.tif",
        PictureFacts("tiff", 6000, 4000, "RGB"),
        tags=("snowman",),
        taken=datetime(2019, 5, 31, 23, 59, 59, 999000),
        camera="NIKON D800",
        latitude=-33.9,
        longitude=18.4,
        caption="A snowman at the lake, melting",
        size_bytes=70_000_000,
        added=datetime(2024, 2, 29, 12, tzinfo=UTC),
    ),
    picture(
        "c",
        "/photos/raw/drawing.png",
        PictureFacts("png", 999, 500, "RGBA", alpha=True),
        title=HOSTILE,
        tags=("雪山", "Füchse"),
        size_bytes=500,
        added=datetime(2020, 1, 1, tzinfo=UTC),
    ),
    picture(
        "d",
        "/photos/Gru\u0308ße/lustig.gif",  # decomposed, as macOS writes it
        PictureFacts("gif", 100, 100, "P", frames=12),
        tags=("c++", "a/b", "and", "o'hara"),
        taken=datetime(2020, 1, 1),
        camera="",
        size_bytes=10_000,
        added=datetime(2020, 1, 1, tzinfo=UTC),
    ),
    picture(
        "e",
        "/photos/100%/x.heic",
        PictureFacts("heif", 1000, 1000, "RGB"),
        taken=datetime(2024, 2, 29, 8),
        camera="canonical\ncamera",
        title="xyz",
        size_bytes=1_610_612_736,
        added=datetime(2020, 1, 1, tzinfo=UTC),
    ),
    picture(
        "f",
        "/photos/x.jpg",
        PictureFacts("jpeg", 1, 1, "RGB"),
        size_bytes=1,
        added=datetime(2020, 1, 1, tzinfo=UTC),
    ),
)
ALL = "abcdef"


@pytest.fixture(scope="module", params=["fresh", "indexed"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LanceStore:
    space = SpaceDescription(name="fake", kind="image", encoder="fake", dims=16)
    store = LanceStore.create(tmp_path_factory.mktemp("filter") / "library", [space])
    with writing(store) as writer:
        writer.append(PICTURES, {"fake": np.eye(len(PICTURES), 16, dtype=np.float32)})
    if request.param == "indexed":
        optimize(store)
    return store


@pytest.fixture(scope="module")
def find(store: LanceStore) -> Find:
    """The letters of the pictures that a filter lets through."""
    return lambda text: "".join(
        sorted(ALL[key] for key in store.keys_where(compile_filter(text, today=TODAY)))
    )


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # tags: folded, whole; ~ a part of any; * a pattern for one tag
        ("tag = snow", "a"),
        ("tag = SNOW", "a"),
        ('tag = "blue sky"', "a"),
        ("tag = fuchse", "c"),
        ("tag = Füchse", "c"),
        ("tag = 雪山", "c"),
        ("tag = c++", "d"),
        ("tag = a/b", "d"),
        ("tag = o'hara", "d"),
        ('tag = "and"', "d"),
        ("tag ~ snow", "ab"),
        ("tag ~ sno*n", "b"),
        ("tag ~ s*y", ""),  # "snow" and "blue sky" are two tags
        ("tag ~ *sky", "a"),
        ("tag != snow", "bcdef"),
        ("has tag", "abcd"),
        ("tag in (snow, 雪山)", "ac"),
        ("tag not in (snow, 雪山)", "bdef"),
        # folders: a name, a whole path, a part of a path
        ('folder = "Italy 2019"', "ab"),
        ("folder = /photos/raw", "c"),
        ("folder = /photos/raw/", "c"),
        ("folder = raw", "bc"),
        ("folder = photos/raw", "c"),
        ('folder = "Italy 2019/raw/"', "b"),
        ("folder = os/raw", ""),
        ("folder = /photos", ALL),
        ("folder = /", ""),
        ("folder = Grüße", "d"),
        ("folder = 100%", "e"),
        ("folder != raw", "adef"),
        ("folder ~ ITALY", "ab"),
        ("folder ~ /photos/*/raw", "b"),
        # texts
        ("name = img_0001.JPG", "a"),
        ("name ~ IMG_*.jpg", "a"),
        ("name ~ *.jpg", "af"),
        ("name ~ x", "ef"),
        ("name ~ img_", "ab"),
        ("name ~ img-", ""),
        ("title = rotfuchs", "a"),
        ("title ~ fuchs", "a"),
        ("title != xyz", "ac"),
        ("not title = xyz", "abcdf"),
        (f"title = {quoted(HOSTILE)}", "c"),
        (f"title ~ {quoted(HOSTILE[3:])}", "c"),
        ('title ~ "%_s"', "c"),
        ('title ~ "x_z"', ""),
        ('title ~ "x%"', ""),
        ('title ~ "x.z*"', ""),
        ("title ~ x*z", "e"),
        (r'title ~ "x\*z"', ""),
        (r'title ~ "*]\*"', "c"),
        ("caption ~ 'the lake'", "b"),
        ("has caption", "b"),
        ("text = snowman", "b"),
        ("text = snow", "a"),
        ("text ~ snow", "ab"),
        ("text = lake", "b"),
        ('text = "lake melting"', ""),
        ("text = 雪", "c"),
        ("text = fuchse", "c"),
        ("text = c++", "d"),
        ("text != snow", "bcdef"),
        ("camera ~ canon", "ae"),
        ("camera = 'canon eos 5d'", "a"),
        ("camera ~ canon*5d", "a"),
        ("camera ~ canonical*", "e"),
        ("camera in ('nikon d800', 'Canon EOS 5D')", "ab"),
        ("camera != 'nikon d800'", "ae"),
        ("not camera = 'nikon d800'", "acdef"),
        ("has camera", "abe"),
        ("camera ~ *", "abe"),
        ("class = 'labrador Retriever'", "a"),
        ("class = fox", ""),
        ("class ~ fox", "a"),
        ("class ~ red*retriever", ""),
        ("class != 'red fox'", "bcdef"),
        ("has class", "a"),
        ("format = jpg", "af"),
        ("format = JPEG", "af"),
        ("format = .tif", "b"),
        ("format != jpg", "bcde"),
        ("format in (png, heic)", "ce"),
        ("format ~ e", "aef"),
        # numbers
        ("width = 1000", "e"),
        ("width != 1000", "abcdf"),
        ("width < 1000", "cdf"),
        ("width <= 1000", "cdef"),
        ("width > 1000", "ab"),
        ("width>=1000", "abe"),
        ("height in (100, 500)", "cd"),
        ("width > -1", ALL),
        ("pixels = 12MP", "a"),
        ("pixels > 12mp", "b"),
        ("pixels >= 0.01 MP", "abcde"),
        ("frames > 1", "d"),
        ("size = 500", "c"),
        ("size = 2MB", "a"),
        ("size < 2 MB", "cdf"),
        ("size = 10kB", "d"),
        ("size >= 1.5GiB", "e"),
        ("size < 0.5kB", "f"),
        ("size > 1.5", "abcde"),
        ("size < 1.5", "f"),
        ("size <= 1.5", "f"),
        ("size >= 1.5", "abcde"),
        ("size = 1.5", ""),
        ("size != 1.5", ALL),
        ("has size", ALL),
        # places
        ("latitude > 0", "a"),
        ("latitude < -33.5", "b"),
        ("not latitude > 0", "bcdef"),
        ("latitude != 45.5", "b"),
        ("longitude = -9.25", "a"),
        ("longitude >= 18.4", "b"),
        ("has latitude and has longitude", "ab"),
        # dates are intervals
        ("date = 2019", "ab"),
        ("date != 2019", "de"),
        ("not date = 2019", "cdef"),
        ("date < 2019", ""),
        ("date <= 2019", "ab"),
        ("date > 2019", "de"),
        ("date >= 2019", "abde"),
        ("date = 2019-05", "b"),
        ("date = 2019-6", "a"),
        ("date > 2019-05", "ade"),
        ("date <= 2019-05", "b"),
        ("date = 2019-06-21", "a"),
        ("date = 2019-06-21T10:30", "a"),
        ("date = '2019-06-21 10:30'", "a"),
        ("date = 2019-06-21T10:30:15", "a"),
        ("date > 2019-06-21T10:30:15", "de"),
        ("date >= 2019-06-21T10:31", "de"),
        ("date = 2020-01-01T00:00", "d"),
        ("date = yesterday", "e"),
        ("date in (2020, 2024)", "de"),
        ("date > 9999", ""),
        ("date >= 0001", "abde"),
        ("has date", "abde"),
        ("month = june", "a"),
        ("month = Jun", "a"),
        ("month in (5, jan)", "bd"),
        ("month != 6", "bde"),
        ("not month = 6", "bcdef"),
        ("month >= may", "ab"),
        ("day = 29", "e"),
        ("day > 20 and month = june", "a"),
        ("has month", "abde"),
        ("added = 2020", "cdef"),
        ("added > 2020", "ab"),
        ("added < 2024-02-15", "cdef"),
        # yes and no
        ("alpha = yes", "c"),
        ("alpha = NO", "abdef"),
        ("alpha != true", "abdef"),
        ("has alpha", "c"),
        # joining
        ("tag = snow or tag = snowman and width > 10000", "a"),
        ("(tag = snow or tag = snowman) and width > 5000", "b"),
        ("NOT tag = snow AND width > 1000", "b"),
        ("not (tag = snow or width < 1000)", "be"),
        ("not not not tag = snow", "bcdef"),
        ("not (not (tag = snow and width > 1) and not width = 1)", "af"),
        ("TAGS = snow", "a"),
        (
            "tag = snow and (width >= 1000 or format = png) and date >= 2019-06 "
            'and not folder = "Italy 2018" and size < 3MB and camera ~ canon',
            "a",
        ),
    ],
)
def test_a_filter_finds_what_it_says(find: Find, text: str, found: str) -> None:
    assert find(text) == found


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_the_day_something_was_added_is_the_local_one(
    find: Find, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        local = PICTURES[0].added.astimezone()
        assert find(f"added = {local:%Y-%m-%dT%H:%M}") == "a"
        assert find("added = 9999 or added < 0001") == ""
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "is empty"),
        ("  \n", 0, "is empty"),
        ("widht > 3", 0, "Did you mean width?"),
        ("width > 3 and tagg = x", 14, "Did you mean tag?"),
        ("zzz = 3", 0, "There are: tag, folder"),
        ("snow", 0, "no field 'snow'"),
        ("'tag' = snow", 0, "no field 'tag'"),
        ("has x", 4, "no field 'x'"),
        ("width > wide", 8, "a whole number, not with 'wide'"),
        ("width > 1.5", 8, "a whole number"),
        ("width > 2MB", 8, "a whole number"),
        ("width > 99999999999", 8, "numbers up to 2147483647"),
        ("size > 99999999TiB", 7, "numbers up to"),
        ("size > ٣", 7, "a size"),
        ("latitude > 91", 11, "degrees from -90 to 90"),
        ("latitude > nan", 11, "degrees"),
        ("date = 2019-13", 7, "For example: date >= 2019-06"),
        ("date = 2019-02-30", 7, "a date"),
        ("date = 0000", 7, "a date"),
        ("month = juli", 8, "a month, by its name or from 1 to 12"),
        ("month = 13", 8, "a month"),
        ("day = 32", 6, "a day of the month"),
        ("alpha = maybe", 8, "yes or no"),
        ("camera < canon", 9, "cannot be compared with <"),
        ("width ~ 3", 8, "cannot be compared with ~"),
        ("camera = ''", 9, "not has camera"),
        ("tag = '\u0301'", 6, "For example: tag = snow"),
        ("text ~ '\u0301'", 7, "For example"),
        ("tag", 3, "An operator is missing"),
        ("tag snow", 4, "An operator is missing"),
        ("tag =", 5, "A value is missing"),
        ("tag = and width > 3", 6, "A value is missing"),
        ("tag = = x", 6, "A value is missing"),
        ("tag = blue sky", 11, 'tag = "blue sky"'),
        ("tag = a) or (tag = b", 7, "closes none"),
        ("width > 3 and", 13, "should follow"),
        ("and tag = x", 0, "missing before 'and'"),
        ("()", 1, "missing before ')'"),
        ("(tag = a", 0, "never closed"),
        ("tag = x and (tag = a or (tag = b)", 12, "never closed"),
        ("tag in x", 7, "A list is missing"),
        ("tag not x", 8, "A list is missing"),
        ("tag in (a b)", 10, "A comma is missing"),
        ("tag in (a,)", 10, "A value is missing"),
        ("tag in (a", 7, "never closed"),
        ('tag = "abc', 6, "never ends"),
        ("tag = a\0b", 7, "U+0000"),
        ("tag = a\udc80", 7, "U+DC80"),
        ("(" * 51 + "tag = a" + ")" * 51, 50, "nested too deeply"),
        ("not " * 51 + "tag = a", 200, "nested too deeply"),
        ("tag = " + "a" * 4000, 4000, "4006 characters"),
    ],
)
def test_a_mistake_is_located_and_explained(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert (caught.value.code, caught.value.position) == ("bad-filter", position)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50 + "tag = snow" + ")" * 50,
        "not " * 50 + "tag = snow",
        "not (" * 25 + "tag = snow and width > 1" + ")" * 25,
        "alpha=no and (" * 30 + "tag = snow" + ")" * 30,
        "tag=x or width>1 and (" * 10 + "tag = snow" + ")" * 10,
        "tag in (" + ",".join(str(number) for number in range(800)) + ", snow)",
        " or ".join(["tag = snow", *(f"date={year}" for year in range(1900, 2200))])[:3990],
        "title ~ '" + "a*" * 1900 + "'",
    ],
    ids=["parentheses", "nots", "not-ands", "ands", "mixed", "list", "ors", "wildcards"],
)
def test_the_store_takes_filters_of_any_allowed_size(find: Find, text: str) -> None:
    assert set(find(text)) <= set(ALL)


def test_more_alternation_than_the_store_can_parse_is_refused() -> None:
    with pytest.raises(FilterError, match="nested too deeply"):
        compile_filter("tag=x or width>1 and (" * 20 + "tag = snow" + ")" * 20)


def test_every_field_has_an_example_that_works(find: Find) -> None:
    for field in FIELDS:
        assert field.what
        assert field.name in field.example
        find(field.example)
        find(f"has {field.name} or not has {field.name}")


@pytest.mark.parametrize("field", [field for field in FIELDS if "~" in field.operators])
def test_not_finds_exactly_the_others(find: Find, field: Field) -> None:
    name = field.name
    for condition in (f"{name} = x", f"{name} ~ x", f"{name} != x", f"{name} ~ *x", f"has {name}"):
        found, others = find(condition), find(f"not {condition}")
        assert sorted(found + others) == list(ALL)


ATTACKS = st.sampled_from(
    ["x' OR '1'='1", "x'; --", "%", "_", "\\", "\\'", "'", '"', "/*", "*/ --", ") OR (true", "${x}"]
)
VALUES = st.one_of(
    ATTACKS,
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    st.lists(ATTACKS, max_size=4).map("".join),
)
FILLED = VALUES.filter(str.strip)
RELAXED = settings(max_examples=150, deadline=None)


@RELAXED
@given(value=FILLED, operator=st.sampled_from(["=", "~"]))
@example(value="x' OR '1'='1", operator="=")
@example(value="%", operator="~")
@example(value="xyz", operator="~")
def test_a_value_is_only_ever_a_value(find: Find, value: str, operator: str) -> None:
    titles = {letter: p.metadata.title.lower() for letter, p in zip(ALL, PICTURES, strict=True)}
    wanted = value.lower()
    found = find(f"title {operator} {quoted(value)}")
    if operator == "=":
        assert found == "".join(x for x, title in titles.items() if title == wanted)
    else:
        assert found == "".join(x for x, title in titles.items() if wanted in title)


@given(char=st.sampled_from(["\0", "\ud800", "\udcff"]), field=st.sampled_from(FIELDS))
def test_what_is_no_text_is_refused(char: str, field: Field) -> None:
    with pytest.raises(FilterError, match="is no text"):
        compile_filter(f"{field.name} = {quoted('a' + char)}")


@RELAXED
@given(value=VALUES, field=st.sampled_from([f for f in FIELDS if "~" in f.operators]))
def test_values_make_no_condition_true_everywhere(find: Find, value: str, field: Field) -> None:
    nonsense = quoted(f"qq{value}qq")
    assert find(f"{field.name} = {nonsense} or {field.name} ~ {nonsense}") == ""


WORDS = """
    tag folder width size date alpha latitude and or not in has ( ) , = != < ~ >= 'x y' snow 2019
    3 2MB * yes " ' \\ -- ; 雪 ü today
"""


@RELAXED
@given(
    text=st.one_of(
        st.text(max_size=60), st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)
    )
)
def test_any_text_is_a_filter_or_a_filter_error(find: Find, text: str) -> None:
    try:
        compile_filter(text, today=TODAY)
    except FilterError as error:
        fault = error
    else:
        find(text)
        return
    assert 0 <= fault.position <= len(text)
    assert fault.hint
