"""Whether people answered: which signed records count as a body's word, and for how long it was waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from junzi_audit.findings import Awaited, Chart, Exhibit, Measurement, census
from junzi_audit.model import DAY, Quorum
from junzi_audit.seen.attested import Attestation, Attested, Decision, Signature
from junzi_audit.seen.people import misnamed, person
from junzi_audit.tables import nearest

_TOLD = 6


@dataclass(frozen=True, kw_only=True)
class Word:
    """One record held against the quorum: ``people`` are the signatures that count, ``fault`` why it does not.

    ``lapsed``: it would count, had it not expired.
    """

    record: Attestation
    people: tuple[Signature, ...]
    fault: str
    lapsed: bool = False

    @property
    def counts(self) -> bool:
        """Whether the body has spoken by it."""
        return not self.fault

    @property
    def stands(self) -> bool:
        """Whether it decides: a rejection does not lapse, as if what was rejected had become right by waiting."""
        return self.counts or (self.lapsed and self.record.decision is Decision.REJECTED)


def words(attested: Attested, quorum: Quorum, now: datetime) -> tuple[Word, ...]:
    """Every record, the newest first; of one day, rejections before all else. A copy of a record is one record."""
    ordered = sorted(attested.records, key=_newest, reverse=True)
    once = {(r.subject, r.decision, r.date, frozenset(r.signatures)): r for r in ordered}
    return tuple(_word(record, quorum, now) for record in ordered if record in once.values())


def missing(people: Sequence[Signature], quorum: Quorum) -> str:
    """What is still lacking for the quorum, in words; empty when nothing is."""
    vacant = [role for role in quorum.roles if role not in {signed.role for signed in people}]
    lacking = [f"nobody signed as {role}" for role in vacant]
    if len(people) < quorum.least:
        lacking.append(f"{len(people)} of {quorum.least} people signed")
    return ", ".join(lacking)


def counted(signatures: Sequence[Signature], quorum: Quorum) -> tuple[Signature, ...]:
    """The signatures that count: in a role of the quorum, and each person once, whatever they signed as again."""
    people: dict[str, Signature] = {}
    for signed in signatures:
        if signed.role in quorum.roles:
            people.setdefault(person(signed.who), signed)
    return tuple(people.values())


def _newest(record: Attestation) -> tuple[date, bool, datetime, str]:
    return record.date.date(), record.decision is Decision.REJECTED, record.date, record.source


def _word(record: Attestation, quorum: Quorum, now: datetime) -> Word:
    people = counted(record.signatures, quorum)
    fault = _fault(record, people, quorum, now)
    lapsed = not fault and record.expires <= now
    expired = f"expired on {record.expires:%Y-%m-%d}" if record.expires <= now else ""
    return Word(record=record, people=people, fault=fault or expired, lapsed=lapsed)


def _fault(record: Attestation, people: Sequence[Signature], quorum: Quorum, now: datetime) -> str:
    """Why the record would not count though it had not expired; empty when it would."""
    if record.body:
        return f"signed in the name of {record.body!r}; only the duty's owner is asked, which is not named"
    if record.date > now:
        return f"dated {record.date:%Y-%m-%d}, in the future"
    if wrong := next(filter(None, (misnamed(signed.who) for signed in record.signatures)), ""):
        return wrong
    if not (lacking := missing(people, quorum)):
        return ""
    unknown = sorted({signed.role for signed in record.signatures} - set(quorum.roles))
    strange = f"; the plan knows no role {unknown[0]!r}, {nearest(unknown[0], quorum.roles)}" if unknown else ""
    return f"not quorate: {lacking}{strange}"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A subject that people must answer for since some instant, and their word on it: the first, and the newest.

    Of one day's decisions a rejection is the newest.
    """

    subject: str
    since: datetime
    first: Word | None
    newest: Word | None
    remarks: tuple[str, ...]

    def days(self, now: datetime) -> float:
        """Days from ``since`` to the first decision, or to now where there is none."""
        return ((self.first.record.date if self.first else now) - self.since) / DAY


