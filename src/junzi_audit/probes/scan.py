"""Counting where the data lives: one look at a decision log gives group counts or histograms, and keeps no record.

What comes back is what was seen, as plain sums; ``measures.histograms`` turns it into ``Counts`` and ``Histogram``.
Rows in = rows counted + rows excluded with reasons, for every attribute, or it is Unobservable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import scan_sql as sql
from junzi_audit.probes.scan_engines import Source, opened
from junzi_audit.probes.scan_words import Words
from junzi_audit.probes.scanned import AttributeSums, Bins, DayCount, Grid, Groups, GroupSums, Kinds, Values

if TYPE_CHECKING:  # its module also loads the HTTP client, which a scan does not need
    from junzi_audit.probes.decisions import Columns

Window = tuple[datetime, datetime]
_EPOCH = date(1970, 1, 1)
#: The words of ``measures.counts.Reason``, and one more.
NO_TIME, NO_CLUSTER, NO_DECISION, NO_GROUP = "no time", "no entity", "no decision", "no group value"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    day: date | None
    lost: bool
    selected: bool | None
    outcome: bool | None
    texts: tuple[str | None, ...]
    rows: int


_Key = tuple[date | None, str, bool, bool | None]
_Sums = Mapping[int, Sequence[GroupSums]]


def groups(source: Source, columns: Columns, window: Window | None = None) -> Groups:
    """Count the groups of every attribute; "party x region" is the intersection of two columns.

    ``window``: aware instants, from (included) to (excluded); rows without a time belong to none, and are excluded.
    Unobservable when the log is absent, lacks a column, or changed while it was read. Cluster sums hold for the whole
    window: adding two windows is exact only where they share no cluster.
    """
    singles, places = _places(columns.attributes)
    asked = [columns.cluster, columns.decided, columns.outcome, *singles, *_time(columns.time)]
    with opened(source, asked) as log:
        words, where = log.words, sql.within(log.words, columns.time, window is not None)
        bound = {**_window(window), **_positive(columns)}
        untimed = log.count(sql.untimed(words, columns.time), bound) if columns.time else 0
        nameless = log.count(sql.nameless(words, columns.cluster, where), bound)
        rulings = _rulings(words, columns, singles)
        lost = f"coalesce({words.text(columns.cluster)}, '') = ''" if nameless else ""
        day = words.day(columns.time) if columns.time else "NULL"
        cells = log.ask(sql.days(words, rulings, where, day, lost), bound)
        cluster = f"{words.text(columns.cluster)} AS cluster"
        sums = log.ask(sql.clusters(words, [cluster, *rulings], where, places), bound)
    return _groups(columns.attributes, places, _plain(cells), _sums(sums, places), untimed)


def values(
    source: Source,
    *,
    grids: Sequence[Grid] = (),
    kinds: Sequence[str] = (),
    time: str = "",
    window: Window | None = None,
) -> Values:
    """Histograms of the columns that have a grid, and counts of the values of the columns in ``kinds``.

    Units are the columns' own. A number beyond its grid counts as below or above, +-infinity too; NaN, NULL and text
    that is no number are missing; so is an empty category. Errors as for ``groups``.
    """
    with opened(source, [*(grid.column for grid in grids), *kinds, *_time(time)]) as log:
        where = sql.within(log.words, time, window is not None)
        bound = {**_window(window), **_ends(grids)}
        untimed = log.count(sql.untimed(log.words, time), bound) if time else 0
        rows = log.count(f"SELECT count(*) FROM {log.words.relation}{where}", bound)  # noqa: S608 - quoted, bound
        cells = log.ask(sql.cells(log.words, [grid.column for grid in grids], where), bound) if grids else []
        found = log.ask(sql.kinds(log.words, kinds, where), bound) if kinds else []
    bins = [_bins(grid, [row[1:] for row in cells if row[0] == at]) for at, grid in enumerate(grids)]
    counted = [_kinds(column, [row[1:] for row in found if row[0] == at]) for at, column in enumerate(kinds)]
    if _totals(bins, counted) - {rows}:
        raise Unobservable(Cause.MALFORMED, f"{source.place}: the log changed while it was read")
    return Values(rows=rows, bins=tuple(bins), kinds=tuple(counted), untimed=untimed)


def _places(attributes: Sequence[str]) -> tuple[list[str], list[tuple[int, ...]]]:
    sets = [tuple(name.split(" x ")) for name in attributes]
    singles = list(dict.fromkeys(column for names in sets for column in names))
    return singles, [tuple(singles.index(column) for column in names) for names in sets]


def _positive(columns: Columns) -> dict[str, str]:
    return {"decided": columns.decided_positive.lower(), "outcome": columns.outcome_positive.lower()}


def _rulings(words: Words, columns: Columns, singles: Sequence[str]) -> list[str]:
    positive = _positive(columns)
    return [
        f"{words.truth(columns.decided, 'decided', positive['decided'])} AS decided",
        f"{words.truth(columns.outcome, 'outcome', positive['outcome'])} AS outcome",
        *(f"{words.text(column)} AS a{at}" for at, column in enumerate(singles)),
    ]


def _totals(bins: Iterable[Bins], kinds: Iterable[Kinds]) -> set[int]:
    binned = {each.below + sum(each.counts) + each.above + each.missing for each in bins}
    return binned | {sum(rows for _, rows in kind.counts) + kind.missing for kind in kinds}


def _time(time: str) -> list[str]:
    return [time] if time else []


def _window(window: Window | None) -> dict[str, Any]:
    return {} if window is None else {"since": window[0].isoformat(), "until": window[1].isoformat()}


def _ends(grids: Sequence[Grid]) -> dict[str, float]:
    ends: dict[str, float] = {}
    for at, grid in enumerate(grids):
        if not grid.low < grid.high:
            raise ValueError(f"{grid.column}: a grid from {grid.low} to {grid.high} has no cells")
        ends |= {f"low_{at}": grid.low, f"high_{at}": grid.high, f"scale_{at}": sql.CELLS / (grid.high - grid.low)}
    return ends


def _groups(
    names: Sequence[str], places: Sequence[tuple[int, ...]], cells: Sequence[_Cell], sums: _Sums, untimed: int
) -> Groups:
    rows = untimed + sum(cell.rows for cell in cells)
    attributes, days = [], []
    for index, name in enumerate(names):
        excluded, counted = _folded(cells, places[index])
        sizes: Counter[str] = Counter()
        for (day, group, selected, outcome), count in sorted(counted.items(), key=_order):
            sizes[group] += count
            days.append(DayCount(day=day, attribute=name, group=group, selected=selected, outcome=outcome, rows=count))
        if sizes != {group.group: group.selection[0] for group in sums[index]}:
            raise Unobservable(Cause.MALFORMED, f"{name}: the log changed while it was read")
        reasons = {NO_TIME: untimed, **excluded}
        left = tuple((reason, count) for reason, count in sorted(reasons.items()) if count)
        attributes.append(AttributeSums(name=name, groups=tuple(sums[index]), excluded=left))
    return Groups(rows=rows, attributes=tuple(attributes), days=tuple(days))


def _folded(cells: Iterable[_Cell], places: Sequence[int]) -> tuple[Counter[str], Counter[_Key]]:
    excluded: Counter[str] = Counter()
    counted: Counter[_Key] = Counter()
    for cell in cells:
        parts = [cell.texts[at] for at in places]
        if cell.lost:
            excluded[NO_CLUSTER] += cell.rows
        elif cell.selected is None:
            excluded[NO_DECISION] += cell.rows
        elif not all(parts):
            excluded[NO_GROUP] += cell.rows
        else:
            counted[cell.day, " x ".join(map(str, parts)), cell.selected, cell.outcome] += cell.rows
    return excluded, counted


def _order(item: tuple[_Key, int]) -> tuple[date, str, bool, int]:
    (day, group, selected, outcome), _ = item
    return day or _EPOCH, group, selected, -1 if outcome is None else int(outcome)


def _plain(rows: Iterable[tuple[Any, ...]]) -> list[_Cell]:
    return [
        _Cell(
            day=_day(day),
            lost=bool(lost),
            selected=None if selected is None else bool(selected),
            outcome=None if outcome is None else bool(outcome),
            texts=tuple(texts),
            rows=count,
        )
        for day, lost, selected, outcome, *texts, count in rows
    ]


def _day(day: int | str | date | None) -> date | None:
    if isinstance(day, int):
        return _EPOCH + timedelta(days=day)
    return date.fromisoformat(day) if isinstance(day, str) else day


def _sums(rows: Iterable[tuple[Any, ...]], places: Sequence[tuple[int, ...]]) -> _Sums:
    width = max(map(len, places))
    found: dict[int, list[GroupSums]] = {index: [] for index in range(len(places))}
    for index, *rest in rows:
        sums = [int(figure or 0) for figure in rest[width:]]
        parts = [tuple(sums[at : at + 6]) for at in (0, 6, 12)]
        group = " x ".join(rest[: len(places[index])])
        found[index].append(GroupSums(group=group, selection=parts[0], positives=parts[1], negatives=parts[2]))
    return {index: sorted(sums, key=lambda each: each.group) for index, sums in found.items()}


def _bins(grid: Grid, rows: Iterable[tuple[Any, ...]]) -> Bins:
    found = dict(rows)
    counts = tuple(found.get(cell, 0) for cell in range(sql.CELLS))
    missing = found.get(None, 0)
    return Bins(grid=grid, counts=counts, below=found.get(-1, 0), above=found.get(sql.CELLS, 0), missing=missing)


def _kinds(column: str, rows: Iterable[tuple[Any, ...]]) -> Kinds:
    found = dict(rows)
    missing = found.pop(None, 0) + found.pop("", 0)
    return Kinds(column=column, counts=tuple(sorted(found.items())), missing=missing)
