"""A run to render: every verdict, estimates, every kind of chart; and the same run as a hostile node would have it."""

from __future__ import annotations

from datetime import timedelta

from junzi_audit.findings import (
    Chart,
    Exhibit,
    Judgement,
    Measurement,
    Observation,
    Record,
    RunEnd,
    RunHeader,
    Unseen,
    census,
)
from junzi_audit.model import (
    Bound,
    Cadence,
    Cause,
    Environment,
    Impact,
    Kind,
    Limit,
    Obligation,
    Tripwire,
    Verdict,
    Waiver,
    utc,
    worst,
)

START = utc("2026-12-07T06:00:00Z")
HOSTILE = (
    "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">"
    "\x1b[31m\x00\u202ejavascript:alert(1) $\\frac{1}{0}$ \ud800"
)


def limit(name: str, bound: str, unit: str, meaning: str) -> Limit:
    comparator, value = bound.split()
    return Limit(
        name=name,
        bound=Bound(comparator=comparator, value=float(value)),
        unit=unit,
        meaning=meaning,
        source="ours: JUNZI publishes none",
    )


def obligation(
    duty: str, title: str, owner: str, *limits: Limit, why: str = "", remedy: str = "", kind: Kind = Kind.MEASURED
) -> Obligation:
    return Obligation(
        id=duty,
        cadence=Cadence(duty.partition(".")[0]),
        title=title,
        clause=f"{duty.partition('.')[0].capitalize()} tasks: {title}",
        owner=owner,
        impact=Impact.HIGH,
        why=why or "People are judged by what this duty guards, and cannot see when it fails.",
        remedy=remedy or "Find what changed since the last run that was met, and undo it.",
        escalates_to="Ethical Governance Board",
        kind=kind,
        where=(Environment.EMBEDDED, Environment.LIVE),
        controls=("CA-7",),
        limits=limits,
        tripwires=(Tripwire(fault="source-altered", breaches=tuple(each.name for each in limits)),),
    )


ALTERED = limit("altered_share", "<= 0.02", "share", "Share of sources whose bytes no longer match their SHA-256")
SLOW = limit("probe_p95", "< 500", "ms", "95th percentile of the time our own reads took")
BACKLOG = limit("queue_backlog", "<= 1000", "items", "Items waiting in the longest queue")
SHIFT = limit("score_drift", "<= 0.05", "Kolmogorov-Smirnov distance", "Distance of this week's scores to the baseline")
PARITY = limit("parity_difference", "<= 0.1", "probability", "Largest difference in selection rate between parties")
DAYS = limit("days_unreviewed", "<= 7", "days", "Days since the end of the week without a signed review")
BEAT = limit("heartbeat_age", "<= 60", "s", "Seconds since each agent's last beat")
MISSING = limit("agents_missing", "<= 0", "agents", "Agents of the roster that the metrics do not name")

DUE = (
    obligation(
        "weekly.source-integrity",
        "Published sources still hold the bytes recorded at capture",
        "Data Engineering Team",
        ALTERED,
        why="A source whose bytes changed after capture can no longer support a published contradiction.",
        remedy="Quarantine the source, re-run provenance for every record that cites it, correct what was published.",
    ),
    obligation("weekly.load", "Reads are fast and no queue piles up", "Infrastructure Team", SLOW, BACKLOG),
    obligation("weekly.model-drift", "The model still scores as it was approved", "Bias Monitoring Council", SHIFT),
    obligation("weekly.bias-drift", "No party is flagged more than another", "Bias Monitoring Council", PARITY),
    obligation(
        "weekly.bias-audit-summary",
        "The Council has reviewed the week's bias audit summary",
        "Bias Monitoring Council",
        DAYS,
        kind=Kind.ATTESTED,
    ),
    obligation("weekly.correction-drill", "A false alert is corrected in time", "Ethical Governance Board", DAYS),
    obligation("weekly.agent-health", "All agents beat within sixty seconds", "Agent Maintenance Team", BEAT, MISSING),
)
PLAN = DUE + tuple(
    obligation(f"quarterly.other-{number}", f"Another duty, number {number}", "DevOps / SRE Team", DAYS)
    for number in range(1, 25)
)


def judgement(of: Limit, verdict: Verdict, reading: Measurement | Unseen, stream: str = "") -> Judgement:
    name = f"{of.name}[{stream}]" if stream else of.name
    value = f"{reading.value:g}" if isinstance(reading, Measurement) else f"not seen ({reading.cause})"
    reason = f"{name} is {value}, limit {of.bound} {of.unit}."
    return Judgement(limit=of, stream=stream, verdict=verdict, reading=reading, reason=reason)


def observation(number: int, query: str = "GET /v1/sources?limit=100") -> Observation:
    return Observation(
        id=f"weekly.source-integrity-{number}",
        probe="node",
        query=query,
        at=START + timedelta(seconds=number),
        seconds=0.0412,
        status=200,
        sha256=f"{number:064x}",
        size=48_211 + number,
        path=f"raw/{number:064x}.json",
    )


