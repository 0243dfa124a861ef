"""Promises tried, golden answers and leftovers, as readings."""

from __future__ import annotations

from collections.abc import Mapping

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import golden, trials
from junzi_audit.model import Cause
from junzi_audit.seen.trials import Contract, Leftover, Trial

KEPT = Trial(promise="pages are whole", source="ours", cases=7)
BROKEN = Trial(promise="levels match", source="ours", cases=3, broken="high is low", example="page=1", curl="curl x")
UNSEEN = Trial(promise="keys", source="ours", cases=0, cause=Cause.THROTTLED, detail="429")
CONTRACT = Contract(version="4", cases=9, operations=2, failures=(), overloads=0, busy=0, errors=(), complete=True)


def whole(reading: object) -> Measurement:
    assert isinstance(reading, Mapping)
    found = reading[""]
    assert isinstance(found, Measurement)
    return found


def test_broken_promises_are_counted_over_all_cases_with_how_to_repeat_them() -> None:
    reading = whole(trials.broken([KEPT, BROKEN], title="t"))

    assert (reading.value, reading.n) == (1, 10)
    assert "levels match: high is low" in reading.detail
    assert reading.exhibits[0].rows[0] == ("levels match", "ours", 3, "broken: high is low", "page=1", "curl x")


def test_a_promise_that_could_not_be_tried_is_unseen_beside_the_others() -> None:
    reading = trials.broken([KEPT, UNSEEN], title="t")

    assert isinstance(reading, Mapping)
    assert whole(reading).value == 0
    assert reading["keys"] == Unseen(cause=Cause.THROTTLED, detail="429")


def test_no_promise_tried_is_no_case() -> None:
    assert whole(trials.broken([], title="t")).n == 0


def test_contract_failures_are_counted_over_the_cases() -> None:
    found = trials.contract(Contract(**{**vars(CONTRACT), "failures": (BROKEN,)}))

    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (1, 9)


def test_a_contract_that_could_not_be_tried_to_the_end_is_unseen_unless_it_is_broken_already() -> None:
    stopped = Contract(**{**vars(CONTRACT), "complete": False})
    erring = Contract(**{**vars(CONTRACT), "errors": ("GET /: TypeError",)})
    broken = Contract(**{**vars(erring), "failures": (BROKEN,)})

    assert isinstance(trials.contract(stopped), Unseen)
    assert isinstance(trials.contract(erring), Unseen)
    assert isinstance(trials.contract(broken), Measurement)


def test_what_is_left_is_counted_once_wherever_it_shows() -> None:
    left = [Leftover(kind="alert", id="A", where=place) for place in ("the list", "/alerts/")]
    reading = trials.left_behind(5, left)

    assert (reading.value, reading.n) == (1, 5)
    assert len(reading.exhibits[0].rows) == 2


def test_nothing_written_proves_no_clean_up() -> None:
    assert trials.left_behind(0, ()).n == 0


STORED = golden.to_json(
    {"entities": ["E"]}, {"sources/S": {"url": "1", "origin": "2"}}, {"P": "Fulfilled", "Q": "Pending"}, seed=1
)


def test_an_answer_that_changed_is_named_with_its_fields_and_one_that_is_gone_counts() -> None:
    same = golden.changed(STORED, {"sources/S": {"url": "1", "origin": "2", "new": "3"}}, seed=1)
    other = golden.changed(STORED, {"sources/S": {"url": "1", "origin": "9"}}, seed=1)
    gone = golden.changed(STORED, {}, seed=1)

    assert isinstance(same, Measurement)
    assert (same.value, same.n) == (0, 1)
    assert isinstance(other, Measurement)
    assert (other.value, other.detail) == (1, "sources/S: origin")
    assert isinstance(gone, Measurement)
    assert gone.detail == "sources/S: gone"


def test_a_baseline_of_another_seed_or_without_answers_tells_nothing() -> None:
    for stored, seed in ((STORED, 2), ({}, 1), ({"answers": {}, "seed": 1}, 1)):
        found = golden.changed(stored, {}, seed=seed)
        assert isinstance(found, Unseen)
        assert found.cause is Cause.NO_BASELINE


def test_a_status_moves_one_way() -> None:
    moves = {
        "Pending": {"Pending", "Fulfilled", "Broken", "Stale"}, "Stale": {"Stale", "Fulfilled", "Broken"},
        "Fulfilled": {"Fulfilled"}, "Broken": {"Broken"},
    }  # fmt: skip
    for before in moves:
        for now in moves:
            stored = {**STORED, "statuses": {"P": before}}
            trial = golden.lifecycle(stored, {"P": now}, seed=1)
            assert bool(trial.broken) is (now not in moves[before]), (before, now)
            assert trial.cases == 1


def test_a_status_without_an_earlier_look_is_unseen() -> None:
    for stored, statuses, seed in (({}, {"P": "Broken"}, 1), (STORED, {}, 1), (STORED, {"P": "Pending"}, 2)):
        assert golden.lifecycle(stored, statuses, seed=seed).cause is Cause.NO_BASELINE


def test_a_node_too_busy_to_answer_has_shown_no_contract() -> None:
    busy = trials.contract(Contract(**{**vars(CONTRACT), "cases": 100, "busy": 11}))
    hurried = trials.contract(Contract(**{**vars(CONTRACT), "cases": 100, "busy": 10}))
    broken = trials.contract(Contract(**{**vars(CONTRACT), "busy": 9, "failures": (BROKEN,)}))

    assert isinstance(busy, Unseen)
    assert busy.cause is Cause.THROTTLED
    assert isinstance(hurried, Measurement)
    assert isinstance(broken, Measurement)


def test_operations_that_let_nothing_through_stand_beside_what_the_others_showed() -> None:
    found = trials.contract(Contract(**{**vars(CONTRACT), "unanswered": ("GET /a (9 times 429)",)}))

    assert whole(found).value == 0
    assert isinstance(found, Mapping)
    beside = found["not let through"]
    assert isinstance(beside, Unseen)
    assert "GET /a (9 times 429)" in beside.detail


def test_a_node_that_let_nothing_through_has_shown_no_contract_unless_it_is_broken() -> None:
    closed = {**vars(CONTRACT), "unanswered": ("GET /a (5 times 401)", "GET /b (4 times 401)")}

    assert isinstance(trials.contract(Contract(**closed)), Unseen)
    assert whole(trials.contract(Contract(**{**closed, "failures": (BROKEN,)}))).value == 1


def test_a_node_that_turns_away_more_than_a_tenth_has_shown_no_contract() -> None:
    refused = trials.contract(Contract(**{**vars(CONTRACT), "cases": 100, "refused": 11}))
    few = trials.contract(Contract(**{**vars(CONTRACT), "cases": 100, "refused": 10}))
    broken = trials.contract(Contract(**{**vars(CONTRACT), "refused": 9, "failures": (BROKEN,)}))

    assert isinstance(refused, Unseen)
    assert refused.cause is Cause.UNAUTHORISED
    assert isinstance(few, Measurement)
    assert isinstance(broken, Measurement)
