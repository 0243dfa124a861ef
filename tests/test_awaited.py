"""A figure that people have not given yet: awaited while there is time, then overdue, and told as such everywhere."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.findings import Awaited, Exhibit, Record, census
from junzi_audit.limits import judge, reason_of, verdict_of
from junzi_audit.model import Bound, Limit, Verdict
from junzi_audit.outcome import Outcome
from junzi_audit.plan import load
from junzi_audit.report import figures, terminal
from junzi_audit.run import EXIT
from junzi_audit.verdicts import judged
from tests import test_report_sample as sample
from tests.signing import NOW
from tests.synthetic import ROOT, Repository

LIMIT = Limit(
    name="days_unreviewed", bound=Bound(comparator="<=", value=7), unit="days", meaning="m", source="plan: weekly"
)
TABLE = Exhibit(title="T", caption="", columns=("a",), rows=((1,),))
PLAN = load(ROOT / "obligations")


def awaited(value: float) -> Awaited:
    return Awaited(since=NOW - timedelta(days=3), value=value, detail="nobody signed", exhibits=(TABLE,))


@pytest.mark.parametrize(
    ("value", "verdict", "words"),
    [
        (
            3,
            Verdict.AWAITING,
            "days_unreviewed waits for people: 3 days since 2026-03-01, limit ≤ 7 days; nobody",
        ),
        (7, Verdict.AWAITING, "waits for people"),
        (7.01, Verdict.OVERDUE, "was not answered in time: 7.01 days"),
        (math.inf, Verdict.OVERDUE, "was not answered in time"),
        (math.nan, Verdict.OVERDUE, "was not answered in time"),
    ],
)
def test_people_are_awaited_while_the_bound_holds_and_overdue_afterwards(
    value: float, verdict: Verdict, words: str
) -> None:
    (judgement,) = judge(LIMIT, awaited(value))
    assert judgement.verdict is verdict
    assert words in judgement.reason


def test_the_worst_decides_and_its_reason_is_told() -> None:
    judgements = judge(LIMIT, {"W9": census(1, n=1), "W8": awaited(8), "W7": awaited(2)})
    assert verdict_of(judgements) is Verdict.OVERDUE
    assert reason_of(judgements).startswith("days_unreviewed[W8] was not answered in time")
    assert verdict_of((*judgements, *judge(LIMIT, census(9, n=1)))) is Verdict.BREACHED


def test_a_check_may_hand_it_over_alone_or_among_others() -> None:
    duty = PLAN["weekly.bias-audit-summary"]
    found = judged(duty, {"days_unreviewed": {"W9": awaited(1)}, "rejections": lambda: awaited(0)})
    assert [each.verdict for each in found] == [Verdict.AWAITING, Verdict.AWAITING]


def record(value: float) -> Record:
    outcome = Outcome.judged(PLAN["weekly.bias-audit-summary"], judge(LIMIT, awaited(value)))
    return outcome.record(waiver=None, now=NOW, started=NOW, seconds=0.1, observations=(), baselines=())


def test_a_line_of_results_gives_it_back() -> None:
    again = results.decode(results.encode(record(8)))
    assert again == record(8)
    assert isinstance(again, Record)
    assert isinstance(again.judgements[0].reading, Awaited)
    assert again.cause is None


@pytest.mark.parametrize(("value", "verdict"), [(3, Verdict.AWAITING), (8, Verdict.OVERDUE)])
def test_the_report_and_the_terminal_say_what_is_waited_for(value: float, verdict: Verdict) -> None:
    made = record(value)
    (figure,) = figures.build(made.judgements)
    assert (figure.verdict, figure.n, figure.detail) == (verdict, "–", "nobody signed")
    assert figure.measured == f"not given yet: {value} days so far"

    duty = PLAN["weekly.bias-audit-summary"]
    end = sample.ending([made])
    (line, *_) = terminal.summary([duty], sample.header(due=(duty.id,)), [made], end, 200, False)
    assert line.split()[1] == verdict
    assert made.reason.replace("days_unreviewed", "days unreviewed") in line


@pytest.mark.parametrize(("value", "verdict"), [(1, Verdict.AWAITING), (2, Verdict.OVERDUE)])
def test_both_end_a_run_with_their_own_status(value: float, verdict: Verdict, tmp_path: Path) -> None:
    made = Repository(tmp_path / "r").duty(
        "daily.one",
        f"judge(bad=Awaited(since=utc('2026-03-01T00:00:00Z'), value={value}, detail='nobody signed'))",
        before="from junzi_audit.findings import Awaited\nfrom junzi_audit.model import utc\n\n",
    )
    audited = made.audit("-m", "daily", "--target", "embedded")
    assert audited.status == EXIT[verdict] == 21, audited.said
    assert audited.last["one"].verdict is verdict
    assert f"{verdict}: bad " in audited.said
    assert "nobody signed" in (audited.folder / "report.html").read_text()