def record(duty: str, verdict: Verdict, *judgements: Judgement, reason: str = "", **more: object) -> Record:
    return Record(
        duty=duty,
        verdict=verdict,
        reason=reason or " ".join(each.reason for each in judgements),
        started=START + timedelta(seconds=5),
        seconds=1.25,
        judgements=judgements,
        **more,  # type: ignore[arg-type]
    )


SOURCES = Exhibit(
    title="Altered sources by kind of source",
    caption="Share of sampled sources whose bytes differ from those recorded at capture, with its 95% interval.",
    columns=("Kind of source", "Altered share", "Low", "High", "n"),
    rows=(
        ("Parliamentary transcripts", 0.004, 0.001, 0.014, 400),
        ("News sites", 0.171, 0.137, 0.211, 400),
        ("Party programmes", 0.012, 0.005, 0.029, 400),
        ("Video transcripts", None, None, None, 0),
        ("Social media posts", 0.093, None, None, 150),
    ),
    chart=Chart(
        kind="intervals",
        label=0,
        value=1,
        low=2,
        high=3,
        limit=0.02,
        limit_label="limit 2%",
        value_label="Share of sources altered",
    ),
)
READS = Exhibit(
    title="Time of our own reads",
    caption="95th percentile of each quarter of an hour before the run.",
    columns=("Time", "p95", "Low", "High"),
    rows=tuple(
        (
            (START - timedelta(minutes=15 * (96 - step))).isoformat(),
            280 + 2.9 * step - 40 * (step % 5),
            240 + 2.9 * step - 40 * (step % 5),
            330 + 2.9 * step - 40 * (step % 5),
        )
        for step in range(96)
    ),
    chart=Chart(kind="series", label=0, value=1, low=2, high=3, limit=500, value_label="p95 of reads, ms"),
)
QUEUES = Exhibit(
    title="Longest queues",
    caption="Items waiting at the end of the run.",
    columns=("Queue", "Items"),
    rows=(("ingest", 4211), ("contradictions", 812), ("notifications", 77), ("corrections", 0)),
    chart=Chart(kind="bars", label=0, value=1, limit=1000, limit_label="limit 1,000", value_label="Items waiting"),
)
GAPS = Exhibit(
    title="Gap in selection rate between parties, day by day",
    caption="Largest difference of the day, with its 95% interval, beside the tolerance and the approved baseline.",
    columns=("Day", "Gap", "Low", "High", "In the baseline"),
    rows=tuple(
        (
            (START - timedelta(days=60 - day)).date().isoformat(),
            round(gap, 4),
            round(gap - 0.028, 4),
            round(gap + 0.028, 4),
            0.093,
        )
        for day, gap in enumerate(0.06 + 0.004 * (day * 7 % 5) + (0.06 if day > 41 else 0) for day in range(60))
    ),
    chart=Chart(
        kind="series",
        label=0,
        value=1,
        low=2,
        high=3,
        limit=0.1,
        limit_label="tolerance 0.1",
        reference=4,
        reference_label="baseline",
        value_label="Largest gap in selection rate",
    ),
)
EVIDENCE = Exhibit(
    title="Evidence that the gap has grown",
    caption="Evidence of the sequential test after each day; it alarms where it reaches the threshold.",
    columns=("Day", "Evidence"),
    rows=tuple(
        ((START - timedelta(days=60 - day)).date().isoformat(), 10.0 ** (max(-day / 20, day / 3 - 15)) if day else 0.0)
        for day in range(60)
    ),
    chart=Chart(
        kind="series",
        label=0,
        value=1,
        limit=20_000,
        limit_label="threshold 20,000",
        value_label="Evidence",
        log=True,
    ),
)
SCORES = Exhibit(
    title="Scores of this week beside the baseline's",
    caption="Share of the scores in each of twenty bins that the baseline fixed.",
    columns=("Score", "to", "Share this week", "Share in the baseline"),
    rows=tuple(
        (at / 20, (at + 1) / 20, 6 * (at + 0.5) * (19.5 - at) / 8_010, 12 * (at + 0.5) * (19.5 - at) ** 2 / 160_200)
        for at in range(20)
    ),
    chart=Chart(
        kind="histogram",
        label=0,
        end=1,
        value=2,
        reference=3,
        reference_label="baseline of 1 December",
        value_label="Share of the scores",
    ),
)
AGENTS = ("ingest", "extract", "contradict", "score", "bias-audit", "publish", "dispute")


