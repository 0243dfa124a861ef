"""Exhibits as SVG charts. The only module that knows matplotlib, and it loads it only when asked to draw."""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.exhibits import GROUPS_DRAWN, Cell, cell, figure, heading, label, limit_text
from junzi_audit.report.text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette: told apart by people with any common colour vision.
_BLUE, _SKY, _VERMILLION, _INK, _GRID = "#0072B2", "#56B4E9", "#D55E00", "#222222", "#dddddd"
_WIDTH = 7.2  # inches; the SVG is 72 points to the inch, so about 690 pixels
_POINTS_DRAWN = 1_000
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "junzi-audit",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "timezone": "UTC",
    "axes.edgecolor": "#767676",
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "axes.axisbelow": True,
}


def svg(exhibit: Exhibit, chart: Chart) -> bytes:
    """The chart of the exhibit's rows as SVG; the same rows always give the same bytes.

    Figures that are missing, not finite or beyond 1e100 are left out; the exhibit must hold at least one other.
    """
    import matplotlib
    from matplotlib.figure import Figure as Sheet

    series = chart.kind == "series"
    height = 3.4 if series else 1.1 + 0.32 * min(len(exhibit.rows), GROUPS_DRAWN)
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name in a script that the measuring font lacks is drawn by the reader's own fonts: no reason to warn.
        warnings.simplefilter("ignore")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        sheet = Sheet(figsize=(_WIDTH, height), layout="constrained")
        axes = sheet.subplots()
        (_series if series else _groups)(axes, exhibit, chart)
        out = io.BytesIO()
        sheet.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _groups(axes: Axes, exhibit: Exhibit, chart: Chart) -> None:
    """One horizontal bar, or dot with whisker, per row; the first row on top."""
    rows = exhibit.rows[:GROUPS_DRAWN]
    for place, row in enumerate(rows):
        value = figure(cell(row, chart.value))
        low, high = figure(cell(row, chart.low)), figure(cell(row, chart.high))
        if chart.kind == "bars" and value is not None:
            axes.barh(place, value, height=0.62, color=_BLUE)
        elif value is not None:
            axes.plot([value], [place], "o", color=_BLUE, markersize=7, zorder=3)
        if low is not None and high is not None:
            ink = _INK if chart.kind == "bars" else _BLUE
            axes.plot([low, high], [place, place], "|-", color=ink, linewidth=2, markersize=9, zorder=2)
    axes.set_yticks(range(len(rows)), [_group_label(exhibit, chart, row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_xlabel(_value_label(exhibit, chart))
    _spare(axes, "left" if chart.kind != "bars" else "")
    if (limit := figure(chart.limit)) is not None:
        axes.axvline(limit, color=_VERMILLION, linewidth=1.6, linestyle=(0, (5, 3)), zorder=4)
        left, right = axes.get_xlim()
        side = {0: "left", 1: "center", 2: "right"}[min(2, max(0, int(3 * (limit - left) / (right - left))))]
        _name_limit(axes, limit, limit_text(chart), side)


def _group_label(exhibit: Exhibit, chart: Chart, row: Sequence[Cell]) -> str:
    row = tuple(row)
    counts = [column for column, name in enumerate(exhibit.columns) if name.strip().lower() in {"n", "records"}]
    n = cell(row, counts[0]) if counts else None
    told = f" (n = {n:,})" if isinstance(n, int) else ""
    missing = "" if figure(cell(row, chart.value)) is not None else ": no figure"
    return f"{label(row, chart, 32)}{told}{missing}"


def _series(axes: Axes, exhibit: Exhibit, chart: Chart) -> None:
    """A line of the value against time (UTC), a number, or the rows' order, with its band if there is one."""
    places = _places(axes, exhibit, chart)
    found = [(place, figure(cell(row, chart.value)), row) for place, row in zip(places, exhibit.rows, strict=True)]
    points = _thinned([(place, value, row) for place, value, row in found if value is not None])
    xs = [place for place, _, _ in points]
    lows = [figure(cell(row, chart.low)) for _, _, row in points]
    highs = [figure(cell(row, chart.high)) for _, _, row in points]
    nan = math.nan
    if any(low is not None for low in lows):
        edges = [[nan if edge is None else edge for edge in side] for side in (lows, highs)]
        axes.fill_between(xs, edges[0], edges[1], color=_SKY, alpha=0.35, linewidth=0)
    marker = "o" if len(points) <= 40 else None
    axes.plot(xs, [value for _, value, _ in points], color=_BLUE, linewidth=1.8, marker=marker, markersize=4)
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_ylabel(_value_label(exhibit, chart))
    _spare(axes)
    if (limit := figure(chart.limit)) is not None:
        axes.axhline(limit, color=_VERMILLION, linewidth=1.6, linestyle=(0, (5, 3)))
        _name_limit(axes, limit, limit_text(chart), "beside")


def _places(axes: Axes, exhibit: Exhibit, chart: Chart) -> list[float]:
    """Where each row stands on the horizontal axis, which is named accordingly."""
    from matplotlib import dates as untyped

    dates: Any = untyped
    named = heading(exhibit, chart.label)
    times = [_time(cell(row, chart.label)) for row in exhibit.rows]
    known = [time for time in times if time is not None]
    if len(known) == len(times):
        locator = dates.AutoDateLocator(tz=UTC)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=UTC))
        axes.set_xlabel(f"{named} (UTC)")
        return [float(dates.date2num(time)) for time in known]
    numbers = [figure(cell(row, chart.label)) for row in exhibit.rows]
    counted = [value for value in numbers if value is not None]
    if len(counted) == len(numbers):
        axes.set_xlabel(named)
        return counted
    axes.set_xlabel(f"{named}, in the order of the table")
    step = max(1, math.ceil(len(exhibit.rows) / 8))
    ticks = range(0, len(exhibit.rows), step)
    axes.set_xticks(ticks, [label(exhibit.rows[tick], chart, 12) for tick in ticks])
    return [float(place) for place in range(len(exhibit.rows))]


def _time(value: Cell) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC) if found else None
    except (ValueError, OverflowError):
        return None


