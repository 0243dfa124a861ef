"""What escalation rests on: periods, what was told before, how certain a breach is, and words that stay inert."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit import plan
from junzi_audit.declared.escalating import Escalation, Procedure, Rule
from junzi_audit.escalation.certainty import certainty
from junzi_audit.escalation.decisions import Matter, decide
from junzi_audit.escalation.notice import inert
from junzi_audit.evidence import intact, results
from junzi_audit.evidence.notices import NAME, Notices
from junzi_audit.findings import Unseen
from junzi_audit.model import Cadence, Cause, Verdict
from junzi_audit.seen.notices import Event, Told, period_of
from tests import telling
from tests.synthetic import ROOT
from tests.telling import counted, header, record, weighed

PLAN = plan.load(ROOT / "obligations")
DUTY = "daily.bias-drift"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MET, BREACHED, UNKNOWN = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE


def told(hours: float, verdict: Verdict = BREACHED, event: Event = Event.SENT, channel: str = "c") -> Told:
    """Told so many hours before or after noon, of a run that began then."""
    at = NOON + hours * HOUR
    return Told(
        event=event, target="here", duty=DUTY, period=f"{at:%Y-%m-%d}", verdict=verdict, at=at, run="r", begun=at,
        channel="" if event is Event.CLOSED else channel,
    )  # fmt: skip


def decided(verdict: Verdict, *past: Told, channels: Sequence[str] = ("c",)) -> list[Matter]:
    rule = Rule(duties=("daily.*",), procedure=Procedure.NOTIFY, channels=tuple(channels), verdicts=(BREACHED, UNKNOWN))
    table = Escalation(rules=(rule,))
    now = NOON + 2 * HOUR
    return list(decide(table, header("now", NOON), [record(DUTY, verdict)], PLAN.__getitem__, past, now))


def why(verdict: Verdict, *past: Told) -> tuple[bool, str]:
    ((way,),) = (matter.ways for matter in decided(verdict, *past))
    return way.tells, way.why.partition(" 2026")[0]


# ---------------------------------------------------------------- periods, and what was told before


@pytest.mark.parametrize(
    ("cadence", "begun", "period"),
    [
        (Cadence.HEARTBEAT, "2026-03-04T23:59:59Z", "2026-03-04"),
        (Cadence.DAILY, "2026-03-04T00:00:00Z", "2026-03-04"),
        (Cadence.WEEKLY, "2027-01-03T12:00:00Z", "2026-W53"), (Cadence.MONTHLY, "2026-03-04T12:00:00Z", "2026-03"),
        (Cadence.QUARTERLY, "2026-03-31T12:00:00Z", "2026-Q1"), (Cadence.QUARTERLY, "2026-04-01T12:00:00Z", "2026-Q2"),
        (Cadence.EMERGENCY, "2026-03-04T12:00:00Z", "2026-03-04"),
        (Cadence.GOVERNANCE, "2026-12-31T12:00:00Z", "2026-12"),
    ],
)  # fmt: skip
def test_the_period_is_that_of_the_cadence(cadence: Cadence, begun: str, period: str) -> None:
    assert period_of(cadence, datetime.fromisoformat(begun)) == period


def test_a_duty_is_told_once_and_again_only_when_it_is_news() -> None:
    closed = told(-2, MET, Event.CLOSED)
    assert why(BREACHED) == (True, "first notice in")
    assert why(BREACHED, told(-1)) == (False, "already told")
    assert why(UNKNOWN, told(-1)) == (False, "already told"), "a breach that cannot be seen any more is no news"
    assert why(BREACHED, told(-1, UNKNOWN)) == (True, "worse than the INCONCLUSIVE told")
    assert why(BREACHED, told(-24)) == (True, "still so in")
    assert why(BREACHED, told(-3), closed) == (True, "reopened, first told")
    assert why(BREACHED, told(-3), closed, told(-1)) == (False, "already told")
    assert why(BREACHED, told(-24), told(-23, MET, Event.CLOSED)) == (True, "first notice in")
    assert why(BREACHED, told(-1, event=Event.FAILED)) == (True, "first notice in")
    assert why(BREACHED, told(-1, event=Event.DRY)) == (True, "first notice in")
    assert why(BREACHED, told(-1, channel="another")) == (True, "first notice in")


def test_a_duty_that_comes_and_goes_is_told_of_a_few_times_only() -> None:
    past = [each for hour in range(4) for each in (told(hour - 9), told(hour - 8.5, MET, Event.CLOSED))]
    assert why(BREACHED, *past[:-2]) == (True, "reopened, first told")
    assert why(BREACHED, *past) == (False, "it comes and goes; told 4 times in")


def test_a_duty_that_came_and_went_and_now_stays_is_told_of_again() -> None:
    past = [each for blip in range(4) for each in (told(blip / 6 - 9), told(blip / 6 - 8.9, MET, Event.CLOSED))]
    ((way,),) = (matter.ways for matter in decided(BREACHED, *past))
    assert (way.tells, way.holds) == (False, True)
    ((way,),) = (matter.ways for matter in decided(BREACHED, *past, told(-0.2, event=Event.HELD)))
    assert (way.tells, way.holds) == (False, False), "held back for less than a quarter of an hour"
    assert why(BREACHED, *past, told(-0.25, event=Event.HELD)) == (True, "it came and went, and stays; seen again")
    assert why(BREACHED, *past, told(-0.5, event=Event.HELD), told(-0.2)) == (False, "already told")

    (matter,) = decided(MET, *past, told(-0.2, event=Event.HELD))
    assert matter.closes.startswith("met again")
    ended = (told(-0.5, event=Event.HELD), told(-0.3, MET, Event.CLOSED))
    assert why(BREACHED, *past, *ended) == (False, "it comes and goes; told 4 times in"), "it has begun anew"
    assert why(UNKNOWN, *past) == (True, "first notice in"), "another verdict is other news"


def test_met_closes_what_was_told_and_nothing_else() -> None:
    assert decided(MET) == []
    assert decided(MET, told(-1, event=Event.FAILED)) == []
    (matter,) = decided(MET, told(-3), told(-1))
    assert matter.closes == "met again; first told 2026-03-04 09:00:00 UTC"
    assert decided(MET, told(-3), told(-1, MET, Event.CLOSED)) == []


def test_a_later_run_is_not_contradicted_and_a_waiver_is_not_told() -> None:
    (matter,) = decided(BREACHED, told(1))
    assert (matter.rule, matter.ways, matter.passed_over) == (
        None,
        (),
        "passed over: the later run r is the news of it",
    )
    assert decided(MET, told(-1), told(1)) == []
    assert decided(Verdict.WAIVED) == []


def test_what_reached_nobody_and_what_began_after_now_silence_nothing() -> None:
    assert why(BREACHED, told(1, event=Event.FAILED)) == (True, "first notice in")
    assert why(BREACHED, told(25, event=Event.FAILED)) == (True, "first notice in")
    assert why(BREACHED, told(36)) == (True, "still so in")
    assert [matter.passed_over for matter in decided(BREACHED, told(36, MET, Event.CLOSED))] == [""]
    acted = told(36, event=Event.ACTED, channel="")
    (matter,) = decided(BREACHED, acted)
    assert matter.past == (acted,), "what was done is not done again, whatever the clock said then"


def test_the_last_attempt_counts_and_what_no_rule_names_is_shown() -> None:
    table = Escalation()
    records = [
        record(DUTY, MET), record(DUTY, BREACHED), record("daily.error-logs", UNKNOWN),
        record("weekly.model-drift", Verdict.OVERDUE), record("daily.user-disputes", Verdict.WAIVED),
    ]  # fmt: skip
    found = list(decide(table, header("now", NOON), records, PLAN.__getitem__, (), NOON))
    assert [matter.duty.id for matter in found] == [DUTY, "daily.error-logs", "weekly.model-drift"]
    assert all((matter.rule, matter.closes, matter.passed_over) == (None, "", "") for matter in found)


# ---------------------------------------------------------------- how certain a breach is


@pytest.mark.parametrize(
    ("readings", "enough", "words"),
    [
        ([counted()], True, "gap was counted, not estimated, and is certain"),
        ([weighed(7_300)], True, "evidence 7,300 of the 7,300 needed family-wise over 1 stream"),
        (
            [{"a": weighed(8_000), "b": weighed(1)}],
            False,
            "8,000 of the 14,600 needed family-wise over 2 streams",
        ),
        ([{"a": weighed(14_600), "b": weighed(1)}], True, "evidence 14,600 of the 14,600 needed"),
        ([{"a": weighed(8_000), "b": Unseen(cause=Cause.TOO_FEW, detail="d")}], False, "over 2 streams"),
        ([weighed(10, reached=1e9)], False, "evidence 10 of the 7,300"),
        ([weighed(math.nan, reached=1e9)], False, "evidence not a number"),
        ([weighed(1, threshold=0)], False, "of the 0 needed"),
        ([weighed(1)], False, "no judgement of it is breached"),
        ([], False, "no judgement of it is breached"),
    ],
)
def test_only_what_is_counted_or_reaches_the_family_wise_threshold_is_certain(
    readings: list[object], enough: bool, words: str
) -> None:
    found = certainty(record(DUTY, BREACHED, "r.", NOON, *readings))
    assert (found.enough, words in found.told) == (enough, True), found.told


def test_an_interval_of_one_look_and_a_waived_breach_are_not_certain() -> None:
    from dataclasses import replace

    interval = replace(weighed(1), evidence=None)
    assert "the interval of a single look" in certainty(record(DUTY, BREACHED, "r.", NOON, interval)).told
    assert not certainty(record(DUTY, BREACHED, "r.", NOON, interval)).enough
    assert not certainty(record(DUTY, Verdict.WAIVED, "r.", NOON, counted())).enough


# ---------------------------------------------------------------- words


@given(st.text(max_size=300))
def test_whatever_a_node_says_becomes_one_inert_line(text: str) -> None:
    line = inert(text, 100)
    assert len(line) <= 100
    assert len(line.splitlines()) <= 1
    assert line == inert(line, 100)
    assert not set(line) & set("<>[]{}`*@#!&|~^$\\\r\n\t\u200b\u202e")
    assert "://" not in line


@pytest.mark.parametrize(
    ("hostile", "line"),
    [
        ("a\r\nVerdict: MET", "a Verdict: MET"), ("a\u2028b\u0085c", "a b c"),
        ("score_shift[party] is 3", "score_shift(party) is 3"),
        ("<b>[x](https://evil.example/y)", "‹b›(x)(https:·/evil.example/y)"), ("WWW.evil.example", "WWW·evil.example"),
        ("__loud__ *x* `y` @all #1", "-loud- ·x· 'y' ·all ·1"), ("\u202eMET", "·MET"), ("\ud800", "·"),
        ("Müller, 東京 ≤ 2 %", "Müller, 東京 ≤ 2 %"),
    ],
)  # fmt: skip
def test_markup_links_mentions_and_forged_lines_are_taken_apart(hostile: str, line: str) -> None:
    assert inert(hostile) == line


def test_what_is_long_is_cut() -> None:
    assert inert("x" * 10_000_000) == "x" * 1_199 + "…"


# ---------------------------------------------------------------- memory and evidence


def test_a_torn_line_of_the_memory_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    memory = Notices(tmp_path, "here")
    memory.note(folder, told(1))
    memory.note(folder, told(0))
    with (folder / NAME).open("a") as file:
        file.write('{"event": "sent", "tar')
    assert memory.recall(folder) == (told(0), told(1))
    assert Notices(tmp_path, "elsewhere").recall(folder) == ()
    assert Notices(tmp_path / "other", "here").recall(folder) == (told(0), told(1)), "a run kept outside knows its own"


def _hold(reports: Path, held: object) -> None:
    with Notices(reports, "here").alone():
        held.set()  # type: ignore[attr-defined]
        sleep(0.3)


def test_two_at_once_wait_for_one_another(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("spawn")
    held = fork.Event()
    other = fork.Process(target=_hold, args=(tmp_path, held))
    other.start()
    assert held.wait(20)
    begun = monotonic()
    with Notices(tmp_path, "here").alone():
        waited = monotonic() - begun
    other.join(20)
    assert other.exitcode == 0
    assert waited > 0.1


def test_a_part_of_a_cadence_is_whole_when_it_says_what_was_left_out(tmp_path: Path) -> None:
    made = telling.repository(tmp_path / "r")
    left_out = ("partial run: daily.two, daily.x left out on the command line",)
    both = ("heartbeat.one", "daily.two")
    folder = telling.run(made, NOON, record("heartbeat.one", MET), due=both, notes=left_out)
    assert list(intact.doubts(folder, results.read(folder))) == []
    like = ("partial run: daily.two-more left out on the command line",)
    folder = telling.run(made, NOON + HOUR, record("heartbeat.one", MET), due=both, notes=like)
    assert list(intact.doubts(folder, results.read(folder))) == ["no record of daily.two, which was due"]
