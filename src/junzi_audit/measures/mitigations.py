"""Bias findings: whether each open one has an owner, a mitigation and a date, and is closed by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from junzi_audit.findings import Awaited, Chart, Exhibit, Measurement, census
from junzi_audit.measures import months
from junzi_audit.measures.details import shown, some
from junzi_audit.model import DAY, iso
from junzi_audit.records import Dispute
from junzi_audit.seen.attested import Open
from junzi_audit.seen.packs import Pack
from junzi_audit.seen.people import person
from junzi_audit.seen.registers import BiasFinding, Month

#: The duties whose breach is a bias finding.
DUTIES = (
    "heartbeat.bias-detection-drift", "daily.bias-drift", "weekly.model-drift", "weekly.bias-audit-summary",
)  # fmt: skip
#: How far back the register is read, and disputes about bias.
REGISTER, DISPUTES = 3650 * DAY, 120 * DAY
#: Until then people may still name an owner, a mitigation and a date.
NAMED_WITHIN = timedelta(hours=48)
#: So long after it was found a gap may stand at most, whatever date anybody names.
LONGEST = 180 * DAY
_YEAR = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One open bias finding, whoever tells of it; ``lacks`` says what nobody has named yet."""

    kind: Literal["finding", "breach", "dispute"]
    name: str
    since: datetime
    lacks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Register:
    """The findings of the node, what the audit itself left breached, and the upheld disputes about bias."""

    findings: tuple[BiasFinding, ...]
    breaches: tuple[Open, ...]
    upheld: tuple[Dispute, ...]

    @property
    def looked_at(self) -> int:
        """How many records and duties were looked at."""
        return len(self.findings) + len(self.upheld) + len(DUTIES)

    def closed(self, now: datetime) -> tuple[BiasFinding, ...]:
        """The findings that are said to be mended, of the last year."""
        done = [each for each in self.findings if not each.is_open]
        return tuple(each for each in done if each.mitigated_at and each.mitigated_at >= now - _YEAR)

    @property
    def open(self) -> tuple[Matter, ...]:
        """Every open matter, the oldest first. A breach that stands is open, whatever was closed about it."""
        taken_up = {each.about for each in self.findings if each.is_open}
        found = [_of(each) for each in self.findings if each.is_open]
        found += [
            Matter(kind="breach", name=each.duty, since=each.since, lacks=("an open finding in the register",))
            for each in self.breaches
            if each.duty not in taken_up
        ]
        found += [
            Matter(
                kind="dispute", name=each.dispute_id, since=each.resolved_at or each.submitted_at,
                lacks=("a finding in the register",),
            )
            for each in self.upheld
            if not any(_takes_up(finding, each) for finding in self.findings)
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda each: (each.since, each.name)))


def register(findings: Sequence[BiasFinding], matters: Sequence[Open], disputes: Sequence[Dispute]) -> Register:
    """``matters``: everything that earlier runs left open; ``disputes``: of any type and ruling."""
    return Register(
        findings=tuple(findings),
        breaches=tuple(each for each in matters if each.kind == "breach" and each.duty in DUTIES),
        upheld=tuple(each for each in disputes if each.dispute_type == "bias" and each.ruling == "upheld"),
    )


def _takes_up(finding: BiasFinding, dispute: Dispute) -> bool:
    """What was mitigated before the dispute came has not answered it."""
    at = finding.mitigated_at
    return finding.about == dispute.dispute_id and (finding.is_open or at is None or at >= dispute.submitted_at)


def _of(finding: BiasFinding) -> Matter:
    named = {"an owner": finding.owner, "a mitigation": finding.mitigation}
    lacks = [what for what, words in named.items() if not any(each.isalpha() for each in person(words or ""))]
    lacks += ["a date"] if finding.due is None else []
    return Matter(kind="finding", name=finding.finding_id, since=finding.found_at, lacks=tuple(lacks))


def unowned(found: Register, now: datetime) -> Measurement | Awaited:
    """Open matters that lack something for more than 48 hours; awaited while younger ones do."""
    lacking = [each for each in found.open if each.lacks]
    late = [each for each in lacking if now - each.since > NAMED_WITHIN]
    told = some([f"{each.kind} {shown(each.name)} lacks {' and '.join(each.lacks)}" for each in late or lacking])
    exhibits = tuple(_table(found, now))
    if lacking and not late:
        return Awaited(since=lacking[0].since, value=0, detail=told, exhibits=exhibits)
    return census(len(late), n=found.looked_at, detail=told or f"{len(found.open)} are open", exhibits=exhibits)


def overdue(found: Register, now: datetime) -> Measurement:
    """Findings past their date, or past 180 days, that are not closed."""
    late = [each for each in found.findings if each.is_open and _due(each) < now]
    detail = some([f"{shown(each.finding_id)} was due {_due(each):%Y-%m-%d}" for each in late])
    return census(len(late), n=found.looked_at, detail=detail)


def _due(finding: BiasFinding) -> datetime:
    """The date that was named, or the longest term where it is sooner or none was."""
    longest = finding.found_at + LONGEST
    return longest if finding.due is None else min(finding.due, longest)


def _table(found: Register, now: datetime) -> Iterator[Exhibit]:
    known = {each.finding_id: each for each in found.findings}
    rows = [_row(each, known.get(each.name) if each.kind == "finding" else None, now) for each in found.open]
    if rows:
        yield Exhibit(
            title="Open bias findings by age",
            caption="Days since each was found, and after how many it is due.",
            columns=("finding", "days open", "due after", "state", "owner", "mitigation", "about"), rows=tuple(rows),
            chart=Chart(kind="bars", label=0, value=1, reference=2, reference_label="due", value_label="days open"),
        )  # fmt: skip


def _row(each: Matter, finding: BiasFinding | None, now: datetime) -> tuple[str | float | None, ...]:
    age = round((now - each.since) / DAY, 1)
    if finding is None:
        return each.name, age, None, each.kind, "", "", ""
    due = None if finding.due is None else round((_due(finding) - finding.found_at) / DAY, 1)
    return each.name, age, due, finding.state, finding.owner, finding.mitigation, finding.about or ""


_COLUMNS = ("finding", "about", "attribute", "group", "measure", "gap", "found_at", "mitigated_at")


def monthly(target: str, month: Month, name: str, findings: Sequence[BiasFinding]) -> Pack:
    """The pack of the month: what was open at some time of it, with what was settled by its end.

    Owners and dates are not told: they may change after the month without anybody noting when.
    """
    rows = [
        (
            each.finding_id, each.about, each.attribute, each.group, each.measure, each.gap, iso(each.found_at),
            months.by_then(each.mitigated_at, month),
        )
        for each in sorted(findings, key=lambda each: (each.found_at, each.finding_id))
        if each.found_at < month.until and (each.mitigated_at is None or each.mitigated_at >= month.since)
    ]  # fmt: skip
    return months.register("register of bias findings", target, month, name, _COLUMNS, rows)
