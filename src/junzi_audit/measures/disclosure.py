"""The figures of a transparency report from the evidence; small cells withheld, and nothing in them names a person.

Groups are told by the labels that the target declares, all other values together: what a node says is in no label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from junzi_audit.declared.disclosed import OTHER, Transparency
from junzi_audit.measures.cells import Cell, withheld
from junzi_audit.measures.fairness import FALSE_NEGATIVE, FALSE_POSITIVE, SELECTION
from junzi_audit.measures.panels import Kind
from junzi_audit.measures.validation import confusion
from junzi_audit.model import Cause, Unobservable
from junzi_audit.records import Dispute, ValidationPair
from junzi_audit.seen.counts import AttributeCounts, Counts, Reason
from junzi_audit.seen.disclosure import (
    ALONE,
    NO_RECORD,
    NO_RUN,
    UNDEFINED,
    WITHHELD,
    Disclosure,
    Figure,
    Look,
    Past,
    Quarter,
    settled,
)
from junzi_audit.seen.tally import Tally

AVAILABILITY, RECOVERY = "heartbeat.api-availability", "quarterly.backup-recovery"
DRIFT, BIAS, REVIEW = "weekly.model-drift", "daily.bias-drift", "quarterly.random-audit"
API, BOARD = "weekly.regression-suite", "monthly.governance-review"
#: Earlier duties whose figures are told, and those of which it is enough how they came out.
MEASURED, COUNTED = (RECOVERY, REVIEW, API), (AVAILABILITY, DRIFT, BIAS)

_DIGITS = 4
_RATES = (SELECTION, FALSE_POSITIVE, FALSE_NEGATIVE)
_SEVERITIES = ("high", "medium", "low")
#: Decisions on people of whom no value is known, who are counted in no rate: a label that is never told.
_UNKNOWN = ""
_NOBODY = {kind.rate: Tally() for kind in _RATES}


def owed(now: datetime, table: Transparency, *, timed: bool) -> tuple[Quarter, ...]:
    """The last two quarters that are owed a report and whose figures stand, the newest first.

    The one before last too: a report that never came stays visible for a quarter more. Unobservable without times in
    the decision log, and before the first quarter that is owed one is over.
    """
    if not timed:
        raise Unobservable(Cause.UNDEFINED, "a decision log without times has no quarters to be reported on")
    found = [each for each in settled(now, 2) if table.first is None or each.begin.date() >= table.first]
    if not found:
        raise Unobservable(Cause.TOO_FEW, f"no quarter is owed a report yet; the first begins on {table.first}")
    return tuple(found)


def report(
    quarter: Quarter, table: Transparency, *, decided: Counts, pairs: Sequence[ValidationPair],
    disputes: Sequence[Dispute], past: Past,
) -> Disclosure:  # fmt: skip
    """The report of the quarter. ``decided``: its decisions, with the outcomes known ``SETTLING`` after each."""
    told = [
        *_bias(decided, table), *_detection(pairs), *_disputes(disputes, quarter, table.smallest),
        *_operation(past.looks), *_records(past),
    ]  # fmt: skip
    return Disclosure(
        quarter=quarter.name, since=quarter.begin, until=quarter.end, as_of=quarter.as_of,
        smallest_cell=table.smallest, figures=tuple(sorted(told, key=lambda figure: figure.key)),
    )  # fmt: skip


def _bias(decided: Counts, table: Transparency) -> Iterator[Figure]:
    for attribute, roster in table.groups.items():
        yield from _rates(decided.of(attribute), roster, table.smallest)


def _rates(counted: AttributeCounts, roster: Sequence[str], smallest: int) -> Iterator[Figure]:
    """The three rates of each group and of all of them, and how far the groups told are apart."""
    tallies = _rostered(counted, roster)
    whole = {kind.rate: sum((each[kind.rate] for each in tallies.values()), Tally()) for kind in _RATES}
    partial = any(left.reason == Reason.NO_GROUP for left in counted.excluded)
    for kind in _RATES:
        cells = {label: _cell(each, kind) for label, each in tallies.items()}
        if partial:
            cells[_UNKNOWN] = replace(_cell(_NOBODY, kind), whole=False)
        gone = withheld(cells, smallest)
        for label, each in tallies.items():
            yield _share("bias", kind.rate, f"{counted.name}={label}", each[kind.rate], label in gone)
        small = partial or _cell(whole, kind).is_small(smallest)
        yield _share("bias", kind.rate, counted.name, whole[kind.rate], small)
        shown = [each[kind.rate] for label, each in tallies.items() if label not in gone]
        apart = [tally.rate for tally in shown] if len(shown) > 1 else []
        gap, n = (round(max(apart) - min(apart), _DIGITS), sum(tally.n for tally in shown)) if apart else (None, None)
        yield _figure("bias", f"{kind.rate} gap", counted.name, gap, n, "share", ALONE)


def _rostered(counted: AttributeCounts, roster: Sequence[str]) -> dict[str, dict[str, Tally]]:
    """The tallies by label and rate; every value that the roster does not know is counted with the others."""
    found: dict[str, dict[str, Tally]] = {}
    for group in counted.groups:
        mine = found.setdefault(group.group if group.group in roster else OTHER, {})
        for kind in _RATES:
            mine[kind.rate] = mine.get(kind.rate, Tally()) + _plain(kind, kind.tally(group))
    return found


def _plain(kind: Kind, tally: Tally) -> Tally:
    """Hits and records alone: values of one label may share a cluster, whose sums would not add up."""
    return Tally(n=tally.n, hits=tally.hits, size_squared=tally.n)


def _cell(rates: Mapping[str, Tally], kind: Kind) -> Cell:
    """For each rate, what it is a share of, what it counts, and what remains: each follows from the figures.

    So does how much is undecided, flagged or not; it is a rest of the selection rate, the only one that it hides.
    """
    tallies = [rates[each.rate] for each in _RATES]
    counts = tuple(count for tally in tallies for count in (tally.n, tally.hits, tally.n - tally.hits))
    selected, wrongly, missed = tallies
    undecided = selected.n - wrongly.n - missed.n
    flagged = selected.hits - wrongly.hits - (missed.n - missed.hits)
    rests = (undecided, flagged, undecided - flagged) if kind is SELECTION else ()
    return Cell(counts=counts, rests=rests)


def _detection(pairs: Sequence[ValidationPair]) -> Iterator[Figure]:
    seen = confusion(pairs)
    shares = {
        "precision": (seen.found, seen.claimed), "recall": (seen.found, seen.contradictions),
        "F1": (2 * seen.found, seen.claimed + seen.contradictions),
    }  # fmt: skip
    for name, (hits, n) in shares.items():
        yield _share("detection", name, "", Tally(n=n, hits=hits, size_squared=n), False)


def _disputes(disputes: Sequence[Dispute], quarter: Quarter, smallest: int) -> Iterator[Figure]:
    """Those submitted in the quarter; what became of them counts when it came before the report's instant."""
    mine = [each for each in disputes if quarter.begin <= each.submitted_at < quarter.end]
    closed = [each for each in mine if each.ruling and each.resolved_at and each.resolved_at < quarter.as_of]
    escalated = [each for each in mine if each.escalated_at and each.escalated_at < quarter.as_of]
    overturned = [each for each in closed if each.ruling in ("upheld", "partial")]
    # A stage also tells how many are left of those that it is a part of; what the last of these hides, it hides too.
    hidden: dict[str, frozenset[str]] = {}
    for stage, found, within, last in (
        ("submitted", mine, (), ""), ("resolved", closed, (mine,), "submitted"),
        ("escalated", escalated, (mine,), "submitted"), ("overturned", overturned, (closed, mine), "resolved"),
    ):  # fmt: skip
        cells = {severity: _stage(found, within, (severity,)) for severity in _SEVERITIES}
        hidden[stage] = withheld(cells, smallest, hidden.get(last, frozenset()))
        for severity, cell in cells.items():
            yield _count(stage, f"severity={severity}", cell, severity in hidden[stage])
        whole = _stage(found, within, _SEVERITIES)
        yield _count(stage, "severity", whole, whole.is_small(smallest))


