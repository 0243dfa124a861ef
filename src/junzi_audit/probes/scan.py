"""Counting where the data lives: one look at a decision log gives counts, looks or histograms, and keeps no record.

Rows in = rows counted + rows excluded with reasons, for every attribute, or it is Unobservable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import scan_sql as sql
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.scan_engines import Opened, Source, opened
from junzi_audit.probes.scan_words import Words
from junzi_audit.probes.scanned import Categories, DayCount, Grid, Groups, Values
from junzi_audit.seen.counts import TALLIES, AttributeCounts, Counts, GroupCounts, Reason, excluded
from junzi_audit.seen.histograms import Histogram
from junzi_audit.seen.looks import Cell, Look, Looks, among
from junzi_audit.seen.tally import SUMS, Tally

Window = tuple[datetime, datetime]
_EPOCH = date(1970, 1, 1)
#: A table of as many rows' clusters is tried to be held in memory at once.
_ROWS_AT_ONCE = 25_000_000


class _Cell(NamedTuple):  # there are many: a tuple is made in a fifth of a frozen dataclass's time
    day: date | None
    lost: bool
    selected: bool | None
    outcome: bool | None
    texts: tuple[str | None, ...]
    rows: int


_Key = tuple[date | None, str, bool, bool | None]
_Sums = Mapping[int, Sequence[GroupCounts]]


def groups(
    source: Source, columns: Columns, window: Window | None = None, *, maturity: timedelta | None = None
) -> Groups:
    """Count the groups of every attribute; "party x region" is the intersection of two columns.

    ``window``: aware instants, from (included) to (excluded); rows without a time belong to none, and are excluded.
    ``maturity``: an outcome that became known later than that after the decision is none (needs a ``known`` column).
    Unobservable when the log is absent, lacks a column, or changed while it was read. Cluster sums hold for the whole
    window: adding two windows is exact only where they share no cluster.
    """
    singles, places = _places(columns.attributes)
    with opened(source, _asked(columns, singles)) as log:
        words, where = log.words, sql.within(log.words, columns.time, window is not None)
        bound = {**_window(window), **_positive(columns), **_elapsed(maturity)}
        untimed = log.count(sql.untimed(words, columns.time), bound) if columns.time else 0
        nameless = log.count(sql.nameless(words, columns.cluster, where), bound)
        rulings = _rulings(words, columns, singles, maturity)
        lost = f"coalesce({words.text(columns.cluster)}, '') = ''" if nameless else ""
        day = words.day(columns.time) if columns.time else "NULL"
        cells = log.ask(sql.days(words, rulings, where, day, lost), bound)
        cluster = f"{words.text(columns.cluster)} AS cluster"
        plain = _plain(cells)
        sums = _clustered(log, [cluster, *rulings], where, places, bound, rows=sum(cell.rows for cell in plain))
    return _groups(columns.attributes, places, plain, _sums(sums, places), untimed)


def _clustered(
    log: Opened,
    entries: Sequence[str],
    where: str,
    places: Sequence[tuple[int, ...]],
    bound: Mapping[str, Any],
    rows: int,
) -> list[tuple[Any, ...]]:
    """The sums of all clusters, in as many passes over the log as their table takes to fit into memory."""
    parts = 1 + rows // _ROWS_AT_ONCE if log.exhausted else 1
    for more in (1, 4, 16):
        passes = [sql.clusters(log.words, entries, where, places, part, parts * more) for part in range(parts * more)]
        try:
            return [row for text in passes for row in log.ask(text, bound)]
        except log.exhausted:
            continue
    raise Unobservable(Cause.TOO_LARGE, "the log names more entities than its scan may hold in memory")


def looks(source: Source, columns: Columns, window: Window, *, maturity: timedelta) -> Mapping[str, Looks]:
    """Every attribute day by day, for the detector: clusters by group, size and hits, and no record.

    Outcomes stand on the day they became known (of the decision, without a ``known`` column), for the days that begin
    ``maturity`` or more after ``since``: earlier ones would miss what was decided before. Outcomes that took longer do
    not count. Rows that ``groups`` excludes are left out. ValueError without a ``time`` column; else errors as there.
    """
    if not columns.time:
        raise ValueError("a log without times has no days to look at")
    singles, places = _places(columns.attributes)
    with opened(source, _asked(columns, singles)) as log:
        bound = {**_window(window), **_positive(columns), **_elapsed(maturity)}
        found = []
        for time, labelled in ((columns.time, False), (columns.known or columns.time, True)):
            entries = [
                f"{log.words.text(columns.cluster)} AS cluster",
                f"{log.words.day(time)} AS day",
                *_rulings(log.words, columns, singles, maturity),
            ]
            text = sql.units(log.words, entries, sql.within(log.words, time, True), places, labelled)
            first = window[0] + maturity if labelled and columns.known else window[0]
            found.append(_by_day(log.ask(text, {**bound, "since": first.isoformat()}), places))
    return {
        name: Looks(selection=found[0][index], odds=found[1][index]) for index, name in enumerate(columns.attributes)
    }


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
    counted = [_kinds([row[1:] for row in found if row[0] == at]) for at in range(len(kinds))]
    totals = [each.n + each.missing for each in bins]
    totals += [sum(each.counts.values()) + each.missing for each in counted]
    if set(totals) - {rows}:
        raise Unobservable(Cause.MALFORMED, f"{source.shown}: the log changed while it was read")
    return Values(
        rows=rows,
        histograms={grid.column: each for grid, each in zip(grids, bins, strict=True)},
        categories=dict(zip(kinds, counted, strict=True)),
        untimed=untimed,
    )


def _places(attributes: Sequence[str]) -> tuple[list[str], list[tuple[int, ...]]]:
    sets = [tuple(name.split(" x ")) for name in attributes]
    singles = list(dict.fromkeys(column for names in sets for column in names))
    return singles, [tuple(singles.index(column) for column in names) for names in sets]


def _positive(columns: Columns) -> dict[str, str]:
    return {"decided": columns.decided_positive.lower(), "outcome": columns.outcome_positive.lower()}


def _asked(columns: Columns, singles: Sequence[str]) -> list[str]:
    return [columns.cluster, columns.decided, columns.outcome, *singles, *_time(columns.time), *_time(columns.known)]


def _elapsed(maturity: timedelta | None) -> dict[str, float]:
    return {} if maturity is None else {"maturity": maturity.total_seconds()}


def _rulings(words: Words, columns: Columns, singles: Sequence[str], maturity: timedelta | None = None) -> list[str]:
    positive = _positive(columns)
    outcome = words.truth(columns.outcome, "outcome", positive["outcome"])
    if maturity is not None and columns.known:
        outcome = f"CASE WHEN {words.elapsed(columns.time, columns.known, 'maturity')} THEN {outcome} END"
    return [
        f"{words.truth(columns.decided, 'decided', positive['decided'])} AS decided",
        f"{outcome} AS outcome",
        *(f"{words.text(column)} AS a{at}" for at, column in enumerate(singles)),
    ]


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


def _folded(cells: Sequence[_Cell], places: Sequence[int]) -> tuple[Counter[str], Counter[_Key]]:
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


def _plain(rows: Sequence[tuple[Any, ...]]) -> list[_Cell]:
    dated = {day: _day(day) for day in {row[0] for row in rows}}
    return [
        _Cell(
            day=dated[day],
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


def _by_day(rows: Iterable[tuple[Any, ...]], places: Sequence[tuple[int, ...]]) -> list[tuple[Look, ...]]:
    width = max(map(len, places))
    days: list[defaultdict[date, list[Cell]]] = [defaultdict(list) for _ in places]
    for index, day, outcome, *rest in rows:
        group = " x ".join(rest[: len(places[index])])
        name = group if outcome is None else among(group, bool(outcome))
        size, hits, clusters = map(int, rest[width:])
        at = _day(day)
        assert at is not None
        days[index][at].append(Cell(group=name, size=size, hits=hits, clusters=clusters))
    return [tuple(Look(day=day, cells=tuple(sorted(found[day]))) for day in sorted(found)) for found in days]


def _bins(grid: Grid, rows: Iterable[tuple[Any, ...]]) -> Histogram:
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


def _kinds(rows: Iterable[tuple[Any, ...]]) -> Categories:
    found = dict(rows)
    missing = found.pop(None, 0) + found.pop("", 0)
    return Categories(counts=dict(sorted(found.items())), missing=missing)
