"""The summary for a terminal fits its width, aligns, and lets no name from the node move the cursor."""

from __future__ import annotations

import pytest

from junzi_audit import wording
from junzi_audit.findings import Unseen, census
from junzi_audit.model import Cause, Verdict
from junzi_audit.report import terminal
from tests import test_report_sample as sample


def lines(width: int = 120, colour: bool = False, records=None, end="", **header) -> list[str]:
    records = sample.records() if records is None else records
    end = sample.ending(records) if end == "" else end
    return terminal.summary(sample.PLAN, sample.header(**header), records, end, width, colour)


def test_one_line_per_duty_due_in_the_plans_order_and_the_whole_last() -> None:
    made = lines()
    for line, duty in zip(made, sample.DUE, strict=False):
        assert line[15:].startswith(duty.id)
    assert made[0] == "✗ BREACHED     weekly.source-integrity    altered share 8.6% vs ≤ 2% (between 7.1% and 10.4%)"
    assert made[1].endswith("queue backlog 4,211 items vs ≤ 1,000 +1 more")
    assert "in truth BREACHED: parity difference 0.14 vs ≤ 0.1" in made[3]
    assert made[-2].startswith("✗ BREACHED     1 of 7 duties met; 2 breached; 1 could not be judged;")


@pytest.mark.parametrize("width", [44, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width) -> None:
    for made in (lines(width), lines(width, records=sample.hostile()), lines(width, records=(), end=None)):
        assert max(terminal._columns(line) for line in made) <= width


def test_colour_is_only_there_when_asked_for() -> None:
    assert "\x1b" not in "".join(lines())
    assert lines(colour=True)[0].startswith("\x1b[1;31m✗ BREACHED    \x1b[0m weekly")


def test_a_stopped_run_says_so_and_names_what_it_did_not_reach() -> None:
    made = lines(records=sample.records()[-1:], end=None)
    assert "INCOMPLETE RUN: it stopped before finishing; 1 of 7 duties were judged." in made
    assert made[0].endswith("not run: The run stopped before this duty.")
    assert made[-2].startswith("? INCONCLUSIVE 1 of 7")


def test_what_could_not_be_seen_is_told_with_its_cause() -> None:
    unseen = Unseen(cause=Cause.UNREACHABLE, detail="connection refused")
    judged = sample.judgement(sample.SLOW, Verdict.INCONCLUSIVE, unseen)
    made = sample.record(
        "weekly.load", Verdict.INCONCLUSIVE, judged, reason="The node did not answer.", cause=Cause.UNREACHABLE
    )
    assert lines(records=(made,), due=("weekly.load",))[0].endswith("unreachable: The node did not answer.")


@pytest.mark.parametrize("width", [66, 80, 100])
def test_a_figure_is_always_named(width) -> None:
    judged = sample.judgement(sample.DAYS, Verdict.MET, census(22, n=1), "the register of open bias findings")
    made = sample.record("weekly.bias-audit-summary", Verdict.MET, judged)
    line = lines(width, records=(made,), due=("weekly.bias-audit-summary",))[0]
    assert line.split("summary")[1].strip().startswith("days u")
    assert "22 days" in line


def test_at_eighty_columns_the_cause_comes_first() -> None:
    line = lines(80)[2]
    assert line.startswith("? INCONCLUSIVE weekly.model-drift")
    assert line.split("model-drift")[1].strip().startswith("too few")


@pytest.mark.parametrize(
    ("value", "unit", "bound", "told"),
    [
        (1, "versions", 0, "1 version vs ≤ 0"),
        (1, "things", 0, "1 thing vs ≤ 0"),
        (2, "queries", 1, "2 queries vs ≤ 1"),
        (1, "replies", 1, "1 reply vs ≤ 1"),
        (1, "breaches", 1, "1 breach vs ≤ 1"),
        (1, "ms", 1, "1 ms vs ≤ 1"),
        (0.01148, "min", 15, "0.689 s vs ≤ 15 min"),
        (1.5, "min", 15, "1.5 min vs ≤ 15 min"),
        (1.01e-11, "ratio", 1, "< 0.0001 ratio vs ≤ 1"),
        (2e-5, "ratio", 1e-5, "2e-05 ratio vs ≤ 1e-05"),
    ],
)
def test_figures_are_told_in_plain_words(value, unit, bound, told) -> None:
    limit = sample.limit("age_of_it", f"<= {bound}", unit, "Age")
    made = sample.record("weekly.load", Verdict.MET, sample.judgement(limit, Verdict.MET, census(value, n=1)))
    assert lines(200, records=(made,), due=("weekly.load",))[0].endswith(f"age of it {told}")


def test_bounds_are_told_in_full_with_their_unit() -> None:
    bounds = [("<= 15", "min"), ("<= 1", "alerts"), ("<= 1", "breaches and waivers"), ("<= 0.02", "share")]
    told = [wording.bound_in_full(sample.limit("x", *each, "X").bound, each[1]) for each in bounds]
    assert told == ["≤ 15 min", "≤ 1 alert", "≤ 1 breaches and waivers", "≤ 2%"]


def test_names_from_the_node_cannot_steer_the_terminal() -> None:
    made = "\n".join(lines(400, records=sample.hostile(), due=("weekly.source-integrity",), run=sample.HOSTILE))
    made.encode("utf-8")
    assert "⟦U+001B⟧[31m" in made
    assert all(each.isprintable() or each == "\n" for each in made)
