"""Duplicates over REST and on their page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

import lookalike
from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.routes.duplicates import DuplicatesBody
from lookalike.server.settings import ServerSettings
from lookalike.settings import Settings

from .stage import BASE

PHOTO = Path(__file__).resolve().parents[2] / "samples" / "pictures" / "animals" / "bison.jpg"


@pytest.fixture
def doubled(tmp_path: Path, quick: Settings) -> Iterator[Library]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(PHOTO, folder)
    with Image.open(PHOTO) as photo:
        photo.resize((160, 120)).save(folder / "small <i>.png")
    with lookalike.create(tmp_path / "library", encoder="fake", settings=quick) as library:
        library.index([folder])
        yield library


@pytest.fixture
def visitor(doubled: Library) -> TestClient:
    return TestClient(create_app(doubled), base_url=BASE)


def told(visitor: TestClient) -> DuplicatesBody:
    return DuplicatesBody.model_validate(visitor.get("/api/v1/duplicates").json())


def test_groups_are_listed_once_pictures_were_compared(
    visitor: TestClient, doubled: Library
) -> None:
    before = told(visitor)
    assert (before.total, before.uncompared) == (0, 2)
    doubled.compare()
    after = told(visitor)
    assert (after.total, after.uncompared) == (1, 0)
    (group,) = after.groups
    assert group.keeper.location.endswith("bison.jpg")
    assert "most pixels" in group.reasons
    assert visitor.get(group.copies[0].thumbnail).status_code == 200
    assert visitor.get("/api/v1/duplicates?offset=1").json()["groups"] == []


def test_a_verdict_splits_the_group_until_it_is_forgotten(
    visitor: TestClient, doubled: Library
) -> None:
    doubled.compare()
    (group,) = told(visitor).groups
    pair = [group.keeper.id, group.copies[0].id]
    address = "/api/v1/duplicates/verdicts"
    assert visitor.post(address, json={"pictures": pair}).json()["distinct"] is True
    assert told(visitor).total == 0
    visitor.post(address, json={"pictures": pair, "distinct": False})
    assert told(visitor).total == 1


def test_the_page_shows_keepers_and_its_button_tells_pictures_apart(
    visitor: TestClient, doubled: Library
) -> None:
    doubled.compare()
    page = visitor.get("/duplicates").text
    assert "Worth keeping" in page
    assert "most pixels" in page
    assert "small &lt;i&gt;.png" in page
    (group,) = told(visitor).groups
    sent = {"one": group.keeper.id, "other": group.copies[0].id, "class": "same-picture"}
    shown = visitor.post("/duplicates", data=sent)
    assert (shown.status_code, "0 groups" in shown.text) == (200, True)


def test_only_visitors_who_may_judge_tell_pictures_apart(doubled: Library) -> None:
    doubled.compare()
    settings = ServerSettings(judging=False)
    reader = TestClient(create_app(doubled, settings), base_url=BASE)
    (group,) = told(reader).groups
    pair = [group.keeper.id, group.copies[0].id]
    answer = reader.post("/api/v1/duplicates/verdicts", json={"pictures": pair})
    assert answer.status_code == 403
    assert "These are different" not in reader.get("/duplicates").text
    assert told(reader).total == 1
