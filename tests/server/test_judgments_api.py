"""Judging, concepts and suggestions over REST."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import lookalike
from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.settings import ServerSettings
from lookalike.settings import Settings

from .stage import BASE

API = "/api/v1"


@pytest.fixture
def own_library(library_path: Path, quick: Settings, tmp_path: Path) -> Iterator[Library]:
    """A copy of the library that tests share."""
    shutil.copytree(library_path, tmp_path / "own")
    with lookalike.open(tmp_path / "own", settings=quick) as opened:
        yield opened


@pytest.fixture
def client(own_library: Library) -> TestClient:
    return TestClient(create_app(own_library), base_url=BASE)


@pytest.fixture
def ids(own_library: Library) -> dict[str, str]:
    hits = own_library.search(where="width > 0", k=100)
    return {hit.picture.metadata.title: hit.id for hit in hits}


def test_judging_teaches_the_next_search(client: TestClient, ids: dict[str, str]) -> None:
    said = {"q": ["zorb"], "relevant": [ids["Meadow"]], "not_relevant": [ids["Night"][:12]]}
    done = client.post(f"{API}/judgments", json={**said, "user": "ann"})
    assert done.status_code == 201
    assert [j["relevant"] for j in done.json()["judged"]] == [True, False]
    found = client.get(f"{API}/search", params={"q": "zorb"}).json()
    assert found["taught"] == [{"about": "zorb", "judged": 2, "concept": ""}]
    assert "learned" in {part["via"] for part in found["hits"][0]["contributions"]}
    without = client.get(f"{API}/search", params={"q": "zorb", "learned": "false"}).json()
    assert without["taught"] == []
    assert without["query"]["learned"] is False


def test_judgments_are_listed_and_forgotten(client: TestClient, ids: dict[str, str]) -> None:
    for words in ("zorb", "wug"):
        client.post(f"{API}/judgments", json={"q": [words], "relevant": [ids["Night"]]})
    listed = client.get(f"{API}/judgments", params={"q": "zorb"}).json()
    assert listed["total"] == 1
    assert listed["judgments"][0]["query"] == "q=zorb"
    refused = client.delete(f"{API}/judgments")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad-request")
    (judgment,) = listed["judgments"]
    gone = client.delete(f"{API}/judgments", params={"id": judgment["id"]})
    assert gone.json() == {"forgotten": 1}
    assert client.get(f"{API}/judgments").json()["total"] == 1


def test_concepts_are_made_used_renamed_and_deleted(
    client: TestClient, ids: dict[str, str]
) -> None:
    said = {"q": ["dark"], "relevant": [ids["Night"]], "as": "At night"}
    assert client.post(f"{API}/judgments", json=said).status_code == 201
    hits = client.get(f"{API}/search", params={"q": "concept:at-night"}).json()["hits"]
    assert hits[0]["id"] == ids["Night"]
    (concept,) = client.get(f"{API}/concepts").json()["concepts"]
    assert (concept["name"], concept["clauses"], concept["judged"]) == ("at-night", ["dark"], 1)
    renamed = client.patch(f"{API}/concepts/at-night", json={"name": "nocturne"})
    assert renamed.json()["name"] == "nocturne"
    assert client.get(f"{API}/concepts/at-night").status_code == 404
    assert client.delete(f"{API}/concepts/nocturne").json()["judged"] == 1
    assert client.get(f"{API}/concepts").json() == {"concepts": []}


def test_suggestions_leave_out_what_was_judged(client: TestClient, ids: dict[str, str]) -> None:
    client.post(f"{API}/judgments", json={"q": ["zorb"], "relevant": [ids["Meadow"]]})
    found = client.get(f"{API}/suggestions", params={"q": "zorb", "n": 3}).json()["suggestions"]
    assert len(found) == 3
    assert ids["Meadow"] not in [picture["id"] for picture in found]
    assert client.get(found[0]["thumbnail"]).status_code == 200


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"q": ["zorb"], "relevant": ["f" * 32]}, 404, "no-such-picture"),
        ({"q": ["zorb"]}, 400, "bad-request"),
        ({"relevant": []}, 400, "empty-query"),
        ({"q": ["zorb"], "as": "!!"}, 400, "bad-name"),
        ({"q": "zorb"}, 422, "invalid-request"),
        ({"q": ["zorb"], "relevent": ["f"]}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_judged_is_a_clear_error(
    client: TestClient, said: dict[str, object], status: int, code: str
) -> None:
    answer = client.post(f"{API}/judgments", json=said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert client.get(f"{API}/judgments").json()["total"] == 0


def test_a_server_for_everybody_keeps_no_judgments_unless_told(
    own_library: Library, ids: dict[str, str]
) -> None:
    said = {"q": ["zorb"], "relevant": [ids["Night"]], "as": "mine"}
    for settings, status in (
        (ServerSettings(host="0.0.0.0"), 403),
        (ServerSettings(judging=False), 403),
        (ServerSettings(host="0.0.0.0", judging=True), 201),
    ):
        client = TestClient(create_app(own_library, settings), base_url=BASE)
        assert client.post(f"{API}/judgments", json=said).status_code == status
        info = client.get(f"{API}/info").json()
        assert info["limits"]["judging"] is (status == 201)
    shut = TestClient(create_app(own_library, ServerSettings(judging=False)), base_url=BASE)
    for answer in (
        shut.delete(f"{API}/judgments", params={"q": "zorb"}),
        shut.delete(f"{API}/concepts/mine"),
        shut.patch(f"{API}/concepts/mine", json={"name": "x"}),
    ):
        assert answer.status_code == 403


def test_pages_of_other_origins_may_not_judge(client: TestClient, ids: dict[str, str]) -> None:
    said = {"q": ["zorb"], "relevant": [ids["Night"]]}
    foreign = {"Origin": "https://example.org"}
    assert client.post(f"{API}/judgments", json=said, headers=foreign).status_code == 403
