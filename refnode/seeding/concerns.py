"""Seeds user reports, and tells the register of public concerns: what came in, and what became of it by now.

The register is no table: each entry's life follows from its id alone, so that reports of the running node enter it too.
"""

import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from refnode import wording
from refnode.clock import DAY, HOUR
from refnode.seeding.objections import DAYS_TO_RESOLVE
from refnode.seeding.rows import Entity

REPORTS, REPORT_DAYS = 45, 60
TOLD, TOLD_DAYS = 36, 110
CHANNELS: Final = ("letter", "hotline", "public meeting", "web form")
SUBJECTS: Final = ("alert", "risk_score", "contradiction", None)
REPORT_TYPES: Final = ("contradiction", "risk_flag", "data_correction", "other")
#: Of the disputes that were dismissed, every so many is appealed.
APPEALED: Final = 6
#: What a fault leaves unanswered, and the ages in days between which it looks for it; the same for dropped reports.
UNANSWERED, OLD = 3, (30, 60)
DROPPED, FRESH = 3, (3, 25)
UNPUBLISHED = 2


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One entry as it is now; times in stored milliseconds, None for not yet."""

    concern_id: str
    kind: str
    channel: str
    severity: str
    received_at: int
    acknowledged_at: int | None
    answered_at: int | None
    answer_published_at: int | None
    subject_type: str | None
    report_id: str | None

    @property
    def state(self) -> str:
        """How far it came."""
        if self.answer_published_at is not None:
            return "published"
        if self.answered_at is not None:
            return "answered"
        return "received" if self.acknowledged_at is None else "acknowledged"


def reports(rng: random.Random, people: list[Entity]) -> list[tuple[Any, ...]]:
    """Invent user reports of the last weeks, oldest first, in the table's column order."""
    times = sorted(-rng.randrange(3 * HOUR, REPORT_DAYS * DAY) for _ in range(REPORTS))
    return [
        (
            f"RPT-{number:05d}",
            rng.choice(people).entity_id,
            rng.choice(REPORT_TYPES),
            rng.choice(wording.DISPUTE_REASONS),
            None,
            at,
        )
        for number, at in enumerate(times, start=1)
    ]


def concerns(
    seed: int, now: int, filed: Iterable[Any], dismissed: Iterable[Any], wrong: Collection[str]
) -> list[Concern]:
    """Give the register as it is at `now`, by the time of receipt.

    filed: id and time of every user report. dismissed: id and time of the ruling of every dismissed dispute.
    wrong: in which ways (unanswered, unpublished, dropped).
    """
    entries = [*_told(seed), *_reported(seed, filed), *_appeals(seed, dismissed)]
    found = sorted((_by(each, now) for each in entries if each.received_at <= now), key=_order)
    if "dropped" in wrong:
        gone = _some(found, now, FRESH, DROPPED, lambda each: each.report_id is not None)
        found = [each for each in found if each not in gone]
    if "unanswered" in wrong:
        left = _some(found, now, OLD, UNANSWERED, lambda each: each.report_id is None)
        found = [replace(each, answered_at=None, answer_published_at=None) if each in left else each for each in found]
    if "unpublished" in wrong:
        kept = _some(found, now, OLD, UNPUBLISHED, lambda each: each.report_id is not None)
        found = [replace(each, answer_published_at=None) if each in kept else each for each in found]
    return found


def _order(each: Concern) -> tuple[int, str]:
    return each.received_at, each.concern_id


def _some(found: list[Concern], now: int, ages: tuple[int, int], most: int, wanted: Any) -> list[Concern]:
    """The newest few of those ages in days."""
    young, old = (now - days * DAY for days in ages)
    return [each for each in found if old < each.received_at < young and wanted(each)][-most:]


def _told(seed: int) -> Iterator[Concern]:
    rng = random.Random(f"{seed}/concerns")
    for number in range(1, TOLD + 1):
        received = -rng.randrange(5 * HOUR, TOLD_DAYS * DAY)
        kind, channel = rng.choice(("concern", "complaint")), rng.choice(CHANNELS)
        subject = rng.choice(SUBJECTS)
        yield _entry(seed, f"CNC-{number:05d}", kind, channel, received, subject_type=subject)


def _reported(seed: int, filed: Iterable[Any]) -> Iterator[Concern]:
    for key, at in filed:
        yield _entry(seed, f"CNC-{key}", "concern", "user report", at, report_id=key)


def _appeals(seed: int, dismissed: Iterable[Any]) -> Iterator[Concern]:
    for key, at in dismissed:
        rng = random.Random(f"{seed}/appeals/{key}")
        if rng.randrange(APPEALED) == 0:
            received = at + round(rng.uniform(1, 6) * DAY)
            yield _entry(seed, f"CNC-{key}", "appeal", "web form", received, subject_type="dispute")


def _entry(
    seed: int, key: str, kind: str, channel: str, received: int, *, subject_type: str | None = None,
    report_id: str | None = None,
) -> Concern:  # fmt: skip
    """The whole life of an entry: every step well within its time."""
    rng = random.Random(f"{seed}/concerns/{key}")
    severity = rng.choices(("high", "medium", "low"), (0.2, 0.5, 0.3))[0]
    answered = received + round(rng.uniform(1.0, DAYS_TO_RESOLVE[severity]) * DAY)
    return Concern(
        concern_id=key,
        kind=kind,
        channel=channel,
        severity=severity,
        received_at=received,
        acknowledged_at=received + rng.randrange(1 * HOUR, 20 * HOUR),
        answered_at=answered,
        answer_published_at=answered + rng.randrange(1 * HOUR, 30 * HOUR),
        subject_type=subject_type,
        report_id=report_id,
    )


def _by(each: Concern, now: int) -> Concern:
    """What is known of it by then."""

    def known(at: int | None) -> int | None:
        return None if at is None or at > now else at

    return replace(
        each,
        acknowledged_at=known(each.acknowledged_at),
        answered_at=known(each.answered_at),
        answer_published_at=known(each.answer_published_at),
    )
