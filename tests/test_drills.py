"""A drill's own machinery: times against limits, counts, and an undo that runs whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Stub

import pytest

from junzi_audit.declared import drilling
from junzi_audit.declared.drilling import Consent, Drills
from junzi_audit.drills import false_alert, outcome, rehearsal
from junzi_audit.drills.drill import Drill
from junzi_audit.drills.journal import Entry, Journal
from junzi_audit.drills.public import Throttled
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.findings import Measurement
from junzi_audit.measures import drilled
from junzi_audit.model import BIAS_COUNCIL, BOARD, Cause, Unobservable
from junzi_audit.seen.incidents import Approval

LIMITS = {"freeze_time": 60.0, "writes_lost": 0.0, "left_behind": 0.0}
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ENTRY = Entry(duty="emergency.x", run="r", node="http://n", label="l", begun="2026-11-23T00:00:00Z")
APPROVALS = (Approval(who="a", role="chair", body=BOARD), Approval(who="b", role="chair", body=BIAS_COUNCIL))


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def drill(patience: float = 3600, clock: Time | None = None) -> Drill:
    clock = clock or Time()
    return Drill(LIMITS, patience=patience, pause=1, clock=lambda: clock.now, sleep=clock.sleep)


class Stage:
    """A scene that notes what was asked of it."""

    def __init__(self, *, trouble: str = "", left: tuple[str, ...] = ()) -> None:
        self.public = self
        self.url = "http://n"
        self._trouble, self._left, self.done = trouble, left, [""][:0]
        self.before: frozenset[str] = frozenset()

    def remember(self) -> None:
        self.before = frozenset({"A"})

    def trouble(self) -> str:
        return self._trouble

    def alerts_everywhere(self) -> frozenset[str]:
        return frozenset({"A"})

    def put_back(self) -> None:
        self.done.append("put back")

    def left_behind(self) -> tuple[list[str], int]:
        return list(self._left), 3


def story(do: Callable[[], None] = lambda: None) -> rehearsal.Story:
    def told(drill: Drill, scene: object) -> None:
        do()
        drill.expect("freeze_time", "frozen", lambda: True)
        drill.count("writes_lost", "lost", [], n=5)

    return told


def held(stage: Stage, journal: Journal, do: Callable[[], None] = lambda: None) -> dict[str, Measurement]:
    return drilled.figures(rehearsal.rehearse(story(do), drill(), stage, journal, ENTRY))  # type: ignore[arg-type]


def answers(*given: bool) -> Callable[[], bool]:
    left: Iterator[bool] = iter(given)
    return lambda: next(left)


def test_a_look_is_repeated_until_it_holds_and_its_time_is_the_figure() -> None:
    made = drill()

    assert made.expect("freeze_time", "frozen", answers(False, False, True))
    made.count("writes_lost", "lost", [], n=1)
    made.undone(made.now(), [], n=1)
    assert made.outcome("here").figures["freeze_time"].value == 2


@pytest.mark.parametrize(("patience", "looks"), [(3600, 61), (10, 11)])
def test_what_never_holds_is_infinite_and_never_looked_at_longer_than_allowed(patience: float, looks: int) -> None:
    clock, seen = Time(), []
    made = drill(patience, clock)

    assert not made.expect("freeze_time", "frozen", lambda: bool(seen.append(clock.now)))
    made.count("writes_lost", "lost", [], n=1)
    made.undone(made.now(), [], n=1)
    found = made.outcome("here")
    assert found.figures["freeze_time"].value == float("inf")
    assert len(seen) == looks + 1
    assert f"not within {min(60, patience):g} s" in found.figures["freeze_time"].told
    assert drilled.timeline(found).rows[0][3] == "never"


def test_a_time_counts_from_the_act_where_that_is_what_is_promised() -> None:
    clock = Time()
    made = drill(clock=clock)
    made.act("frozen", lambda: clock.sleep(7))

    made.expect("freeze_time", "frozen", lambda: True, since=made.acted)
    made.count("writes_lost", "lost", [], n=1)
    made.undone(made.now(), [], n=1)
    assert made.outcome("here").figures["freeze_time"].value == 7


def test_what_must_stay_is_looked_at_all_the_time() -> None:
    made = drill()

    assert made.stays(3, lambda: True)
    assert not made.stays(3, answers(True, True, False))


def test_what_could_not_come_about_is_not_met() -> None:
    made = drill()
    made.unseen("freeze_time", "never frozen")
    made.count("writes_lost", "lost", [], n=1)
    made.undone(made.now(), [], n=1)

    assert drilled.figures(made.outcome("here"))["freeze_time"].n == 0


def test_two_counts_of_one_limit_add_up() -> None:
    made = drill()
    made.count("writes_lost", "lost", ["a"], n=2)
    made.count("writes_lost", "also lost", ["b", "c"], n=3)
    made.expect("freeze_time", "frozen", lambda: True)
    made.undone(made.now(), [], n=1)

    figure = made.outcome("here").figures["writes_lost"]
    assert (figure.value, figure.n) == (3, 5)
    assert figure.told == "lost: a; also lost: b, c"


def test_a_drill_that_tells_nothing_of_a_limit_has_no_outcome() -> None:
    made = drill()
    made.count("writes_lost", "lost", [], n=1)
    made.undone(made.now(), [], n=1)

    with pytest.raises(Unobservable, match="freeze_time"):
        made.outcome("here")


def test_a_drill_is_undone_and_the_undo_is_a_figure(tmp_path: Path) -> None:
    stage, journal = Stage(), Journal(tmp_path, "staging")

    found = held(stage, journal)

    assert stage.done == ["put back"]
    assert (found["left_behind"].value, found["left_behind"].n) == (0, 3)
    assert journal.left() == ()


def test_a_drill_is_not_begun_on_a_node_that_is_not_steady(tmp_path: Path) -> None:
    stage = Stage(trouble="/alerts/ answered 503")

    with pytest.raises(Unobservable, match="not begun: /alerts/ answered 503"):
        held(stage, Journal(tmp_path, "staging"))
    assert stage.done == []


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), Unobservable(Cause.UNREACHABLE, "gone"), RuntimeError("x")])
def test_whatever_ends_a_drill_midway_it_is_undone_first(raised: BaseException, tmp_path: Path) -> None:
    stage, journal = Stage(), Journal(tmp_path, "staging")

    def fail() -> None:
        assert [each.label for each in journal.left()] == ["l"], "the journal is open before the first act"
        raise raised

    with pytest.raises(type(raised)):
        held(stage, journal, fail)
    assert stage.done == ["put back"]
    assert journal.left() == ()


def test_what_could_not_be_undone_stays_in_the_journal_and_is_undone_at_the_next_start(tmp_path: Path) -> None:
    journal, later = Journal(tmp_path, "staging"), Stage()

    found = held(Stage(left=("incident 7 is reported",)), journal)

    assert found["left_behind"].value == 1
    assert "incident 7" in found["left_behind"].detail
    assert [each.duty for each in journal.left()] == ["emergency.x"]
    told = rehearsal.put_back_what_was_left(journal, lambda entry: later, nodes={"http://n"})  # type: ignore[arg-type, return-value]
    assert later.done == ["put back"]
    assert "emergency.x of r had been aborted" in told[0]
    assert journal.left() == ()


def test_a_start_that_cannot_undo_what_was_left_does_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "staging")
    journal.open(ENTRY)

    with pytest.raises(Unobservable, match="could not be undone on http://n: the API is frozen"):
        rehearsal.put_back_what_was_left(journal, lambda _: Stage(left=("the API is frozen",)), nodes={"http://n"})  # type: ignore[arg-type, return-value]
    assert journal.left() == (ENTRY,)


class Throttling(Stage):
    """A scene whose undo is not looked at the first times: the key is used up."""

    def __init__(self, times: int, *, backs: int = 0) -> None:
        super().__init__()
        self.times, self.backs = times, backs

    def put_back(self) -> None:
        self.backs -= 1
        if self.backs >= 0:
            raise Unobservable(Cause.THROTTLED, "used up")
        super().put_back()

    def left_behind(self) -> tuple[list[str], int]:
        self.times -= 1
        if self.times >= 0:
            raise Throttled("http://n", Stub(heads={"retry-after": "42"}))  # type: ignore[arg-type]
        return super().left_behind()


def test_a_key_that_is_used_up_is_waited_for_before_the_undo_is_looked_at(tmp_path: Path) -> None:
    clock, journal, stage = Time(), Journal(tmp_path, "staging"), Throttling(1, backs=1)

    found = rehearsal.rehearse(story(), drill(clock=clock), stage, journal, ENTRY)  # type: ignore[arg-type]

    assert clock.now == 100 + 15 + 42  # without a word of the node's, and as it says
    assert stage.done == ["put back"]
    assert (found.figures["left_behind"].value, found.figures["left_behind"].n) == (0, 3)
    assert journal.left() == ()


def test_what_was_put_back_and_not_looked_at_is_told_as_that_and_never_as_left(tmp_path: Path) -> None:
    clock, journal = Time(), Journal(tmp_path, "staging")

    def throttled() -> None:
        raise Unobservable(Cause.THROTTLED, "in the middle")

    with pytest.raises(Unobservable, match="in the middle; and it was put back and not looked at: throttled") as told:
        rehearsal.rehearse(story(throttled), drill(clock=clock), Throttling(99), journal, ENTRY)  # type: ignore[arg-type]
    assert told.value.cause is Cause.THROTTLED
    assert clock.now == 175  # and no longer
    assert journal.left() == (ENTRY,)

    found = rehearsal.rehearse(story(), drill(), Throttling(99), journal, ENTRY)  # type: ignore[arg-type]
    assert (found.figures["left_behind"].value, found.figures["left_behind"].n) == (0, 0)

    with pytest.raises(Unobservable, match="aborted; on http://n it was put back and not looked at") as later:
        rehearsal.put_back_what_was_left(
            journal, lambda _: Throttling(99), nodes={"http://n"}, wait=clock.sleep  # type: ignore[arg-type, return-value]
        )  # fmt: skip
    assert later.value.cause is Cause.THROTTLED


def test_what_is_awaited_is_no_figure_and_never_awaited_longer_than_the_limit() -> None:
    clock = Time()
    made = drill(clock=clock)

    assert made.awaited("freeze_time", "shown", answers(False, False, True))
    assert clock.now == 102
    assert not made.awaited("freeze_time", "shown", lambda: False)
    assert clock.now == 163
    with pytest.raises(Unobservable, match="freeze_time"):
        made.outcome("here")


def test_a_false_alert_that_a_secondary_shows_later_is_waited_for() -> None:
    clock, shown, reported = Time(), answers(False, False, True), [""][:0]

    def report(*_: object) -> None:
        reported.append("reported")
        raise RuntimeError("so far")

    public = Stub(scored=lambda: {"E"}, alerts_everywhere=lambda: {"A"} if shown() else set())
    control = Stub(plant=lambda _: Stub(alert_ids=("A",)), report=report)
    made = Drill({"correction_time": 300}, patience=9, pause=1, clock=lambda: clock.now, sleep=clock.sleep)

    with pytest.raises(RuntimeError, match="so far"):
        false_alert.story(made, Stub(public=public, control=control))  # type: ignore[arg-type]
    assert reported == ["reported"]
    public.alerts_everywhere = set
    with pytest.raises(Unobservable, match="never showed"):
        false_alert.story(made, Stub(public=public, control=control))  # type: ignore[arg-type]


def test_one_drill_at_a_time_is_held_on_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("junzi_audit.drills.journal._TURN", 1)

    with Journal(tmp_path, "staging").alone():
        with pytest.raises(Unobservable, match="another drill was under way"), Journal(tmp_path, "staging").alone():
            pytest.fail("two drills at once")
        with Journal(tmp_path, "live").alone():
            pass
    with Journal(tmp_path, "staging").alone():
        assert Journal(tmp_path, "staging").pending() == ()


def test_nothing_is_asked_of_a_node_that_only_a_journal_names(tmp_path: Path) -> None:
    journal, elsewhere = Journal(tmp_path, "staging"), Stage()
    journal.open(ENTRY)

    with pytest.raises(Unobservable, match="http://n, which this target does not name"):
        rehearsal.put_back_what_was_left(journal, lambda _: elsewhere, nodes={"http://m"})  # type: ignore[arg-type, return-value]
    assert elsewhere.done == []


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "staging")
    journal.open(ENTRY)
    file = next(tmp_path.rglob("*.json"))
    file.write_text("{", encoding="utf-8")

    with pytest.raises(Unobservable, match="look at the node yourself"):
        journal.left()


def test_an_outcome_is_read_again_from_its_recording_and_nothing_is_acted_on(tmp_path: Path) -> None:
    def hold() -> outcome.Drilled:
        made = drill()
        made.expect("freeze_time", "frozen", answers(*[False] * 70))
        made.count("writes_lost", "lost", ["a"], n=2)
        made.undone(made.now(), [], n=1)
        return made.outcome("here")

    def never() -> outcome.Drilled:
        raise AssertionError("a replay must not act")

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = outcome.kept(Store(tmp_path / "one"), "emergency.x", hold)
    again = outcome.kept(Store(tmp_path / "two", replay=Archive(tmp_path / "one")), "emergency.x", never)

    assert again == first
    assert again.figures["freeze_time"].value == float("inf")


def test_a_failure_to_look_is_kept_with_its_cause(tmp_path: Path) -> None:
    def hold() -> outcome.Drilled:
        raise Unobservable(Cause.TIMED_OUT, "no answer")

    with pytest.raises(Unobservable, match="no answer") as found:
        outcome.kept(Store(tmp_path), "emergency.x", hold)
    assert found.value.cause is Cause.TIMED_OUT


def consent(**changes: object) -> Consent:
    given = Consent(
        target="live", approver=BOARD, reason="A drill on a quiet Sunday.", granted=NOW, expires=NOW + timedelta(days=2)
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def test_a_drill_on_live_needs_both_the_option_and_a_consent_that_holds() -> None:
    table = Drills(approvals=APPROVALS, consent=consent())

    assert drilling.lacking(table, target="live", asked=True, now=NOW) == ""
    assert "--drill-live" in drilling.lacking(table, target="live", asked=False, now=NOW)
    assert "consent" in drilling.lacking(replace(table, consent=None), target="live", asked=True, now=NOW)
    assert "consent" in drilling.lacking(None, target="live", asked=True, now=NOW)
    assert "for live" in drilling.lacking(table, target="other", asked=True, now=NOW)
    assert "that holds" in drilling.lacking(table, target="live", asked=True, now=NOW + timedelta(days=2, minutes=-59))
    assert "that holds" in drilling.lacking(table, target="live", asked=True, now=NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("table", "live", "launched", "told"),
    [
        (Drills(), False, False, "nobody signs for the Bias Monitoring Council"),
        (Drills(approvals=APPROVALS, pause_seconds=0), False, False, "pause_seconds"),
        (Drills(approvals=APPROVALS, patience_seconds=5), False, False, "only a node that we launch"),
        (Drills(approvals=APPROVALS, launch=("--scale", "1")), False, False, "launch"),
        (Drills(approvals=APPROVALS, front="nope"), False, False, "[drills] front: no http(s) URL"),
        (Drills(approvals=APPROVALS, front="https://me:word@x"), False, False, "[drills] front: no http(s) URL"),
        (Drills(approvals=APPROVALS, subscribers=("nope",)), False, False, "[drills] subscribers: no http(s) URL"),
        (Drills(approvals=APPROVALS, launch=("{subscrber}",)), False, True, "{subscrber}; did you mean 'subscriber'?"),
        (
            Drills(approvals=(replace(APPROVALS[0], body="Ethical Goverance Board"), APPROVALS[1])),
            False,
            False,
            "'Ethical Goverance Board' ends no safeguard; did you mean 'Ethical Governance Board'?",
        ),
        (Drills(approvals=(replace(APPROVALS[0], who=" "), APPROVALS[1])), False, False, "who signs"),
        (Drills(approvals=APPROVALS, consent=consent()), False, False, "is for a live target"),
        (Drills(approvals=APPROVALS, consent=consent(approver="me")), True, False, "only the Ethical Governance Board"),
        (Drills(approvals=APPROVALS, consent=consent(expires=NOW + timedelta(days=8))), True, False, "8 days"),
        (Drills(approvals=APPROVALS, consent=consent(granted=datetime(2026, 1, 1))), True, False, "with a zone"),  # noqa: DTZ001
        (Drills(approvals=APPROVALS, consent=consent(reason="because")), True, False, "in a sentence"),
    ],
)
def test_a_wrong_table_is_told_in_words_that_name_the_key(table: Drills, live: bool, launched: bool, told: str) -> None:
    assert any(told in words for words in drilling.mistakes(table, live=live, launched=launched))


def test_a_sound_table_has_no_mistake() -> None:
    assert list(drilling.mistakes(Drills(approvals=APPROVALS, consent=consent()), live=True, launched=False)) == []
    launched = Drills(approvals=APPROVALS, patience_seconds=5, launch=("--scale", "1", "{subscriber}"))
    assert list(drilling.mistakes(launched, live=False, launched=True)) == []
