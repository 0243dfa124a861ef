"""Load: latency and errors over seconds, the generator's own limits, abuse, lost writes, recovery, growth, the knee."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import blocked, knee, load, loadtables
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.blocks import LoadRun, Recovery, cell_ends
from tests.judging import verdict
from tests.loaded import block, cell, load_run, stage, steady

P95, ERRORS = "< 500", "< 0.01"


def errors(run: LoadRun) -> Measurement | Unseen:
    return load.error_share(run, most_ms=500, most_errors=0.01)


def cause(reading: object) -> Cause:
    assert isinstance(reading, Unseen)
    return reading.cause


class TestIntervals:
    def test_without_a_hit_the_upper_end_is_that_of_so_many_independent_requests(self) -> None:
        # One request a second has no neighbours; 10 of them, corrected for 9 degrees of freedom (t = 1.8331).
        worth = 10 * (1.6449 / 1.8331) ** 2
        low, high = blocked.share_interval([0] * 10, [1] * 10)

        assert blocked.effective([0] * 10, [1] * 10) == pytest.approx(worth, rel=1e-3)
        assert (low, high) == (0.0, pytest.approx(1 - 0.05 ** (1 / worth), rel=1e-3))

    def test_requests_of_one_second_are_worth_less_than_as_many_of_their_own(self) -> None:
        together = blocked.effective([10, 0, 0, 0, 0, 0], [10] * 6)
        calm = blocked.effective([0] * 6, [10] * 6)

        assert together < 7 < calm < 60 / 1.17

    def test_too_few_seconds_have_no_interval(self) -> None:
        with pytest.raises(ValueError, match="4 seconds"):
            blocked.effective([0] * 5, [9, 9, 9, 9, 0])

    def test_the_interval_of_a_clustered_share_misses_no_more_often_than_it_says(self) -> None:
        chance, missed, runs, truth = random.Random(7), 0, 400, 0.05
        for _ in range(runs):
            # A beta of mean .05 for each second: requests of one second are correlated by 1 / (1 + 20) = .048.
            rates = [chance.betavariate(20 * truth, 20 * (1 - truth)) for _ in range(40)]
            hits = [sum(chance.random() < rate for _ in range(25)) for rate in rates]
            low, high = blocked.share_interval(hits, [25] * 40)
            missed += not low <= truth <= high

        assert missed / runs <= 0.12  # 0.10 nominal on both sides together, and the chance of 400 runs

    def test_a_quantile_is_never_told_better_than_its_cell(self) -> None:
        blocks = [block(at, "steady", [*[10.0] * 95, *[400.0] * 5]) for at in range(30)]
        value, low, high = blocked.quantile_interval(blocks, 0.95)

        assert value == cell_ends(cell(10))[1] >= 10
        assert low < 10
        assert high == cell_ends(cell(400))[1] >= 400

    def test_fewer_than_fifty_nine_independent_requests_bound_no_p95(self) -> None:
        blocks = [block(at, "steady", [10.0] * 6) for at in range(8)]

        assert blocked.quantile_interval(blocks, 0.95)[2] == math.inf


class TestLatency:
    def test_a_fast_node_is_met_and_a_slow_one_breached(self) -> None:
        assert verdict(load.p95(steady(20), 500), P95) is Verdict.MET
        assert verdict(load.p95(steady(900), 500), P95) is Verdict.BREACHED

    def test_a_node_at_the_limit_is_neither(self) -> None:
        blocks = [block(at, "steady", [*[10.0] * 19, 800.0]) for at in range(20)]
        run = load_run(blocks, [stage("steady", seconds=20)])

        assert verdict(load.p95(run, 500), P95) is Verdict.INCONCLUSIVE

    def test_a_request_without_an_answer_is_slower_than_any(self) -> None:
        run = steady(10, n=16, silent=4)

        assert verdict(load.p95(run, 500), P95) is Verdict.BREACHED
        assert load.p95(run, 500)["steady"].value == math.inf  # type: ignore[union-attr]

    def test_throttled_answers_are_neither_served_nor_errors_and_more_than_a_few_bear_no_load(self) -> None:
        run = steady(20, n=99, throttled=1)

        assert verdict(load.p95(run, 500), P95) is Verdict.MET
        assert load.p95(run, 500)["steady"].n == 990  # type: ignore[union-attr]
        for more in (steady(20, n=98, throttled=2), steady(20, n=15, throttled=85), steady(n=0, throttled=20)):
            assert cause(load.p95(more, 500)["steady"]) is Cause.THROTTLED
            assert cause(errors(more)) is Cause.THROTTLED

    def test_quick_errors_do_not_make_a_node_look_fast(self) -> None:
        run = steady(900, n=5, errors=15)

        assert verdict(load.p95(run, 500), P95) is Verdict.BREACHED

    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [
            ({"refused": 20}, Cause.UNAUTHORISED),
            ({"odd": 20}, Cause.MALFORMED),
            ({"silent": 20}, Cause.UNREACHABLE),
            ({}, Cause.NOT_RUN),
        ],
    )
    def test_what_was_no_load_says_nothing(self, outcomes: dict[str, int], expected: Cause) -> None:
        run = steady(n=0, **outcomes)

        assert cause(load.p95(run, 500)["steady"]) is expected
        assert cause(errors(run)) is expected

    def test_growth_is_told_in_shares_of_the_limit(self) -> None:
        approved = load.normal(steady(10))

        assert verdict(load.p95_growth(steady(20), approved, 500), "<= 0.25") is Verdict.MET
        assert verdict(load.p95_growth(steady(400), approved, 500), "<= 0.25") is Verdict.BREACHED
        assert load.p95_growth(steady(10), approved, 500)["steady"].value == 0  # type: ignore[union-attr]
        assert cause(load.p95_growth(steady(10), {"p95": {}}, 500)["steady"]) is Cause.NO_BASELINE

    @pytest.mark.parametrize("before", [math.inf, -5.0, 0.0, math.nan])
    def test_nothing_grows_from_a_figure_that_is_none(self, before: float) -> None:
        grown = load.p95_growth(steady(10), {"p95": {"steady": before}}, 500)["steady"]

        assert cause(grown) is Cause.NO_BASELINE
        assert load.normal(steady(10, n=16, silent=4)) == {"p95": {}}


class TestErrors:
    def test_none_is_met_when_there_were_enough_requests(self) -> None:
        assert verdict(errors(steady(n=100, seconds=20)), ERRORS) is Verdict.MET
        assert verdict(errors(steady(n=10, seconds=10)), ERRORS) is Verdict.INCONCLUSIVE

    def test_a_fifth_is_breached_whether_5xx_or_silence(self) -> None:
        assert verdict(errors(steady(n=16, errors=4)), ERRORS) is Verdict.BREACHED
        assert verdict(errors(steady(n=16, silent=4)), ERRORS) is Verdict.BREACHED


class TestGenerator:
    """With its own processor full, it measures itself: nothing of it may be held against the node, or for it."""

    @pytest.mark.parametrize("tired", [{"cpu": 0.95}, {"lag": 400}])
    @pytest.mark.parametrize("run", [{"milliseconds": 900}, {"n": 10, "errors": 10}, {}])
    def test_a_saturated_generator_leaves_everything_open(self, tired: dict[str, float], run: dict[str, int]) -> None:
        found = steady(**run, **tired)  # type: ignore[arg-type]

        assert verdict(load.p95(found, 500), P95) is Verdict.INCONCLUSIVE
        assert verdict(errors(found), ERRORS) is Verdict.INCONCLUSIVE
        assert "the generator was the bottleneck" in load.p95(found, 500)["steady"].detail
        assert "the generator was the bottleneck" in errors(found).detail

    def test_one_bad_second_in_ten_is_borne_and_two_are_not(self) -> None:
        run = steady(20, n=40)

        def tired(count: int) -> LoadRun:
            return replace(run, efforts=tuple(replace(e, cpu=1.0) for e in run.efforts[:count]) + run.efforts[count:])

        assert verdict(load.p95(tired(1), 500), P95) is Verdict.MET
        assert verdict(load.p95(tired(2), 500), P95) is Verdict.INCONCLUSIVE

    @pytest.mark.parametrize("seconds", [6, 8, 10])
    def test_what_one_borne_second_did_is_never_held_against_the_node(self, seconds: int) -> None:
        blocks = [block(at, "steady", [900.0 if at == 3 else 10.0] * 20) for at in range(seconds)]
        run = load_run(blocks, [stage("steady", seconds=seconds)])
        late = tuple(replace(e, lag=900) if at == 3 else e for at, e in enumerate(run.efforts))

        assert verdict(load.p95(replace(run, efforts=late), 500), P95) is Verdict.INCONCLUSIVE

    def test_the_busiest_of_several_processes_decides(self) -> None:
        run = steady(20)
        busy = tuple(replace(each, process=2, cpu=0.99) for each in run.efforts)

        assert verdict(load.p95(replace(run, efforts=run.efforts + busy), 500), P95) is Verdict.INCONCLUSIVE

    def test_requests_never_made_are_the_generators_unless_the_node_kept_its_users_waiting(self) -> None:
        planned = replace(steady(20), stages=(stage("steady", rate=40),))
        slow = replace(steady(900), stages=(stage("steady", rate=40),))

        assert "200 requests were made of 400 planned" in load.p95(planned, 500)["steady"].detail
        assert verdict(load.p95(slow, 500), P95) is Verdict.BREACHED

    def test_a_run_without_a_word_of_the_generator_proves_nothing(self) -> None:
        assert cause(load.p95(replace(steady(20), efforts=()), 500)["steady"]) is Cause.UNDEFINED


class TestAbuse:
    def run(self, *, keyless: dict[str, int], flooding: int, key_limit: int = 100, seconds: int = 10) -> LoadRun:
        blocks = [block(at, "scraping", **keyless) for at in range(seconds)]  # type: ignore[arg-type]
        blocks += [block(at, "flooding", [5.0] * flooding, throttled=5) for at in range(seconds)]
        return load_run(blocks, [stage("scraping", seconds=seconds)], key_limit=key_limit)

    def test_all_of_it_blocked_is_met(self) -> None:
        found = load.abuse(self.run(keyless={"refused": 20}, flooding=10))

        assert verdict(found) is Verdict.MET
        assert set(found) == {"without a key", "above the limit of a key"}

    def test_an_answer_without_a_key_is_one_too_many(self) -> None:
        run = self.run(keyless={"refused": 20}, flooding=10)
        run = replace(run, blocks=(*run.blocks, block(3, "scraping", [5.0])))

        assert load.abuse(run)["without a key"].value == 1  # type: ignore[union-attr]
        assert verdict(load.abuse(run)) is Verdict.BREACHED

    def test_what_a_key_gets_in_a_minute_above_its_limit_is_abuse(self) -> None:
        found = load.abuse(self.run(keyless={"refused": 1}, flooding=12))

        assert found["above the limit of a key"].value == 20  # type: ignore[union-attr]

    def test_a_key_may_be_used_as_often_again_in_the_next_minute(self) -> None:
        # 100 at once, and 100 more sixty seconds later: within what is allowed.
        blocks = [block(at, "flooding", [5.0] * n, throttled=9) for at, n in ((0, 100), (30, 0), (60, 100))]
        run = load_run([*blocks, block(0, "scraping", refused=1)], [stage("scraping", seconds=61)])

        assert verdict(load.abuse(run)) is Verdict.MET

    def test_a_key_that_was_never_overused_proves_no_limit(self) -> None:
        assert verdict(load.abuse(self.run(keyless={"refused": 1}, flooding=4))) is Verdict.INCONCLUSIVE

    def test_exempt_keys_are_not_tried(self) -> None:
        assert set(load.abuse(self.run(keyless={"refused": 1}, flooding=50, key_limit=0))) == {"without a key"}

    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [
            ({"silent": 20}, Cause.UNREACHABLE), ({"errors": 20}, Cause.SERVER_ERROR), ({"odd": 20}, Cause.MALFORMED),
            ({"refused": 20}, Cause.UNDEFINED), ({"throttled": 97, "errors": 3}, Cause.SERVER_ERROR),
            ({"throttled": 99, "errors": 1}, None), ({"throttled": 1, "refused": 19}, None),
        ],
    )  # fmt: skip
    def test_a_flood_is_blocked_by_a_429_and_by_nothing_else(
        self, outcomes: dict[str, int], expected: Cause | None
    ) -> None:
        blocks = [block(at, "flooding", **outcomes) for at in range(10)]  # type: ignore[arg-type]
        run = load_run([*blocks, block(0, "scraping", refused=1)], [stage("scraping")])
        found = load.abuse(run)["above the limit of a key"]

        assert getattr(found, "cause", None) is expected

    def test_a_flood_let_through_is_a_breach_whatever_else_came(self) -> None:
        blocks = [block(at, "flooding", [5.0] * 50, errors=50) for at in range(10)]
        run = load_run([*blocks, block(0, "scraping", refused=1)], [stage("scraping")])

        assert load.abuse(run)["above the limit of a key"].value == 400  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [
            ({"refused": 1, "silent": 99}, Cause.UNREACHABLE), ({"refused": 1, "odd": 99}, Cause.MALFORMED),
            ({"refused": 98, "errors": 2}, Cause.SERVER_ERROR), ({"refused": 99, "silent": 1}, None),
        ],
    )  # fmt: skip
    def test_without_a_key_a_refusal_blocks_and_silence_does_not(
        self, outcomes: dict[str, int], expected: Cause | None
    ) -> None:
        found = load.abuse(self.run(keyless=outcomes, flooding=10))["without a key"]

        assert getattr(found, "cause", None) is expected

    def test_scrapers_that_nobody_answered_were_not_seen_to_be_blocked(self) -> None:
        run = self.run(keyless={"silent": 20}, flooding=0, key_limit=0)

        assert verdict(load.abuse(run)) is Verdict.INCONCLUSIVE


def test_every_accepted_write_must_be_found_again() -> None:
    run = replace(steady(), accepted=("RPT-1", "RPT-2", ""))

    assert verdict(load.lost_writes(replace(run, accepted=("RPT-1",)), frozenset({"RPT-1", "RPT-9"}))) is Verdict.MET
    found = load.lost_writes(run, frozenset({"RPT-1"}))
    assert (found.value, verdict(found)) == (2, Verdict.BREACHED)  # type: ignore[union-attr]
    assert "RPT-2" in found.detail
    assert cause(load.lost_writes(steady(), frozenset())) is Cause.TOO_FEW


def test_a_crash_is_over_within_a_minute_or_not() -> None:
    assert verdict(load.recovery(Recovery(seconds=4.2, waited=4.2)), "< 60") is Verdict.MET
    assert verdict(load.recovery(Recovery(seconds=61, waited=61)), "< 60") is Verdict.BREACHED
    assert verdict(load.recovery(Recovery(seconds=math.inf, waited=120)), "< 60") is Verdict.BREACHED


class TestKnee:
    def run(self, *latencies: float, cpu: float = 0.3) -> LoadRun:
        stages = [stage(f"ramp {at}/s", rate=10 * (at + 1), kind="ramp") for at in range(len(latencies))]
        blocks = [
            block(second, each.name, [ms] * round(each.rate))
            for each, ms in zip(stages, latencies, strict=True)
            for second in range(10)
        ]
        return load_run(blocks, stages, cpu=cpu)

    def test_it_is_the_last_rate_before_the_first_that_is_not_borne(self) -> None:
        found = knee.knee(knee.steps(self.run(10, 20, 900, 30)), 500, 0.01)

        assert found is not None
        assert (found.wanted, found.answered) == (20, 20)

    def test_there_is_none_when_the_first_step_is_not_borne(self) -> None:
        assert knee.knee(knee.steps(self.run(900, 900)), 500, 0.01) is None

    def test_steps_beyond_the_generator_tell_nothing(self) -> None:
        assert knee.knee(knee.steps(self.run(10, 20, cpu=1.0)), 500, 0.01) is None

    def test_the_exhibit_says_where_it_is(self) -> None:
        ramp = loadtables.of(self.run(10, 20, 900), 500, 0.01)[1]

        assert ramp.caption.startswith("The knee is at 20 requests per second")
        assert [row[-1] for row in ramp.rows] == ["yes", "yes", "no"]
        assert loadtables.of(self.run(10, 20), 500, 0.01)[1].caption.startswith("No knee up to 20")


def test_the_table_of_scenarios_tells_what_was_published_and_what_was_run() -> None:
    run = steady(20, errors=1)
    table, generator = loadtables.of(run, 500, 0.01)

    assert table.rows[0][:4] == ("steady", "21 / 100", "10 / 300", 210)
    assert "Time factor 0.1, user factor 0.2; cut to the target" in table.caption
    assert "70% on average" in generator.caption
    assert len(generator.rows) == 10