def owed(subject: str, since: datetime, heard: Sequence[Word], problems: Sequence[str]) -> Owed:
    """The quorate decisions on that very digest since it could be known, and what did not count beside them."""
    about = [word for word in heard if word.record.subject == subject]
    sound = [word for word in about if word.stands and word.record.date >= since]
    useful = [word for word in sound if word.record.decision is not Decision.NOTED]
    remarks = [f"{word.record.source}: {word.fault}" for word in about if word.fault]
    remarks += [f"{word.record.source}: noted, which decides nothing" for word in sound if word not in useful]
    if not useful:
        early = [word for word in about if word.record.date < since]
        remarks += [
            f"{word.record.source}: signed before there was anything to review" for word in early if word.counts
        ]
        remarks += [f"{len(heard) - len(about)} of another digest"] if len(heard) > len(about) else []
    newest, first = next(iter(useful), None), min(useful, key=lambda word: word.record.date, default=None)
    return Owed(subject=subject, since=since, first=first, newest=newest, remarks=(*remarks, *problems))


def days_taken(each: Owed, now: datetime, exhibits: tuple[Exhibit, ...] = ()) -> Measurement | Awaited:
    """Days from ``since`` to the first signed decision; awaited while there is none."""
    if each.first is None:
        detail = _with(f"no quorate review of {each.subject[:12]}… is attested", each.remarks)
        return Awaited(since=each.since, value=each.days(now), detail=detail, exhibits=exhibits)
    detail = _with(f"{each.first.record.decision} by {_signed(each.first)}", each.remarks)
    return census(each.days(now), n=1, detail=detail, exhibits=exhibits)


def rejections(each: Owed) -> Measurement | Awaited:
    """One when the newest decision is a rejection, else none; awaited while nothing is decided."""
    if each.newest is None:
        return Awaited(since=each.since, value=0, detail="nothing is decided yet")
    if each.newest.record.decision is not Decision.REJECTED:
        return census(0, n=1, detail="approved")
    why = each.newest.record.remarks.rstrip(".") or "no reason is given"
    return census(1, n=1, detail=f"rejected by {_signed(each.newest)}: {why}")


def waiting(reviews: Mapping[str, Owed], now: datetime, limit: float, period: str = "week") -> Exhibit:
    """How long the subject of each ``period`` waited for its decision, or still waits."""
    rows = tuple(
        (name, round(each.days(now), 3), str(each.newest.record.decision) if each.newest else "waits", each.subject)
        for name, each in reviews.items()
    )
    return Exhibit(
        title="Days to the signed decision",
        caption=f"From the end of the {period} to the first quorate decision on it, or until now.",
        columns=(period, "days", "decision", "subject"), rows=rows,
        chart=Chart(kind="bars", label=0, value=1, limit=limit, limit_label="limit", value_label="days"),
    )  # fmt: skip


def table(heard: Sequence[Word], quorum: Quorum, place: str) -> Exhibit:
    """Every record that was found, who signed it, and whether it counts."""
    rows = tuple(
        (
            word.record.source, f"{word.record.date:%Y-%m-%d}", word.record.subject[:12], str(word.record.decision),
            "; ".join(f"{signed.who} ({signed.role})" for signed in word.people), word.fault or "counts",
            word.record.minutes,
        )
        for word in heard
    )  # fmt: skip
    return Exhibit(
        title="Signed records",
        caption=f"Found in {place}. Quorum: {', '.join(quorum.roles)}; at least {quorum.least} people.",
        columns=("record", "date", "subject", "decision", "signed by", "counts", "minutes"),
        rows=rows,
    )


def _signed(word: Word) -> str:
    return f"{', '.join(f'{signed.who} ({signed.role})' for signed in word.people)} on {word.record.date:%Y-%m-%d}"


def _with(told: str, remarks: Sequence[str]) -> str:
    more = [f"and {len(remarks) - _TOLD} more"] if len(remarks) > _TOLD else []
    return "; ".join([told, *remarks[:_TOLD], *more])
