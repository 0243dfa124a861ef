"""A transparency report for reading: in an order people read in, in percent, without columns that hold nothing."""

from __future__ import annotations

from junzi_audit.model import Environment, utc
from junzi_audit.report import disclosure
from junzi_audit.seen.disclosure import NO_RUN, WITHHELD, Disclosure, Figure

BEGIN, END, AS_OF = (utc(f"2026-{day}T00:00:00Z") for day in ("07-01", "10-01", "10-15"))


def figure(section: str, name: str, group: str, value: float | None, unit: str = "share", why: str = "") -> Figure:
    n = None if value is None else 12_303
    return Figure(section=section, figure=name, group=group, value=value, n=n, unit=unit, why_not=why)


def report(*figures: Figure) -> Disclosure:
    ordered = tuple(sorted(figures, key=lambda each: each.key))
    return Disclosure(quarter="2026-Q3", since=BEGIN, until=END, as_of=AS_OF, smallest_cell=10, figures=ordered)


RATES = ("selection rate", "false positive rate", "false negative rate")
BIAS = tuple(
    figure("bias", f"{rate}{more}", f"{attribute}{label}", 0.1496 if not more else 0.0176)
    for attribute in ("region", "party")
    for rate in RATES
    for more, label in (("", ""), ("", "=Unity"), ("", "=Progress"), (" gap", ""))
)


def test_rates_stand_by_attribute_then_in_a_fixed_order_the_whole_first_and_the_gap_last() -> None:
    (table,) = disclosure.tables(report(*BIAS))
    order = [(row[0], row[1]) for row in table.rows]
    assert [group.partition(":")[0] for _, group in order] == ["party"] * 12 + ["region"] * 12
    assert order[:5] == [
        ("selection rate", "party: all"), ("selection rate", "party: Progress"), ("selection rate", "party: Unity"),
        ("selection rate gap", "party: all"), ("false positive rate", "party: all"),
    ]  # fmt: skip
    assert [row[0] for row in table.rows[8:12]] == ["false negative rate"] * 3 + ["false negative rate gap"]


def test_shares_are_percentages_and_columns_that_hold_nothing_are_left_out() -> None:
    (table,) = disclosure.tables(report(*BIAS, figure("bias", "other", "party", 0.123456789)))
    assert [name for name, _ in table.columns] == ["figure", "group", "value", "of so many"]
    assert table.rows[0][2:] == ("14.96%", "12,303")
    assert table.rows[12][2] == "12.35%"


def test_what_has_no_value_says_why_and_what_is_no_share_keeps_its_unit() -> None:
    found = (
        figure("disputes", "escalated", "severity=low", None, "disputes", WITHHELD),
        figure("disputes", "escalated", "severity=high", 16, "disputes"),
        figure("disputes", "submitted", "severity=medium", 21, "disputes"),
        figure("downtime", "looks at availability", "", None, "looks", NO_RUN),
        figure("downtime", "recovery time, longest", "", 0.2517, "share of RTO"),
    )
    disputes, downtime = disclosure.tables(report(*found))
    assert [row[:2] for row in disputes.rows] == [
        ("submitted", "severity: medium"), ("escalated", "severity: high"), ("escalated", "severity: low")
    ]  # fmt: skip
    assert disputes.rows[-1] == ("escalated", "severity: low", "–", "–", "–", WITHHELD)
    assert [name for name, _ in downtime.columns] == ["figure", "value", "unit", "of so many", "why there is no value"]
    assert downtime.rows[1][:3] == ("recovery time, longest", "25.17%", "of RTO")


def test_the_page_shows_these_tables_and_figures_are_set_to_the_right() -> None:
    page = disclosure.page(report(*BIAS), Environment.LIVE)
    assert page.index("selection rate gap") < page.index("false positive rate") < page.index("false negative rate")
    assert '<td class="num">14.96%</td><td class="num">12,303</td>' in page
    assert "why there is no value" not in page
