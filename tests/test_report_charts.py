"""Charts draw what can be drawn, survive what cannot, and are loaded only when there is one."""

from __future__ import annotations

import math
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report import charts, exhibits
from tests import test_report_sample as sample

KINDS = ("intervals", "series", "bars")
STRANGE = (None, math.nan, math.inf, -math.inf, 1e308, 10**400, "not a number", 0.0, -3, 7)


def exhibit(kind: str, rows, **chart) -> Exhibit:
    made = Chart(kind=kind, label=0, value=1, low=2, high=3, **chart)
    return Exhibit(title="T", caption="C", columns=("label", "value", "low", "high", "n"), rows=tuple(rows), chart=made)


def drawn(shown: Exhibit) -> str:
    assert shown.chart is not None
    text = charts.svg(shown, shown.chart).decode("utf-8")
    ElementTree.fromstring(text)
    return text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("labels", ["group {}", "2026-12-0{}T00:00:00+02:00"])
def test_no_figure_breaks_a_chart(kind, labels) -> None:
    rows = [(labels.format(at % 9 + 1), value, value, value, 4) for at, value in enumerate(STRANGE)]
    rows += [(labels.format(1), 2.0, 3.0, 1.0, 4), (labels.format(2), 2.0, None, 1.0, None), (labels.format(3),)]
    for limit in (None, 2.0, math.nan, math.inf, 1e308, -1e99):
        drawn(exhibit(kind, rows, limit=limit))
    drawn(exhibit(kind, rows[-3:-2]))
    drawn(exhibit(kind, [(None, 1.0, None, None, None)]))
    drawn(exhibit(kind, [(at, at * at, None, None, None) for at in range(9)], limit=30))


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
    text = drawn(exhibit(kind, rows, limit=1.5, limit_label=sample.HOSTILE, value_label=sample.HOSTILE))
    assert "<script" not in text
    assert "\u202e" not in text
    assert r"$\frac{" in text
    assert "名" * 33 not in text


@pytest.mark.parametrize("shown", [sample.SOURCES, sample.READS, sample.QUEUES])
def test_a_chart_is_the_same_bytes_each_time_and_carries_no_date(shown) -> None:
    assert drawn(shown) == drawn(shown)
    assert "dc:date" not in drawn(shown)
    assert "Matplotlib" not in drawn(shown)
    assert "<text" in drawn(shown)


def test_a_year_of_beats_is_thinned_without_losing_its_peak() -> None:
    rows = [(at, 1.0 + (at == 77_777), None, None, None) for at in range(105_120)]
    text = drawn(exhibit("series", rows))
    assert len(text) < 100_000
    kept = charts._thinned([(float(at), float(row[1]), row) for at, row in enumerate(rows)])
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
