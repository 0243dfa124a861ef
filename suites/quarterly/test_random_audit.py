"""Quarterly tasks, row 3: drawn contradictions stand up to people, and scores follow from their factors."""

from collections.abc import Callable
from datetime import datetime

from fixtures.limits import Limits
from fixtures.review import Results
from fixtures.sample import Sample
from junzi_audit import Judge, obligation
from junzi_audit.evidence.reviews import Reviews
from junzi_audit.measures import coverage, recomputed, reviewed, sampling
from junzi_audit.model import DAY, iso
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.outputs import Outputs
from junzi_audit.seen import worksheets
from junzi_audit.targets import Target

#: A list of published contradictions that tells nothing for longer was cut short.
QUIET = 14 * DAY


@obligation("quarterly.random-audit")
def test_a_random_sample_stands_up_to_people(
    outputs: Outputs, feed: Feed, controls: Callable[[], tuple[worksheets.Control, ...]], results: Results,
    reviews: Reviews, sample: Sample, target: Target, limits: Limits, now: datetime, judge: Judge,
) -> None:  # fmt: skip
    since, wanted = now - target.review.days * DAY, target.review
    published = {each.contradiction_id: each for each in outputs.contradictions(since, now)}
    # The log first: a score that comes in between is in the later list.
    logged = feed.decisions(since, now)
    scores = recomputed.again(outputs.scores(since, now), logged)

    def prepare() -> worksheets.Audit:
        known, limit, risk = controls(), limits["wrong_contradictions"], target.sampling.risk
        plan = sampling.Plan(population=len(published), limit=limit, alpha=risk, most=wanted.items)
        terms = {"controls": worksheets.answers_digest(known), "since": iso(since), "until": iso(now)}
        drawn = sample({key: each.digest for key, each in published.items()}, plan.told | terms)
        return worksheets.prepared(
            published, known, drawn, items=plan.items, limit=limit, alpha=risk, links=outputs.links
        )

    audit = reviews.under_way(limits["wrong_contradictions"], prepare)
    sheets = [audit.sheet(name) for name in (worksheets.FIRST, worksheets.SECOND)]
    reviews.hand_out(sheets)
    heard = reviews.heard(results.of(sheets), sheets)
    panel = reviewed.seated(audit, sheets, heard, now, most_errors=limits["reviewer_errors"])
    if panel.disputed:
        sheets.append(audit.tie_break(panel.disputed))
        reviews.hand_out(sheets)
        heard = reviews.heard(results.of(sheets), sheets)
        panel = reviewed.seated(audit, sheets, heard, now, most_errors=limits["reviewer_errors"])

    instants = [each.published_at for each in published.values()]
    unlisted = coverage.gap(instants, since, now, what="contradictions", silence=QUIET)
    unexplained = recomputed.left_out(scores, logged) or coverage.gap(
        [each.score.calculated_at for each in scores], since, now, what="scores", silence=DAY
    )

    judge(
        wrong_contradictions=coverage.whole(reviewed.wrong_share(panel, limits["reviewer_errors"]), unlisted),
        reviewer_errors=reviewed.reviewer_errors(panel),
        days_to_review=reviewed.days_taken(panel, now),
        unexplained_scores=coverage.whole(recomputed.unexplained(scores), unexplained),
        score_recomputation_gap=recomputed.mean_gap(scores),
    )