def records() -> tuple[Record, ...]:
    """Seven duties due, one of them tried twice, and every verdict."""
    altered = Measurement(value=0.086, low=0.071, high=0.104, n=1350, expected=0.004, exhibits=(SOURCES,))
    slow = census(556.4, n=12_000, exhibits=(READS,))
    shifted = Measurement(value=0.047, low=0.031, high=0.064, n=620, missing=840, exhibits=(SCORES,))
    unequal = Measurement(value=0.14, low=0.12, high=0.16, n=5200, expected=0.093, exhibits=(GAPS, EVIDENCE))
    return (
        record(
            "weekly.source-integrity",
            Verdict.BREACHED,
            judgement(ALTERED, Verdict.BREACHED, altered),
            reason="altered_share is 0.086 share (interval 0.071 to 0.104), limit <= 0.02 share.",
            observations=tuple(observation(number) for number in range(1, 61)),
            baselines=("weekly.source-integrity/altered_share@3",),
        ),
        record("weekly.load", Verdict.MET, judgement(SLOW, Verdict.MET, census(120, n=50)), reason="Too soon."),
        record(
            "weekly.load",
            Verdict.BREACHED,
            judgement(SLOW, Verdict.BREACHED, slow),
            judgement(BACKLOG, Verdict.BREACHED, census(4211, n=4, exhibits=(QUEUES,))),
            observations=(observation(61, "GET /metrics"),),
        ),
        record(
            "weekly.model-drift",
            Verdict.INCONCLUSIVE,
            judgement(SHIFT, Verdict.INCONCLUSIVE, shifted),
            cause=Cause.TOO_FEW,
        ),
        record(
            "weekly.bias-drift",
            Verdict.WAIVED,
            judgement(PARITY, Verdict.BREACHED, unequal),
            real_verdict=Verdict.BREACHED,
            waiver=Waiver(
                reason="Known since the retraining of 1 December; the rollback is scheduled for 9 December.",
                approver="Bias Monitoring Council",
                granted=START - timedelta(days=3),
                expires=START + timedelta(days=4),
            ),
        ),
        record(
            "weekly.bias-audit-summary",
            Verdict.AWAITING,
            reason="The summary of the week that ended on 6 December has no signed review yet; 6 days are left.",
            cause=Cause.NOT_RECORDED,
        ),
        record(
            "weekly.correction-drill",
            Verdict.OVERDUE,
            reason="No drill has been recorded for 43 days; the plan asks for one every 30 days.",
        ),
        record(
            "weekly.agent-health",
            Verdict.MET,
            *(judgement(BEAT, Verdict.MET, census(11.5 + at, n=1), agent) for at, agent in enumerate(AGENTS)),
            judgement(MISSING, Verdict.MET, census(0, n=7)),
            reason="All 8 figures of weekly.agent-health are within their limits.",
        ),
    )


def header(**changes: object) -> RunHeader:
    known: dict[str, object] = {
        "run": "20261207T060000Z-7c1e",
        "started": START,
        "target": "reference node",
        "environment": Environment.EMBEDDED,
        "nodes": ("primary", "secondary-1"),
        "cadences": (Cadence.WEEKLY,),
        "due": tuple(each.id for each in DUE),
        "plan_digest": "9f" * 32,
        "target_digest": "a1" * 32,
        "baseline_digests": {"weekly.source-integrity/altered_share": "b2" * 32},
        "versions": {"junzi-audit": "0.1.0", "node": "2.4.1"},
        "seed": 20261207,
        "notes": ("The sample was drawn from 41,233 published sources.",),
    }
    return RunHeader(**{**known, **changes})  # type: ignore[arg-type]


def ending(of: tuple[Record, ...] = ()) -> RunEnd:
    verdict = worst([each.verdict for each in of]) if of else Verdict.BREACHED
    return RunEnd(finished=START + timedelta(seconds=42), verdict=verdict, exit_status=0 if verdict == "MET" else 1)


def hostile() -> tuple[Record, ...]:
    """One breached duty of which everything the node could have said is an attack."""
    shown = Exhibit(
        title=HOSTILE,
        caption=HOSTILE,
        columns=(HOSTILE, "value", "low", "high", "n"),
        rows=((HOSTILE, 1.0, 0.5, 2.0, 3), ("=cmd|'/c calc'!A1", 2.0, 3.0, 1.0, 4), ("名前 $x^2$", 0.1, None, 0.2, 1)),
        chart=Chart(
            kind="intervals", label=0, value=1, low=2, high=3, limit=1.5, limit_label=HOSTILE, value_label=HOSTILE
        ),
    )
    reading = Measurement(value=0.5, low=0.5, high=0.5, n=3, detail=HOSTILE, exhibits=(shown,))
    evil = Observation(
        id=HOSTILE,
        probe=HOSTILE,
        query=HOSTILE,
        at=START,
        seconds=1,
        status=200,
        sha256=HOSTILE,
        size=1,
        path="javascript:document.title='owned'",
    )
    return (
        record(
            "weekly.source-integrity",
            Verdict.BREACHED,
            judgement(ALTERED, Verdict.BREACHED, reading, HOSTILE),
            reason=HOSTILE,
            observations=(evil, observation(1, HOSTILE)),
            baselines=(HOSTILE,),
        ),
    )


def test_the_sample_holds_every_verdict_and_every_kind_of_chart() -> None:
    assert {each.verdict for each in records()} == set(Verdict)
    charts = (exhibit.chart for exhibit in (SOURCES, READS, QUEUES, GAPS, EVIDENCE, SCORES))
    kinds = [(chart.kind, chart.reference is not None, chart.log) for chart in charts if chart]
    assert kinds[:3] == [("intervals", False, False), ("series", False, False), ("bars", False, False)]
    assert kinds[3:] == [("series", True, False), ("series", False, True), ("histogram", True, False)]
    assert len(PLAN) == 31
