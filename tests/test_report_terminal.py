"""The summary for a terminal fits its width, aligns, and lets no name from the node move the cursor."""

from __future__ import annotations

import pytest

from junzi_audit.findings import Unseen
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


def test_names_from_the_node_cannot_steer_the_terminal() -> None:
    made = "\n".join(lines(400, records=sample.hostile(), due=("weekly.source-integrity",), run=sample.HOSTILE))
    made.encode("utf-8")
    assert "⟦U+001B⟧[31m" in made
    assert all(each.isprintable() or each == "\n" for each in made)
