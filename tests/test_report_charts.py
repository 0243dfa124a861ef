"""Charts draw what can be drawn, survive what cannot, and are loaded only when there is one."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.measures import drilled
from junzi_audit.report import charts, exhibits, lines, plotted
from junzi_audit.seen.drills import Drilled, Step
from tests import test_report_sample as sample

KINDS = ("intervals", "series", "bars", "histogram", "spans")
STRANGE = (None, math.nan, math.inf, -math.inf, 1e308, 10**400, "not a number", 0.0, -3, 7)


def exhibit(kind: str, rows, **chart) -> Exhibit:
    made = Chart(kind=kind, label=0, value=1, low=2, high=3, **chart)
    return Exhibit(title="T", caption="C", columns=("label", "value", "low", "high", "n"), rows=tuple(rows), chart=made)


def drawn(shown: Exhibit) -> str:
    assert shown.chart is not None
    text = charts.svg(shown, shown.chart).decode("utf-8")
    ElementTree.fromstring(text)
    return text


def days(values, **chart) -> Exhibit:
    """A series by day, each value compared with the last column."""
    rows = [((date(2026, 10, 8) + timedelta(days=at)).isoformat(), *each) for at, each in enumerate(values)]
    made = Chart(kind="series", label=0, value=1, low=2, high=3, reference=4, **chart)
    return Exhibit(
        title="T", caption="C", columns=("day", "gap", "low", "high", "stored"), rows=tuple(rows), chart=made
    )


def evidence(*values, **chart) -> Exhibit:
    made = Chart(kind="series", label=0, value=1, log=True, **chart)
    rows = tuple((f"2026-10-{at:02}", value) for at, value in enumerate(values, 1))
    return Exhibit(title="T", caption="C", columns=("day", "evidence"), rows=rows, chart=made)


def bins(*rows) -> Exhibit:
    made = Chart(kind="histogram", label=0, end=1, value=2, reference=3, reference_label="baseline")
    return Exhibit(title="T", caption="C", columns=("score", "to", "this week", "before"), rows=rows, chart=made)


def told(shown: Exhibit) -> str:
    assert shown.chart is not None
    return exhibits.alt(shown, shown.chart)


def height(text: str, name: str) -> float:
    """How far down the chart the name stands, in points."""
    return float(re.search(rf'y="([0-9.]+)"[^>]*>{re.escape(name)}<', text)[1])


OPTIONS = ({}, {"reference": 1, "end": 2, "log": True}, {"reference": 99, "end": -1})


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("labels", ["group {}", "2026-12-0{}T00:00:00+02:00"])
def test_no_figure_breaks_a_chart(kind, labels, options) -> None:
    rows = [(labels.format(at % 9 + 1), value, value, value, 4) for at, value in enumerate(STRANGE)]
    rows += [(labels.format(1), 2.0, 3.0, 1.0, 4), (labels.format(2), 2.0, None, 1.0, None), (labels.format(3),)]
    for limit in (2.0, -1e99) if options else (None, 2.0, math.nan, math.inf, 1e308, -1e99):
        shown = exhibit(kind, rows, limit=limit, **options)
        drawn(shown)
        assert "nan" not in told(shown)
    for more in (
        rows[-3:-2],
        [(None, 1.0, None, None, None)],
        [(at, at * at, None, None, None) for at in range(9)],
        [(at, 1.5 + math.sin(at), at + 1, 9, 0.7) for at in range(400)],
    ):
        drawn(exhibit(kind, more, limit=30, **options))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_draw_draws_nothing(kind) -> None:
    for rows in ([], [("a", None, 1, 2, 3)], [("a", math.nan, None, None, 0)], [("a",)]):
        shown = exhibits.build(exhibit(kind, rows), "stem")
        assert (shown.plot, shown.alt) == ("", "")
        assert shown.data == "data/stem.csv"


def test_a_group_without_an_interval_has_no_whisker_and_one_without_a_figure_says_so() -> None:
    text = drawn(sample.SOURCES)
    assert "Video transcripts (n = 0): no figure" in text
    assert "News sites (n = 400)" in text
    assert "limit 2%" in text
    bare = exhibit("intervals", [("a", 1.0, None, None, 3)])
    whiskered = exhibit("intervals", [("a", 1.0, 0.5, 2.0, 3)])
    assert drawn(bare).count("<use") < drawn(whiskered).count("<use")


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_labels_are_text_and_never_formulae(kind) -> None:
    rows = [(sample.HOSTILE, 1.0, 0.5, 2.0, 3), (r"$\frac{1}{0}$", 2.0, 1.0, 3.0, 4), ("名前" * 200, 1.0, 0, 2, 3)]
    said = {"limit_label": sample.HOSTILE, "value_label": sample.HOSTILE, "reference_label": sample.HOSTILE}
    text = drawn(exhibit(kind, rows, limit=1.5, reference=2, **said))
    assert "<script" not in text
    assert "\u202e" not in text
    assert r"$\frac{" in text
    assert "名" * 33 not in text


SHOWN = (sample.SOURCES, sample.READS, sample.QUEUES, sample.GAPS, sample.EVIDENCE, sample.SCORES)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_chart_is_the_same_bytes_each_time_and_carries_no_date(shown) -> None:
    assert drawn(shown) == drawn(shown)
    assert "dc:date" not in drawn(shown)
    assert "Matplotlib" not in drawn(shown)
    assert "<text" in drawn(shown)


def test_a_year_of_beats_is_thinned_without_losing_its_peak() -> None:
    rows = [(at, 1.0 + (at == 77_777), None, None, None) for at in range(105_120)]
    text = drawn(exhibit("series", rows))
    assert len(text) < 100_000
    kept = plotted.thinned([(float(at), float(row[1]), row) for at, row in enumerate(rows)])
    assert len(kept) <= 1_001
    assert max(value for _, value, _ in kept) == 2.0


def test_many_groups_are_cut_and_the_page_says_so() -> None:
    shown = exhibits.build(exhibit("bars", [(f"g{at}", at, None, None, 1) for at in range(300)]), "stem")
    assert shown.drawn == "The chart shows the first 40 of 300 rows."
    assert "g40" not in drawn(shown.exhibit)
    assert "and 292 more in the table" in shown.alt


def test_a_run_without_charts_does_not_pay_for_matplotlib(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from junzi_audit.report import html, terminal;"
        "from tests import test_report_sample as s; last = s.records()[-1:];"
        "html.write(Path(sys.argv[1]), s.PLAN, s.header(), last, s.ending(last));"
        "print(sorted({'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", script, str(tmp_path)]
    run = subprocess.run(command, cwd=root, env={"PYTHONPATH": "src:."}, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_a_gap_over_time_is_told_and_drawn_with_its_tolerance_and_its_baseline() -> None:
    shown = days([(0.05, 0.02, 0.08, 0.04), (0.12, 0.09, 0.15, 0.04)], limit=0.1, limit_label="tolerance")
    sentence = "lowest 0.05 at 2026-10-08, highest 0.12 at 2026-10-09, last 0.12 at 2026-10-09"
    assert sentence in told(shown)
    assert "stored 0.04 throughout" in told(shown)
    assert told(shown).endswith("The line marks tolerance 0.1.")
    assert ">stored 0.04<" in drawn(shown)
    assert ">tolerance<" in drawn(shown)
    moving = days([(0.05, None, None, 0.04), (0.12, None, None, 0.06)], reference_label="baseline of 2025")
    assert "baseline of 2025 from 0.04 to 0.06, last 0.06" in told(moving)
    assert ">08<" in drawn(moving)
    assert "12:00" not in drawn(moving)


@pytest.mark.parametrize(("stored", "limit"), [(0.1, 0.1), (0.099, 0.1), (0.2, 0.199), (0.0, 0.001), (1e4, 1e4)])
def test_the_names_of_two_lines_never_meet_and_the_upper_lines_name_is_above(stored, limit) -> None:
    rows = [(0.05, 0.02, 0.08, stored)] * 30
    text = drawn(days(rows, limit=limit, limit_label="tolerance", reference_label="baseline"))
    above, below = height(text, "tolerance"), height(text, f"baseline {plotted.number(stored)}")
    assert abs(above - below) >= 11
    assert (above < below) == (limit >= stored)
    assert 0 < min(above, below) < max(above, below) < 3.4 * 72


def test_names_far_apart_stay_at_their_lines() -> None:
    rows = [(0.05, 0.0, 0.2, 0.04)] * 30
    both = drawn(days(rows, limit=0.15, limit_label="tolerance", reference_label="baseline"))
    ticks = {name: height(both, name) for name in ("0.050", "0.150")}
    assert height(both, "tolerance") == pytest.approx(ticks["0.150"], abs=1.5)
    assert height(both, "baseline 0.04") == pytest.approx(
        ticks["0.050"] + (ticks["0.050"] - ticks["0.150"]) / 10, abs=1.5
    )


def test_evidence_from_the_smallest_to_the_largest_float_is_drawn_in_powers_of_ten() -> None:
    shown = evidence(1e-6, 1.0, 1e150, 1e308, limit=2e4, limit_label="threshold")
    assert "10³⁰⁰" in drawn(shown)
    assert "lowest < 0.0001 at 2026-10-01, highest 1e+308 at 2026-10-04" in told(shown)
    assert "The line marks threshold 20,000. The axis is logarithmic." in told(shown)
    assert ">threshold<" in drawn(shown)
    assert ">0.1<" in drawn(evidence(0.2, 0.3))
    drawn(evidence(5e-324, 1.7e308, limit=1e-310))


def test_what_has_no_place_on_a_logarithmic_axis_stands_at_its_edge_and_is_said() -> None:
    shown = evidence(1.0, 0, -3.5, math.nan, None, "x", math.inf, 10**400, limit=-1.0)
    text = drawn(shown)
    assert ">0 or less<" in text
    assert ">∞<" in text
    sentence = "with 2 rows at or below zero at its bottom and 2 rows beyond any float at its top."
    assert told(shown).endswith(sentence)
    assert "1 point, lowest 1 at 2026-10-01" in told(shown)
    assert exhibits.build(shown, "stem").drawn.endswith(sentence)
    assert "0 or less" not in drawn(evidence(1.0, 2.0))
    assert exhibits.build(evidence(0, -1, math.inf), "stem").plot == ""


def test_a_histogram_names_both_and_tells_where_they_differ_most() -> None:
    shown = bins((0, 0.5, 0.7, 0.6), (0.5, 1, 0.1, 0.3), (1, 1.5, 0.2, 0.1))
    text = drawn(shown)
    assert text.count(">this week<") == 2  # the axis and the legend
    assert ">baseline<" in text
    assert "in the order of the table" not in text
    assert "3 bins, the first 0 to 0.5, the last 1 to 1.5, highest 0.7 in 0 to 0.5" in told(shown)
    assert "baseline highest 0.6 in 0 to 0.5; they differ most in 0.5 to 1, 0.1 against 0.3." in told(shown)
    alone = bins((0, 0.5, 0.75, None), (0.5, 1, 0.25, None))
    assert drawn(alone).count(">this week<") == 1
    assert "baseline" not in told(alone)


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 0.1, 0.5, 0.5), (0.1, 1, 0.5, 0.5)],
        [(0, 0.1, 0.5, 0.5), (0.2, 0.3, 0.5, 0.5)],
        [(-math.inf, 0, 0.5, 0.5), (0, math.inf, 0.5, 0.5)],
        [("low", None, 0.5, 0.5), ("high", None, 0.5, 0.5)],
        [(1, 0, 0.5, 0.5)],
        [(1e99, 1e99, 0.5, 0.5)],
    ],
)
def test_bins_that_are_not_equally_wide_numbers_are_drawn_alike_and_named(rows) -> None:
    shown = bins(*rows)
    assert shown.chart is not None
    assert plotted.bin_edges(shown, shown.chart) is None
    text = drawn(shown)
    assert "score, in the order of the table" in text
    assert all(plotted.cell_text(row[0]) in text for row in rows)


@pytest.mark.parametrize("kind", ["intervals", "series", "bars", "histogram"])
def test_figures_that_are_all_zero_stand_on_an_axis_from_zero_to_one(kind) -> None:
    text = drawn(exhibit(kind, [("a", 0, None, None, 3), ("b", 0.0, None, None, 4)]))
    assert ">0.0<" in text
    assert ">1.0<" in text
    assert "−" not in text
    limited = drawn(exhibit(kind, [("a", 0, None, None, 3), ("b", 0, None, None, 4)], limit=30, limit_label="allowed"))
    assert ">30<" in limited


STEPS = (
    Step(phase="steady", name="it answers", at=1.0, seconds=1.0),
    Step(phase="expect", name="the board hears of it within what is allowed", at=31.0, seconds=30.0, within=60),
    Step(phase="expect", name="publishing is frozen", at=33.0, seconds=32.0, within=5),
    Step(phase="expect", name="queues are kept", at=93.0, seconds=math.inf, within=60),
    Step(phase="undo", name="everything is put back", at=100.0, seconds=7.0),
)


def test_a_drills_steps_are_drawn_from_their_begin_to_their_end_and_those_that_failed_stand_out() -> None:
    shown = drilled.timeline(Drilled(where="here", steps=STEPS, figures={}))
    assert [(row[2], row[3], row[4]) for row in shown.rows] == [
        (0.0, 1.0, 1.0), (1.0, 30.0, 31.0), (1.0, 32.0, 33.0), (33.0, "never", 100.0), (93.0, 7.0, 100.0)
    ]  # fmt: skip
    text = drawn(shown)
    assert ">the board hears of it within<" in text
    assert ">what is allowed<" in text
    assert ">too long<" in text or "frozen: too long<" in text
    assert "kept: never<" in text
    assert text.lower().count(lines.VERMILLION.lower()) == 4  # the fill and the outline of two steps
    assert "queues are kept never (33 to 100), allowed (s) 60" in told(shown)


@pytest.mark.parametrize("kind", ["intervals", "bars"])
def test_each_group_is_told_beside_its_reference(kind) -> None:
    shown = exhibit(
        kind, [("a", 0.2, 0.1, 0.3, 0.15), ("b", 0.4, None, None, None)], reference=4, reference_label="before"
    )
    assert "a 0.2 (0.1 to 0.3), before 0.15; b 0.4." in told(shown)
    assert ">before<" in drawn(shown)


def test_a_chart_written_before_these_fields_is_read_as_it_was() -> None:
    old = {
        "kind": "series",
        "label": 0,
        "value": 1,
        "low": 2,
        "high": 3,
        "limit": 2.0,
        "limit_label": "",
        "value_label": "",
    }
    read = TypeAdapter(Chart).validate_python(old)
    assert (read.reference, read.reference_label, read.end, read.log) == (None, "", None, False)
