"""The figures of a transparency report: by hand, small cells withheld, and nobody's words in it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from junzi_audit.declared.disclosed import Transparency, mistakes
from junzi_audit.declared.logged import Decisions
from junzi_audit.measures import disclosure
from junzi_audit.model import DAY, Cause, Environment, Unobservable, utc
from junzi_audit.report import disclosure as files
from junzi_audit.seen.disclosure import (
    ALONE,
    NO_RECORD,
    NO_RUN,
    UNDEFINED,
    WITHHELD,
    Disclosure,
    Figure,
    Look,
    Past,
    settled,
)
from tests.disclosing import COUNTS, QUARTER, TABLE, dispute, pairs, report
from tests.grouped import labelled

HOSTILE = ("<script>alert(1)</script>", "=HYPERLINK(1)", "Jane Doe, 555-0199", "party=A", "\u202eevil", "\x1b[31m")


def told(found: Disclosure, figure: str, group: str = "") -> Figure:
    (one,) = (each for each in found.figures if (each.figure, each.group) == (figure, group))
    return one


def value(found: Disclosure, figure: str, group: str = "") -> float | None:
    return told(found, figure, group).value


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ("2026-10-14T23:59:59Z", ["2026-Q2", "2026-Q1"]),  # the third quarter is over, and has not settled
        ("2026-10-15T00:00:00Z", ["2026-Q3", "2026-Q2"]),
        ("2026-01-20T00:00:00Z", ["2025-Q4", "2025-Q3"]),
        ("2028-02-29T12:00:00Z", ["2027-Q4", "2027-Q3"]),
    ],
)
def test_a_quarter_is_told_once_its_figures_stand(now: str, names: list[str]) -> None:
    found = settled(utc(now), 2)
    assert [quarter.name for quarter in found] == names
    assert found[0].begin == found[1].end
    assert all((each.begin.day, each.begin.month % 3, each.begin.hour) == (1, 1, 0) for each in found)


def test_no_quarter_is_owed_before_the_first_or_without_times() -> None:
    assert len(disclosure.owed(QUARTER.as_of, TABLE, timed=True)) == 2
    first = Transparency(groups=TABLE.groups, first=QUARTER.begin.date())
    assert disclosure.owed(QUARTER.as_of, first, timed=True) == (QUARTER,)
    for now, timed, cause in ((QUARTER.end, True, Cause.TOO_FEW), (QUARTER.as_of, False, Cause.UNDEFINED)):
        with pytest.raises(Unobservable) as caught:
            disclosure.owed(now, first, timed=timed)
        assert caught.value.cause is cause


def test_the_rates_are_those_that_one_works_out_by_hand() -> None:
    found = report()
    assert value(found, "selection rate", "party=A") == round(350 / 900, 4)
    assert told(found, "selection rate", "party").n == 1350
    assert value(found, "false positive rate", "party=C") == round(30 / 90, 4)
    assert value(found, "false negative rate", "party=B") == 0.2
    assert value(found, "false negative rate gap", "party") == round(20 / 60 - 20 / 100, 4)
    assert told(found, "false negative rate gap", "party").n == 560


def test_detection_is_precision_recall_and_f1() -> None:
    found = report()
    assert (value(found, "precision"), value(found, "recall"), value(found, "F1")) == (0.6667, 0.6667, 0.6667)
    empty = told(report(pairs=pairs((False, False))), "precision")
    assert (empty.value, empty.n, empty.why_not) == (None, None, UNDEFINED)


def test_a_dispute_counts_as_it_stood_at_the_reports_instant() -> None:
    late, before = QUARTER.as_of, QUARTER.as_of - DAY
    closed: dict[str, Any] = {"resolved_at": before, "ruling": "upheld"}
    rows = [dispute(n, **closed) for n in range(10)] + [
        dispute(n, **closed | {"ruling": "dismissed"}) for n in range(10)
    ]
    rows += [dispute(n, **closed | {"resolved_at": late}) for n in range(20)]
    rows += [dispute(n, escalated_at=before) for n in range(11)] + [dispute(n, escalated_at=late) for n in range(30)]
    rows += [dispute(n, submitted_at=at) for n, at in enumerate((QUARTER.begin - DAY, QUARTER.end, late))]
    found = report(disputes=rows)
    stages = ("submitted", "resolved", "escalated", "overturned")
    assert [value(found, stage, "severity") for stage in stages] == [81, 20, 11, 10]
    rows = [dispute(n, **closed | {"ruling": "partial"}) for n in range(10)]
    assert value(report(disputes=rows), "overturned", "severity") == 10
    rows = [dispute(n, **closed | {"ruling": None}) for n in range(10)]
    assert value(report(disputes=rows), "resolved", "severity") is None


def test_a_small_severity_takes_another_with_it() -> None:
    rows = [dispute(n, severity=s) for s, many in (("high", 40), ("medium", 20), ("low", 9)) for n in range(many)]
    found = report(disputes=rows)
    shown = {group: value(found, "submitted", group) for group in ("severity", "severity=high", "severity=medium")}
    assert shown == {"severity": 69, "severity=high": 40, "severity=medium": None}
    assert told(found, "submitted", "severity=low").why_not == WITHHELD
    assert told(report(disputes=rows[-9:]), "submitted", "severity").why_not == WITHHELD


def test_a_small_group_is_told_by_no_figure_and_by_no_difference() -> None:
    small = labelled({"A": (400, 300), "B": (100, 80), "C": (9, 5)}, {"A": (500, 50), "B": (200, 40), "C": (90, 30)})
    found = report(small)
    for rate in ("selection rate", "false positive rate", "false negative rate"):
        assert value(found, rate, "party=A") is not None
        assert [told(found, rate, f"party={group}").why_not for group in "BC"] == [WITHHELD, WITHHELD]
        assert value(found, rate, "party") is not None
        assert told(found, f"{rate} gap", "party").why_not == ALONE


def test_rates_near_none_or_all_are_small_cells_too() -> None:
    rare = labelled({"A": (400, 300), "B": (100, 80)}, {"A": (500, 50), "B": (200, 4)})
    assert value(report(rare), "false positive rate", "party=B") is None
    nearly_all = labelled({"A": (400, 300), "B": (100, 97)}, {"A": (500, 50), "B": (200, 40)})
    assert value(report(nearly_all), "false negative rate", "party=B") is None


def test_nothing_at_all_is_withheld_and_never_invented() -> None:
    found = report(labelled({}, {}), disputes=[], pairs=())
    assert {each.value for each in found.figures} == {None}
    assert all(each.why_not and each.n is None for each in found.figures)


def test_what_a_node_says_is_in_no_label() -> None:
    groups = dict.fromkeys(("A", "B", *HOSTILE), (100, 80))
    found = report(labelled(groups, dict.fromkeys(groups, (200, 40))))
    labels = {each.group for each in found.figures if each.section == "bias"}
    assert labels == {"party", "party=A", "party=B", "party=other"}
    assert told(found, "selection rate", "party=other").n == 300 * len(HOSTILE)
    written = [found.pack().body.decode(), files.as_csv(found), files.page(found, Environment.EMBEDDED)]
    assert not [text for text in written for word in (*HOSTILE[:3], *HOSTILE[4:], "SECRET") if word in text]
    assert all(text.isascii() for text in written[:2])


def test_whatever_no_run_looked_at_is_said_so() -> None:
    found = report()
    for figure, why in (
        ("looks at availability", NO_RUN),
        ("scores unexplained", NO_RUN),
        ("meetings of the board", NO_RECORD),
    ):
        assert (value(found, figure), told(found, figure).why_not) == (None, why)


def look(duty: str, day: int, outcome: str = "met", **figures: float) -> Look:
    return Look(
        duty=duty, started=QUARTER.begin + day * DAY, breached=outcome == "breached", met=outcome == "met",
        figures=figures, n=dict.fromkeys(figures, 7),
    )  # fmt: skip


def test_earlier_runs_tell_downtime_drift_and_the_random_audit() -> None:
    drift = [
        look(disclosure.DRIFT, day, word) for day, word in enumerate(("breached", "unknown", "met", "met", "breached"))
    ]
    looks = (
        *drift, look(disclosure.AVAILABILITY, 1, "breached"), look(disclosure.AVAILABILITY, 2),
        look(disclosure.RECOVERY, 3, rto_share=0.25, rpo_share=0.5), look(disclosure.RECOVERY, 4, rto_share=0.123456),
        look(disclosure.REVIEW, 5, wrong_contradictions=0.04), look(disclosure.REVIEW, 6, unexplained_scores=3),
    )  # fmt: skip
    found = report(past=Past(looks=looks, approved=1, meetings=3, decided=2))
    seen = {each.figure: each.value for each in found.figures if each.group == "" and each.section != "detection"}
    assert seen == {
        "API descriptions approved": 1, "looks at availability": 2, "looks at availability that breached": 1,
        "recovery point, longest": 0.5, "recovery time, longest": 0.25, "breaches mended": 1,
        "looks at model drift": 5, "looks at model drift that breached": 2, "contradictions not upheld": 0.04,
        "scores unexplained": 3, "duties decided by name": 2, "meetings of the board": 3,
    }  # fmt: skip
    assert all(not each.why_not for each in found.figures if each.figure in seen)


def test_the_document_is_the_same_bytes_and_reads_back() -> None:
    found = report()
    assert found.pack().digest == report().pack().digest
    content = json.loads(found.pack().body)
    assert set(content) == {"what", "quarter", "since", "until", "as_of", "smallest_cell", "figures"}
    assert content["as_of"] == "2026-10-15T00:00:00.000Z"
    keys = [(each["section"], each["figure"], each["group"]) for each in content["figures"]]
    assert keys == sorted(set(keys))


def test_the_page_needs_nothing_else_and_says_whose_figures_these_are() -> None:
    page = files.page(report(), Environment.EMBEDDED)
    assert "Whose figures these are" in page
    assert "Whose figures these are" not in files.page(report(), Environment.LIVE)
    assert not [word for word in ("<script", "src=", "@import", "url(", "<link", "http://") if word in page]
    assert page.count("<table") == page.count("<caption>") == len(report().tables) == 8


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (Transparency(), "missing"),
        (Transparency(groups={"party": ("A",), "partei": ("B",)}), "no attribute"),
        (Transparency(groups={"party": ("A", "<b>")}), "plain word"),
        (Transparency(groups={"party": ("A", "other")}), "plain word"),
        (Transparency(groups={"party": ("A", "A")}), "twice"),
        (Transparency(groups={"party": ("A",)}, smallest=2), "smallest"),
        (Transparency(groups={"party": ("A",)}, first=date(2026, 2, 1)), "first day"),
    ],
)
def test_a_table_that_could_name_somebody_is_refused(table: Transparency, word: str) -> None:
    log = Decisions(attributes=("party", "party x region"))
    assert any(word in sentence for sentence in mistakes(table, log))
    assert not [*mistakes(TABLE, log)]
    assert COUNTS.rows == 1350
