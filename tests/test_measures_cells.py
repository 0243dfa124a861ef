"""Small counts beyond reach: of disputes and of decisions, by whatever one adds or subtracts of what is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from junzi_audit.declared.disclosed import Transparency
from junzi_audit.measures.cells import Cell, withheld
from junzi_audit.seen.counts import AttributeCounts, Counts, Excluded, Reason
from junzi_audit.seen.disclosure import WITHHELD, Disclosure, Figure
from tests.disclosing import QUARTER, dispute, report
from tests.grouped import table


def told(found: Disclosure, figure: str, group: str) -> Figure:
    return found.by_key["bias", figure, group]


def value(found: Disclosure, figure: str, group: str) -> float | None:
    return told(found, figure, group).value


@given(
    st.dictionaries(st.text("abcdef", min_size=1), st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    st.integers(3, 20),
)
def test_no_total_gives_a_withheld_cell_away(cells: dict[str, tuple[int, int]], smallest: int) -> None:
    gone = withheld({label: Cell(counts=counts) for label, counts in cells.items()}, smallest)
    for at in range(2):
        assert all(cells[label][at] >= smallest for label in cells.keys() - gone)
        left = sum(counts[at] for counts in cells.values()) - sum(cells[each][at] for each in cells.keys() - gone)
        whole = sum(counts[at] for counts in cells.values())
        # What a total less the labels told comes to: nothing, no small count, or the total itself, which is small.
        assert not gone or left >= smallest or left == whole
    assert len(gone) != 1 or len(cells) == 1
    assert bool(gone) == any(min(counts) < smallest for counts in cells.values())


@pytest.mark.parametrize(
    ("cell", "small"),
    [
        (Cell(counts=(10,), rests=(0, 10)), False),
        (Cell(counts=(10,), rests=(1,)), True),
        (Cell(counts=(10,), rests=(0,), whole=False), True),
        (Cell(counts=(10,), rests=(10,), whole=False), False),
        (Cell(counts=(0,)), True),
    ],
)
def test_a_rest_may_be_none_where_nobody_is_uncounted(cell: Cell, small: bool) -> None:
    assert cell.is_small(10) is small


def found_out(rows: Sequence[Sequence[int]], atoms: Sequence[int]) -> list[int]:
    """The counts from 1 to 9 of any atoms together that follow from the sums told: ``rows``, each of which atoms."""
    every = np.array(list(product((0, 1), repeat=len(atoms))), dtype=float)
    told = np.array(rows, dtype=float).reshape(-1, len(atoms))
    follows = np.abs(every - every @ np.linalg.pinv(told) @ told).max(axis=1) < 1e-6
    return sorted(int(count) for count in every[follows] @ np.array(atoms) if 0 < count < 10)


def test_counts_are_found_out_by_whoever_can_add_and_subtract() -> None:
    assert found_out([(1, 1, 1), (0, 1, 1)], (3, 10, 20)) == [3]
    assert not found_out([(1, 1, 1), (0, 1, 1)], (10, 3, 20))


COUNT = st.sampled_from((0, 0, 1, 2, 5, 9, 10, 11, 15, 19, 30))
FATES = ("pending", "dismissed", "upheld")
OF_STAGE = {"submitted": FATES, "resolved": FATES[1:], "overturned": FATES[2:], "escalated": ()}


@settings(deadline=None)
@given(st.tuples(*[COUNT] * 9))
@example((1, 1, 11, 0, 0, 20, 0, 0, 20))
@example((12, 0, 15, 5, 8, 0, 12, 3, 12))
def test_no_small_number_of_disputes_is_found_out(atoms: tuple[int, ...]) -> None:
    kinds = list(product(("high", "medium", "low"), FATES))
    rows = [
        dispute(1, severity=severity, **({} if fate == "pending" else {"ruling": fate, "resolved_at": QUARTER.end}))
        for (severity, fate), many in zip(kinds, atoms, strict=True)
        for _ in range(many)
    ]
    figures = [each for each in report(disputes=rows).figures if each.section == "disputes" and each.value is not None]
    told = [
        [
            each.group in ("severity", f"severity={severity}") and fate in OF_STAGE[each.figure]
            for severity, fate in kinds
        ]
        for each in figures
    ]
    assert not found_out(told, atoms)
    assert sum(atoms) < 10 or any(each.figure == "submitted" for each in figures)


#: Of a group's decisions: wrongly flagged, rightly let pass, rightly flagged, missed; undecided and flagged, or not.
Atoms = tuple[int, int, int, int, int, int]
OF_RATE = {
    "selection rate": ((1, 1, 1, 1, 1, 1), (1, 0, 1, 0, 1, 0)),
    "false positive rate": ((1, 1, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)),
    "false negative rate": ((0, 0, 1, 1, 0, 0), (0, 0, 0, 1, 0, 0)),
}


def decided(groups: Mapping[str, Atoms], excluded: int = 0, name: str = "party") -> AttributeCounts:
    found = table(
        {group: (sum(a), a[0] + a[2] + a[4]) for group, a in groups.items()},
        {group: (a[2] + a[3], a[2]) for group, a in groups.items()},
        {group: (a[0] + a[1], a[0]) for group, a in groups.items()}, name,
    ).of(name)  # fmt: skip
    return replace(found, excluded=(Excluded(reason=Reason.NO_GROUP, rows=excluded),) if excluded else ())


def counts(*attributes: AttributeCounts) -> Counts:
    return Counts(rows=attributes[0].counted + sum(left.rows for left in attributes[0].excluded), attributes=attributes)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from((9, 10, 11, 20, 40))] * 4, COUNT, COUNT), min_size=2, max_size=2))
@example([(20, 20, 20, 20, 1, 0), (20, 20, 20, 20, 10, 10)])
def test_no_small_number_of_decisions_is_found_out(groups: list[Atoms]) -> None:
    figures = report(counts(decided(dict(zip("AB", groups, strict=True))))).figures
    told = [
        [
            cell if group in each.group.removeprefix("party=") or each.group == "party" else 0
            for group in "AB"
            for cell in part
        ]
        for each in figures
        if each.figure in OF_RATE and each.value is not None
        for part in OF_RATE[each.figure]
    ]
    assert not found_out(told, [count for group in groups for count in group])


def test_few_undecided_hide_the_selection_rate_and_no_other() -> None:
    found = report(counts(decided({"A": (50, 50, 50, 50, 1, 0), "B": (50, 50, 50, 50, 0, 0)})))
    assert {value(found, "selection rate", each) for each in ("party", "party=A", "party=B")} == {None}
    assert value(found, "false positive rate", "party=A") == value(found, "false negative rate", "party") == 0.5
    found = report(counts(decided({"A": (50, 50, 50, 50, 0, 0), "B": (50, 50, 50, 50, 0, 0)})))
    assert told(found, "selection rate", "party=A").n == 200


def test_decisions_on_people_without_a_value_are_found_out_from_no_other_attribute() -> None:
    large = (50, 50, 50, 50, 20, 20)
    roles = Transparency(groups={"party": ("A", "B", "C"), "role": ("X",)})
    known = decided({"X": (152, 150, 150, 150, 60, 60)}, name="role")
    found = report(counts(decided(dict.fromkeys("ABC", large), excluded=2), known), table=roles)
    for rate in OF_RATE:
        assert value(found, rate, "role=X") is not None
        assert [told(found, rate, each).why_not for each in ("party", "party=A")] == [WITHHELD, WITHHELD]
        assert value(found, rate, "party=B") == value(found, rate, "party=C") == 0.5
        both = told(found, rate, "party=B").n, told(found, rate, "party=C").n
        assert told(found, f"{rate} gap", "party").n == sum(each or 0 for each in both)
