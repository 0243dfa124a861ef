"""Risk-limited samples: where the audit stops, what it promises of the share, and what it says when it cannot tell."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from junzi_audit.findings import Measurement, Observation, Unseen
from junzi_audit.limits import judge
from junzi_audit.measures import assured, bounds, rehashed, sampling
from junzi_audit.model import Bound, Cause, Limit, Unobservable, Verdict
from junzi_audit.records import Source
from junzi_audit.seen.draws import Drawn, Seed

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMIT = Limit(name="altered_share", bound=Bound(comparator="<=", value=0.02), unit="share", meaning="m", source="s")
SEED = Seed(value="00", origin="a test")
DRAWN = Drawn(keys=(), root="1" * 64, commitment="2" * 64, published=AT, seed=SEED)


def plan(population: int = 10_000, **other: object) -> sampling.Plan:
    told = {"limit": 0.02, "alpha": 0.05, "most": 400, "most_bytes": 10**9, **other}
    return sampling.Plan(population=population, **told)  # type: ignore[arg-type]


def source(number: int, content: bytes = b"as captured") -> Source:
    return Source(
        source_id=f"s{number}", feed="f", origin="o", url="https://h/1", capture_timestamp=AT, document_type="t",
        content_hash=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


class World:
    """Sources of which some were altered, some are gone and some cannot be read; counts how many were asked for."""

    def __init__(self, number: int, *, altered: Sequence[int] = (), gone: Sequence[int] = (), dead: int = -1) -> None:
        self.sources = [source(n) for n in range(number)]
        self.asked: list[int] = []
        self._altered, self._gone, self._dead = set(altered), set(gone), dead

    def look(self, sources: Sequence[Source]) -> Mapping[str, Observation]:
        numbers = [int(each.source_id[1:]) for each in sources]
        self.asked.append(len(numbers))
        if self._dead in numbers:
            raise Unobservable(Cause.UNREACHABLE, "no connection")
        bodies = {n: b"rewritten" if n in self._altered else b"as captured" for n in numbers if n not in self._gone}
        return {
            f"s{n}": Observation(
                id="1", probe="p", query="q", at=AT, seconds=0, status=200, sha256=hashlib.sha256(body).hexdigest(),
                size=len(body), path="",
            )
            for n, body in bodies.items()
        }  # fmt: skip


def audit(world: World, asked: sampling.Plan) -> sampling.Audited:
    return sampling.audited(asked, world.sources, world.look)


def judged(audited: sampling.Audited) -> Verdict:
    (judgement,) = judge(LIMIT, assured.altered_share(audited, DRAWN))
    return judgement.verdict


def test_an_unaltered_population_is_assured_at_the_first_item_that_can() -> None:
    world = World(10_000)
    audited = audit(world, plan())
    logs = audited.plan.log_evidence(audited.looked.errors)

    assert len(audited.looked.found) == 162  # the figure of the simulation in docs/STATISTICS.md, fourth table
    assert math.log(20) <= logs[-1]
    assert max(logs[:-1]) < math.log(20)
    assert max(world.asked) <= 40
    reading = assured.altered_share(audited, DRAWN)
    assert isinstance(reading, Measurement)
    assert (reading.value, reading.low, reading.high, reading.missing) == (0, 0, 0.02, 0)
    assert judged(audited) is Verdict.MET


def test_one_altered_source_costs_more_draws_and_is_an_incident_at_once() -> None:
    audited = audit(World(10_000, altered=[3]), plan())

    assert 162 < len(audited.looked.found) < 400
    assert judged(audited) is Verdict.MET
    incident = rehashed.altered_sources(audited.looked)
    assert isinstance(incident, Measurement)
    assert (incident.value, incident.detail) == (1, "s3")


def test_many_altered_sources_are_a_breach_at_the_planned_end() -> None:
    audited = audit(World(10_000, altered=range(0, 10_000, 10)), plan())
    reading = assured.altered_share(audited, DRAWN)

    assert isinstance(reading, Measurement)
    assert reading.n == 400
    assert reading.low == bounds.lower(40, population=10_000, drawn=400, alpha=0.05) / 10_000 > 0.02
    assert judged(audited) is Verdict.BREACHED


def test_a_share_near_the_limit_says_how_many_are_missing() -> None:
    audited = audit(World(10_000, altered=range(0, 400, 50)), plan())
    reading = assured.altered_share(audited, DRAWN)

    assert isinstance(reading, Measurement)
    assert judged(audited) is Verdict.INCONCLUSIVE
    longer = audit(World(10_000, altered=range(0, 400, 50)), plan(most=400 + reading.missing))
    assert len(longer.looked.found) == 400 + reading.missing
    assert judged(longer) is Verdict.MET


def test_a_small_population_is_counted_whole() -> None:
    audited = audit(World(40, altered=[39]), plan(40))
    reading = assured.altered_share(audited, DRAWN)

    assert isinstance(reading, Measurement)
    assert reading.is_census
    assert (reading.value, reading.n) == (1 / 40, 40)
    assert judged(audited) is Verdict.BREACHED


def test_no_population_is_no_share() -> None:
    reading = assured.altered_share(audit(World(0), plan(0)), DRAWN)
    assert isinstance(reading, Unseen)
    assert reading.cause is Cause.TOO_FEW


def test_bytes_end_an_audit_too_and_it_claims_no_lower_end() -> None:
    audited = audit(World(10_000, altered=range(10_000)), plan(most_bytes=400))
    reading = assured.altered_share(audited, DRAWN)

    assert len(audited.looked.found) < 100
    assert isinstance(reading, Measurement)
    assert reading.low == 0
    assert judged(audited) is Verdict.INCONCLUSIVE


def test_what_cannot_be_read_is_never_passed_over() -> None:
    audited = audit(World(10_000, altered=[2], dead=70), plan())
    share, incident = assured.altered_share(audited, DRAWN), rehashed.altered_sources(audited.looked)

    assert isinstance(share, Unseen)
    assert share.cause is Cause.UNREACHABLE
    assert len(share.exhibits) == 3
    assert isinstance(incident, Mapping)
    assert isinstance(incident[""], Measurement)
    assert incident[""].value == 1
    assert isinstance(incident["not read"], Unseen)


def test_nothing_read_at_all_is_unseen() -> None:
    stopped = audit(World(10_000, dead=0), plan()).looked
    assert rehashed.altered_sources(stopped) == stopped.stopped


def test_bytes_that_are_gone_are_altered() -> None:
    audited = audit(World(10_000, gone=[0]), plan())
    assert audited.looked.errors[:2] == [True, False]
    assert rehashed.table(audited.looked, "t", "c").rows[0][5:] == ("gone", "ALTERED")


@pytest.mark.parametrize(("altered", "verdict"), [((), Verdict.MET), (range(3), Verdict.MET), (range(4), None)])
def test_a_fixed_plan_draws_what_its_errors_need(altered: Sequence[int], verdict: Verdict | None) -> None:
    audited = audit(World(10_000, altered=altered), plan(kind="fixed", errors=3))

    assert len(audited.looked.found) == 379
    assert judged(audited) is (verdict or Verdict.INCONCLUSIVE)


def test_a_fixed_plan_that_was_cut_short_claims_nothing() -> None:
    audited = audit(World(10_000), plan(kind="fixed", most_bytes=400))
    assert audited.plan.interval(audited.looked.errors) == (0, 1)
    assert judged(audited) is Verdict.INCONCLUSIVE


def test_the_evidence_is_shown_draw_by_draw_against_what_assures() -> None:
    reading = assured.altered_share(audit(World(10_000, altered=[3]), plan()), DRAWN)
    assert isinstance(reading, Measurement)
    how, evidence, looked = reading.exhibits

    assert ("beacon-verified", "not beacon-verified") in how.rows
    assert how.rows[0] == ("commitment, SHA-256", "2" * 64)
    assert evidence.chart is not None
    assert (evidence.chart.limit, evidence.chart.log) == (20, True)
    assert len(evidence.rows) == len(looked.rows) == reading.n
    assert [row[2] for row in evidence.rows[2:5]] == [0, 1, 1]
    assert float(evidence.rows[-1][1] or 0) >= 20


def test_the_interval_errs_no_more_often_than_promised_wherever_the_audit_stops() -> None:
    # 60 audits of populations exactly at the limit, and 60 a little above; 5 % may be wrong, 7 is mean + 2.4 sd.
    chance = random.Random(20260101)
    for wrong in (20, 30):
        missed = assured_wrongly = 0
        for _ in range(60):
            errors = [True] * wrong + [False] * (1000 - wrong)
            chance.shuffle(errors)
            asked = plan(1000)
            stop = next(
                (n for n, log in enumerate(asked.log_evidence(errors[:400]), start=1) if log >= math.log(20)), 400
            )
            low, high = asked.interval(errors[:stop])
            missed += high < wrong / 1000
            assured_wrongly += high <= 0.02 and stop < 400
            assert low <= high
        assert missed <= 7
        assert assured_wrongly <= 7


@pytest.mark.parametrize("bad", [0, 1, 2, 5])
def test_what_assures_puts_the_upper_end_at_the_limit(bad: int) -> None:
    chance = random.Random(bad)
    for population in (200, 1000, 12_581):
        errors = [True] * bad + [False] * (population - bad)
        chance.shuffle(errors)
        asked = plan(population)
        stop = next(n for n in range(1, population + 1) if asked.refutes(errors[:n], 0.02) or n == population)
        assert asked.interval(errors[:stop])[1] <= max(0.02, bad / population)
