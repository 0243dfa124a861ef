"""The five published load scenarios and the stress ramp, shortened and thinned by the target's factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen.blocks import Stage


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One published scenario; ``ours`` names what JUNZI leaves open and we chose.

    ``calls``: how often each user asks over the whole scenario; 0 when it asks at the target's pace.
    """

    name: str
    text: str
    users: int
    seconds: float
    calls: int = 0
    pace: float = 0.0
    ours: str = ""


PUBLISHED = (
    Scenario(name="steady", text="50 users × 10 calls over 5 min", users=50, seconds=300, calls=10),
    Scenario(name="crowd", text="1,000 users on /alerts/ for 2 min", users=1000, seconds=120),
    Scenario(name="browsing", text="300 users random GETs for 1 h", users=300, seconds=3600),
    Scenario(
        name="mixed", text="200 users mixed GET + POST /user_reports/", users=200, seconds=300,
        ours="5 min, every third call a POST",
    ),
    Scenario(
        name="scraping", text="unauthenticated scraping", users=100, seconds=120, pace=0.25,
        ours="100 scrapers with four calls a second for 2 min; every second call carries one and the same key",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Factors:
    """How the published scenarios are cut to the target, as its ``[load]`` table says."""

    time: float
    users: float
    least_seconds: float
    pace: float
    ramp: Sequence[float]
    ramp_seconds: float
    most_users: int
    most_seconds: float


def stages(factors: Factors) -> tuple[Stage, ...]:
    """All stages in the order they run; Unobservable when they would go beyond what the target allows."""
    found = (*(_stage(each, factors) for each in PUBLISHED), *(_step(rate, factors) for rate in factors.ramp))
    users, seconds = max(stage.users for stage in found), sum(stage.seconds for stage in found)
    if users > factors.most_users:
        raise Unobservable(
            Cause.REFUSED, f"[load] most_users = {factors.most_users}, and the scenarios as cut need {users} users"
        )
    if seconds > factors.most_seconds:
        raise Unobservable(
            Cause.REFUSED, f"[load] most_seconds = {factors.most_seconds:g}, and the scenarios as cut last {seconds:g}"
        )
    return found


def _stage(scenario: Scenario, factors: Factors) -> Stage:
    """Whole seconds, and never shorter than ``least_seconds``: a stage of one second has nothing to judge by."""
    seconds = float(max(math.ceil(scenario.seconds * factors.time), math.ceil(factors.least_seconds)))
    return Stage(
        name=scenario.name, kind=scenario.name, published_users=scenario.users, published_seconds=scenario.seconds,
        users=max(1, math.ceil(scenario.users * factors.users)), seconds=seconds,
        pace=seconds / scenario.calls if scenario.calls else scenario.pace or factors.pace,
    )  # fmt: skip


def _step(rate: float, factors: Factors) -> Stage:
    """A step of the ramp: one user more for each request per second."""
    return Stage(
        name=f"ramp {rate:g}/s", kind="ramp", published_users=0, published_seconds=0.0,
        users=max(1, math.ceil(rate)), seconds=float(math.ceil(factors.ramp_seconds)), pace=1.0,
    )  # fmt: skip
