"""What earlier runs left open, and that a replay is told the same."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.evidence.docket import Before, Docket
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.findings import Judgement, Record, RunEnd, RunHeader, census
from junzi_audit.model import DAY, Bound, Cadence, Environment, Limit, Verdict, Waiver
from tests.signing import NOW

AGENDA = "monthly.governance-review"
ONE, TWO = "daily.one", "daily.two"
PLAN = "the plan of today"
MET, BREACHED, UNKNOWN = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE


def limit(bound: float) -> Limit:
    return Limit(name="l", bound=Bound(comparator="<=", value=bound), unit="share", meaning="", source="")


def a_run(
    reports: Path, days_ago: float, verdicts: dict[str, Verdict], *, target: str = "live", ended: bool = True,
    notes: tuple[str, ...] = (), replay_of: str = "", plan: str = PLAN, bound: float = 1,
) -> Path:  # fmt: skip
    folder = reports / f"run-{days_ago}-{target}-{len(notes)}{replay_of}"
    folder.mkdir(parents=True)
    started = NOW - timedelta(days=days_ago)
    header = RunHeader(
        run=folder.name, started=started, target=target, environment=Environment.LIVE, nodes=(),
        cadences=(Cadence.DAILY,), due=tuple(verdicts), plan_digest=plan, target_digest="", baseline_digests={},
        versions={}, seed=1, replay_of=replay_of, notes=notes,
    )  # fmt: skip
    results.append(folder, header)
    for duty, verdict in verdicts.items():
        reason = f'because "{duty}" \\ {days_ago}'
        judged = Judgement(
            limit=limit(bound), stream="", verdict=verdict, reading=census(1, n=1), reason="It is one."
        )  # fmt: skip
        record = Record(duty=duty, verdict=verdict, reason=reason, started=started, seconds=0.1, judgements=(judged,))
        results.append(folder, record)
    if ended:
        results.append(folder, RunEnd(finished=started, verdict=MET, exit_status=0))
    return folder


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def before(reports: Path, waivers: dict[str, Waiver] | None = None) -> Before:
    return docket(reports, Store(reports.parent / "now"), waivers).before(AGENDA, timedelta(days=31))


def docket(reports: Path, store: Store, waivers: dict[str, Waiver] | None = None) -> Docket:
    return Docket(
        reports, store, target="live", waivers=waivers or {}, now=NOW, plan_digest=PLAN, limits={ONE: (limit(1),)}
    )  # fmt: skip


def opened(reports: Path) -> dict[str, float]:
    """The duties that are open, and for how many days."""
    return {each.duty: (NOW - each.since) / DAY for each in before(reports).open}


def test_nothing_before_is_nothing_open(reports: Path) -> None:
    assert before(reports) == Before(first=None, open=(), packs={})


def test_a_breach_is_open_since_it_was_first_seen_after_it_was_last_met(reports: Path) -> None:
    for days, verdict in ((9, BREACHED), (8, MET), (7, BREACHED), (6, UNKNOWN), (5, BREACHED)):
        a_run(reports, days, {ONE: verdict, TWO: MET})
    assert opened(reports) == {ONE: 7}
    assert before(reports).first == NOW - 9 * DAY
    assert before(reports).open[0].told == 'because "daily.one" \\ 5'


def test_what_could_not_be_seen_since_is_still_open_and_what_was_met_is_not(reports: Path) -> None:
    a_run(reports, 5, {ONE: BREACHED, TWO: Verdict.WAIVED})
    a_run(reports, 4, {ONE: UNKNOWN, TWO: MET})
    assert opened(reports) == {ONE: 5}


@pytest.mark.parametrize(
    ("plan", "bound", "expected"), [(PLAN, 1, {}), ("another", 1, {}), ("another", 2, {ONE: 5}), (PLAN, 2, {})]
)
def test_what_was_met_by_other_limits_than_todays_mends_nothing(
    reports: Path, plan: str, bound: float, expected: dict[str, float]
) -> None:
    a_run(reports, 5, {ONE: BREACHED, TWO: BREACHED})
    a_run(reports, 4, {ONE: MET, TWO: MET}, plan=plan, bound=bound)
    assert opened(reports) == expected


def test_runs_of_other_targets_replays_broken_nodes_and_unfinished_runs_do_not_count(reports: Path) -> None:
    a_run(reports, 5, {ONE: BREACHED}, target="staging")
    a_run(reports, 4, {ONE: BREACHED}, replay_of="x")
    a_run(reports, 3, {ONE: BREACHED}, notes=("fault planted in the node: hang",))
    a_run(reports, 2, {ONE: BREACHED}, ended=False)
    a_run(reports, -1, {ONE: BREACHED})
    (reports / "torn").mkdir()
    (reports / "torn" / results.NAME).write_bytes(b'{"target": "live", \xff')
    assert opened(reports) == {}


def test_a_waiver_is_open_while_it_holds(reports: Path) -> None:
    def waiver(granted: float, expires: float) -> Waiver:
        return Waiver(reason="It is so.", approver="A", granted=NOW + granted * DAY, expires=NOW + expires * DAY)

    seen = before(reports, {ONE: waiver(-3, 1), TWO: waiver(-3, -1), "daily.three": waiver(1, 2)})
    assert [(each.kind, each.duty, each.since) for each in seen.open] == [("waiver", ONE, NOW - 3 * DAY)]
    assert seen.open[0].told == "It is so. Approved by A until 2026-03-05."


def test_packs_of_the_last_month_are_found_by_their_digest(reports: Path) -> None:
    for days in (5, 40):
        folder = a_run(reports, days, {AGENDA: MET}) / "packs" / AGENDA
        folder.mkdir(parents=True)
        (folder / "agenda.json").write_text(f'{{"days": {days}}}')
    assert dict(before(reports).packs) == {hashlib.sha256(b'{"days": 5}').hexdigest(): '{"days": 5}'}


def test_a_replay_is_told_what_was_recorded(reports: Path, tmp_path: Path) -> None:
    a_run(reports, 5, {ONE: BREACHED})
    recorded = before(reports)
    store = Store(tmp_path / "again", replay=Archive(tmp_path / "now"))
    assert docket(tmp_path / "none", store).before(AGENDA, DAY) == recorded
    assert recorded.open


def test_skimming_tells_the_same_as_reading(reports: Path) -> None:
    folder = a_run(reports, 5, {ONE: BREACHED, TWO: UNKNOWN})
    read = results.read(folder).records
    skimmed = results.skim(folder / results.NAME)
    assert [(each.duty, each.verdict, each.reason, each.started) for each in skimmed] == [
        (each.duty, each.verdict, each.reason, each.started) for each in read
    ]
    assert results.skim(a_run(reports, 4, {ONE: MET}, ended=False) / results.NAME) == ()
