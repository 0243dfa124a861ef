"""Exhibits as SVG charts. The only module that knows matplotlib, and it loads it only when asked to draw."""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.exhibits import GROUPS_DRAWN
from junzi_audit.report.grouped import groups
from junzi_audit.report.lines import BLUE, GRID, INK, legend, limit_level, part, reference_line, spare
from junzi_audit.report.plotted import (
    all_zero,
    axis_place,
    bin_edges,
    bin_name,
    cell,
    figure,
    heading,
    is_log,
    label,
    reference_name,
    thinned,
    time_of,
    value_label,
)
from junzi_audit.report.text import one_line
from junzi_audit.wording import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe and Ito's palette, as the others.
_SKY = "#56B4E9"
_WIDTH = 7.2  # inches; the SVG is 72 points to the inch, so about 690 pixels
_FEW_DAYS = timedelta(days=9)  # longer, and not every day is named
_NAMES_WIDE = 80  # characters of all names along the horizontal axis
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "junzi-audit",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "timezone": "UTC",
    "axes.edgecolor": "#767676",
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.axisbelow": True,
}


def svg(exhibit: Exhibit, chart: Chart) -> bytes:
    """The chart of the exhibit's rows as SVG; the same rows always give the same bytes.

    Figures that are missing, not finite or beyond 1e100 (on a logarithmic axis: not a number) are left out; the exhibit
    must hold at least one other.
    """
    import matplotlib
    from matplotlib.figure import Figure as Sheet

    upright: dict[str, Callable[[Axes, Exhibit, Chart], None]] = {"series": _series, "histogram": _histogram}
    row = 0.4 if chart.kind == "spans" else 0.32
    height = 3.4 if chart.kind in upright else 1.1 + row * min(len(exhibit.rows), GROUPS_DRAWN)
    height += 0.3 if chart.reference is not None and chart.kind not in {"series", "spans"} else 0.0
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name in a script that the measuring font lacks is drawn by the reader's own fonts: no reason to warn.
        warnings.simplefilter("ignore")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        sheet = Sheet(figsize=(_WIDTH, height), layout="constrained")
        axes = sheet.subplots()
        upright.get(chart.kind, groups)(axes, exhibit, chart)
        out = io.BytesIO()
        sheet.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _series(axes: Axes, exhibit: Exhibit, chart: Chart) -> None:
    """A line of the value against time (UTC), a number, or the rows' order, with its band if there is one."""
    places = _places(axes, exhibit, chart)
    found = [(at, axis_place(chart, cell(row, chart.value)), row) for at, row in zip(places, exhibit.rows, strict=True)]
    points = thinned([(at, value, row) for at, value, row in found if value is not None])
    span = _decades(axes, exhibit, chart) if is_log(chart) else (-math.inf, math.inf)
    values, lows, highs, others = (
        [_within(span, axis_place(chart, cell(row, column))) for _, _, row in points]
        for column in (chart.value, chart.low, chart.high, chart.reference)
    )
    xs = [at for at, _, _ in points]
    if not all(map(math.isnan, lows)):
        axes.fill_between(xs, lows, highs, color=_SKY, alpha=0.35, linewidth=0)
        if len(points) == 1:  # a band of one point has no width
            axes.plot([xs[0], xs[0]], [lows[0], highs[0]], "_-", color=_SKY, linewidth=2, markersize=9)
    marker = "o" if len(points) <= 40 else None
    axes.plot(xs, values, color=BLUE, linewidth=1.8, marker=marker, markersize=4)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_ylabel(value_label(exhibit, chart) + (", log scale" if is_log(chart) else ""))
    spare(axes)
    if all_zero(exhibit, chart):
        axes.set_ylim(0, 1)
    part(axes, [*reference_line(axes, exhibit, chart, xs, others), *limit_level(axes, chart)])


def _within(span: tuple[float, float], at: float | None) -> float:
    return math.nan if at is None else min(max(at, span[0]), span[1])


