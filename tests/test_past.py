"""What earlier runs left of a quarter: sound and finished ones only, each duty as its last attempt left it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.evidence.past import Found, Past
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.findings import BaselineUse, Judgement, Record, RunEnd, RunHeader, census
from junzi_audit.model import DAY, Bound, Cadence, Environment, Limit, Verdict, utc

SINCE, UNTIL, NOW = (utc(f"2026-{month:02}-01T00:00:00Z") for month in (7, 10, 11))
MEASURED, COUNTED = "quarterly.backup-recovery", "heartbeat.api-availability"
MET, BREACHED = Verdict.MET, Verdict.BREACHED


def judged(name: str, *values: float) -> tuple[Judgement, ...]:
    limit = Limit(name=name, bound=Bound(comparator="<=", value=9), unit="u", meaning="m", source="s")
    return tuple(
        Judgement(limit=limit, stream=str(at), verdict=MET, reading=census(value, n=at + 1), reason="r")
        for at, value in enumerate(values)
    )


def used(name: str, approved: datetime, digest: str = "d1") -> BaselineUse:
    return BaselineUse(
        name=name, digest=digest, approved=approved, approver="a", why="w", previous="", expires=approved + 90 * DAY
    )


def a_run(reports: Path, day: float, *records: Record, ended: bool = True, **change: object) -> Path:
    started = SINCE + timedelta(days=day)
    folder = reports / f"{started:%Y%m%dT%H%M%SZ}-{len(list(reports.glob('*')))}"
    folder.mkdir(parents=True)
    header = RunHeader(
        run=folder.name, started=started, target="live", environment=Environment.LIVE, nodes=(),
        cadences=(Cadence.DAILY,), due=tuple(each.duty for each in records), plan_digest="", target_digest="",
        baseline_digests={}, versions={}, seed=1,
    )  # fmt: skip
    results.append(folder, replace(header, **change))  # type: ignore[arg-type]
    for record in records:
        results.append(folder, replace(record, started=started))
    if ended:
        results.append(folder, RunEnd(finished=started, verdict=MET, exit_status=0))
    return folder


def record(duty: str, verdict: Verdict = MET, *judgements: Judgement, **change: object) -> Record:
    made = Record(duty=duty, verdict=verdict, reason="r", started=SINCE, seconds=1, judgements=judgements)
    return replace(made, **change)  # type: ignore[arg-type]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def past(reports: Path, store: Store | None = None) -> Found:
    seen = Past(reports, store or Store(reports.parent / "now"), target="live", now=NOW)
    return seen.of(SINCE, UNTIL, measured=(MEASURED,), counted=(COUNTED,))


def test_nothing_before_is_nothing_found(reports: Path) -> None:
    assert past(reports) == Found()


def test_looks_of_the_quarter_are_found_with_their_largest_figures(reports: Path) -> None:
    a_run(reports, 40, record(MEASURED, MET, *judged("rto_share", 0.2, 0.7, 0.1)), record("daily.other"))
    a_run(reports, 10, record(COUNTED, BREACHED), record(COUNTED))
    found = past(reports)
    assert [(look.duty, look.met, look.breached) for look in found.looks] == [
        (COUNTED, True, False),
        (MEASURED, True, False),
    ]
    assert found.looks[1].figures == {"rto_share": 0.7}
    assert found.looks[1].n == {"rto_share": 2}
    assert found.approved == 0


def test_runs_that_cannot_be_believed_or_lie_outside_are_passed_over(reports: Path) -> None:
    for change in ({"replay_of": "x"}, {"notes": ("fault planted in the node: hang",)}, {"target": "staging"}):
        a_run(reports, 5, record(MEASURED), record(COUNTED), **change)
    a_run(reports, 6, record(MEASURED), record(COUNTED), ended=False)
    for day in (-1, 92, 200):
        a_run(reports, day, record(MEASURED), record(COUNTED))
    assert past(reports) == Found()


def test_a_damaged_run_tells_no_figures(reports: Path) -> None:
    folder = a_run(reports, 5, record(MEASURED))
    text = (folder / results.NAME).read_text().splitlines()
    (folder / results.NAME).write_text("\n".join([text[0], "torn", *text[1:]]) + "\n")
    assert past(reports).looks == ()


def test_descriptions_of_the_api_approved_in_the_quarter_are_counted_once(reports: Path) -> None:
    for day in (20, 30, 100):
        a_run(
            reports, day, record(MEASURED, baselines=(used("openapi", SINCE + DAY), used("golden", SINCE + DAY, "g")))
        )
    a_run(reports, 50, record(MEASURED, baselines=(used("openapi", SINCE - DAY, "d0"), "an-old-plain-name")))
    a_run(reports, 60, record(MEASURED, baselines=(used("openapi", SINCE + 9 * DAY, "d2"),)))
    assert past(reports).approved == 2


def test_a_replay_is_told_the_same(reports: Path) -> None:
    a_run(reports, 10, record(COUNTED, BREACHED))
    now = reports.parent / "now"
    seen = past(reports, Store(now))
    a_run(reports, 11, record(COUNTED, BREACHED))
    again = past(reports, Store(reports.parent / "again", replay=Archive(now)))
    assert again == seen != past(reports, Store(reports.parent / "fresh"))
