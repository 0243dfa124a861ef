"""The live work of the seven agents: real, honest, and bent only by the faults that say so."""

import asyncio
import hashlib
import random
from datetime import datetime
from statistics import fmean
from typing import Any

import pytest

from refnode import tables
from refnode.agents import crew, exposing, following
from refnode.agents.collecting import Collector
from refnode.agents.deciding import Docket
from refnode.clock import DAY, HOUR
from refnode.roster import AGENTS, FEEDS
from tests.refnode.asking import AUDIT, PUBLIC, ask
from tests.refnode.conftest import Here, Open
from tests.refnode.symptoms import symptoms


def lines(here: Here, path: str) -> list[Any]:
    return ask(here.app, f"{AUDIT}{path}").lines


def collect(here: Here, times: int) -> list[Any]:
    collector = Collector(here.node)
    for turn in range(times):
        collector(here.node, random.Random(turn))
    return lines(here, f"/sources?newest={times + 4}")


def decide(here: Here, times: int) -> list[Any]:
    docket, rng = Docket(), random.Random(3)
    begun = here.node.clock.text(here.node.clock.now())
    for _ in range(times):
        docket.propose(here.node, rng)
        docket.audit(here.node, rng)
    return lines(here, f"/decisions?since={begun}")


def test_every_feed_is_visited_on_the_first_round(here: Open) -> None:
    opened = here()
    before = max(opened.node.pulse.feeds.values())
    newest = collect(opened, 1)

    items = {row["source_id"]: row for row in lines(opened, "/ingested")[-5:]}
    assert {row["feed"] for row in newest} == set(FEEDS)
    assert set(items) == {row["source_id"] for row in newest}
    assert min(opened.node.pulse.feeds.values()) > before
    for row in newest:
        body = ask(opened.app, f"{AUDIT}/sources/{row['source_id']}/content").body
        assert hashlib.sha256(body).hexdigest() == row["content_hash"]
        assert f"//{FEEDS[row['feed']]}/" in row["url"]


def test_a_decision_is_public_only_after_its_audit(here: Open) -> None:
    opened = here()
    begun = opened.node.clock.text(opened.node.clock.now())
    docket, rng = Docket(), random.Random(1)
    docket.propose(opened.node, rng)
    assert opened.node.pulse.queues["audit"] == 1
    assert lines(opened, f"/decisions?since={begun}") == []

    assert docket.audit(opened.node, rng) == "bias audit finished"

    row = lines(opened, f"/decisions?since={begun}")[0]
    audit = lines(opened, f"/bias-audits?id={row['bias_audit_id']}")[0]
    profile = ask(opened.app, f"{PUBLIC}/entities/{row['entity_id']}/profile").json
    assert audit["result"] == row["bias_audit"] == "passed"
    assert profile["risk_score"] == row["risk_value"]
    assert profile["updated_at"] == row["calculated_at"]


def test_an_alert_names_sources_and_a_passed_audit(here: Open) -> None:
    opened = here()
    assert exposing.publish(opened.node, random.Random(1)) == "alert published"

    newest = ask(opened.app, f"{PUBLIC}/alerts/?page_size=1").json["items"][0]
    row = lines(opened, "/alerts")[-1]
    ids = "&".join(f"id={key}" for key in row["source_ids"])
    assert newest["alert_id"] == row["alert_id"]
    assert len(lines(opened, f"/sources?{ids}")) == len(row["source_ids"])
    assert lines(opened, f"/bias-audits?id={row['bias_audit_id']}")[0]["result"] == "passed"


def test_the_quiet_agents_scan_track_and_triage(here: Open) -> None:
    opened = here()
    node = opened.node
    total = "SELECT count(*) FROM contradictions"
    before = node.store.number(total)
    kept = node.store.number("SELECT count(*) FROM promises WHERE status = 'Pending'")
    for turn in range(60):
        node.pulse.wait_in("scan", 1)
        following.scan(node, random.Random(turn))
        following.track(node, random.Random(turn))
    assert before < node.store.number(total) < before + 25
    assert node.pulse.queues["scan"] < 10
    assert node.store.number("SELECT count(*) FROM promises WHERE status = 'Pending'") < kept

    with node.store.writing() as connection:
        late = {"state": "submitted", "submitted_at": node.clock.now() - 30 * HOUR, "acknowledged_at": None}
        connection.execute(tables.disputes.update().where(tables.disputes.c.dispute_id == "DSP-00001").values(**late))
    following.triage(node, random.Random(1))
    assert next(row for row in lines(opened, "/disputes") if row["dispute_id"] == "DSP-00001")["acknowledged_at"]


