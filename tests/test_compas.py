"""A real risk-scoring system judged by the daily bias-drift duty: ProPublica's published COMPAS table, to the digit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from junzi_audit.findings import Exhibit, Measurement
from junzi_audit.model import Verdict
from tests.audited import ROOT, Audited, audit, copied_repository

#: False positives, negatives without re-arrest, false negatives, and all with re-arrest, as ProPublica counted them.
PUBLISHED = {"African-American": (805, 1795, 532, 1901), "Caucasian": (349, 1488, 461, 966)}
PERCENT = {"African-American": (44.85, 27.99), "Caucasian": (23.45, 47.72)}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    fetched = subprocess.run(
        [sys.executable, "-m", "junzi_audit", "fetch", "compas"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if fetched.returncode != 0:
        pytest.skip(f"the pinned package cannot be fetched here: {fetched.stderr.strip()}")
    return audit(tmp_path_factory.mktemp("compas"), "--target", "compas", marker="daily")


def exhibit(audited: Audited, title: str) -> dict[str, tuple[object, ...]]:
    exhibits: list[Exhibit] = [
        shown for each in audited.records["daily.bias-drift"].judgements for shown in each.reading.exhibits
    ]
    table = next(each for each in exhibits if each.title == title)
    return {str(row[0]): row for row in table.rows}


def test_race_is_breached(audited: Audited) -> None:
    race = [
        each
        for each in audited.records["daily.bias-drift"].judgements
        if each.stream == "race" and isinstance(each.reading, Measurement)
    ]

    assert audited.status == 1
    assert {each.limit.name for each in race} == {"selection_rate_gap", "equalized_odds_gap"}
    assert {each.verdict for each in race} == {Verdict.BREACHED}
    assert list(audited.records) == ["daily.bias-drift"]


@pytest.mark.parametrize("group", PUBLISHED)
def test_propublicas_rates_are_reproduced_to_the_digit(audited: Audited, group: str) -> None:
    false_positives, negatives, false_negatives, positives = PUBLISHED[group]
    fpr = exhibit(audited, "false positive rate by race")[group]
    tpr = exhibit(audited, "true positive rate by race")[group]

    assert (fpr[1], tpr[1]) == (negatives, positives)
    assert fpr[4] == false_positives / negatives
    assert tpr[4] == 1 - false_negatives / positives
    assert (round(100 * float(str(fpr[4])), 2), round(100 * (1 - float(str(tpr[4]))), 2)) == PERCENT[group]


def test_groups_of_18_and_32_are_inconclusive_by_name(audited: Audited) -> None:
    rows = exhibit(audited, "selection rate by race")

    for group, n in (("Native American", 18), ("Asian", 32)):
        assert rows[group][1] == n
        assert str(rows[group][7]).startswith("INCONCLUSIVE, below its floor")
    assert "7,214" in (audited.folder / "report.html").read_text()


def test_every_row_is_counted_or_excluded_with_its_reason(audited: Audited) -> None:
    assert sum(int(str(row[1])) for row in exhibit(audited, "selection rate by race").values()) == 7214


def test_an_altered_file_is_not_judged(tmp_path: Path) -> None:
    data = ROOT / ".data" / "compas_for_aequitas.csv"
    if not data.is_file():
        pytest.skip("the pinned package cannot be fetched here")
    copy = copied_repository(tmp_path / "copy")
    (copy / ".data").mkdir()
    (copy / ".data" / data.name).write_bytes(data.read_bytes().replace(b"African-American", b"African-Amerikan", 1))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "daily", "--target", "compas"],
        cwd=copy, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 20
    assert "does not have the pinned SHA-256" in done.stdout
