"""How promises are tried: the smallest case that breaks one, confirmed, the same in every run; and whose key it is."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import curl, promises, scoring
from junzi_audit.probes.asking import Ask
from junzi_audit.probes.listing import Page
from junzi_audit.probes.promises import Known, ListPromises
from junzi_audit.probes.promising import Broken, Case, Promise, Vacuous, tried
from junzi_audit.probes.turns import Turns, last_of, shared_of

ASK = Ask(probe="test", url="http://node/page", params=(("q", "a b"),), headers={"X-API-Key": "secret-key-1234"})


def promise(holds: Any, values: tuple[int, ...] = tuple(range(50))) -> Promise:
    return Promise(
        name="n", source="s", holds=holds, cases=lambda st: st.fixed_dictionaries({"n": st.sampled_from(values)})
    )


def test_a_promise_that_holds_is_kept_on_every_case() -> None:
    seen: list[Case] = []
    trial = tried(promise(seen.append), examples=20, seed=1)

    assert (trial.broken, trial.cause) == ("", None)
    assert trial.cases == len(seen) == len({str(case) for case in seen}) >= 15


def test_a_broken_promise_shrinks_to_its_smallest_case_and_tells_how_to_repeat_it() -> None:
    def holds(case: Case) -> None:
        if case["n"] >= 17:
            raise Broken("too many", ASK)

    trial = tried(promise(holds), examples=20, seed=1)

    assert (trial.broken, trial.example) == ("too many", "n=17")
    assert trial.curl == """curl -sS -i -H "X-API-Key: $JUNZI_API_KEY" 'http://node/page?q=a+b'"""


def test_the_same_seed_tries_the_same_cases_and_another_one_others() -> None:
    def cases(seed: int) -> list[Any]:
        seen: list[Any] = []
        tried(promise(lambda case: seen.append(case["n"])), examples=10, seed=seed)
        return seen

    assert cases(3) == cases(3)
    assert cases(3) != cases(4)


def test_what_breaks_once_and_not_again_breaks_no_promise() -> None:
    count = iter(range(1000))

    def holds(case: Case) -> None:
        if next(count) == 2:
            raise Broken("a row came in between", ASK)

    assert tried(promise(holds), examples=10, seed=1).broken == ""


def test_a_promise_that_cannot_be_seen_is_unseen_and_asks_no_further() -> None:
    seen: list[Case] = []

    def holds(case: Case) -> None:
        seen.append(case)
        raise Unobservable(Cause.TIMED_OUT, "silence")

    trial = tried(promise(holds), examples=10, seed=1)

    assert (trial.cause, trial.detail, trial.cases) == (Cause.TIMED_OUT, "silence", 0)
    assert len(seen) == 1


def test_cases_that_show_nothing_do_not_count_and_none_but_those_is_unseen() -> None:
    def holds(case: Case) -> None:
        if case["n"] % 2:
            raise Vacuous

    def nothing(case: Case) -> None:
        raise Vacuous

    some, none = (tried(promise(each, tuple(range(6))), examples=50, seed=1) for each in (holds, nothing))

    assert (some.cases, some.cause) == (3, None)
    assert (none.cases, none.cause) == (0, Cause.TOO_FEW)


class Empty:
    """A node whose every list is empty."""

    def page(self, path: str, params: Any) -> Any:
        size = dict(params).get("page_size", "50")
        return Page(items=(), page=int(dict(params).get("page", "1")), page_size=int(size), total=0), ASK

    def whole(self, path: str) -> list[Any]:
        return []

    def forget(self) -> None: ...

    def json(self, path: str) -> Any:
        return [], ASK

    def all(self, paths: Any) -> list[Any]:
        return []


def test_empty_pages_keep_no_promise_about_rows() -> None:
    known = Known(entities=["a"], sources=["s"], groups={})
    node: Any = Empty()
    about_rows = [*ListPromises(node).all(), *promises.of_records(node, known)[:2]]
    found = {each.promise: each.cause for each in (tried(one, examples=50, seed=1) for one in about_rows)}

    unseen = [name for name, cause in found.items() if cause is Cause.TOO_FEW]
    assert len(unseen) == 7
    assert set(found) - set(unseen) == {"a list without parameters is page 1 of 50"}


class Partisan:
    def scores(self, records: Any) -> list[Any]:
        return [(9.0 if record["party"] == "Blue" else 1.0, ASK) for record in records]


@pytest.mark.parametrize("parties", [[], ["Blue"]])
def test_a_group_that_cannot_be_swapped_is_unseen_not_kept(parties: list[str]) -> None:
    node: Any = Partisan()
    groups = {"party": parties, "region": ["N", "S"], "role": ["Mayor"]}
    found = {each.promise: each for each in (tried(one, examples=9, seed=1) for one in scoring.of_scores(node, groups))}

    assert found["the score is the same whatever the party"].cause is Cause.TOO_FEW
    assert found["the score is the same whatever the role"].cause is Cause.TOO_FEW
    assert (found["the score is the same whatever the region"].cause, len(found)) == (None, 5)


def test_a_field_that_is_missing_breaks_the_promise() -> None:
    def holds(case: Case) -> None:
        {}["risk_level"]

    assert "risk_level" in tried(promise(holds), examples=5, seed=1).broken


def test_without_hypothesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unobservable, match=r"pip install 'junzi-audit\[contract\]'") as caught:
        tried(promise(lambda case: None), examples=5, seed=1)
    assert caught.value.cause is Cause.NOT_CONFIGURED


def test_a_command_holds_no_key_and_survives_a_hostile_body() -> None:
    headers = {"X-API-Key": "secret-key-1234", "X-Audit-Label": "junzi'; rm"}
    told = curl.curl("POST", "http://node/'x", headers, b"it's \xff")

    assert "secret" not in told
    assert told == (
        """curl -sS -i -X POST -H "X-API-Key: $JUNZI_API_KEY" -H 'X-Audit-Label: junzi'"'"'; rm' """
        """'http://node/'"'"'x' --data-binary 'it'"'"'s \N{REPLACEMENT CHARACTER}'"""
    )


def test_a_wrong_key_is_shown_as_it_was_sent() -> None:
    assert curl.curl("GET", "http://node", {"X-API-Key": "wrong"}) == "curl -sS -i -H 'X-API-Key: wrong' http://node"


def test_keys_take_turns_and_the_last_one_is_left_alone() -> None:
    keys = ["a", "b", "c"]
    turns = Turns(0)

    assert {turns(keys) for _ in range(10)} == {"a", "b"}
    assert last_of(keys) == "c"
    assert shared_of(["a"]) == ["a"]


def test_no_key_is_used_more_often_than_it_may_be() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    turns = Turns(10, clock=lambda: now[0], sleep=sleep)
    for _ in range(20):
        turns(["a", "b", "c"])
    assert slept == []
    turns(["a", "b", "c"])
    assert slept == [60.0]


def test_requests_made_elsewhere_count_too() -> None:
    slept: list[float] = []
    turns = Turns(10, clock=lambda: 0.0, sleep=slept.append)
    turns.spend(20, keys=2)
    assert slept == []
    turns(["a", "b", "c"])
    assert slept == [60.0]
