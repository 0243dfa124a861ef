"""Weekly tasks, row 3: the model still scores, and is still right, as when it was approved."""

from datetime import datetime
from functools import partial

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.evidence.ledger import Ledger
from junzi_audit.findings import Reading
from junzi_audit.measures import approved, calibration, categories, coverage, drift, fairness, streams, validation
from junzi_audit.model import DAY
from junzi_audit.probes.decisions import Decisions
from junzi_audit.probes.feed import Feed
from junzi_audit.seen.looks import EVERYONE

RECENT, MATURING, NORMAL = 28 * DAY, 14 * DAY, 90 * DAY


@obligation("weekly.model-drift")
def test_the_model_still_scores_as_when_it_was_approved(
    decisions: Decisions, feed: Feed, memory: Memory, ledger: Ledger, limits: Limits, now: datetime, judge: Judge
) -> None:
    def normal() -> Draft:
        since, until = now - RECENT - NORMAL, now - RECENT
        seen, labelled = decisions.values(since, until), decisions.looks(since, until, maturity=MATURING)[EVERYONE].odds
        pairs = feed.validation()
        value = approved.to_json(seen.histograms, seen.categories, seen.rows, labelled, validation.to_json(pairs))
        models = {pair.model_version for pair in pairs}
        return Draft(value=value, n=seen.rows, since=since, until=until, model=models)

    def calibrated() -> Reading:
        levels = decisions.levels(now - RECENT - MATURING, now - MATURING, maturity=MATURING, holes=True)
        asked = partial(fairness.across, baseline=None, tolerance=limits["calibration_by_group"], together=1)
        return coverage.whole(asked(calibration.calibration_gap, levels.counts), levels.hole)

    recent, counted = decisions.values(now - RECENT, now, holes=True), decisions.groups(now - RECENT, now, holes=True)
    pairs = feed.validation()
    model = approved.from_json(memory("model", propose=normal))
    scores = partial(drift.Ask, design_effect=approved.design_effect(counted.counts))
    people = partial(drift.Ask, design_effect=approved.per_cluster(counted.counts))
    past = ledger.recall(partial(decisions.looks, maturity=MATURING), decisions.reach)

    figures: dict[str, Reading] = {
        "score_drift": drift.across(
            drift.kolmogorov_smirnov, recent.histograms, model.histograms, scores(tolerance=limits["score_drift"])
        ),
        "score_distance": drift.across(
            drift.wasserstein, recent.histograms, model.histograms, scores(tolerance=limits["score_distance"])
        ),
        "category_drift": drift.across(
            categories.total_variation, recent.counted, model.counted, people(tolerance=limits["category_drift"])
        ),
        "missing_values": drift.across(
            categories.missing_gap, recent.missing, model.missing, people(tolerance=limits["missing_values"])
        ),
        "changed_categories": drift.across(
            categories.roster_changes, recent.counted, model.counted, people(tolerance=1)
        ),
        "error_growth": streams.error_growth(
            past.odds.get(EVERYONE, ()),
            wrong=model.wrong, known=model.known, tolerance=limits["error_growth"], until=past.until,
        ),
    }  # fmt: skip

    judge(
        **{name: coverage.whole(figure, counted.hole) for name, figure in figures.items()},
        recall_loss=validation.recall_loss(pairs, model.validation),
        precision_loss=validation.precision_loss(pairs, model.validation),
        calibration_gap=validation.calibration_gap(pairs),
        calibration_by_group=calibrated,
    )
