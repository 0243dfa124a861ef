"""Post-launch governance, row 3: what the public raises is heard, answered and published in time."""

from datetime import datetime

from fixtures.registers import Signed
from fixtures.sample import Sample
from junzi_audit import Judge, obligation
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import concerns
from junzi_audit.measures.disputes import BusinessDays
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.registers import Registers
from junzi_audit.seen import draws
from junzi_audit.targets import Target


@obligation("governance.public-concerns")
def test_every_public_concern_is_answered_in_time(
    feed: Feed, registers: Registers, sample: Sample, signed_months: Signed, target: Target, now: datetime,
    judge: Judge,
) -> None:  # fmt: skip
    reports = feed.user_reports(now - concerns.REGISTER, now)
    known = registers.concerns(now - concerns.REGISTER, now)
    dated = concerns.dated(known, reports)
    calendar = BusinessDays(weekend=target.calendar.weekend, holidays=target.calendar.holidays)

    def unpublished() -> Measurement | Unseen:
        told = {each.concern_id: each for each in concerns.published(known, now)}
        urls = {key: draws.sha256(each.published_url or "") for key, each in told.items()}
        drawn = sample(urls, {"pages": target.concerns.pages}).keys[: target.concerns.pages] if urls else ()
        return concerns.unpublished(known, registers.pages([told[key] for key in drawn]), now)

    judge(
        concerns_past_due=concerns.past_due(dated, calendar, now),
        concerns_unacknowledged=concerns.unacknowledged(dated, now),
        answers_unpublished=unpublished,
        concerns_unheard=concerns.unheard(known, reports, now),
        **signed_months(lambda month, name: concerns.monthly(target.name, month, name, known)),
    )
