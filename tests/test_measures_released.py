"""What was released, held against the evidence: every kind of difference, every approval that does not count."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from junzi_audit.findings import Awaited, Measurement
from junzi_audit.limits import judge
from junzi_audit.measures import countersigned, released
from junzi_audit.model import DAY, Bound, Limit, Obligation, Quorum, Verdict
from junzi_audit.plan import load
from junzi_audit.seen.attested import Attestation, Attested, Decision, Signature
from junzi_audit.seen.disclosure import NO_RUN, Disclosure, Past, Published, Quarter
from tests.audited import ROOT
from tests.disclosing import NOW, QUARTER, altered, listed, published, report
from tests.judging import verdict
from tests.signing import attestation, attested

MET, BREACHED, AWAITING, OVERDUE = Verdict.MET, Verdict.BREACHED, Verdict.AWAITING, Verdict.OVERDUE
PLAN = load(ROOT / "obligations")
DUTY: Obligation = PLAN["quarterly.transparency-report"]
BOARD, BIAS, FEEDBACK = DUTY.quorums
EVIDENCE = report()


def census(reading: Any) -> Measurement:
    assert isinstance(reading, Measurement)
    return reading


def test_an_honest_report_differs_in_nothing() -> None:
    told = published(EVIDENCE)
    for measure in (released.figures_differing, released.figures_missing, released.digest_mismatches):
        assert verdict(measure(EVIDENCE, told)) is MET
    assert {row[-1] for row in released.compared(EVIDENCE, told).rows} == {"same"}


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("party", {"value": 0.2592}),
        ("party=A", {"n": 901}),
        ("party=A", {"value": None, "n": None, "why_not": "a secret of Jane Doe"}),
    ],
)
def test_a_figure_changed_in_any_part_is_found(group: str, change: dict[str, Any]) -> None:
    told = published(altered(EVIDENCE, "selection rate", group, **change))
    differing, missing = released.figures_differing(EVIDENCE, told), released.figures_missing(EVIDENCE, told)
    assert census(differing).value + census(missing).value == 1
    assert verdict(missing if change.get("value", 0) is None else differing) is BREACHED
    assert verdict(released.digest_mismatches(EVIDENCE, told)) is MET


def test_a_withheld_or_unseen_figure_that_is_told_all_the_same_differs() -> None:
    for figure, group in (("submitted", "severity=low"), ("looks at availability", "")):
        told = published(altered(EVIDENCE, figure, group, value=3, n=3, why_not=""))
        assert census(released.figures_differing(EVIDENCE, told)).value == 1
    told = published(altered(EVIDENCE, "looks at availability", "", why_not="all was well"))
    assert verdict(released.figures_differing(EVIDENCE, told)) is BREACHED


def test_a_figure_that_nobody_knows_and_one_told_twice_differ() -> None:
    extra = replace(EVIDENCE.figures[0], group="party=Jane Doe")
    told = replace(EVIDENCE, figures=(*EVIDENCE.figures, extra))
    assert census(released.figures_differing(EVIDENCE, published(told))).value == 1
    told = replace(EVIDENCE, figures=(*EVIDENCE.figures, EVIDENCE.figures[0]))
    assert "twice" in census(released.figures_differing(EVIDENCE, published(told))).detail


def test_figures_left_out_are_missing_and_a_whole_section_too() -> None:
    fewer = replace(EVIDENCE, figures=tuple(each for each in EVIDENCE.figures if each.section != "drift"))
    assert census(released.figures_missing(EVIDENCE, published(fewer))).value == 3
    assert census(released.figures_differing(EVIDENCE, published(fewer))).value == 0


def test_other_terms_than_those_of_the_evidence_differ() -> None:
    for change in ({"as_of": NOW}, {"smallest_cell": 3}, {"quarter": "2026-Q2"}):
        told = published(replace(EVIDENCE, **change))
        assert verdict(released.figures_differing(EVIDENCE, told)) is BREACHED


def test_a_file_that_is_not_there_lacks_all_and_proves_nothing() -> None:
    told = published(EVIDENCE, body=None, sha256="", disclosure=None)
    assert census(released.figures_missing(EVIDENCE, told)).value == len(EVIDENCE.figures)
    assert verdict(released.figures_differing(EVIDENCE, told)) is Verdict.INCONCLUSIVE
    assert verdict(released.digest_mismatches(EVIDENCE, told)) is Verdict.INCONCLUSIVE


def test_the_list_the_json_and_the_csv_must_agree() -> None:
    whole = published(EVIDENCE)
    body = EVIDENCE.pack().body
    leaky = body.replace(b'"what"', b'"who": "Jane Doe",\n "what"')
    rows = list(whole.rows or ())
    for told in (
        replace(whole, listed=listed("0" * 64)),
        published(EVIDENCE, body=leaky, sha256="", listed=listed("")),
        replace(whole, rows=None),
        replace(whole, rows=()),
        replace(whole, rows=tuple(rows[:-1])),
        replace(whole, rows=(*rows[:5], (*rows[5][:3], "0.9999", *rows[5][4:]), *rows[6:])),
        replace(whole, rows=(*rows[:5], (*rows[5][:6], "=cmd()"), *rows[6:])),
    ):
        assert census(released.digest_mismatches(EVIDENCE, told)).value == 1


def test_what_can_no_longer_be_computed_is_as_the_run_had_it_that_prepared_the_very_bytes() -> None:
    then = altered(altered(EVIDENCE, "precision", "", value=0.9), "looks at availability", "", value=9, n=9, why_not="")
    told = published(then)
    packs = {told.sha256: then.pack().body.decode()}
    assert verdict(released.figures_differing(EVIDENCE, told)) is BREACHED
    assert verdict(released.figures_differing(released.remembered(EVIDENCE, told, packs), told)) is MET
    # What can be computed again is, whatever an earlier run had.
    lied = published(altered(then, "selection rate", "party", value=0.1))
    packs = {lied.sha256: lied.body.decode() if lied.body else ""}
    assert census(released.figures_differing(released.remembered(EVIDENCE, lied, packs), lied)).value == 1
    for nothing in ({}, {told.sha256: "no JSON"}):
        assert released.remembered(EVIDENCE, told, nothing) == EVIDENCE
    assert released.remembered(EVIDENCE, None, packs) == EVIDENCE


def days(listed_: Any, now: datetime) -> dict[str, Verdict]:
    before = Quarter(begin=QUARTER.begin.replace(month=4), end=QUARTER.begin)
    limit = Limit(name="d", bound=Bound(comparator="<=", value=45), unit="days", meaning="", source="")
    found = judge(limit, released.days_unpublished((QUARTER, before), listed_, now))
    return {each.stream: each.verdict for each in found}


def test_a_report_is_awaited_while_there_is_time_and_then_overdue() -> None:
    early = listed(
        period_start=QUARTER.begin.replace(month=4), period_end=QUARTER.begin, published_at=QUARTER.begin + 14 * DAY
    )
    assert days([listed(), early], NOW) == {"2026-Q3": MET, "2026-Q2": MET}
    assert days([early], NOW) == {"2026-Q3": AWAITING, "2026-Q2": MET}
    assert days([early], QUARTER.end + 46 * DAY) == {"2026-Q3": OVERDUE, "2026-Q2": MET}
    assert days([], NOW) == {"2026-Q3": AWAITING, "2026-Q2": OVERDUE}
    assert days([listed(published_at=QUARTER.end + 46 * DAY)], QUARTER.end + 50 * DAY)["2026-Q3"] is BREACHED
    assert days([listed(published_at=NOW + DAY)], NOW)["2026-Q3"] is AWAITING
    assert days([listed(period_end=QUARTER.end - DAY)], NOW)["2026-Q3"] is AWAITING


@pytest.mark.parametrize("day", [QUARTER.begin, QUARTER.end + DAY, QUARTER.as_of - DAY / 86_400])
def test_a_report_that_claims_a_day_before_its_figures_stood_was_not_published(day: datetime) -> None:
    for now, told in ((NOW, AWAITING), (QUARTER.end + 46 * DAY, OVERDUE)):
        assert days([listed(published_at=day)], now)["2026-Q3"] is told
    told = published(EVIDENCE)
    early = replace(told, listed=replace(told.listed, published_at=day))
    differing = census(released.figures_differing(EVIDENCE, early))
    assert (differing.value, differing.detail) == (1, "published_at, before the figures stood")


@pytest.mark.parametrize("cell", ["{:.5f}", " {}", "{} ", "+{}", "{}e0", "{:e}", "0{}", "1_0", "\u0660"])
def test_a_number_of_the_csv_is_written_as_in_the_json(cell: str) -> None:
    whole = published(EVIDENCE)
    header, *rows = whole.rows or ()
    at = next(at for at, figure in enumerate(EVIDENCE.figures) if figure.value)
    rows[at] = (*rows[at][:3], cell.format(EVIDENCE.figures[at].value), *rows[at][4:])
    assert census(released.digest_mismatches(EVIDENCE, replace(whole, rows=(header, *rows)))).value == 1


def signed(body: str, subject: str, **change: Any) -> Attestation:
    quorum = DUTY.quorums[body]
    people = tuple(Signature(who=f"{body} {role}", role=role) for role in quorum.roles)
    given = {"duty": DUTY.id, "subject": subject, "date": QUARTER.as_of, "expires": NOW + DAY, "signatures": people}
    return replace(attestation(), **{**given, "body": "" if body == BOARD else body, **change})


def approvals(told: Attested, release: Published | None, now: datetime = NOW) -> dict[str, Verdict]:
    found = countersigned.approvals_missing(told, DUTY.quorums, DUTY.owner, EVIDENCE, release, now)
    return {body: verdict(reading) for body, reading in found.items()}


def test_each_body_must_approve_the_very_bytes() -> None:
    told = published(EVIDENCE)
    three = [signed(body, told.sha256) for body in DUTY.quorums]
    assert approvals(attested(*three), told) == dict.fromkeys(DUTY.quorums, MET)
    assert approvals(attested(replace(three[0], body=BOARD), *three[1:]), told)[BOARD] is MET
    assert approvals(attested(*three[:2]), told) == {BOARD: MET, BIAS: MET, FEEDBACK: BREACHED}
    assert set(approvals(attested(*three), published(altered(EVIDENCE, "recall", "", value=1.0))).values()) == {
        BREACHED
    }
    assert set(approvals(attested(), None).values()) == {AWAITING}
    assert set(approvals(attested(*three), None).values()) == {MET}
    assert countersigned.subjects(EVIDENCE, None) == countersigned.subjects(EVIDENCE, told) == (told.sha256,)


@pytest.mark.parametrize(
    "change",
    [
        {"body": BIAS},
        {"body": "Nobody's Council"},
        {"date": QUARTER.as_of - DAY},
        {"date": QUARTER.begin - 300 * DAY},
        {"decision": Decision.NOTED},
        {"decision": Decision.REJECTED},
        {"date": NOW + DAY, "expires": NOW + 9 * DAY},
        {"signatures": (Signature(who="Ada", role="chair"), Signature(who="ADA ", role="secretary"))},
        {"signatures": tuple(Signature(who=f"P{n}", role="engineer") for n in range(9))},
    ],
)
def test_an_approval_that_is_none_does_not_count(change: dict[str, Any]) -> None:
    told = published(EVIDENCE)
    assert approvals(attested(replace(signed(FEEDBACK, told.sha256), **change)), told)[FEEDBACK] is BREACHED


def test_an_approval_outlasts_its_expiry_and_not_a_later_rejection() -> None:
    told, later = published(EVIDENCE), NOW + 300 * DAY
    record = signed(BIAS, told.sha256)
    assert approvals(attested(record), told, later)[BIAS] is MET
    rejected = replace(record, decision=Decision.REJECTED, date=NOW, expires=NOW + DAY)
    assert approvals(attested(record, rejected), told, later)[BIAS] is BREACHED
    same_day = replace(rejected, date=record.date)
    assert approvals(attested(record, same_day), told, later)[BIAS] is BREACHED


def test_of_one_day_a_rejection_holds_whatever_its_hour() -> None:
    told = published(EVIDENCE)
    record = signed(BIAS, told.sha256, date=QUARTER.as_of + 0.4 * DAY)
    rejected = replace(record, decision=Decision.REJECTED, date=QUARTER.as_of)
    assert approvals(attested(record, rejected), told)[BIAS] is BREACHED
    assert approvals(attested(replace(record, date=QUARTER.as_of + DAY), rejected), told)[BIAS] is MET


def test_nobody_approves_for_two_bodies() -> None:
    told = published(EVIDENCE)
    names = ("Ada", "Ben", "Cy", "Dee")
    also = ("\u200bADA", "ben ", "Cy", "Dee")

    def by(body: str, who: Sequence[str], **change: Any) -> Attestation:
        roles = DUTY.quorums[body].roles
        return signed(
            body, told.sha256, signatures=tuple(Signature(who=n, role=r) for n, r in zip(who, roles, strict=False)),
            **change,
        )  # fmt: skip

    same = attested(by(BOARD, names), by(BIAS, also), by(FEEDBACK, names))
    assert approvals(same, told) == {BOARD: MET, BIAS: BREACHED, FEEDBACK: BREACHED}
    found = countersigned.approvals_missing(same, DUTY.quorums, DUTY.owner, EVIDENCE, told, NOW)
    assert "approved already: \u200bADA for the Ethical Governance Board" in census(found[BIAS]).detail
    one = attested(by(BOARD, names), by(BIAS, ("Eve", "Fay", "Guy")), by(FEEDBACK, ("Eve", "Hal", "Ida")))
    assert approvals(one, told) == {BOARD: MET, BIAS: MET, FEEDBACK: BREACHED}
    # Who only rejected, or approved nothing that counts, has lent nobody a name; and whoever rejects is always heard.
    rejected = by(BOARD, names, decision=Decision.REJECTED)
    assert approvals(attested(rejected, by(BIAS, names)), told)[BIAS] is MET
    assert approvals(attested(by(BOARD, names[:2]), by(BIAS, names)), told)[BIAS] is MET
    against = by(BIAS, names, decision=Decision.REJECTED, date=NOW - DAY)
    others = by(BIAS, ("Eve", "Fay", "Guy"))
    assert approvals(attested(by(BOARD, names), others, against), told)[BIAS] is BREACHED


def test_who_signed_for_another_body_only_as_one_more_is_free_to_approve_for_their_own() -> None:
    told = published(EVIDENCE)
    boards, councils = signed(BOARD, told.sha256), signed(BIAS, told.sha256)
    chair = councils.signatures[0]
    more = replace(boards, signatures=(replace(chair, role="chair"), *boards.signatures))
    assert approvals(attested(more, councils), told) == {BOARD: MET, BIAS: MET, FEEDBACK: BREACHED}
    needed = replace(boards, signatures=(replace(chair, role="chair"), *boards.signatures[1:]))
    assert approvals(attested(needed, councils), told) == {BOARD: MET, BIAS: BREACHED, FEEDBACK: BREACHED}


def test_meetings_are_the_quorate_and_minuted_ones_of_the_quarter() -> None:
    board = PLAN["monthly.governance-review"]
    quorum = board.quorum
    assert isinstance(quorum, Quorum)
    people = tuple(Signature(who=role, role=role) for role in quorum.roles)
    held = replace(
        attestation(),
        duty=board.id,
        date=QUARTER.begin,
        expires=NOW,
        signatures=people,
        decisions={"daily.one": "mended"},
    )
    for record, found in (
        (held, (1, 1)),
        (replace(held, minutes_sha256=""), (0, 0)),
        (replace(held, signatures=people[:2]), (0, 0)),
        (replace(held, date=QUARTER.end), (0, 0)),
    ):
        assert countersigned.meetings(attested(record), board, QUARTER) == found
    assert countersigned.meetings(attested(held), DUTY, QUARTER) == (0, 0)


def test_an_unpublished_report_waits_and_its_charts_tell_the_evidence() -> None:
    for measure in (released.figures_differing, released.figures_missing, released.digest_mismatches):
        reading = measure(EVIDENCE, None)
        assert isinstance(reading, Awaited)
        assert verdict(reading) is AWAITING
    titles = [each.title for each in released.charts(EVIDENCE, None)]
    assert titles == ["False positive rate by group", "False negative rate by group", "Disputes"]
    assert {row[2] for each in released.charts(EVIDENCE, None) for row in each.rows} == {None}
    rows = next(released.charts(EVIDENCE, published(EVIDENCE))).rows
    assert all(row[1] == row[2] for row in rows)
    told: Disclosure = report(past=Past())
    assert hashlib.sha256(told.pack().body).hexdigest() == EVIDENCE.pack().digest
    assert NO_RUN in told.pack().body.decode()
