"""What the engines answered a scan, row by row, as counts, looks and histograms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, timedelta
from typing import Any, NamedTuple

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import scan_sql as sql
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.scanned import Categories, DayCount, Grid, Groups
from junzi_audit.seen.counts import TALLIES, AttributeCounts, Counts, GroupCounts, Reason, excluded
from junzi_audit.seen.histograms import Histogram
from junzi_audit.seen.looks import EVERYONE, Cell, Look, among
from junzi_audit.seen.tally import SUMS, Tally

_EPOCH = date(1970, 1, 1)
#: Strange words that a message repeats.
_LISTED = 4


class DayRow(NamedTuple):
    """Rows of one day, decision, outcome and values; a tuple, because there are many of them."""

    day: date | None
    lost: bool
    selected: bool | None
    outcome: bool | None
    texts: tuple[str | None, ...]
    rows: int


_Key = tuple[date | None, str, bool, bool | None]
_Sums = Mapping[int, Sequence[GroupCounts]]


def counted(
    names: Sequence[str], places: Sequence[tuple[int, ...]], cells: Sequence[DayRow], sums: _Sums, untimed: int
) -> Groups:
    """The groups of every attribute, which must add up to the rows of all days."""
    rows = untimed + sum(cell.rows for cell in cells)
    attributes, days = [], []
    for index, name in enumerate(names):
        left, counted = _folded(cells, places[index])
        sizes: Counter[str] = Counter()
        for (day, group, selected, outcome), count in sorted(counted.items(), key=_order):
            sizes[group] += count
            days.append(DayCount(day=day, attribute=name, group=group, selected=selected, outcome=outcome, rows=count))
        if sizes != {group.group: group.selection.n for group in sums[index]}:
            raise Unobservable(Cause.MALFORMED, f"{name}: the log changed while it was read")
        left[Reason.NO_TIME] += untimed
        attributes.append(AttributeCounts(name=name, groups=tuple(sums[index]), excluded=excluded(left)))
    return Groups(counts=Counts(rows=rows, attributes=tuple(attributes)), days=tuple(days))


def _folded(cells: Sequence[DayRow], places: Sequence[int]) -> tuple[Counter[str], Counter[_Key]]:
    left: Counter[str] = Counter()
    counted: Counter[_Key] = Counter()
    names = {texts: _name(texts, places) for texts in {cell.texts for cell in cells}}
    for cell in cells:
        name = names[cell.texts]
        if cell.lost:
            left[Reason.NO_CLUSTER] += cell.rows
        elif cell.selected is None:
            left[Reason.NO_DECISION] += cell.rows
        elif not name:
            left[Reason.NO_GROUP] += cell.rows
        else:
            counted[cell.day, name, cell.selected, cell.outcome] += cell.rows
    return left, counted


def _name(texts: Sequence[str | None], places: Sequence[int]) -> str:
    """The group's name; empty where it has none."""
    parts = [texts[at] or "" for at in places]
    return " x ".join(parts) if all(parts) else ""


def _order(item: tuple[_Key, int]) -> tuple[date, str, bool, int]:
    (day, group, selected, outcome), _ = item
    return day or _EPOCH, group, selected, -1 if outcome is None else int(outcome)


def plain(rows: Sequence[tuple[Any, ...]], columns: Columns) -> list[DayRow]:
    """Rows per day as they came, in our own types; Unobservable when a column says no in more than one word."""
    dated = {day: _day(day) for day in {row[0] for row in rows}}
    decided = _meant({row[2] for row in rows}, columns.decided, columns.decided_positive, columns.decided_negative)
    outcome = _meant({row[3] for row in rows}, columns.outcome, columns.outcome_positive, columns.outcome_negative)
    found: Counter[tuple[Any, ...]] = Counter()
    for day, lost, selected, known, *texts, count in rows:
        found[dated[day], bool(lost), decided[selected], outcome[known], tuple(texts)] += count
    return [
        DayRow(day=day, lost=lost, selected=selected, outcome=known, texts=texts, rows=count)
        for (day, lost, selected, known, texts), count in found.items()
    ]


def _meant(said: Set[Any], column: str, positive: str, negatives: Sequence[str]) -> dict[Any, bool | None]:
    """What each word says: yes, no, or neither."""
    plain = {word: str(word).lower() for word in said if word is not None}
    known = {each.lower() for each in negatives}
    others = sorted(set(plain.values()) - {positive.lower()} - known)
    if not known and len(others) > 1:
        shown = ", ".join(repr(word[:40]) for word in others[:_LISTED])
        words = f"column {column!r} holds {shown} beside {positive!r}, so which of them says no is unknown"
        raise Unobservable(Cause.MALFORMED, f"{words}; name the words that do in the target's file, as its negative")
    meant = {word: None if known and told in others else told == positive.lower() for word, told in plain.items()}
    return {**meant, None: None}


def _day(day: int | str | date | None) -> date | None:
    if isinstance(day, int):
        return _EPOCH + timedelta(days=day)
    return date.fromisoformat(day) if isinstance(day, str) else day


def summed(rows: Iterable[tuple[Any, ...]], places: Sequence[tuple[int, ...]]) -> _Sums:
    """The tallies of every attribute's groups, by the attribute's place."""
    width, size = max(map(len, places)), len(SUMS)
    found: dict[int, list[GroupCounts]] = {index: [] for index in range(len(places))}
    for index, *rest in rows:
        sums = [int(figure or 0) for figure in rest[width:]]
        parts = [Tally(**dict(zip(SUMS, sums[at : at + size], strict=True))) for at in range(0, len(sums), size)]
        group = " x ".join(rest[: len(places[index])])
        found[index].append(GroupCounts(group=group, **dict(zip(TALLIES, parts, strict=True))))
    return {index: _joined(counts) for index, counts in found.items()}


def _joined(counts: Iterable[GroupCounts]) -> list[GroupCounts]:
    """One per group, by name: what several passes saw of a group shares no cluster."""
    groups: dict[str, GroupCounts] = {}
    for each in counts:
        groups[each.group] = groups[each.group] + each if each.group in groups else each
    return [groups[name] for name in sorted(groups)]


def by_day(rows: Iterable[tuple[Any, ...]], places: Sequence[tuple[int, ...]]) -> list[tuple[Look, ...]]:
    """Every attribute's looks, by the attribute's place."""
    width = max(map(len, places))
    days: list[defaultdict[date, list[Cell]]] = [defaultdict(list) for _ in places]
    for index, day, outcome, *rest in rows:
        group = " x ".join(rest[: len(places[index])]) or EVERYONE
        name = group if outcome is None else among(group, bool(outcome))
        size, hits, clusters = map(int, rest[width:])
        at = _day(day)
        assert at is not None
        days[index][at].append(Cell(group=name, size=size, hits=hits, clusters=clusters))
    return [tuple(Look(day=day, cells=tuple(sorted(found[day]))) for day in sorted(found)) for found in days]


def binned(grid: Grid, rows: Iterable[tuple[Any, ...]]) -> Histogram:
    """One column's histogram."""
    found = Counter(dict(rows))
    found[sql.CELLS - 1] += found[sql.CELLS]
    return Histogram(
        low=grid.low,
        high=grid.high,
        counts=tuple(found[cell] for cell in range(sql.CELLS)),
        below=found[sql.BELOW],
        above=found[sql.ABOVE],
        missing=found[None],
    )


def categories(rows: Iterable[tuple[Any, ...]]) -> Categories:
    """One column's categories."""
    found = dict(rows)
    missing = found.pop(None, 0) + found.pop("", 0)
    return Categories(counts=dict(sorted(found.items())), missing=missing)
