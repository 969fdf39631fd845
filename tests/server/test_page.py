from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

import lookalike
from lookalike.server.app import create_app
from lookalike.settings import Settings

from .stage import BASE, EVIL_NAME, QUOTE, SCRIPT, picture_bytes


class Page(HTMLParser):
    """The elements of a page: (tag, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(k) == v for k, v in wanted.items())
        ]

    def one(self, tag: str, **wanted: str) -> dict[str, str | None]:
        (found,) = self.all(tag, **wanted)
        return found


def get(client: TestClient, **params: object) -> Page:
    answer = client.get("/", params=params)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def query_of(url: str | None) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url or "").query)


def test_the_start_offers_the_librarys_own_tags_and_newest_pictures(client: TestClient) -> None:
    page = get(client)
    links = [query_of(a["href"]) for a in page.all("a", **{"class": "button"})]
    assert {"q": ["fox"]} in links
    assert len(page.all("li")) >= 7


def test_words_stay_in_the_search_bar(client: TestClient) -> None:
    page = get(client, q="fox", match="words")
    assert page.one("input", id="box")["value"] == "fox"
    assert page.one("input", name="match", value="words").get("checked", "no") is None
    assert not page.all("ul", **{"class": "chips"})


def test_every_clause_has_a_chip_and_the_form_keeps_it(
    client: TestClient, ids: dict[str, str]
) -> None:
    like = f"id:{ids['Red fox']}"
    page = get(client, q=["fox", f"2:{like}"], **{"not": "snow", "where": "width > 10"})
    chips = [e for t, e in page.elements if t == "li" and "chip" in (e.get("class") or "")]
    assert [chip["data-clause"] for chip in chips] == ["fox", f"2:{like}", "snow"]
    hidden = {(e["name"], e["value"]) for e in page.all("input", type="hidden")}
    assert hidden == {("q", f"2:{like}"), ("not", "snow")}
    assert page.one("input", id="where")["value"] == "width > 10"


def test_chips_change_weights_turn_round_and_go(client: TestClient, ids: dict[str, str]) -> None:
    like = f"id:{ids['Red fox']}"
    page = get(client, q=["fox", like])
    to = {key: query_of(page.one("a", **{"data-key": f"{key}-1"})["href"]) for key in
          ("more", "less", "flip", "remove")}  # fmt: skip
    assert to["more"] == {"q": ["fox", f"2:{like}"]}
    assert to["less"] == {"q": ["fox", f"0.5:{like}"]}
    assert to["flip"] == {"q": ["fox"], "not": [like]}
    assert to["remove"] == {"q": ["fox"]}


def test_the_only_wanted_clause_cannot_be_turned_round(client: TestClient) -> None:
    page = get(client, q="fox", **{"not": "snow"})
    assert not page.all("a", **{"data-key": "flip-0"})
    assert query_of(page.one("a", **{"data-key": "flip-1"})["href"]) == {"q": ["fox", "snow"]}


def test_every_result_leads_on(client: TestClient, ids: dict[str, str]) -> None:
    page = get(client, q="fox", match="words", where="width > 10")
    first = page.all("a", **{"data-action": "like"})[0]
    added = page.all("a", **{"data-action": "add"})[0]
    unlike = page.all("a", **{"data-action": "unlike"})[0]
    (like,) = query_of(first["href"])["q"]
    assert like.removeprefix("id:") in ids.values()
    kept = {"match": ["words"], "where": ["width > 10"]}
    assert query_of(added["href"]) == {"q": ["fox", like], **kept}
    assert query_of(unlike["href"]) == {"q": ["fox"], "not": [like], **kept}


def test_links_of_results_work_without_scripts(client: TestClient) -> None:
    page = get(client, q="fox")
    for action in ("like", "add", "unlike"):
        answer = client.get(str(page.all("a", **{"data-action": action})[0]["href"]))
        assert answer.status_code == 200
        assert 'id="grid"' in answer.text or "Show weaker matches" in answer.text


def test_pictures_have_their_size_before_they_are_loaded(client: TestClient) -> None:
    for image in get(client, q="fox").all("img", loading="lazy"):
        assert (image["width"], image["height"]) == ("240", "160")
        assert image["alt"]


def test_show_more_asks_for_a_longer_list_until_the_end(client: TestClient) -> None:
    page = get(client, q="fox", k=3, cut="none")
    more = page.one("a", rel="next")
    assert query_of(more["href"])["k"] == ["43"]
    assert not Page(client.get(str(more["href"])).text).all("a", rel="next")


def test_scores_tell_what_they_are_made_of(client: TestClient) -> None:
    text = client.get("/", params={"q": ["fox", "snow"]}).text
    assert "would match this well" in text
    assert re.search(r"<rect width=\"[1-9][0-9]*\"", text)


def test_nothing_found_says_what_to_try(client: TestClient) -> None:
    text = client.get("/", params={"q": "fox", "where": "tag = unheard-of"}).text
    assert "No pictures found." in text
    assert 'href="/?q=fox"' in text
    text = client.get("/", params={"q": "vashnoq", "cut": 0.001}).text
    assert "No pictures found." in text
    assert "Show a picture of “vashnoq”" in text
    assert 'data-key="order-newest"' not in text


def test_a_filters_fault_is_told_at_the_filter(client: TestClient) -> None:
    answer = client.get("/", params={"q": "fox", "where": "colour = red"})
    assert answer.status_code == 400
    page = Page(answer.text)
    assert page.one("input", id="where")["aria-invalid"] == "true"
    assert page.one("input", id="where")["value"] == "colour = red"
    assert "hidden" not in page.one("p", id="filter-message")
    assert page.one("input", id="box")["value"] == "fox"


@pytest.mark.parametrize(
    "params",
    [{"q": "0:fox"}, {"not": "fox"}, {"q": "id:0000"}, {"q": "fox", "k": "0"}, {"q": "x" * 2001}],
)
def test_other_faults_are_told_on_the_page(client: TestClient, params: dict[str, str]) -> None:
    answer = client.get("/", params=params)
    assert answer.status_code in (400, 404)
    assert "That did not work" in answer.text
    assert Page(answer.text).one("input", id="box")


def test_an_empty_form_is_the_start(client: TestClient) -> None:
    answer = client.get("/?q=&not=&where=&match=auto")
    assert answer.status_code == 200
    assert "Newest pictures" in answer.text


def test_one_picture_has_a_page_that_leads_back(client: TestClient, ids: dict[str, str]) -> None:
    text = client.get(f"/picture/{ids['Red fox']}", params={"q": "fox", "where": "width > 10"}).text
    page = Page(text)
    assert "A fox in the snow" in text
    assert [query_of(a["href"]) for a in page.all("a") if "where=tag" in str(a["href"])] == [
        {"where": ['tag = "fox"']},
        {"where": ['tag = "snow"']},
    ]
    assert "/?q=fox&amp;where=width+%3E+10" in text
    assert page.one("button", **{"data-copy": ids["Red fox"]})


def test_tags_lead_to_the_pictures_that_carry_them(client: TestClient, ids: dict[str, str]) -> None:
    page = Page(client.get(f"/picture/{ids[SCRIPT]}").text)
    links = [str(a["href"]) for a in page.all("a") if "where=tag" in str(a["href"])]
    assert len(links) == 2
    for link in links:
        found = client.get(link)
        assert found.status_code == 200
        assert found.text.count('class="tile ') == 1


@pytest.mark.parametrize("params", [{}, {"q": "evil", "match": "words"}, {"where": "tag = evil"}])
def test_words_of_pictures_stay_words(client: TestClient, params: dict[str, str]) -> None:
    text = client.get("/", params=params).text
    assert "&lt;svg onload=alert(1)" in text
    assert_harmless(text)


def test_words_of_one_picture_stay_words(client: TestClient, ids: dict[str, str]) -> None:
    text = client.get(f"/picture/{ids[SCRIPT]}").text
    assert "&lt;img src=x onerror=alert(3)&gt;" in text
    assert_harmless(text)


@pytest.mark.parametrize("name", ["q", "not", "where", "match", "k"])
@pytest.mark.parametrize("attack", [SCRIPT, QUOTE, EVIL_NAME, "javascript:alert(4)"])
def test_words_of_the_address_stay_words(client: TestClient, name: str, attack: str) -> None:
    params = {"q": "fox", name: attack}
    for headers in ({"accept": "text/html"}, {}):
        assert_harmless(client.get("/", params=params, headers=headers).text)


def assert_harmless(text: str) -> None:
    page = Page(text)
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag not in ("b", "svg onload")
        for name in ("href", "src", "action"):
            assert not str(attributes.get(name) or "").lower().startswith("javascript:")
    assert all(e.get("src", "").startswith("/static/") for e in page.all("script"))  # type: ignore[union-attr]


def test_a_browser_without_scripts_may_send_a_picture(client: TestClient) -> None:
    files = {"picture": ("red.png", picture_bytes((200, 60, 30), (250, 240, 230)))}
    answer = client.post("/upload", files=files, follow_redirects=False)
    assert answer.status_code == 303
    assert query_of(answer.headers["location"])["q"][0].startswith("upload:")
    assert 'id="grid"' in client.get(answer.headers["location"]).text


def test_an_empty_library_says_how_to_fill_it(tmp_path: object, quick: Settings) -> None:
    with lookalike.create(f"{tmp_path}/empty", encoder="fake", settings=quick) as empty:
        client = TestClient(create_app(empty), base_url=BASE)
        answer = client.get("/")
        assert answer.status_code == 200
        assert "lookalike index FOLDER" in answer.text
        assert client.get("/", params={"q": "fox"}).status_code == 404


def test_results_are_ordered_and_counted_by_links(client: TestClient) -> None:
    page = client.get("/?q=fox&match=words").text
    assert "sort=newest" in page
    counted = client.get("/?q=fox&match=words&facets=tag&facets=format").text
    assert 'id="facets"' in counted
    assert "where=tag+%3D+%22snow%22" in counted
    assert 'name="facets" value="tag"' in counted  # the next search keeps them
    narrowed = client.get("/", params={"q": "fox", "match": "words", "where": 'tag = "snow"'}).text
    assert "1 picture<" in narrowed


def test_what_was_understood_is_told_and_can_be_undone_and_done_again(client: TestClient) -> None:
    page = client.get("/", params={"q": "fox -snow"}).text
    assert "Without &#39;snow&#39;." in page
    (undo,) = re.findall(
        r'<a href="([^"]+)" data-key="literal">Take the words as they stand<', page
    )
    literal = client.get(html.unescape(undo)).text
    assert "Words are taken as they stand." in literal
    assert "Without &#39;" not in literal
    (again,) = re.findall(r'<a href="([^"]+)" data-key="literal">Read what they mean<', literal)
    assert "Without &#39;snow&#39;." in client.get(html.unescape(again)).text


def test_nothing_is_told_of_how_words_are_read_where_there_is_nothing_to_undo(
    client: TestClient, ids: dict[str, str]
) -> None:
    for asked in ({"q": "fox"}, {"q": f"id:{next(iter(ids.values()))}", "literal": "true"}):
        assert 'class="understood"' not in client.get("/", params=asked).text


@pytest.mark.parametrize(
    ("clause", "told"), [("colour:red", "its colours"), ("fox", "words beside it")]
)
def test_a_score_says_what_each_clause_was_matched_with(
    client: TestClient, clause: str, told: str
) -> None:
    page = client.get("/", params={"q": clause, "cut": "none"}).text
    assert f"<td>{told}</td>" in page


def test_a_surprise_is_an_address(client: TestClient) -> None:
    assert "/?surprise=" in client.get("/").text
    first, again = (client.get("/?surprise=5").text for _ in range(2))
    assert [part[:32] for part in first.split('data-id="')[1:]] == [
        part[:32] for part in again.split('data-id="')[1:]
    ]
    assert "7 pictures" in first


def test_where_results_end_stays_when_the_form_is_sent_again(client: TestClient) -> None:
    shown = {"cut": "none", "sort": "newest", "collapse": "true"}
    hidden = {
        str(e["name"]): e["value"]
        for e in get(client, q="fox", **shown).all("input", type="hidden")
    }
    assert hidden == shown
    assert "cut" not in {e["name"] for e in get(client, q="fox").all("input", type="hidden")}


def test_weaker_matches_can_be_shown_and_hidden_again(client: TestClient) -> None:
    few = client.get("/", params={"q": "fox", "cut": 0.01, "match": "concept"})
    (weaker,) = [a for a in Page(few.text).all("a") if query_of(a["href"]).get("cut") == ["none"]
                 and "sort" not in query_of(a["href"])][:1]  # fmt: skip
    answer = client.get(str(weaker["href"]))
    assert "Hide weaker matches" in answer.text
    assert "Show weaker matches" not in answer.text
    (back,) = re.findall(r'href="([^"]*)">Hide weaker matches', answer.text)
    assert "cut" not in query_of(back)
    assert len(Page(answer.text).all("img", loading="lazy")) > len(
        Page(few.text).all("img", loading="lazy")
    )


def test_who_goes_from_picture_to_picture_comes_to_no_empty_page(client: TestClient) -> None:
    (like,) = query_of(get(client, q="fox").all("a", **{"data-action": "like"})[0]["href"])["q"]
    answer = client.get("/", params={"q": like, "cut": 0.001})
    assert "perhaps none of them shows the same" in answer.text
    assert Page(answer.text).all("img", loading="lazy")
    assert client.get("/api/v1/search", params={"q": like, "cut": 0.001}).json()["hits"] == []


def test_a_filter_that_matches_nothing_is_what_the_page_speaks_of(client: TestClient) -> None:
    answer = client.get("/", params={"q": "fox", "where": "width > 90000"})
    assert "matches no picture" in answer.text
    assert "Search without the filter" in answer.text
    assert "Or search for" not in answer.text
    assert "Show a picture" not in answer.text
