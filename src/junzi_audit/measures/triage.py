"""What a person should look at first: streams flagged with few false alarms, days that changed, labels that ripened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from junzi_audit.looks import Cell, Look
from junzi_audit.measures.detector import History


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """One flagged stream: its e-value, its rank (1 is the strongest) and the e-value that this rank needed."""

    stream: str
    e: float
    rank: int
    needed: float


def flagged(evidence: Mapping[str, float], alpha: float = 0.05) -> tuple[Flag, ...]:
    """The streams to open a ticket for, strongest first: e-BH (Wang & Ramdas, JRSS-B 84, 2022).

    ``evidence``: one e-value per stream, ``Point.evidence`` of its latest look. With the e-values in descending order
    the first k are flagged, k the largest with e_(k) >= K / (k alpha). The expected share of false ones among the
    flagged is at most alpha under any dependence. It holds for the set flagged at one (stopping) time, not for the
    union of the sets of all days: what cannot be undone needs the family-wise threshold of ``Budget.threshold``. Equal
    e-values are flagged together or not at all; names decide their order. ValueError on an e-value below 0 or NaN.
    """
    if not all(e >= 0 for e in evidence.values()):
        raise ValueError("an e-value is a number of at least 0")
    ranked = sorted(evidence.items(), key=lambda item: (-item[1], item[0]))
    needs = [len(ranked) / (rank * alpha) for rank in range(1, len(ranked) + 1)]
    last = max((rank for rank, (_, e) in enumerate(ranked, 1) if e >= needs[rank - 1]), default=0)
    return tuple(
        Flag(stream=stream, e=e, rank=rank, needed=needs[rank - 1]) for rank, (stream, e) in enumerate(ranked[:last], 1)
    )


def rewritten(before: History, after: History) -> tuple[date, ...]:
    """Days, up to the last that ``before`` knew, whose records are other ones now, are gone or were not there then.

    Past days do not change by themselves: each such day is a finding of its own.
    """
    then, now = dict(before.digests), dict(after.digests)
    known = {*then, *(day for day in now if day <= max(then))}
    return tuple(sorted(day for day in known if then.get(day) != now.get(day)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """``hits`` in ``size`` records of one cluster and group, decided on one day, whose labels all came on one day."""

    cluster: str
    group: str
    decided: date
    known: date
    size: int
    hits: int


def as_first_known(labels: Iterable[Labels]) -> tuple[Look, ...]:
    """Looks by the day a label became known: what the detector bets on, for such a look never changes again."""
    return _looks((batch.known, batch) for batch in labels)


def as_matured(labels: Iterable[Labels], *, maturity: timedelta, until: date) -> tuple[Look, ...]:
    """Looks by the day of the decision, once ``maturity`` has passed by ``until``, from labels that came within it.

    These figures speak of the decisions of a day, not of the speed of its labels; they come ``maturity`` later.
    """
    ripe = (batch for batch in labels if batch.decided + maturity <= until)
    return _looks((batch.decided, batch) for batch in ripe if batch.known <= batch.decided + maturity)


def _looks(dated: Iterable[tuple[date, Labels]]) -> tuple[Look, ...]:
    units: defaultdict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for day, batch in dated:
        unit = units[day, batch.group, batch.cluster]
        unit[0] += batch.size
        unit[1] += batch.hits
    days: defaultdict[date, Counter[tuple[str, int, int]]] = defaultdict(Counter)
    for (day, group, _), (size, hits) in units.items():
        days[day][group, size, hits] += 1
    return tuple(
        Look(
            day=day,
            cells=tuple(
                Cell(group=group, size=size, hits=hits, clusters=clusters)
                for (group, size, hits), clusters in sorted(days[day].items())
            ),
        )
        for day in sorted(days)
    )
