"""When a URL is tried once more."""

from __future__ import annotations

from lookalike.sources.web.ledger import Wanted
from lookalike.sources.web.outcome import Fault
from lookalike.sources.web.retries import Retries

PASSING = Fault("http-500", "", again=True)
HANGING = Fault("fetch-timeout", "", again=True, tries=2)


def wanted(attempts: int = 0, host: str = "a") -> Wanted:
    """A URL that was tried so often before."""
    return Wanted(1, f"http://{host}/", host, "picture", 0, attempts)


def hopeless() -> Retries:
    """After twenty further attempts in vain at one host."""
    retries = Retries(3)
    for _ in range(20):
        retries.again(wanted(2), PASSING)
    return retries


def test_a_passing_fault_is_tried_three_times_and_one_that_hangs_twice() -> None:
    retries = Retries(3)
    assert [retries.again(wanted(n), PASSING) for n in range(3)] == [True, True, False]
    assert [retries.again(wanted(n), HANGING) for n in range(2)] == [True, False]
    assert not retries.again(wanted(), Fault("fetch-not-found", ""))


def test_where_it_is_in_vain_the_last_attempt_is_left_out_but_for_every_tenth() -> None:
    retries = hopeless()
    assert [retries.again(wanted(1), PASSING) for _ in range(10)] == [False] * 9 + [True]
    assert retries.again(wanted(0), PASSING)
    assert not retries.again(wanted(0), HANGING)


def test_one_that_helps_brings_all_attempts_back() -> None:
    retries = hopeless()
    retries.helped(wanted(0))
    assert not retries.again(wanted(1), PASSING)
    retries.helped(wanted(1))
    assert retries.again(wanted(1), PASSING)


def test_other_hosts_have_all_their_attempts() -> None:
    assert hopeless().again(wanted(1, "b"), PASSING)
