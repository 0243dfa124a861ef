"""Exhibits as shown: a table cut for the page, the same rows as CSV, and the sentence that stands for the chart."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.plotted import (
    Cell,
    Row,
    axis_place,
    bin_name,
    cell,
    cell_text,
    drawable,
    figure,
    heading,
    is_log,
    label,
    limit_text,
    reference_name,
    references,
    shown,
    with_figure,
)
from junzi_audit.report.text import one_line, visible
from junzi_audit.wording import number, plural

#: Rows of one exhibit on the page; the CSV holds all of them.
ROWS_SHOWN = 200
#: Groups of a bar or interval chart that stay legible.
GROUPS_DRAWN = 40
_GROUPS_TOLD = 8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class ExhibitView:
    """One exhibit on the page; ``plot`` is empty when nothing can be drawn, ``left`` counts rows only in the CSV."""

    exhibit: Exhibit
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int
    data: str
    plot: str
    alt: str
    drawn: str


def build(exhibit: Exhibit, stem: str) -> ExhibitView:
    """The exhibit as shown; ``stem`` names its files and must come from our own ids."""
    columns = range(len(exhibit.columns))
    listed = exhibit.rows[:ROWS_SHOWN]
    chart = exhibit.chart if drawable(exhibit) else None
    return ExhibitView(
        exhibit=exhibit,
        numeric=tuple(all(not isinstance(cell(row, column), str) for row in listed) for column in columns),
        rows=tuple(tuple(cell_text(cell(row, column)) for column in columns) for row in listed),
        left=len(exhibit.rows) - len(listed),
        data=f"data/{stem}.csv",
        plot=f"plots/{stem}.svg" if chart else "",
        alt=alt(exhibit, chart) if chart else "",
        drawn=_drawn(exhibit, chart) if chart else "",
    )


def as_csv(exhibit: Exhibit) -> str:
    """All rows with full precision. Text a spreadsheet would run as a formula gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_csv_cell(column) for column in exhibit.columns])
    writer.writerows([_csv_cell(value) for value in row] for row in exhibit.rows)
    return out.getvalue()


def _csv_cell(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    text = visible(value, longest=max(len(value), 1))
    return f"'{text}" if value.startswith(_FORMULA) else text


def alt(exhibit: Exhibit, chart: Chart) -> str:
    """A sentence with the figures, for those who do not see the chart."""
    what = one_line(chart.value_label, 80) or heading(exhibit, chart.value)
    told = {"series": _series_told, "histogram": _bins_told}.get(chart.kind, _groups_told)(exhibit, chart)
    line, at = limit_text(chart), shown(chart, chart.limit)
    marked = f"The line marks {with_figure(line, at)}." if at is not None else ""
    sentences = (f"{what} by {heading(exhibit, chart.label)}: {told}.", marked, _edges_told(exhibit, chart))
    return " ".join(filter(None, sentences))


def _groups_told(exhibit: Exhibit, chart: Chart) -> str:
    told = [_group_told(exhibit, row, chart) for row in exhibit.rows[:_GROUPS_TOLD]]
    left = len(exhibit.rows) - len(told)
    return "; ".join([*told, f"and {left:,} more in the table"] if left else told)


def _group_told(exhibit: Exhibit, row: Row, chart: Chart) -> str:
    low, high = figure(cell(row, chart.low)), figure(cell(row, chart.high))
    spread = f" ({number(low)} to {number(high)})" if low is not None and high is not None else ""
    other = figure(cell(row, chart.reference))
    beside = f", {reference_name(exhibit, chart)} {number(other)}" if other is not None else ""
    return f"{label(row, chart)} {cell_text(cell(row, chart.value))}{spread}{beside}"


def _series_told(exhibit: Exhibit, chart: Chart) -> str:
    found = [(shown(chart, cell(row, chart.value)), label(row, chart)) for row in exhibit.rows]
    points = [(value, name) for value, name in found if value is not None]
    low, high = min(points, key=lambda point: point[0]), max(points, key=lambda point: point[0])
    extremes = f"lowest {number(low[0])} at {low[1]}, highest {number(high[0])} at {high[1]}"
    told = f"{plural(len(points), 'point')}, {extremes}, last {number(points[-1][0])} at {points[-1][1]}"
    others = references(exhibit, chart)
    return f"{told}; for comparison, {_line_told(reference_name(exhibit, chart), others)}" if others else told


def _line_told(name: str, values: list[float]) -> str:
    if min(values) == max(values):
        return f"{with_figure(name, values[0])} throughout"
    return f"{name} from {number(min(values))} to {number(max(values))}, last {number(values[-1])}"


def _bins_told(exhibit: Exhibit, chart: Chart) -> str:
    """How many bins there are, the fullest of both, and where they differ most."""
    bins = [
        (figure(cell(row, chart.value)), figure(cell(row, chart.reference)), bin_name(row, chart))
        for row in exhibit.rows
    ]
    value, name = max(((now, name) for now, _, name in bins if now is not None), key=lambda each: each[0])
    told = (
        f"{plural(len(bins), 'bin')}, the first {bins[0][2]}, the last {bins[-1][2]}, highest {number(value)} in {name}"
    )
    pairs = [(now, stored, name) for now, stored, name in bins if now is not None and stored is not None]
    if not pairs:
        return told
    other, high = max(((stored, name) for _, stored, name in bins if stored is not None), key=lambda each: each[0])
    now, stored, apart = max(pairs, key=lambda each: abs(each[0] - each[1]))
    against = reference_name(exhibit, chart)
    return (
        f"{told}; {against} highest {number(other)} in {high}; "
        f"they differ most in {apart}, {number(now)} against {number(stored)}"
    )


def _drawn(exhibit: Exhibit, chart: Chart) -> str:
    """What the reader must know of how the rows were drawn; empty when all stand where they are."""
    if chart.kind in {"series", "histogram"} or len(exhibit.rows) <= GROUPS_DRAWN:
        return _edges_told(exhibit, chart)
    return f"The chart shows the first {GROUPS_DRAWN} of {len(exhibit.rows):,} rows."


def _edges_told(exhibit: Exhibit, chart: Chart) -> str:
    """That the axis is logarithmic, and how many rows have no place of their own on it."""
    if not is_log(chart):
        return ""
    places = [axis_place(chart, cell(row, chart.value)) for row in exhibit.rows]
    edges = {"at or below zero at its bottom": -math.inf, "beyond any float at its top": math.inf}
    told = [f"{plural(count, 'row')} {where}" for where, edge in edges.items() if (count := places.count(edge))]
    return f"The axis is logarithmic{', with ' if told else ''}{' and '.join(told)}."
