"""What a target's file says of emergency drills: how they are held there, who signs for it, and how much is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from junzi_audit.declared import downtime
from junzi_audit.declared.downtime import Downtime
from junzi_audit.declared.words import PLAIN_URL, nearest, unfilled
from junzi_audit.model import BIAS_COUNCIL, BOARD
from junzi_audit.seen.incidents import Approval

_STRICT = {"extra": "forbid"}
#: The longest that a body may let drills be held on a live node, in days.
_LONGEST = 7
#: A drill is over after this long at the most.
_LASTING = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Consent:
    """The Board's written word that drills may be held on this live target, and until when."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    target: str
    approver: str
    reason: str
    granted: datetime
    expires: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it covers that instant, and the longest that a drill may take from there."""
        return self.granted <= now < self.expires - _LASTING


@dataclass(frozen=True, kw_only=True)
class Drills:
    """The ``[drills]`` table.

    ``launch``: words behind the usual ones that start the node of a drill's own; ``{subscriber}`` is the address of a
    listener for corrections. ``patience_seconds``: how long such a node is waited for at most, however much more is
    published; other targets get the published times. ``pause_seconds``: between two looks. ``subscribers``: who must be
    told of a correction, by the URL that the node tells of them. ``approvals``: who signs, in
    the rehearsal, that a safeguard may end. ``front``: the URL before the primary and the secondary.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    launch: tuple[str, ...] = ()
    patience_seconds: float = 3600.0
    pause_seconds: float = 1.0
    approvals: tuple[Approval, ...] = ()
    subscribers: tuple[str, ...] = ()
    consent: Consent | None = None
    front: str = ""
    downtime: Downtime | None = None


def lacking(table: Drills | None, *, target: str, asked: bool, now: datetime) -> str:
    """What a drill on a live target lacks: the option that asks for it, the Board's consent; empty when nothing."""
    consent = table.consent if table else None
    lacks = [] if asked else ["--drill-live on the command line"]
    if consent is None:
        lacks.append("the Board's written consent, [drills.consent] in its file")
    elif consent.target != target:
        lacks.append(f"a consent for it: the one there is for {consent.target}")
    elif not consent.holds(now):
        lacks.append(f"a consent that holds: it did from {consent.granted:%Y-%m-%d} to {consent.expires:%Y-%m-%d}")
    return " and ".join(lacks)


def mistakes(
    table: Drills | None, *, live: bool, launched: bool, nodes: Sequence[str] = ()
) -> Iterator[str]:  # fmt: skip
    """What is wrong with the table, in words that begin with the key; ``nodes`` are the target's URLs."""
    if table is None:
        return
    for name in ("patience_seconds", "pause_seconds"):
        if not 0 < getattr(table, name) <= 3600:
            yield f"[drills] {name}: {getattr(table, name):g} is not above 0 and at most 3600"
    if not launched and table.patience_seconds < Drills.patience_seconds:
        yield "[drills] patience_seconds: only a node that we launch may be given less than the published times"
    if table.launch and not launched:
        yield "[drills] launch: is for a node that we launch; this target has no [launch]"
    yield from unfilled("[drills] launch", table.launch, ("subscriber", "port", "folder"))
    for key, urls in (("front", [table.front] if table.front else []), ("subscribers", table.subscribers)):
        if not all(PLAIN_URL.fullmatch(url) for url in urls):
            yield f"[drills] {key}: no http(s) URL without a user or password, such as https://node.example"
    for each in table.approvals:
        if each.body not in (bodies := (BOARD, BIAS_COUNCIL)):
            yield f"[[drills.approvals]] body: {each.body!r} ends no safeguard; {nearest(each.body, bodies)}"
    missing = {BOARD, BIAS_COUNCIL} - {each.body for each in table.approvals}
    if missing:
        yield f"[[drills.approvals]] nobody signs for the {sorted(missing)[0]}, so no safeguard could be ended"
    for each in table.approvals:
        if not all(re.search(r"\w", word) for word in (each.who, each.role)):
            yield "[[drills.approvals]] who and role: say who signs, and as what"
    yield from downtime.mistakes(table.downtime, launched=launched, front=table.front, nodes=nodes)
    if table.consent is not None:
        yield from _consent_mistakes(table.consent, live=live)


def _consent_mistakes(consent: Consent, *, live: bool) -> Iterator[str]:
    if not live:
        yield "[drills.consent] is for a live target; this one needs none"
    if consent.approver != BOARD:
        yield (
            f"[drills.consent] approver: only the {BOARD} may let drills be held on a live node, "
            f"not {consent.approver!r}"
        )
    if consent.granted.tzinfo is None or consent.expires.tzinfo is None:
        yield "[drills.consent] granted and expires are instants with a zone, such as 2026-01-31T00:00:00Z"
        return
    days = (consent.expires - consent.granted).total_seconds() / 86400
    if not 0 < days <= _LONGEST:
        yield f"[drills.consent] lasts {days:.0f} days; at most {_LONGEST}"
    if len(consent.reason.split()) < 3:
        yield "[drills.consent] reason: say in a sentence why"
