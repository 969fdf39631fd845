from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from lookalike.lab.simulated_users import SimulatedUser

PICTURES = [f"p{n:02}" for n in range(60)]
RELEVANT = frozenset(PICTURES[30:50])


class Drill:
    """Ranks what was judged relevant first, what was judged not to be last."""

    def __init__(self) -> None:
        self.told: dict[str, bool] = {}

    def ranking(self, count: int) -> Sequence[str]:
        return sorted(PICTURES, key=lambda p: {True: 0, None: 1, False: 2}[self.told.get(p)])[
            :count
        ]

    def judge(self, relevant: Collection[str], not_relevant: Collection[str]) -> None:
        assert not self.told.keys() & {*relevant, *not_relevant}
        self.told |= dict.fromkeys(relevant, True) | dict.fromkeys(not_relevant, False)

    def suggested(self, count: int) -> Sequence[str]:
        return [picture for picture in PICTURES[40:] if picture not in self.told][:count]


def test_a_user_judges_ten_new_pictures_of_the_top_each_round() -> None:
    rounds = SimulatedUser(RELEVANT).rounds(Drill(), 5)
    assert [found.judged for found in rounds] == [0, 10, 20, 30, 40, 50]
    assert [found.seen for found in rounds] == [0, 0, 0.5, 1.0, 1.0, 1.0]


def test_residual_collection_takes_out_what_was_judged() -> None:
    rounds = SimulatedUser(RELEVANT, choice="suggested").rounds(Drill(), 2)
    assert rounds[1].seen == 0.5
    assert rounds[1].residual == pytest.approx(0)  # p00 to p19 come first then
    assert rounds[2].residual == pytest.approx(0)
    all_judged = SimulatedUser(frozenset(PICTURES[:5])).rounds(Drill(), 1)
    assert all_judged[1].residual is None


def test_an_example_is_all_that_is_judged_in_the_first_round() -> None:
    drill = Drill()
    rounds = SimulatedUser(RELEVANT, example="p45").rounds(drill, 2)
    assert [found.judged for found in rounds] == [0, 1, 11]
    assert drill.ranking(1) == ["p45"]


def test_precision_can_reach_one_in_a_small_class() -> None:
    assert SimulatedUser(frozenset(PICTURES[:4])).rounds(Drill(), 0)[0].seen == 1.0
