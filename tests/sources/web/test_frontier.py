"""Whose turn it is: hosts side by side, none over more connections than it may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.sources.web.frontier import Frontier
from lookalike.sources.web.ledger import Ledger

A, B = "a.example", "b.example"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path) as one:
        one.add([(f"https://{host}/{n}", {}) for host in (A, B) for n in range(10)])
        yield one


def hosts(frontier: Frontier, room: int = 64, **extra: int) -> Counter[str]:
    """How many URLs of each host are handed out."""
    named = {f"{name}.example": count for name, count in extra.items()}
    return Counter(wanted.host for wanted in frontier.next(room, named))


def test_every_host_is_asked_at_once_but_none_for_more_than_it_may_bear(ledger: Ledger) -> None:
    frontier = Frontier(ledger, 3)
    assert hosts(frontier) == {A: 3, B: 3}
    assert hosts(frontier) == {}
    assert hosts(frontier, a=2) == {A: 2}
    assert frontier.out == 8


def test_what_came_back_makes_room_and_all_are_handed_out_once(ledger: Ledger) -> None:
    frontier, seen = Frontier(ledger, 3), []
    while wanted := list(frontier.next(4, {})):
        assert len(wanted) <= 4
        seen += [one.url for one in wanted]
        for one in wanted:
            ledger.done(one, one.url)
            frontier.came_back(one)
    assert len(seen) == len(set(seen)) == 20
    assert not frontier.waiting


def test_a_host_that_wants_peace_is_left_alone_and_the_others_go_on(ledger: Ledger) -> None:
    frontier = Frontier(ledger, 3)
    frontier.leave_alone(A, 60)
    assert hosts(frontier) == {B: 3}


def test_what_waits_for_another_attempt_holds_no_place(ledger: Ledger) -> None:
    frontier = Frontier(ledger, 3)
    first = list(frontier.next(3, {}))
    for one in first:
        ledger.postpone(one, "http-500", "", 60)
        frontier.added(one.host, 60)
        frontier.came_back(one)
    handed = [one for _ in range(5) for one in frontier.next(64, {})]
    assert Counter(one.host for one in handed) == {A: 3, B: 3}
    assert not {one.id for one in handed} & {one.id for one in first}