def _decades(axes: Axes, exhibit: Exhibit, chart: Chart) -> tuple[float, float]:
    """Whole powers of ten for the value axis, with a named level to spare for what has no place of its own.

    The axis is linear in the logarithm: that holds the largest and smallest floats, and needs no typeset powers.
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator

    columns = [column for column in (chart.value, chart.low, chart.high, chart.reference) if column is not None]
    places = [axis_place(chart, cell(row, column)) for row in exhibit.rows for column in columns]
    known = [at for at in [*places, axis_place(chart, chart.limit)] if at is not None and math.isfinite(at)]
    low = math.floor(min(known))
    high = max(math.ceil(max(known)), low + 1)
    spare = math.ceil((high - low) / 12)
    bottom, top = low - spare * (-math.inf in places), high + spare * (math.inf in places)
    named = {at: _power(round(at)) for at in MaxNLocator(nbins=7, integer=True).tick_values(low, high)}
    named = {at: name for at, name in named.items() if low <= at <= high}
    named |= {at: name for at, name in ((bottom, "0 or less"), (top, "∞")) if not low <= at <= high}
    axes.set_yticks(list(named), list(named.values()))
    if high - low <= 6:
        between = [at + math.log10(n) for at in range(low, high) for n in range(2, 10)]
        axes.yaxis.set_minor_locator(FixedLocator(between))
    axes.set_ylim(bottom - 0.03 * (top - bottom), top + 0.03 * (top - bottom))
    return bottom, top


def _power(exponent: int) -> str:
    return number(10.0**exponent) if -3 <= exponent <= 5 else f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def _histogram(axes: Axes, exhibit: Exhibit, chart: Chart) -> None:
    """The value of each bin filled, the reference of each bin as an outline over it."""
    scale = bin_edges(exhibit, chart)
    edges = scale or [float(at) for at in range(len(exhibit.rows) + 1)]
    values, others = (
        [_within((-math.inf, math.inf), figure(cell(row, column))) for row in exhibit.rows]
        for column in (chart.value, chart.reference)
    )
    axes.stairs(values, edges, fill=True, color=_SKY, label=one_line(heading(exhibit, chart.value), 40))
    if not all(map(math.isnan, others)):
        axes.stairs(others, edges, color=INK, linewidth=1.8, label=reference_name(exhibit, chart))
        legend(axes)
    axes.margins(x=0.01)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_ylabel(value_label(exhibit, chart))
    axes.set_xlabel(heading(exhibit, chart.label) + ("" if scale else ", in the order of the table"))
    if scale is None:
        _name_bins(axes, exhibit, chart)
    spare(axes)
    if all_zero(exhibit, chart):
        axes.set_ylim(0, 1)
    limit_level(axes, chart)


def _name_bins(axes: Axes, exhibit: Exhibit, chart: Chart) -> None:
    """Name the bins that stand in the table's order, or as many as there is room for."""
    names = [bin_name(row, chart).replace(" to ", " to\n", 1) for row in exhibit.rows]
    lines = [[part for line in name.split("\n") for part in textwrap.wrap(line, 14)][:3] for name in names]
    widest = max(len(line) for name in lines for line in name)
    named = range(0, len(names), math.ceil(len(names) * (widest + 1) / _NAMES_WIDE))
    axes.set_xticks([at + 0.5 for at in named], ["\n".join(lines[at]) for at in named])


def _places(axes: Axes, exhibit: Exhibit, chart: Chart) -> list[float]:
    """Where each row stands on the horizontal axis, which is named accordingly."""
    from matplotlib import dates as untyped

    dates: Any = untyped
    named = heading(exhibit, chart.label)
    times = [time_of(cell(row, chart.label)) for row in exhibit.rows]
    known = [time for time in times if time is not None]
    if len(known) == len(times) and min(known) < max(known):
        few = max(known) - min(known) < _FEW_DAYS and all(time == time.replace(hour=0, minute=0) for time in known)
        locator = dates.DayLocator(tz=UTC) if few else dates.AutoDateLocator(tz=UTC)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=UTC))
        axes.set_xlabel(f"{named} (UTC)")
        return [float(dates.date2num(time)) for time in known]
    numbers = [figure(cell(row, chart.label)) for row in exhibit.rows]
    counted = [value for value in numbers if value is not None]
    if len(counted) == len(numbers):
        axes.set_xlabel(named)
        return counted
    axes.set_xlabel(f"{named}, in the order of the table" if len(exhibit.rows) > 1 else named)
    step = max(1, math.ceil(len(exhibit.rows) / 8))
    ticks = range(0, len(exhibit.rows), step)
    axes.set_xticks(ticks, [label(exhibit.rows[tick], chart, 12) for tick in ticks])
    return [float(place) for place in range(len(exhibit.rows))]
