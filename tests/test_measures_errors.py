"""Server errors: counted where they are, and not made fewer by leaving out endpoints, hours or answers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import coverage
from junzi_audit.measures.errors import day_share, probe_share, uncounted, worst_five_minutes
from junzi_audit.model import Cause, Verdict
from junzi_audit.records import Gauges, MinuteCount, Read
from tests.judging import verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE
ALERTS, PROFILE = "/junzi/api/v1/alerts/", "/junzi/api/v1/entities/{entity_id}/profile"


def cell(at: int, count: int = 30, status: int = 200, endpoint: str = ALERTS) -> MinuteCount:
    return MinuteCount(minute=SINCE + timedelta(minutes=at), endpoint=endpoint, status=status, count=count, slow=0)


DAY = [cell(n) for n in range(1440)]


def read(endpoint: str = "/alerts/", status: int = 200) -> Read:
    return Read(endpoint=endpoint, status=status, seconds=0.01)


def test_a_clean_day_is_within_its_limits() -> None:
    assert verdict(worst_five_minutes(DAY, 0.05), "<= 0.05") is MET
    assert verdict(day_share(DAY), "<= 0.01") is MET


def test_a_burst_that_hides_in_the_day_is_found_in_its_five_minutes() -> None:
    burst = [*DAY, *(cell(n, 4, 503) for n in range(600, 605))]
    found = worst_five_minutes(burst, 0.05)[ALERTS]

    assert isinstance(found, Measurement)
    assert found.value == 20 / 170
    assert found.detail.startswith("at 2026-03-01 22:00 UTC")
    assert verdict(day_share(burst), "<= 0.01") is MET
    assert verdict({"": found}, "<= 0.05") is BREACHED


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from([200, 404, 500, 503])), max_size=60))
def test_the_worst_window_is_the_worst_of_all_windows(cells: list[tuple[int, int, int]]) -> None:
    counts = [cell(*each) for each in cells]
    worst = -1.0
    for end in range(36):
        window = [each for each in cells if end - 5 < each[0] <= end]
        total = sum(count for _, count, _ in window)
        if total >= 20:
            worst = max(worst, sum(count for _, count, status in window if status >= 500) / total)
    found = worst_five_minutes(counts, 0.05).get(ALERTS)
    failed = any(count and status >= 500 for _, count, status in cells)
    if worst < 0 and isinstance(found, Measurement):
        assert (found.value, found.n) == (0, sum(count for _, count, _ in cells))
        assert not failed, "where something failed, few requests are no rate"
    elif worst < 0:
        assert failed or not cells
    else:
        assert isinstance(found, Measurement)
        assert found.value == pytest.approx(worst)


def test_an_endpoint_that_is_rarely_asked_and_never_failed_has_no_bad_five_minutes() -> None:
    quiet = [cell(n, 1) for n in range(0, 1440, 30)]
    assert verdict(worst_five_minutes(quiet, 0.05), "<= 0.05") is MET
    assert verdict(worst_five_minutes([*quiet, cell(7, 1, 503)], 0.05), "<= 0.05") is INCONCLUSIVE
    assert verdict(worst_five_minutes([cell(0, 0)], 0.05), "<= 0.05") is INCONCLUSIVE


def test_few_requests_are_no_rate() -> None:
    assert verdict(worst_five_minutes([cell(0, 19, 500)], 0.05), "<= 0.05") is INCONCLUSIVE
    assert verdict(worst_five_minutes([], 0.05), "<= 0.05") is INCONCLUSIVE
    assert verdict(day_share([]), "<= 0.01") is INCONCLUSIVE
    assert verdict(day_share([cell(0, 0)]), "<= 0.01") is INCONCLUSIVE


def test_an_endpoint_that_answers_and_is_not_counted_is_unseen() -> None:
    reads = [read("/alerts/"), read("/entities/{id}/profile")]

    for found in (worst_five_minutes(DAY, 0.05, read=reads), day_share(DAY, read=reads)):
        assert isinstance(found["/entities/{id}/profile"], Unseen)
        assert "/alerts/" not in found
        assert verdict(found, "<= 0.05") is INCONCLUSIVE
    named = [*DAY, *(cell(n, endpoint=PROFILE) for n in range(10))]
    assert verdict(worst_five_minutes(named, 0.05, read=reads), "<= 0.05") is MET


@pytest.mark.parametrize(
    "shown",
    [DAY[-60:], DAY[:60], DAY[:700] + DAY[740:], [cell(0), cell(1439)]],
    ids=["last hour", "first hour", "forty minutes left out", "only the ends"],
)
def test_a_day_of_which_a_part_is_shown_is_not_met(shown: list[MinuteCount]) -> None:
    missing = coverage.gap([each.minute for each in shown], SINCE, NOW, what="request counts")

    assert missing is not None
    assert missing.cause is Cause.STALE
    assert "UTC, nothing from" in missing.detail
    assert verdict(coverage.whole(day_share(shown), missing), "<= 0.01") is INCONCLUSIVE
    bad = [*shown, cell(1439, 500, 500), cell(0, 500, 500)]
    assert verdict(coverage.whole(day_share(bad), missing), "<= 0.01") is BREACHED


def test_a_whole_day_with_short_pauses_is_whole() -> None:
    instants = [each.minute for each in DAY[::30]]
    assert coverage.gap(instants, SINCE, NOW, what="x") is None
    assert coverage.gap([], SINCE, NOW, what="x") is None
    assert coverage.gaps({"a": instants, "b": instants}, SINCE, NOW, what="x") is None
    silent = coverage.gaps({"a": instants, "b": [], "c": instants[:2]}, SINCE, NOW, what="x")
    assert silent is not None
    assert silent.detail.startswith("x of b: none is shown; c: the x shown reach from")
    assert coverage.gap([*instants, NOW + timedelta(days=400)], SINCE, NOW, what="x") is None


def test_our_own_reads_are_a_share_of_what_answered() -> None:
    assert verdict(probe_share([read()] * 32), "<= 0.05") is MET
    failing = probe_share([read()] * 28 + [read("/disputes/", 503)] * 4)
    assert (failing.value, failing.detail) == (4 / 32, "/disputes/")
    assert verdict(failing, "<= 0.05") is BREACHED
    assert verdict(probe_share([]), "<= 0.05") is INCONCLUSIVE


def test_reads_without_an_answer_may_each_hide_an_error() -> None:
    assert verdict(probe_share([read(status=0)] * 32), "<= 0.05") is INCONCLUSIVE
    cut = probe_share([read()] * 28 + [read(status=0)] * 4)
    assert (cut.low, cut.high, cut.n) == (0, 4 / 32, 28)
    assert verdict(cut, "<= 0.05") is INCONCLUSIVE
    assert verdict(probe_share([read(status=500)] * 28 + [read(status=0)] * 4), "<= 0.05") is BREACHED
    assert verdict(probe_share([read()] * 31 + [read(status=0)]), "<= 0.05") is MET


def scrape(*values: float, endpoint: str = ALERTS, status: str = "200", **more: str) -> Gauges:
    labels = {"endpoint": endpoint, "status": status, **more}
    samples = {tuple(sorted({**labels, "method": f"M{n}"}.items())): value for n, value in enumerate(values)}
    return Gauges(at=NOW, samples={"junzi_http_requests_total": samples})


def test_requests_that_the_counters_show_are_counted_and_the_others_named() -> None:
    assert verdict(uncounted(scrape(10), scrape(14), [read()] * 4)) is MET
    assert verdict(uncounted(scrape(10), scrape(400), [read()] * 4)) is MET
    found = uncounted(scrape(10), scrape(13), [read()] * 4)
    assert isinstance(found, Measurement)
    assert (found.value, found.n, found.detail) == (1, 4, "1 of /alerts/ with 200")
    assert verdict(uncounted(scrape(10), scrape(20), [read(status=503)] * 4)) is BREACHED
    assert (
        verdict(uncounted(scrape(endpoint=PROFILE), scrape(4, endpoint=PROFILE), [read("/entities/{id}/profile")] * 4))
        is MET
    )


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (scrape(500), scrape(4), Cause.STALE),
        (scrape(500, 5), scrape(600), Cause.STALE),
        (scrape(1), scrape(math.nan), Cause.MALFORMED),
        (scrape(math.nan), scrape(9), Cause.MALFORMED),
        (scrape(1), scrape(math.inf), Cause.MALFORMED),
        (scrape(-math.inf), scrape(9), Cause.MALFORMED),
        (scrape(-100), scrape(0), Cause.MALFORMED),
    ],
)
def test_counters_that_went_back_or_are_none_say_nothing(before: Gauges, after: Gauges, cause: Cause) -> None:
    found = uncounted(before, after, [read()] * 4)
    assert isinstance(found, Unseen)
    assert found.cause is cause


def test_no_read_and_no_counter() -> None:
    nothing = Gauges(at=NOW, samples={})
    assert verdict(uncounted(nothing, nothing, [])) is INCONCLUSIVE
    assert verdict(uncounted(nothing, nothing, [read(status=0)])) is INCONCLUSIVE
    assert verdict(uncounted(nothing, nothing, [read()])) is BREACHED
