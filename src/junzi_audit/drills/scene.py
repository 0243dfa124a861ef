"""Where a drill is held: the public side, the audit feed and the control plane of a target, and how it is put back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from junzi_audit.drills.public import LISTS, Public
from junzi_audit.model import BIAS_COUNCIL, BOARD, SKEW, Cause, Unobservable
from junzi_audit.probes.asking import segment
from junzi_audit.probes.control import Control, within
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.surface import Surface
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.incidents import Approval, Incident, Safeguard

#: How far back a safeguard may have been triggered that is in force still.
_REACH = timedelta(days=30)
#: How often putting back is looked at again before it is called left behind, and the seconds between.
_LOOKS, _PAUSE = 20, 0.25
#: Entities and sources that are read while frozen, drawn among the newest so many.
_DRAWN, _AMONG = 3, 50
_CHANCE = random.SystemRandom()


@dataclass(kw_only=True)
class Scene:
    """One target, and what the drill knows of it. ``scope``: attribute and group that the drill disturbs, if any.

    ``roots``: the root of every node. ``subscribers``: who is to be told of corrections; ``heard``: what a listener of
    our own was told, None where there is none. ``before`` and ``known``: the alerts that every node showed, and the
    incidents of these minutes, before anything was done.
    """

    public: Public
    roots: Sequence[Surface]
    control: Control
    feed: Callable[[], Feed]
    approvals: Mapping[str, Approval]
    begun: datetime
    scope: tuple[str, ...] = ()
    subscribers: Sequence[str] = ()
    heard: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    before: frozenset[str] = field(default_factory=frozenset)
    known: frozenset[str] = field(default_factory=frozenset)

    def remember(self) -> None:
        """Note how things stand before anything is done."""
        self.before = self.public.alerts_everywhere()
        self.known = frozenset(each.incident_id for each in self.incidents())

    def pages(self) -> tuple[str, ...]:
        """Every kind of public page, of some entities and sources that nobody can know beforehand."""
        entities, sources = sorted(self.public.scored()), self.feed().newest_sources(_AMONG)
        if not entities or not sources:
            raise Unobservable(Cause.TOO_FEW, f"{self.public.url} shows no entity or no source to read")
        who = [segment(each) for each in _CHANCE.sample(entities, min(_DRAWN, len(entities)))]
        drawn = _CHANCE.sample(sources, min(_DRAWN, len(sources)))
        of_one = [f"/entities/{each}/{page}" for each in who for page in ("profile", "contradictions")]
        of_one += [f"/promises/{each}" for each in who]
        return (*LISTS, "/corrections/", *of_one, *(f"/sources/{segment(each.source_id)}" for each in drawn))

    def trouble(self) -> str:
        """Why the target is not in its steady state; empty when it is: every list answers, no safeguard is active."""
        active = [f"{each.safeguard} is active" for each in self._safeguards() if each.state == "active"]
        return "; ".join([*self._silent(), *active])

    def health(self) -> list[tuple[str, str]]:
        """What each node answers to ``/health``, by its URL; nothing where it does not answer 200."""
        answers = [root.get_all([root.ask("drill.read", "/health", retry=False)])[0] for root in self.roots]
        told = [answer.body.decode(errors="replace") if answer.status == 200 else "" for answer in answers]
        return [(root.url, each) for root, each in zip(self.roots, told, strict=True)]

    def disputes(self) -> frozenset[str]:
        """Ids of the disputes that the audit feed knows of that time."""
        rows = self.feed().disputes(self.begun - SKEW, datetime.now(UTC) + SKEW)
        return frozenset(row.dispute_id for row in rows)

    def scored_since(self) -> tuple[ScoredDecision, ...]:
        """The decisions made since the drill began, planted ones included."""
        return self.feed().decisions(self.begun - SKEW, datetime.now(UTC) + SKEW)

    def reports(self) -> frozenset[str]:
        """Ids of the user reports that the audit feed knows of the time since the drill began."""
        rows = self.feed().user_reports(self.begun - SKEW, datetime.now(UTC) + SKEW)
        return frozenset(row.report_id for row in rows)

    def alerts_on_record(self) -> dict[str, str]:
        """The status of every alert of that time, by its id, as the audit feed tells it."""
        rows = self.feed().alerts(self.begun - SKEW, datetime.now(UTC) + SKEW)
        return {row.alert_id: row.status for row in rows}

    def incidents(self) -> tuple[Incident, ...]:
        """Incidents reported since the drill began."""
        return self.control.incidents(self.begun - SKEW, datetime.now(UTC) + SKEW)

    def active(self, incident: str) -> Safeguard | None:
        """The safeguard of that incident that is in force, if any."""
        mine = (each for each in self._safeguards() if each.incident_id == incident)
        return next((each for each in mine if each.state == "active"), None)

    def put_back(self) -> None:
        """End every safeguard that this drill caused, close its incidents, and take away what carries its label."""
        for each in tuple(self._own()):
            if safeguard := self.active(each.incident_id):
                body = BIAS_COUNCIL if safeguard.safeguard == "withhold-outputs" else BOARD
                self.control.recover(safeguard.safeguard_id, [self.approvals[body]])
            if each.status != "resolved":
                self.control.resolve(each.incident_id, self.approvals[BOARD])
        self.control.forget()

    def left_behind(self) -> tuple[list[str], int]:
        """What is not as it was, and how many things were looked at; looked at again while a node comes to itself."""
        for _ in range(_LOOKS):
            left, n = self._left()
            if not left:
                break
            time.sleep(_PAUSE)
        return left, n

    def _left(self) -> tuple[list[str], int]:
        labelled = [f"{each.kind} {each.id}" for each in self.control.labelled()]
        silent = self._silent()
        active = [f"{each.safeguard} is active" for each in self._safeguards() if each.state == "active"]
        mine = tuple(self._own())
        unresolved = [f"incident {each.incident_id} is {each.status}" for each in mine if each.status != "resolved"]
        kept = self._kept()
        shown = self.before if silent else self.public.alerts_everywhere()
        gone = [f"alert {key} no longer shows" for key in sorted(self.before - shown)]
        made = sum(map(len, self.control.made.values()))
        n = 1 + len(LISTS) + len(mine) + made + len(self.before)
        return [*labelled, *silent, *active, *unresolved, *kept, *gone], n

    def _kept(self) -> list[str]:
        """What the drill made by its own memory and the record still holds, whatever the list of labels says."""
        record: dict[str, Callable[[], frozenset[str]]] = {
            "user_report": self.reports,
            "dispute": self.disputes,
            "alert": lambda: frozenset(self.alerts_on_record()),
            "risk_score": lambda: frozenset(row.risk_id for row in self.scored_since()),
        }
        made = self.control.made
        return [
            f"{kind} {key}" for kind, held in record.items() if made.get(kind) for key in sorted(made[kind] & held())
        ]

    def _own(self) -> Iterator[Incident]:
        """The incidents that this drill caused: made by it, labelled by it, or new and about the scope it planted."""
        labelled = {each.id for each in self.control.labelled() if each.kind == "incident"}
        labelled |= self.control.made.get("incident", set())
        for each in self.incidents():
            new = each.incident_id not in self.known
            if each.incident_id in labelled or (new and self.scope and within(each.scope, *self.scope)):
                yield each

    def _silent(self) -> list[str]:
        answers = self.public.read(LISTS)
        return [f"{page} answers {answer.status}" for page, answer in answers if answer.status != 200]

    def _safeguards(self) -> tuple[Safeguard, ...]:
        return self.control.safeguards(self.begun - _REACH, datetime.now(UTC) + SKEW)
