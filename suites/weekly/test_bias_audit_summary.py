"""Weekly tasks, row 2: the Council has reviewed the summary of each of the last two weeks' bias audits."""

from collections.abc import Mapping
from datetime import datetime

from fixtures.attestations import Keep
from fixtures.limits import Limits
from junzi_audit import Judge, obligation
from junzi_audit.measures import attestations as measures
from junzi_audit.measures import audit_summary
from junzi_audit.measures.audit_summary import DISPUTES, MATURING, WEEK
from junzi_audit.model import Obligation, Quorum
from junzi_audit.probes.attestations import Attestations
from junzi_audit.probes.decisions import Decisions
from junzi_audit.probes.feed import Feed
from junzi_audit.targets import Target


@obligation("weekly.bias-audit-summary")
def test_the_council_reviewed_each_weeks_summary_in_time(
    decisions: Decisions, feed: Feed, attestations: Attestations, duty: Obligation, duties: Mapping[str, Obligation],
    quorum: Quorum, pack: Keep, target: Target, limits: Limits, now: datetime, judge: Judge,
) -> None:  # fmt: skip
    # The week before last too: until its time is over, a review that is missing is only awaited.
    last, before = audit_summary.whole_weeks(now, 2, timed=decisions.timed)
    disputes = feed.disputes(before + WEEK - DISPUTES, now)
    tolerance = {limit.name: limit.bound.value for limit in duties["daily.bias-drift"].limits}
    packs = {
        begin: pack(
            audit_summary.summary(
                name, target.name, begin,
                decided=decisions.groups(begin, begin + WEEK).counts,
                matured=decisions.groups(begin - MATURING, begin + WEEK - MATURING, maturity=MATURING).counts,
                audits=feed.bias_audits(begin, begin + WEEK), disputes=disputes, tolerance=tolerance,
            )
        )
        for begin, name in ((last, "summary"), (before, f"summary-{audit_summary.name_of(before)}"))
    }  # fmt: skip

    told = attestations.of(duty.id, [prepared.digest for prepared in packs.values()])
    heard = measures.words(told, quorum, now)
    reviews = {
        audit_summary.name_of(begin): measures.owed(prepared.digest, begin + WEEK, heard, told.problems)
        for begin, prepared in packs.items()
    }
    shown = (
        measures.waiting(reviews, now, limits["days_unreviewed"]), measures.table(heard, quorum, told.place),
        *packs[last].tables,
    )  # fmt: skip

    judge(
        days_unreviewed={
            week: audit_summary.nothing_in(prepared) or measures.days_taken(reviews[week], now, shown)
            for week, prepared in zip(reviews, packs.values(), strict=True)
        },
        rejections={week: measures.rejections(review) for week, review in reviews.items()},
    )