def _stage(found: Sequence[Dispute], within: Sequence[Sequence[Dispute]], severities: Sequence[str]) -> Cell:
    """How many disputes of the severities are there, and how many are left of each list that these are part of."""
    count, *more = (sum(each.severity in severities for each in rows) for rows in (found, *within))
    return Cell(counts=(count,), rests=tuple(of - count for of in more))


def _count(stage: str, group: str, cell: Cell, hidden: bool) -> Figure:
    value = None if hidden else cell.counts[0]
    return _figure("disputes", stage, group, value, value, "disputes", WITHHELD)


def _operation(looks: Sequence[Look]) -> Iterator[Figure]:
    """What earlier runs found; nothing is told of what none of them looked at."""
    of = {duty: [look for look in looks if look.duty == duty] for duty in (*MEASURED, *COUNTED)}
    for section, name, duty in (
        ("downtime", "looks at availability", AVAILABILITY), ("drift", "looks at model drift", DRIFT),
    ):  # fmt: skip
        seen = of[duty]
        breached = sum(look.breached for look in seen) if seen else None
        yield _figure(section, name, "", len(seen) or None, len(seen) or None, "looks", NO_RUN)
        yield _figure(section, f"{name} that breached", "", breached, len(seen) or None, "looks", NO_RUN)
    watched = [of[DRIFT], of[BIAS]]
    mended = sum(map(_mended, watched)) if any(watched) else None
    yield _figure("drift", "breaches mended", "", mended, sum(map(len, watched)) or None, "breaches", NO_RUN)
    for name, limit, unit in (
        ("recovery time, longest", "rto_share", "share of RTO"),
        ("recovery point, longest", "rpo_share", "share of RPO"),
    ):
        shares = [look.figures[limit] for look in of[RECOVERY] if limit in look.figures]
        longest = round(max(shares), _DIGITS) if shares else None
        yield _figure("downtime", name, "", longest, len(shares) or None, unit, NO_RUN)
    for name, limit, unit in (
        ("contradictions not upheld", "wrong_contradictions", "share"),
        ("scores unexplained", "unexplained_scores", "scores"),
    ):
        newest = next((look for look in reversed(of[REVIEW]) if limit in look.figures), None)
        value = round(newest.figures[limit], _DIGITS) if newest else None
        yield _figure("random audit", name, "", value, newest.n[limit] if newest else None, unit, NO_RUN)


