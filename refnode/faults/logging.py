"""Faults of the log: storms, new errors, personal data, lines that are not what they should be."""

from collections.abc import Iterable

from refnode import tables
from refnode.clock import HOUR, MINUTE
from refnode.faults.fault import Fault, Trip
from refnode.roster import AGENTS
from refnode.seeding.loglines import critical, error_event, rest, trace

STORM = 2000
PERSONAL = (
    "callback requested by jane.roe@mail.example",
    "callback requested at telephone +1 202 555 0143",
    "identity confirmed with number 078-05-1120",
)
PLAIN = (
    "Traceback (most recent call last):",
    '  File "/srv/junzi/scanner.py", line 88, in compare',
    "KeyError: 'statement'",
    "scanner restarted by hand",
)


def _write(trip: Trip, lines: Iterable[tuple[int, str]], *, stamped: bool = True) -> None:
    trip.insert(tables.log_lines, [{"at": at, "stamped": stamped, "line": line} for at, line in lines])


def _storm(trip: Trip, _: None) -> None:
    begun = trip.now - 2 * HOUR
    _write(
        trip,
        (
            (begun + trip.rng.randrange(3 * MINUTE), rest("ERROR", trace(trip.rng), trip.rng.choice(AGENTS), event))
            for event in (error_event(trip.rng, place) for place in range(STORM))
        ),
    )


def _new_kind(trip: Trip, _: None) -> None:
    _write(
        trip,
        (
            (
                trip.now - trip.rng.randrange(10 * MINUTE, 6 * HOUR),
                rest(
                    "ERROR",
                    trace(trip.rng),
                    "ContradictionScannerAgent",
                    f"ledger block {trip.rng.randrange(900)} has a wrong checksum after compaction",
                ),
            )
            for _place in range(5)
        ),
    )


def _personal(trip: Trip, _: None) -> None:
    for place, event in enumerate(PERSONAL, start=1):
        _write(trip, [(trip.now - place * HOUR, rest("INFO", trace(trip.rng), "Api", event))])


def _plain(trip: Trip, _: None) -> None:
    _write(trip, [(trip.now - 3 * HOUR + place, line) for place, line in enumerate(PLAIN)], stamped=False)


def _untraced(trip: Trip, _: None) -> None:
    _write(
        trip,
        [
            (trip.now - place * HOUR, rest("INFO", None, "RiskProfilerAgent", "score calculated"))
            for place in range(1, 6)
        ],
    )


def _unacknowledged(trip: Trip, _: None) -> None:
    _write(trip, critical(trip.rng, trip.now - 2 * HOUR, acknowledged=False))


FAULTS = (
    Fault(name="log-storm", does="2,000 ERROR lines of known kinds within 3 minutes, 2 hours ago", history=_storm),
    Fault(name="log-signature", does="5 ERROR lines of a new kind in the last 6 hours", history=_new_kind),
    Fault(
        name="log-personal-data",
        does="3 INFO lines hold an e-mail address, a telephone number and a social security number",
        history=_personal,
    ),
    Fault(name="log-not-json", does="4 log lines are plain text and a traceback", history=_plain),
    Fault(name="log-untraced", does="5 log lines have no trace_id", history=_untraced),
    Fault(
        name="critical-unacknowledged",
        does="a CRITICAL line 2 hours ago was never acknowledged",
        history=_unacknowledged,
    ),
)
