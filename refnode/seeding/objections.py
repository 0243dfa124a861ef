"""Seeds disputes, all handled within the published times, with about ten young ones still open."""

import random
from collections.abc import Iterator
from itertools import chain

from refnode import wording
from refnode.clock import DAY, HOUR
from refnode.roster import BOARD, COUNCIL, DISPUTE_TYPES
from refnode.seeding.rows import Alert, Contradiction, Decision, Dispute, Entity

# Days within which closed ones were resolved: under the published business days on any weekday.
DAYS_TO_RESOLVE = {"high": 2.4, "medium": 11.5, "low": 5.8}

# Open now: severity, age in hours, state, type. Each is younger than its limit on every weekday.
OPEN = (
    ("high", 6, "submitted", "factual_error"),
    ("medium", 15, "submitted", "outdated"),
    ("high", 26, "triaged", "misattribution"),
    ("low", 48, "triaged", "outdated"),
    ("low", 72, "investigating", "missing_context"),
    ("medium", 78, "investigating", "factual_error"),
    ("medium", 130, "escalated", "bias"),
    ("high", 34, "escalated", "bias"),
    ("medium", 150, "investigating", "misattribution"),
    ("medium", 190, "escalated", "missing_context"),
)

Subject = tuple[str, str, str, int]  # type, id, entity, time it became public


class Subjects:
    """What can be disputed, by the ruling it can honestly get."""

    def __init__(
        self, rng: random.Random, decided: list[Decision], published: list[Alert], found: list[Contradiction]
    ) -> None:
        """Gather the subjects; upheld disputes are against withdrawn alerts only."""
        named = [
            (row.status, ("alert", row.alert_id, row.entity_id, row.published_at), row.known_biased)
            for row in published
        ]
        self.withdrawn: list[Subject] = [subject for status, subject, _ in named if status == "withdrawn"]
        self.standing: list[Subject] = [subject for status, subject, _ in named if status == "published"]
        right = [row for row in decided if row.outcome == "upheld"]
        self.standing += [
            ("risk_score", row.risk_id, row.entity_id, row.calculated_at)
            for row in rng.sample(right, min(len(right), 60))
        ]
        self.standing += [
            ("contradiction", row.contradiction_id, row.entity_id, row.contradiction_date)
            for row in rng.sample(found, min(len(found), 60))
        ]


def disputes(rng: random.Random, subjects: Subjects, people: list[Entity], scale: float) -> list[Dispute]:
    """Tell the life of every dispute, oldest first."""
    known = {who.entity_id: who for who in people}
    number = max(12, round(110 * min(scale, 4.0)))
    rows = sorted(
        chain(_closed(rng, subjects, known, number), _open(rng, subjects, known)), key=lambda row: row.submitted_at
    )
    return [row._replace(dispute_id=f"DSP-{place:05d}") for place, row in enumerate(rows, start=1)]


def _closed(rng: random.Random, subjects: Subjects, known: dict[str, Entity], number: int) -> Iterator[Dispute]:
    upheld = [(subject, "upheld") for subject in subjects.withdrawn[: number // 5]]
    old = [subject for subject in subjects.standing if subject[3] < -16 * DAY]
    chosen = rng.sample(old, min(len(old), number - len(upheld)))
    ruled = upheld + [(subject, "partial" if place % 4 == 0 else "dismissed") for place, subject in enumerate(chosen)]
    for subject, ruling in ruled:
        figure = known[subject[2]].public_figure
        kind = rng.choice(DISPUTE_TYPES)
        severity = rng.choices(("high", "medium", "low"), (0.3, 0.5, 0.2))[0]
        severity = "high" if kind == "bias" and severity == "low" else severity
        days = min(DAYS_TO_RESOLVE[severity], DAYS_TO_RESOLVE["high"] if figure else 99)
        latest = -round((days + 0.2) * DAY)
        submitted = min(latest, subject[3] + rng.randrange(2 * HOUR, 12 * DAY))
        if submitted <= subject[3]:
            continue
        resolved = submitted + round(rng.uniform(0.7, days) * DAY)
        dispute = _dispute(rng, subject, kind, severity, figure, submitted, ruling)
        acknowledged = submitted + rng.randrange(1 * HOUR, 14 * HOUR)
        sent = _escalation(rng, kind, acknowledged, resolved)
        yield dispute._replace(
            acknowledged_at=acknowledged,
            escalated_at=sent[0],
            escalated_to=sent[1],
            resolved_at=resolved,
            ruling=ruling,
        )


def _escalation(rng: random.Random, kind: str, since: int, until: int) -> tuple[int | None, str | None]:
    """Bias cases go to the board, a few others to the council, between two times."""
    if kind != "bias" and rng.random() > 0.08:
        return None, None
    return since + round((until - since) * rng.uniform(0.2, 0.7)), BOARD if kind == "bias" else COUNCIL


def _open(rng: random.Random, subjects: Subjects, known: dict[str, Entity]) -> Iterator[Dispute]:
    for severity, hours, state, kind in OPEN:
        submitted = -hours * HOUR
        quiet = [row for row in subjects.standing if row[3] < submitted and not known[row[2]].public_figure]
        dispute = _dispute(rng, rng.choice(quiet or subjects.standing), kind, severity, False, submitted, state)
        if state != "submitted":
            dispute = dispute._replace(acknowledged_at=submitted + rng.randrange(1 * HOUR, 14 * HOUR))
        if state == "escalated":
            to = BOARD if kind == "bias" else COUNCIL
            dispute = dispute._replace(escalated_at=submitted + rng.randrange(15 * HOUR, 30 * HOUR), escalated_to=to)
        yield dispute


def _dispute(
    rng: random.Random, subject: Subject, kind: str, severity: str, figure: bool, submitted: int, state: str
) -> Dispute:
    return Dispute(
        dispute_id="",
        entity_id=subject[2],
        subject_type=subject[0],
        subject_id=subject[1],
        dispute_type=kind,
        severity=severity,
        public_figure=figure,
        state=state,
        submitted_at=submitted,
        acknowledged_at=None,
        escalated_at=None,
        escalated_to=None,
        resolved_at=None,
        ruling=None,
        description=rng.choice(wording.DISPUTE_REASONS),
        evidence=None,
        contact=None,
    )
