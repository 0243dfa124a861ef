"""What is seeded: the same for the same seed, in the volumes promised, with nothing against anyone."""

import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, pvariance
from typing import Any

import pytest

from refnode.clock import DAY, HOUR, MINUTE, SECOND
from refnode.roster import AGENTS, ATTRIBUTES, FEEDS
from refnode.seeding import seeded, seeding_digest

Tables = dict[str, list[Any]]


@pytest.fixture(scope="module")
def whole() -> Tables:
    return {table.name: list(rows) for table, rows in seeded(1, 1.0)}


def digest(seed: int) -> dict[str, str]:
    return {table.name: hashlib.sha256(repr(list(rows)).encode()).hexdigest() for table, rows in seeded(seed, 0.1)}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    first, again, other = digest(5), digest(5), digest(6)

    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_the_cache_key_tells_settings_apart() -> None:
    assert len({seeding_digest(1, 1.0), seeding_digest(2, 1.0), seeding_digest(1, 0.5)}) == 3


def test_the_volumes_are_those_of_the_published_test_data(whole: Tables) -> None:
    least = {"entities": 1000, "actions": 5000, "contradictions": 1500, "promises": 3000, "sources": 5000}
    assert all(len(whole[name]) >= number for name, number in least.items())
    assert len({row.origin for row in whole["sources"]}) >= 100
    for name, column in (("sources", 4), ("decisions", 2)):
        assert whole[name][-1][column] - whole[name][0][column] > 2 * 365 * DAY
    assert sum(row.calculated_at > -130 * DAY for row in whole["decisions"]) == 52_000
    assert sum(row.published_at > -30 * DAY and row.status == "published" for row in whole["alerts"]) == 60
    assert sum(row.known_biased for row in whole["alerts"]) == 6
    assert 110 <= len(whole["disputes"]) <= 125
    assert {row.ruling for row in whole["disputes"]} == {"upheld", "dismissed", "partial", None}


def test_groups_have_their_shares_and_no_attribute_tells_another(whole: Tables) -> None:
    people = whole["entities"]
    for attribute, shares in ATTRIBUTES.items():
        counted = Counter(getattr(who, attribute) for who in people)
        assert all(abs(counted[group] / len(people) - share) < 0.01 for group, share in shares.items())
    both = Counter((who.party, who.region) for who in people)
    expected = {(p, r): a * b for p, a in ATTRIBUTES["party"].items() for r, b in ATTRIBUTES["region"].items()}
    assert all(abs(both[pair] / len(people) - share) < 0.035 for pair, share in expected.items())


def test_true_and_false_positive_rates_are_equal_in_every_group(whole: Tables) -> None:
    people = {who.entity_id: who for who in whole["entities"]}
    for attribute in ATTRIBUTES:
        for outcome, rate in (("upheld", 0.85), ("dismissed", 0.08)):
            flags: dict[str, list[bool]] = defaultdict(list)
            for row in whole["decisions"]:
                if row.outcome == outcome:
                    flags[getattr(people[row.entity_id], attribute)].append(row.flagged)
            assert all(abs(fmean(flagged) - rate) < 0.02 for flagged in flags.values())


def test_records_of_one_entity_are_almost_independent(whole: Tables) -> None:
    truths: dict[str, list[bool]] = defaultdict(list)
    for row in whole["decisions"]:
        truths[row.entity_id].append(row.outcome == "upheld")
    share = fmean(fmean(values) for values in truths.values())
    size = fmean(len(values) for values in truths.values())
    between = pvariance([fmean(values) for values in truths.values()]) - share * (1 - share) / size
    assert between / (share * (1 - share)) < 0.02