def _mended(looks: Sequence[Look]) -> int:
    """How often a breach was followed, sooner or later, by a look at which all was well."""
    mended, broken = 0, False
    for look in looks:
        mended += broken and look.met
        broken = look.breached or (broken and not look.met)
    return mended


def _records(past: Past) -> Iterator[Figure]:
    for section, name, count, unit in (
        ("changes", "API descriptions approved", past.approved, "descriptions"),
        ("rulings", "meetings of the board", past.meetings, "meetings"),
        ("rulings", "duties decided by name", past.decided, "duties"),
    ):
        yield _figure(section, name, "", count or None, count or None, unit, NO_RECORD)


def _share(section: str, name: str, group: str, tally: Tally, hidden: bool) -> Figure:
    if hidden or not tally.n:
        return _figure(section, name, group, None, None, "share", WITHHELD if hidden else UNDEFINED)
    return _figure(section, name, group, round(tally.rate, _DIGITS), tally.n, "share", "")


def _figure(
    section: str, name: str, group: str, value: float | None, n: int | None, unit: str, why_not: str
) -> Figure:  # fmt: skip
    """``why_not`` is left out where there is a value."""
    told = "" if value is not None else why_not
    return Figure(section=section, figure=name, group=group, value=value, n=n, unit=unit, why_not=told)
