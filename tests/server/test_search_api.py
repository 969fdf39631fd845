from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from lookalike.server.schemas import ErrorBody, SearchBody
from lookalike.server.settings import ServerSettings

from .stage import picture_bytes

SEARCH = "/api/v1/search"


def titles(answer: dict) -> list[str]:
    return [hit["title"] for hit in answer["hits"]]


def test_words_find_the_pictures_whose_metadata_hold_them(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"q": "fox", "match": "words"})
    assert answer.status_code == 200
    assert set(titles(answer.json())) == {"Red fox", "Fox cub"}


def test_the_answer_is_what_the_documentation_says(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"q": ["fox", "2:water"], "not": "night", "k": 3})
    body = SearchBody.model_validate(answer.json())
    assert body.query.clauses == ["fox", "2:water", "-1:night"]
    assert len(body.hits) == 3
    for hit in body.hits:
        assert hit.score == pytest.approx(sum(part.value for part in hit.contributions), abs=1e-3)


def test_every_hit_names_its_thumbnail(client: TestClient) -> None:
    hit = client.get(SEARCH, params={"q": "fox"}).json()["hits"][0]
    assert client.get(hit["thumbnail"]).headers["content-type"] == "image/jpeg"


def test_a_picture_of_the_library_finds_its_neighbour_and_not_itself(
    client: TestClient, ids: dict[str, str]
) -> None:
    answer = client.get(SEARCH, params={"q": f"id:{ids['Red fox']}"}).json()
    assert titles(answer)[0] == "Fox cub"
    assert "Red fox" not in titles(answer)


def test_not_pushes_pictures_down(client: TestClient, ids: dict[str, str]) -> None:
    liked = client.get(SEARCH, params={"q": f"id:{ids['Red fox']}"}).json()
    asked = {"q": f"id:{ids['Red fox']}", "not": f"3:id:{ids['Fox cub']}"}
    disliked = client.get(SEARCH, params=asked).json()
    assert titles(liked)[0] == "Fox cub"
    assert "Fox cub" not in titles(disliked)[:1]


def test_a_filter_alone_lists_what_fulfils_it(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"where": "tag = water"}).json()
    assert set(titles(answer)) == {"Blue sea", "Quiet lake"}
    assert answer["plan"]["method"] == "filter"


def test_the_time_is_told_in_the_body_and_in_the_header(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"q": "fox"})
    assert answer.json()["took_ms"] > 0
    timing = answer.headers["server-timing"]
    assert timing.startswith("search;dur=")
    assert "total;dur=" in timing


def test_the_same_query_as_json(client: TestClient) -> None:
    asked = {"q": ["fox"], "not": ["snow"], "where": "width > 10", "k": 2, "match": "words"}
    got, posted = client.get(SEARCH, params=asked), client.post(SEARCH, json=asked)
    assert posted.status_code == 200
    assert posted.json()["hits"] == got.json()["hits"]
    assert posted.json()["query"] == got.json()["query"]


def test_pictures_and_words_in_one_form(client: TestClient) -> None:
    red, blue = picture_bytes((200, 60, 30)), picture_bytes((20, 60, 200))
    answer = client.post(
        SEARCH,
        data={"q": ["water"], "k": "4", "cut": "none", "weight": ["2", "-0.5"]},
        files=[("picture", ("red.png", red)), ("picture", ("blue.png", blue))],
    )
    assert answer.status_code == 200, answer.text
    clauses = answer.json()["query"]["clauses"]
    assert clauses[0] == "water"
    assert [c.split(":upload:")[0] for c in clauses[1:]] == ["2", "-0.5"]
    assert len(answer.json()["hits"]) == 4


def test_more_weights_than_pictures_are_refused(client: TestClient) -> None:
    answer = client.post(SEARCH, data={"q": "fox", "weight": ["1"]})
    assert_error(answer, 400, "bad-request")


@pytest.mark.parametrize(
    "path",
    ["/etc/hostname", "/etc/passwd", "../../etc/passwd", "~/.ssh/id_rsa", "file:///etc/passwd"],
)
def test_a_local_path_is_words_and_never_read(client: TestClient, path: str) -> None:
    answer = client.get(SEARCH, params={"q": path})
    assert answer.status_code == 200
    assert answer.json()["query"]["clauses"] == [path]
    assert {part["via"] for hit in answer.json()["hits"] for part in hit["contributions"]} <= {
        "words",
        "concept",
    }


def test_the_path_of_a_real_picture_is_words_too(client: TestClient, pictures: Path) -> None:
    answer = client.get(SEARCH, params={"q": str(pictures / "fox.png"), "match": "concept"})
    parts = [part["via"] for hit in answer.json()["hits"] for part in hit["contributions"]]
    assert "look" not in parts


