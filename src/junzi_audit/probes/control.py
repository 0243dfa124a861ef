"""A node's control plane: incidents reported, safeguards triggered and ended, and what the node tells of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.asking import Answer, segment
from junzi_audit.probes.parsing import parse, parse_lines
from junzi_audit.probes.surface import Surface
from junzi_audit.records import Labelled
from junzi_audit.seen.incidents import Approval, Correction, Incident, Integrity, Safeguard, Scope

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What the node made of planted decisions: the ids of the scores and of the alerts, in the order planted."""

    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    risk_ids: tuple[str, ...]
    alert_ids: tuple[str, ...]


class Plane:
    """The published calls of one node. Each is sent once; ``label`` is on whatever is made, where there is one."""

    def __init__(self, control: Surface, *, label: str = "", drill: bool = False) -> None:
        self._control, self.label, self._drill = control, label, drill

    def report(self, kind: str, description: str, alert_ids: Sequence[str] = ()) -> Incident:
        """Report an incident."""
        body = {"kind": kind, "description": description, "alert_ids": list(alert_ids), "drill": self._drill}
        return self._told(Incident, "POST", "/eirp/report-incident", body, 201)

    def incident(self, key: str) -> Incident:
        """The incident as it stands now."""
        return self._told(Incident, "GET", f"/eirp/get-incident/{segment(key)}", None, 200)

    def resolve(self, key: str, approval: Approval) -> None:
        """Close the incident."""
        body = {"summary": "The drill is over.", "approved_by": approval.who}
        self._told(Incident, "POST", f"/eirp/resolve/{segment(key)}", body, 200)

    def trigger(self, incident: str, safeguard: str) -> Safeguard:
        """Put a safeguard into force."""
        body = {"incident_id": incident, "safeguard": safeguard}
        return self._told(Safeguard, "POST", "/gesp/trigger-safeguard", body, 202)

    def recover(self, key: str, approvals: Sequence[Approval]) -> int:
        """Ask for a safeguard to end; gives the HTTP status, of which 403 says that nobody approved it."""
        body = {"safeguard_id": key, "approvals": [asdict(each) for each in approvals]}
        return self._asked(self._control, "POST", "/gesp/start-recovery", body).status

    def integrity(self) -> Integrity:
        """The node's own check of its records, as it comes out now."""
        return self._told(Integrity, "GET", "/eat/verify-integrity", None, 200)

    def _told(self, shape: type[T], method: str, path: str, body: Any, wanted: int) -> T:
        answer = self._asked(self._control, method, path, body)
        return parse(shape, _expected(answer, wanted, f"{method} {path}"))

    def _asked(
        self, surface: Surface, method: str, path: str, body: Any, params: Sequence[tuple[str, str]] = ()
    ) -> Answer:
        heads = {"Content-Type": "application/json"} if body is not None else {}
        heads |= {"X-Audit-Label": self.label} if self.label else {}
        sent = json.dumps(body).encode() if body is not None else b""
        ask = surface.ask("control", path, tuple(params), method=method, headers=heads, body=sent)
        answer = surface.get_all([ask])[0]
        if answer.cause is not None or answer.status in {401, 429}:
            answer.usable()
        return answer


class Control(Plane):
    """The control plane in a drill: everything that is made can be found again, and taken away."""

    def __init__(self, control: Surface, audit: Surface, *, label: str) -> None:
        super().__init__(control, label=label, drill=True)
        self._audit = audit
        #: Ids of what was made through us, by kind: our own memory, where a node might forget.
        self.made: dict[str, set[str]] = {}

    def note(self, kind: str, *keys: str) -> None:
        """Remember that records of that kind were made for the drill."""
        self.made.setdefault(kind, set()).update(keys)

    def report(self, kind: str, description: str, alert_ids: Sequence[str] = ()) -> Incident:
        """Report an incident, as a drill."""
        made = super().report(kind, description, alert_ids)
        self.note("incident", made.incident_id)
        return made

    def trigger(self, incident: str, safeguard: str) -> Safeguard:
        """Put a safeguard into force, and remember it."""
        made = super().trigger(incident, safeguard)
        self.note("safeguard", made.safeguard_id)
        return made

    def plant(self, decisions: Sequence[dict[str, Any]]) -> Planted:
        """Store labelled decisions, as if the agents had just made them."""
        answer = self._asked(self._audit, "POST", "/labelled/decisions", {"decisions": list(decisions)})
        made = parse(Planted, _expected(answer, 201, "POST /labelled/decisions"))
        self.note("risk_score", *made.risk_ids)
        self.note("alert", *made.alert_ids)
        return made

    def incidents(self, since: datetime, until: datetime) -> tuple[Incident, ...]:
        """Incidents reported in the interval."""
        return self._lines(Incident, "/incidents", since, until)

    def safeguards(self, since: datetime, until: datetime) -> tuple[Safeguard, ...]:
        """Safeguards triggered in the interval."""
        return self._lines(Safeguard, "/safeguards", since, until)

    def corrections(self, since: datetime, until: datetime) -> tuple[Correction, ...]:
        """Corrections published in the interval."""
        return self._lines(Correction, "/corrections", since, until)

    def labelled(self) -> tuple[Labelled, ...]:
        """Everything that carries the drill's label."""
        answer = self._asked(self._audit, "GET", "/labelled", None, (("label", self.label),))
        return parse_lines(Labelled, answer.usable())

    def forget(self) -> None:
        """Take away everything that carries the drill's label."""
        answer = self._asked(self._audit, "DELETE", "/labelled", None, (("label", self.label),))
        _expected(answer, 200, "DELETE /labelled")

    def _lines(self, shape: type[T], page: str, since: datetime, until: datetime) -> tuple[T, ...]:
        between = (("since", iso(since)), ("until", iso(until)))
        return parse_lines(shape, self._asked(self._audit, "GET", page, None, between).usable())


def _expected(answer: Answer, wanted: int, asked: str) -> Answer:
    if answer.status == wanted:
        return answer
    if answer.status == 403:
        answer.usable()
    cause = Cause.SERVER_ERROR if answer.status >= 500 else Cause.MALFORMED
    raise Unobservable(cause, f"{asked} answered {answer.status}, not {wanted}")


def within(scope: Scope | None, attribute: str, group: str) -> bool:
    """Whether a scope means that group."""
    return scope is not None and (scope.attribute, scope.group) == (attribute, group)
