"""Faults on the wire that keep honest answers back: server errors, an endpoint that is down, delays."""

import asyncio
from collections import defaultdict

from starlette.types import ASGIApp, Receive, Scope, Send

from refnode.api.problems import problem
from refnode.api.reception import template_of
from refnode.clock import HOUR, MINUTE
from refnode.faults.arguments import nearest, seconds, share
from refnode.faults.fault import BadFaultError, Fault, Trip
from refnode.roster import AUDIT, PUBLIC
from refnode.tallies import SLOW
from refnode.wraps import Wrap

ENDPOINTS = {
    "profile": f"{PUBLIC}/entities/{{entity_id}}/profile",
    "contradictions": f"{PUBLIC}/entities/{{entity_id}}/contradictions",
    "risk_scores": f"{PUBLIC}/risk_scores/",
    "promises": f"{PUBLIC}/promises/{{entity_id}}",
    "alerts": f"{PUBLIC}/alerts/",
    "sources": f"{PUBLIC}/sources/{{source_id}}",
    "disputes": f"{PUBLIC}/disputes/",
    "reports": f"{PUBLIC}/reports/",
    "user_reports": f"{PUBLIC}/user_reports/",
}


COUNTED = (
    "SELECT minute, count FROM request_counts"
    " WHERE endpoint = :endpoint AND status = 200 AND minute >= :since AND minute < :until"
)


def is_public(scope: Scope) -> bool:
    """Tell whether a request is for the public API."""
    return bool(scope["type"] == "http" and scope["path"].startswith(f"{PUBLIC}/"))


def is_guarded(scope: Scope) -> bool:
    """Tell whether a request is for the public API or the audit feed."""
    return is_public(scope) or (scope["type"] == "http" and scope["path"].startswith(f"{AUDIT}/"))


def _endpoint(argument: str) -> str:
    if argument not in ENDPOINTS:
        raise BadFaultError(f"knows no endpoint {argument!r}; {nearest(argument, ENDPOINTS)}")
    return ENDPOINTS[argument]


def _failing(part: float) -> Wrap:
    every = max(1, round(1 / part))

    def around(app: ASGIApp) -> ASGIApp:
        seen: dict[str, int] = defaultdict(int)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if is_public(scope):
                endpoint = template_of(scope["path"])
                seen[endpoint] += 1
                if seen[endpoint] % every == 0:
                    await problem(503, "temporarily unavailable")(scope, receive, send)
                    return
            await app(scope, receive, send)

        return serve

    return Wrap(around=around)


def _failed_stretch(trip: Trip, part: float) -> None:
    start = (trip.now - 3 * HOUR) // MINUTE * MINUTE
    ends = {"endpoint": ENDPOINTS["alerts"], "since": start, "until": start + 6 * MINUTE}
    for minute, count in trip.rows(COUNTED, **ends):
        failed = {"endpoint": ends["endpoint"], "minute": minute, "failed": max(1, round(count * part))}
        trip.run(
            "UPDATE request_counts SET count = count - :failed, slow = 0"
            " WHERE endpoint = :endpoint AND status = 200 AND minute = :minute",
            failed,
        )
        trip.run(
            "INSERT INTO request_counts (minute, endpoint, method, status, count, slow)"
            " VALUES (:minute, :endpoint, 'GET', 503, :failed, 0)",
            failed,
        )


def _down(endpoint: str) -> Wrap:
    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if is_public(scope) and template_of(scope["path"]) == endpoint:
                await problem(500, "internal error")(scope, receive, send)
                return
            await app(scope, receive, send)

        return serve

    return Wrap(around=around)


def _delayed(delay: float) -> Wrap:
    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if is_public(scope) and scope["method"] == "GET":
                await asyncio.sleep(delay)
            await app(scope, receive, send)

        return serve

    return Wrap(around=around)


def _slow_minutes(trip: Trip, delay: float) -> None:
    if delay > SLOW:
        trip.run(
            "UPDATE request_counts SET slow = count - count / 10 WHERE minute >= :since AND method = 'GET'",
            {"since": trip.now - 10 * MINUTE},
        )


FAULTS = (
    Fault(
        name="http-5xx",
        argument="SHARE",
        default="0.2",
        read=share,
        does="every round(1/SHARE)-th public request per endpoint answers 503; as did that share of /alerts/ for six "
        "minutes three hours ago",
        history=_failed_stretch,
        wrap=_failing,
    ),
    Fault(
        name="endpoint-down",
        argument="NAME",
        default="alerts",
        read=_endpoint,
        does=f"that endpoint always answers 500; NAME is one of {', '.join(ENDPOINTS)}",
        wrap=_down,
    ),
    Fault(
        name="slow-reads",
        argument="SECONDS",
        default="0.8",
        read=seconds,
        does="every public GET is delayed; above 0.5 s the last 10 minutes of history show it too",
        history=_slow_minutes,
        wrap=_delayed,
    ),
)
