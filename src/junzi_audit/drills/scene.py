"""Where a drill is held: the public side, the audit feed and the control plane of a target, and how it is put back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from junzi_audit.drills.public import LISTS, Public
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import segment
from junzi_audit.probes.control import Control, within
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.incidents import BIAS_COUNCIL, BOARD, Approval, Incident, Safeguard

#: Clocks of node and auditor may differ by this much (contract, section 8).
_SKEW = timedelta(minutes=5)
#: How far back a safeguard may have been triggered that is in force still.
_REACH = timedelta(days=30)
#: How often putting back is looked at again before it is called left behind, and the seconds between.
_LOOKS, _PAUSE = 20, 0.25


@dataclass(kw_only=True)
class Scene:
    """One target, and what the drill knows of it. ``scope``: attribute and group that the drill disturbs, if any.

    ``roots``: the root of every node. ``heard``: what a listener of our own was told of corrections, None where there
    is no such listener. ``before``: the alerts that every node showed before anything was done.
    """

    public: Public
    roots: Sequence[Surface]
    control: Control
    feed: Callable[[], Feed]
    approvals: Mapping[str, Approval]
    begun: datetime
    scope: tuple[str, ...] = ()
    heard: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    before: frozenset[str] = field(default_factory=frozenset)

    def pages(self) -> tuple[str, ...]:
        """Every kind of public page, of an entity and a source that the node tells of."""
        entities, sources = self.public.scored(), self.feed().newest_sources(1)
        if not entities or not sources:
            raise Unobservable(Cause.TOO_FEW, f"{self.public.url} shows no entity or no source to read")
        who, source = segment(entities[0]), segment(sources[0].source_id)
        of_one = (f"/entities/{who}/profile", f"/entities/{who}/contradictions", f"/promises/{who}")
        return (*LISTS, *of_one, f"/sources/{source}")

    def trouble(self) -> str:
        """Why the target is not in its steady state; empty when it is: every list answers, no safeguard is active."""
        active = [f"{each.safeguard} is active" for each in self._safeguards() if each.state == "active"]
        return "; ".join([*self._silent(), *active])

    def health(self) -> list[tuple[str, str]]:
        """What each node answers to ``/health``, by its URL; nothing where it does not answer 200."""
        answers = [root.get_all([root.ask("drill.read", "/health", retry=False)])[0] for root in self.roots]
        told = [answer.body.decode(errors="replace") if answer.status == 200 else "" for answer in answers]
        return [(root.url, each) for root, each in zip(self.roots, told, strict=True)]

    def reports(self) -> frozenset[str]:
        """Ids of the user reports that the audit feed knows of the time since the drill began."""
        rows = self.feed().user_reports(self.begun - _SKEW, datetime.now(UTC) + _SKEW)
        return frozenset(row.report_id for row in rows)

    def alerts_on_record(self) -> dict[str, str]:
        """The status of every alert of that time, by its id, as the audit feed tells it."""
        rows = self.feed().alerts(self.begun - _SKEW, datetime.now(UTC) + _SKEW)
        return {row.alert_id: row.status for row in rows}

    def incidents(self) -> tuple[Incident, ...]:
        """Incidents reported since the drill began."""
        return self.control.incidents(self.begun - _SKEW, datetime.now(UTC) + _SKEW)

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
        mine = tuple(self._own())
        active = [f"{found.safeguard} is active" for each in mine if (found := self.active(each.incident_id))]
        unresolved = [f"incident {each.incident_id} is {each.status}" for each in mine if each.status != "resolved"]
        shown = self.before if silent else self.public.alerts_everywhere()
        gone = [f"alert {key} no longer shows" for key in sorted(self.before - shown)]
        return [*labelled, *silent, *active, *unresolved, *gone], 1 + len(LISTS) + len(mine) + len(self.before)

    def _own(self) -> Iterator[Incident]:
        """The incidents that this drill caused: those it labelled, and those about the scope it planted."""
        labelled = {each.id for each in self.control.labelled() if each.kind == "incident"}
        for each in self.incidents():
            if each.incident_id in labelled or (self.scope and within(each.scope, *self.scope)):
                yield each

    def _silent(self) -> list[str]:
        answers = self.public.read(LISTS)
        return [f"{page} answers {answer.status}" for page, answer in answers if answer.status != 200]

    def _safeguards(self) -> tuple[Safeguard, ...]:
        return self.control.safeguards(self.begun - _REACH, datetime.now(UTC) + _SKEW)
