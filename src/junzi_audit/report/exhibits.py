"""Exhibits as shown: a table cut for the page, the same rows as CSV, and the sentence that stands for the chart."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.text import one_line, visible
from junzi_audit.wording import number

Cell = str | int | float | None

#: Rows of one exhibit on the page; the CSV holds all of them.
ROWS_SHOWN = 200
#: Groups of a bar or interval chart that stay legible.
GROUPS_DRAWN = 40
_GROUPS_TOLD = 8
_UNDRAWABLE = 1e100
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
    shown = exhibit.rows[:ROWS_SHOWN]
    chart = exhibit.chart if drawable(exhibit) else None
    return ExhibitView(
        exhibit=exhibit,
        numeric=tuple(all(not isinstance(cell(row, column), str) for row in shown) for column in columns),
        rows=tuple(tuple(cell_text(cell(row, column)) for column in columns) for row in shown),
        left=len(exhibit.rows) - len(shown),
        data=f"data/{stem}.csv",
        plot=f"plots/{stem}.svg" if chart else "",
        alt=alt(exhibit, chart) if chart else "",
        drawn=_cut(exhibit, chart) if chart else "",
    )


def cell(row: tuple[Cell, ...], column: int | None) -> Cell:
    """The cell in that column; None where the row or the chart has no such column."""
    return row[column] if column is not None and 0 <= column < len(row) else None


def figure(value: Cell) -> float | None:
    """The cell as a finite number that can be drawn, else None."""
    if isinstance(value, str) or value is None:
        return None
    try:
        drawn = float(value)
    except OverflowError:
        return None
    return drawn if math.isfinite(drawn) and abs(drawn) < _UNDRAWABLE else None


def cell_text(value: Cell) -> str:
    """The cell for reading; an empty cell is a dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) and abs(value) < 10**15 else _number(value)


def _number(value: int | float) -> str:
    try:
        return number(float(value))
    except OverflowError:
        return "beyond any float"


def drawable(exhibit: Exhibit) -> bool:
    """Whether there is a chart with at least one finite figure in it."""
    chart = exhibit.chart
    return chart is not None and any(figure(cell(row, chart.value)) is not None for row in exhibit.rows)


def heading(exhibit: Exhibit, column: int) -> str:
    """The name of a column, on one line."""
    return one_line(exhibit.columns[column], 60) if 0 <= column < len(exhibit.columns) else f"column {column}"


def limit_text(chart: Chart) -> str:
    """What is written at the chart's limit line; empty when there is no line."""
    if figure(chart.limit) is None:
        return ""
    return one_line(chart.limit_label, 60) or f"limit {cell_text(chart.limit)}"


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
    by = heading(exhibit, chart.label)
    limit = f" The line marks {limit_text(chart)}." if limit_text(chart) else ""
    told = _series_told(exhibit, chart) if chart.kind == "series" else _groups_told(exhibit, chart)
    return f"{what} by {by}: {told}.{limit}"


def _groups_told(exhibit: Exhibit, chart: Chart) -> str:
    told = [_group_told(row, chart) for row in exhibit.rows[:_GROUPS_TOLD]]
    left = len(exhibit.rows) - len(told)
    return "; ".join([*told, f"and {left:,} more in the table"] if left else told)


def _group_told(row: tuple[Cell, ...], chart: Chart) -> str:
    low, high = figure(cell(row, chart.low)), figure(cell(row, chart.high))
    spread = f" ({number(low)} to {number(high)})" if low is not None and high is not None else ""
    return f"{label(row, chart)} {cell_text(cell(row, chart.value))}{spread}"


def _series_told(exhibit: Exhibit, chart: Chart) -> str:
    points = [
        (value, label(row, chart)) for row in exhibit.rows if (value := figure(cell(row, chart.value))) is not None
    ]
    low, high = min(points, key=lambda point: point[0]), max(points, key=lambda point: point[0])
    extremes = f"lowest {number(low[0])} at {low[1]}, highest {number(high[0])} at {high[1]}"
    return f"{len(points):,} points, {extremes}, last {number(points[-1][0])} at {points[-1][1]}"


def label(row: tuple[Cell, ...], chart: Chart, longest: int = 40) -> str:
    """What the row is called in the chart, shortened."""
    return one_line(cell_text(cell(row, chart.label)), longest)


def _cut(exhibit: Exhibit, chart: Chart) -> str:
    if chart.kind == "series" or len(exhibit.rows) <= GROUPS_DRAWN:
        return ""
    return f"The chart shows the first {GROUPS_DRAWN} of {len(exhibit.rows):,} rows."