@pytest.mark.parametrize(
    "where",
    [
        "tag =",
        "((",
        "1=1; DROP TABLE pictures",
        "id IN (SELECT id FROM x)",
        "nonsense = 3",
        "' OR '1'='1",
    ],
)
def test_a_filter_that_is_none_is_refused_with_its_reason(client: TestClient, where: str) -> None:
    answer = client.get(SEARCH, params={"q": "fox", "where": where})
    assert_error(answer, 400, "bad-filter")


def test_quotes_in_a_filter_do_not_break_out(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"where": 'title = "x\' OR 1=1 --"'})
    assert answer.status_code == 200
    assert answer.json()["hits"] == []


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({}, 400, "empty-query"),
        ({"not": "fox"}, 400, "only-negative"),
        ({"q": "fox", "k": "0"}, 400, "bad-query"),
        ({"q": "fox", "k": "5000"}, 400, "bad-query"),
        ({"q": "0:fox"}, 400, "only-negative"),
        ({"q": "fox", "k": "many"}, 422, "invalid-request"),
        ({"q": "fox", "match": "guess"}, 422, "invalid-request"),
        ({"q": "id:" + "0" * 32}, 404, "no-such-picture"),
        ({"q": "upload:" + "0" * 32}, 404, "no-such-upload"),
        ({"q": "upload:../../library.json"}, 404, "no-such-upload"),
        ({"q": "http://169.254.169.254/latest/meta-data"}, 403, "url-forbidden"),
        ({"q": "http://10.0.0.1/x.png"}, 403, "url-forbidden"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_shape(
    client: TestClient, params: dict[str, str], status: int, code: str
) -> None:
    assert_error(client.get(SEARCH, params=params), status, code)


@pytest.mark.parametrize(
    "words",
    ["\0", "a\0b", "\ud83e\udd8a".encode("utf-16", "surrogatepass").decode("utf-16"), "%", "'", '"',
     "\\", "(((", "AND OR NOT", "field:", "*", "?", "~", "+-", "--", "\n\t", "é" * 2000, "a " * 900,
     "\u202e", "text:id:x", "-5:fox", "1e9:fox", "nan:fox"],
)  # fmt: skip
@pytest.mark.parametrize("match", ["auto", "words", "concept"])
def test_no_words_are_a_fault_of_ours(client: TestClient, words: str, match: str) -> None:
    for params in ({"q": words}, {"q": ["fox", words]}, {"q": "fox", "not": words}):
        answer = client.get(SEARCH, params={**params, "match": match})
        assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"q": 3}', b'{"q": ["a"], "astonish": 1}'])
def test_json_that_is_no_query_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post(SEARCH, content=body, headers={"content-type": "application/json"})
    assert_error(answer, 422, "invalid-request")


def test_a_field_that_is_wrong_is_named(client: TestClient) -> None:
    answer = client.post(SEARCH, content=json.dumps({"q": ["fox"], "k": "many"}))
    assert "k:" in assert_error(answer, 422, "invalid-request")["message"]


def test_a_url_is_fetched_and_searched_with(client: TestClient, picture_server: str) -> None:
    answer = client.get(SEARCH, params={"q": f"{picture_server}/fox.png"})
    assert answer.status_code == 200, answer.text
    assert titles(answer.json())[0] in {"Red fox", "Fox cub"}


def test_a_url_that_holds_no_picture_is_told_so(client: TestClient, picture_server: str) -> None:
    assert_error(client.get(SEARCH, params={"q": f"{picture_server}/page"}), None, None)


def test_k_has_the_servers_limit(client_with: Callable[[ServerSettings], TestClient]) -> None:
    client = client_with(ServerSettings(max_k=5))
    assert client.get(SEARCH, params={"q": "fox", "k": 5}).status_code == 200
    assert_error(client.get(SEARCH, params={"q": "fox", "k": 6}), 400, "bad-query")


def test_long_answers_are_compressed(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"q": "fox"}, headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def assert_error(answer: object, status: int | None, code: str | None) -> dict:
    body = answer.json()  # type: ignore[attr-defined]
    error = ErrorBody.model_validate(body).error
    assert error.message
    if status is None:
        assert answer.status_code >= 400  # type: ignore[attr-defined]
    else:
        assert answer.status_code == status, body  # type: ignore[attr-defined]
    if code is not None:
        assert error.code == code
    return body["error"]


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path.endswith(".png")
        body = picture_bytes((200, 60, 30), (250, 240, 230)) if found else b"<p>no picture</p>"
        self.send_response(200)
        self.send_header("Content-Type", "image/png" if found else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def picture_server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Pictures) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
