"""Quarterly tasks, row 2: the quarter's transparency report is public, is what the evidence says, and is approved."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fixtures.attestations import Keep
from fixtures.disclosure import History, Release
from junzi_audit import Judge, obligation
from junzi_audit.declared.disclosed import Transparency
from junzi_audit.measures import countersigned, disclosure, released
from junzi_audit.model import Obligation, Quorum
from junzi_audit.probes.attestations import Attestations
from junzi_audit.probes.decisions import Decisions
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.reports import Reports
from junzi_audit.seen.disclosure import SETTLING


@obligation("quarterly.transparency-report")
def test_the_quarters_report_is_public_and_true(
    reports: Reports, transparency_table: Transparency, decisions: Decisions, feed: Feed, history: History,
    prepared_before: Callable[[], Mapping[str, str]], release: Release, pack: Keep, attestations: Attestations,
    quorums: Mapping[str, Quorum], duty: Obligation, now: datetime, judge: Judge,
) -> None:  # fmt: skip
    owed = disclosure.owed(now, transparency_table, timed=decisions.timed)
    quarter = owed[0]
    published = reports.of(quarter)
    computed = disclosure.report(
        quarter, transparency_table,
        decided=decisions.groups(quarter.begin, quarter.end, maturity=SETTLING).counts,
        pairs=feed.validation(), disputes=feed.disputes(quarter.begin, now), past=history(quarter),
    )  # fmt: skip
    evidence = release(released.remembered(computed, published, prepared_before()))
    pack(evidence.pack())
    told = attestations.of(duty.id, countersigned.subjects(evidence, published))
    shown = (*released.charts(evidence, published), released.compared(evidence, published))

    judge(
        figures_differing=released.figures_differing(evidence, published, *shown),
        figures_missing=released.figures_missing(evidence, published),
        digest_mismatches=released.digest_mismatches(evidence, published),
        approvals_missing=countersigned.approvals_missing(told, quorums, duty.owner, evidence, published, now),
        days_unpublished=released.days_unpublished(owed, reports.listed(), now),
    )