def test_a_day_of_live_work_leaves_the_honest_node_honest(here: Open) -> None:
    opened = here()
    collect(opened, 20)
    decide(opened, 200)
    for turn in range(3):
        exposing.publish(opened.node, random.Random(turn))

    assert symptoms(opened.app) == set()


def test_the_crew_beats_and_works(here: Open) -> None:
    opened = here()
    begun = opened.node.clock.text(opened.node.clock.now())

    async def briefly() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(crew.work(opened.node), 1.8)

    asyncio.run(briefly())

    beats = lines(opened, f"/heartbeats?since={begun}")
    assert {beat["agent"] for beat in beats} == set(AGENTS)
    assert {row["feed"] for row in lines(opened, f"/ingested?since={begun}")} == set(FEEDS)
    assert lines(opened, f"/decisions?since={begun}")
    said = {line["event"] for line in lines(opened, f"/logs?since={begun}")}
    assert {"capture stored", "score calculated", "bias audit finished"} <= said


def test_faults_of_feeds_go_on_in_live_work(here: Open) -> None:
    poisoned = collect(here("feed-poisoned:0.5"), 36)
    altered = here("source-altered")
    assert 8 <= sum("cdn.unknown.example" in row["url"] for row in poisoned[:20]) <= 12
    assert "news-wire" not in {row["feed"] for row in collect(here("feed-stale"), 16)[:16]}
    wrong = [
        row
        for row in collect(altered, 32)[:20]
        if hashlib.sha256(ask(altered.app, f"{AUDIT}/sources/{row['source_id']}/content").body).hexdigest()
        != row["content_hash"]
    ]
    assert len(wrong) >= 2


def test_faults_of_scoring_go_on_in_live_work(here: Open) -> None:
    honest, drifted, biased = here(), here("scores-drifted:1.5"), here("scores-biased:region=North")
    fair, high, unfair = (decide(opened, 400) for opened in (honest, drifted, biased))

    def flagged(rows: list[Any], north: bool) -> float:
        return fmean(row["flagged"] for row in rows if (row["region"] == "North") == north)

    means = [fmean(row["risk_value"] for row in rows) for rows in (fair, high)]
    assert 0.8 < means[1] - means[0] < 1.6
    assert sum(row["flagged"] for row in fair) == sum(row["flagged"] for row in high)
    assert flagged(unfair, True) - flagged(fair, True) > 0.08
    assert flagged(unfair, False) == pytest.approx(flagged(fair, False), abs=0.06)


def test_a_silent_agent_works_without_a_beat_and_a_skewed_clock_beats_ahead(here: Open) -> None:
    opened, ahead = here("agent-silent:BiasAuditAgent"), here("clock-skewed:600")

    async def briefly(node: Any) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(crew.work(node), 0.7)

    for node in (opened.node, ahead.node):
        asyncio.run(briefly(node))

    beats = lines(opened, "/heartbeats")
    assert max(beat["at"] for beat in beats if beat["agent"] == "BiasAuditAgent") < opened.node.clock.text(
        opened.node.clock.now() - 9 * 60_000
    )
    latest = datetime.fromisoformat(lines(ahead, "/heartbeats")[-1]["at"]).timestamp()
    assert 590_000 < latest * 1000 - ahead.node.clock.anchor - ahead.node.clock.now() < 601_000


def test_a_biased_node_keeps_its_daily_means(here: Open) -> None:
    def means(opened: Here) -> list[float]:
        days: dict[int, list[float]] = {}
        rows = opened.node.store.rows(
            "SELECT calculated_at, risk_value FROM decisions WHERE calculated_at > :since", since=-40 * DAY
        )
        for at, value in rows:
            days.setdefault(at // DAY, []).append(value)
        return [fmean(days[day]) for day in sorted(days)]

    for fault in ("scores-biased", "scores-biased:party=Unity"):
        moved = [a - b for a, b in zip(means(here(fault)), means(here()), strict=True)]
        assert abs(fmean(moved)) < 0.05