def test_scores_are_stationary_day_by_day(whole: Tables) -> None:
    days: dict[int, list[float]] = defaultdict(list)
    for row in whole["decisions"]:
        if row.calculated_at > -130 * DAY:
            days[row.calculated_at // DAY].append(row.risk_value)
    means = [fmean(days[day]) for day in sorted(days)]
    assert max(means) - min(means) < 1.0
    assert abs(fmean(means[:65]) - fmean(means[65:])) < 0.1


def test_audits_rarely_fail_and_never_three_in_half_an_hour(whole: Tables) -> None:
    failed = [row for row in whole["decisions"] if row.audit_result == "failed"]
    assert 0.002 < len(failed) / len(whole["decisions"]) < 0.005
    assert not any(row.flagged for row in failed)
    times = [row.calculated_at for row in failed]
    assert all(later - first > 30 * MINUTE for first, later in zip(times, times[2:], strict=False))


def test_feeds_come_steadily_with_right_hosts_and_hashes(whole: Tables) -> None:
    for feed, host in FEEDS.items():
        rows = [row for row in whole["sources"] if row.feed == feed and row.captured_at > -63 * DAY]
        assert all(10 * MINUTE <= b.captured_at - a.captured_at <= 22 * MINUTE for a, b in pairwise(rows))
        assert rows[-1].captured_at > -12 * MINUTE
        assert all(row.url.startswith(f"https://{host}/") for row in rows)
    assert all(hashlib.sha256(row.content).hexdigest() == row.content_hash for row in whole["sources"])
    assert all(100 <= len(row.content) <= 300 for row in whole["sources"])


def test_items_name_what_exists_and_come_within_a_minute(whole: Tables) -> None:
    captured = {row.source_id: row.captured_at for row in whole["sources"]}
    people = {who.entity_id for who in whole["entities"]}
    assert all(0 < row[6] - captured[row[5]] <= MINUTE and row[4] in people for row in whole["items"])


def test_contradictions_rest_on_two_distinct_sources(whole: Tables) -> None:
    known = {row.source_id for row in whole["sources"]}
    for row in whole["contradictions"]:
        assert row.source_1_id != row.source_2_id
        assert {row.source_1_id, row.source_2_id} <= known


def test_alerts_rest_on_flags_passed_audits_and_older_sources(whole: Tables) -> None:
    decided = {row.risk_id: row for row in whole["decisions"]}
    captured = {row.source_id: row.captured_at for row in whole["sources"]}
    for row in whole["alerts"]:
        behind = decided[row.risk_id]
        assert behind.flagged
        assert behind.audit_result == "passed"
        assert behind.bias_audit_id == row.bias_audit_id
        assert behind.audited_at < row.published_at <= 0
        assert 1 <= len(json.loads(row.source_ids)) <= 3
        assert all(captured[key] < row.published_at for key in json.loads(row.source_ids))


def test_disputes_are_handled_within_the_published_times(whole: Tables) -> None:
    withdrawn = {row.alert_id for row in whole["alerts"] if row.status == "withdrawn"}
    days = {"high": 2.5, "medium": 12.0, "low": 6.0}
    opened = [row for row in whole["disputes"] if row.ruling is None]
    assert 8 <= len(opened) <= 12
    for row in whole["disputes"]:
        limit = min(days[row.severity], 2.5 if row.public_figure else 99) * DAY
        assert (row.acknowledged_at or 0) - row.submitted_at < 40 * HOUR
        assert (row.resolved_at or 0) - row.submitted_at <= limit
        life = [row.submitted_at, row.acknowledged_at, row.escalated_at, row.resolved_at]
        times = [at for at in life if at is not None]
        assert times == sorted(times)
        assert times[-1] <= 0
        assert (row.escalated_at is None) == (row.escalated_to is None)
        if row.dispute_type == "bias":
            assert row.escalated_to == "Ethical Governance Board"
        if row.ruling == "upheld":
            assert row.subject_id in withdrawn


def test_every_agent_beats_without_a_gap_to_the_end(whole: Tables) -> None:
    for agent in AGENTS:
        times = [at for name, at in whole["heartbeats"] if name == agent]
        assert max(b - a for a, b in pairwise(times)) < 50 * SECOND
        assert times[0] < -24.9 * HOUR
        assert times[-1] > 0


def test_requests_mostly_succeed_and_quickly(whole: Tables) -> None:
    counts: Counter[str] = Counter()
    for _minute, _endpoint, _method, status, count, slow in whole["request_counts"]:
        counts["all"] += count
        counts["bad"] += count * (status >= 500)
        counts["slow"] += slow
    assert 0.0002 < counts["bad"] / counts["all"] < 0.001
    assert 0.001 < counts["slow"] / counts["all"] < 0.005


def test_the_log_is_json_with_every_critical_acknowledged_soon(whole: Tables) -> None:
    lines = [(at, json.loads("{" + line)) for _n, at, _stamped, line in whole["log_lines"]]
    levels = Counter(line["level"] for _at, line in lines)
    answered = {line["acknowledges"]: at for at, line in lines if "acknowledges" in line}
    assert 4500 < len(lines) < 6000
    assert 0.008 < levels["ERROR"] / len(lines) < 0.016
    assert levels["CRITICAL"] == 3
    for at, line in lines:
        if line["level"] == "CRITICAL":
            assert 0 < answered[line["trace_id"]] - at <= 3 * MINUTE


def test_nothing_seeded_lies_in_the_future_but_the_tails(whole: Tables) -> None:
    newest = {
        "sources": max(row.captured_at for row in whole["sources"]),
        "items": max(row[6] for row in whole["items"]),
        "decisions": max(row.audited_at for row in whole["decisions"]),
        "alerts": max(row.published_at for row in whole["alerts"]),
    }
    assert all(at <= 0 for at in newest.values()), datetime.now(UTC)