def _thinned(points: list[tuple[float, float, tuple[Cell, ...]]]) -> list[tuple[float, float, tuple[Cell, ...]]]:
    """At most about 1,000 points that keep the lowest and highest of every stretch, so no peak is lost."""
    stretch = math.ceil(len(points) / (_POINTS_DRAWN / 2))
    if len(points) <= _POINTS_DRAWN:
        return points
    kept: list[int] = []
    for start in range(0, len(points), stretch):
        within = range(start, min(start + stretch, len(points)))
        kept += sorted({min(within, key=lambda at: points[at][1]), max(within, key=lambda at: points[at][1])})
    return [points[at] for at in kept]


def _value_label(exhibit: Exhibit, chart: Chart) -> str:
    return one_line(chart.value_label, 70) or heading(exhibit, chart.value)


def _spare(axes: Axes, *more: str) -> None:
    for side in ("top", "right", *more):
        if side:
            axes.spines[side].set_visible(False)


def _name_limit(axes: Axes, limit: float, text: str, side: str) -> None:
    """Write the limit's name above a vertical line (``side`` says towards where), or right of a level one."""
    level = side == "beside"
    axes.annotate(
        "\n".join(textwrap.wrap(text, 16)) if level else text,
        (1.0, limit) if level else (limit, 1.0),
        xycoords=axes.get_yaxis_transform() if level else axes.get_xaxis_transform(),
        xytext=(4, 0) if level else (0, 4),
        textcoords="offset points",
        ha="left" if level else side,
        va="center" if level else "bottom",
        color="#A84300",  # vermillion, dark enough to read
        annotation_clip=False,
    )
