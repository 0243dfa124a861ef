"""Whether the agents are alive: the age of their last beat, and the gaps of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import details
from junzi_audit.measures.gauges import ages as gauge_ages
from junzi_audit.records import Beat, Gauges

_METRIC = "junzi_agent_last_heartbeat_timestamp_seconds"


def ages(gauges: Gauges, roster: Sequence[str]) -> dict[str, Measurement | Unseen]:
    """Seconds since each rostered agent's last beat, at the moment of the scrape."""
    seen = gauge_ages(gauges, _METRIC, "agent")
    return {agent: _reading(seen[agent]) for agent in roster if agent in seen}


def missing(seen: Sequence[str], roster: Sequence[str]) -> Measurement:
    """Rostered agents that were not seen at all."""
    absent = sorted(set(roster) - set(seen))
    return census(len(absent), n=len(roster), detail=details.some(absent))


def named(gauges: Gauges) -> list[str]:
    """Agents that the metrics name."""
    return sorted(gauge_ages(gauges, _METRIC, "agent"))


def longest_gaps(
    beats: Sequence[Beat], roster: Sequence[str], since: datetime, until: datetime
) -> dict[str, Measurement | Unseen]:
    """Longest silence of each agent in seconds; the ends of the interval count as beats, so silence there shows too."""
    by_agent: dict[str, list[datetime]] = {agent: [] for agent in roster}
    for beat in beats:
        if beat.agent in by_agent and since <= beat.at < until:
            by_agent[beat.agent].append(beat.at)
    table = Exhibit(
        title="Longest silence of each agent",
        caption=f"From {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC; an agent may be silent for 60 s.",
        columns=("agent", "beats", "longest gap (s)", "began"),
        rows=tuple(_row(agent, times, since, until) for agent, times in by_agent.items()),
        chart=Chart(kind="bars", label=0, value=2, limit=60, limit_label="limit 60 s", value_label="seconds"),
    )
    found: dict[str, Measurement | Unseen] = {}
    for agent, times in by_agent.items():
        if times:
            gap, began = _gap(times, since, until)
            shown = (table,) if not found else ()
            found[agent] = census(gap, n=len(times), detail=f"from {began:%Y-%m-%d %H:%M:%S} UTC", exhibits=shown)
    return found


def _reading(age: float | Unseen) -> Measurement | Unseen:
    return age if isinstance(age, Unseen) else census(round(age, 3), n=1)


def _gap(times: Sequence[datetime], since: datetime, until: datetime) -> tuple[float, datetime]:
    ends = [since, *sorted(times), until]
    gap, began = max((after - before, before) for before, after in pairwise(ends))
    return gap.total_seconds(), began


def _row(agent: str, times: Sequence[datetime], since: datetime, until: datetime) -> tuple[str, int, float | None, str]:
    if not times:
        return agent, 0, None, ""
    gap, began = _gap(times, since, until)
    return agent, len(times), round(gap, 1), f"{began:%Y-%m-%d %H:%M:%S}"
