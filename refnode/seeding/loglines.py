"""Seeds the log of the last 25 hours: known error kinds only, and every critical acknowledged within three minutes."""

import json
import random
from collections.abc import Callable
from typing import Any

from refnode.clock import HOUR, SECOND
from refnode.roster import AGENTS, FEEDS
from refnode.seeding.traffic import KEPT, TAIL

PER_HOUR = 210
LEVELS = {"INFO": 0.62, "DEBUG": 0.32, "WARNING": 0.06}
ERROR_SHARE = 0.012
CRITICAL_AT = (-21 * HOUR, -13 * HOUR, -5 * HOUR)

INFO_EVENTS = (
    "capture stored",
    "score calculated",
    "bias audit passed",
    "promise checked",
    "page served",
    "context updated",
)
DEBUG_EVENTS = ("queue polled", "cache refreshed", "connection reused", "batch of rows written")
WARNING_EVENTS = ("feed answered slowly", "retrying a capture", "cache miss ratio high")

# The error kinds this node is known for; numbers and ids vary, the wording does not.
ERROR_KINDS: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"capture from {rng.choice(list(FEEDS.values()))} timed out after {rng.randrange(5000, 9000)} ms",
    lambda rng: f"document SRC-{rng.randrange(30000):07d} could not be parsed at byte {rng.randrange(300)}",
    lambda rng: f"database connection {rng.randrange(40)} was reset, retried in {rng.randrange(5, 90)} ms",
    lambda rng: f"score for ENT-{rng.randrange(1, 1000):05d} recalculated after {rng.randrange(2, 5)} attempts",
    lambda rng: f"request answered with status 503 after {rng.randrange(600, 2500)} ms",
    lambda rng: f"queue scan refused item ITM-{rng.randrange(20000):07d}: already taken",
    lambda rng: f"bias audit of RSK-{rng.randrange(60000):07d} exceeded {rng.randrange(800, 3000)} ms",
    lambda rng: f"context lookup for ENT-{rng.randrange(1, 1000):05d} returned status 502",
)
CRITICAL_EVENT = "storage volume above 95 percent on replica {}"


def trace(rng: random.Random) -> str:
    """Draw a trace id (32 hex digits)."""
    return f"{rng.getrandbits(128):032x}"


def rest(level: str, trace_id: str | None, who: str, event: str, **more: Any) -> str:
    """Write a log line from its level on; the timestamp is put in front when it is read."""
    named = {"level": level} | ({"trace_id": trace_id} if trace_id else {})
    return json.dumps(named | {"prefix": f"[JUNZI-{who}]", "event": event} | more)[1:]


def error_event(rng: random.Random, place: int) -> str:
    """Word the error whose turn it is; taking turns keeps every kind present all day."""
    return ERROR_KINDS[place % len(ERROR_KINDS)](rng)


def log_lines(rng: random.Random) -> list[tuple[Any, ...]]:
    """Write the log, oldest first (columns of `log_lines`)."""
    number = round(PER_HOUR * (KEPT + TAIL) / HOUR)
    lines = [_ordinary(rng, rng.randrange(-KEPT, TAIL)) for _ in range(number)]
    errors = round(number * ERROR_SHARE)
    for place in range(errors):
        at = -KEPT + round((place + rng.random()) * KEPT / errors)
        lines.append((at, rest("ERROR", trace(rng), rng.choice(AGENTS), error_event(rng, place))))
    for at in CRITICAL_AT:
        lines += critical(rng, at + rng.randrange(600) * SECOND, acknowledged=True)
    lines.sort()
    return [(place, at, True, line) for place, (at, line) in enumerate(lines, start=1)]


def _ordinary(rng: random.Random, at: int) -> tuple[int, str]:
    level = rng.choices(list(LEVELS), list(LEVELS.values()))[0]
    events = {"INFO": INFO_EVENTS, "DEBUG": DEBUG_EVENTS, "WARNING": WARNING_EVENTS}[level]
    return at, rest(level, trace(rng), rng.choice(AGENTS), rng.choice(events), took_ms=rng.randrange(1, 400))


def critical(rng: random.Random, at: int, *, acknowledged: bool) -> list[tuple[int, str]]:
    """Write a critical line and, unless nobody did, the line that acknowledges it."""
    key, who = trace(rng), "Storage"
    lines = [(at, rest("CRITICAL", key, who, CRITICAL_EVENT.format(rng.randrange(1, 6))))]
    if acknowledged:
        later = at + rng.randrange(30, 170) * SECOND
        lines.append((later, rest("INFO", trace(rng), "Operations", "critical acknowledged", acknowledges=key)))
    return lines
