"""Whole flows on a node that may be written to: from a report to an alert, from a dispute to a correction.

Everything written carries a label; afterwards all that carries it is deleted, and looked for where it had shown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import curl
from junzi_audit.probes.asking import Ask, segment
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.outputs import Outputs
from junzi_audit.probes.parsing import parse_lines
from junzi_audit.probes.promises import Known, Records
from junzi_audit.probes.promising import Broken, seen
from junzi_audit.probes.surface import Surface
from junzi_audit.records import Labelled
from junzi_audit.seen.trials import Leftover, Trial

_SOURCE = "facts: public API, lifecycle of disputes; contract, section 3"
_EVERY = 0.5
_HOUR = timedelta(hours=1)
_RULED = {"upheld", "dismissed", "partial"}
_LABELLED = "/labelled"


@dataclass(kw_only=True)
class Flows:
    """Writes, waits for what must follow, and cleans up. ``pause`` is slept between two looks; none in a replay.

    ``label`` is on whatever the suite writes; the flows add a word to it, to know what followed from them. ``about``
    names the entities that were written about.
    """

    api: Surface
    audit: Surface
    records: Records
    feed: Callable[[], Feed]
    label: str
    seconds: float
    now: datetime
    pause: float = _EVERY
    wrote: bool = False
    about: set[str] = field(default_factory=set)

    def report(self, known: Known) -> Trial:
        """A reported contradiction becomes one with two sources, a score, and an alert with a passed bias audit."""
        return _walk("report → scan → contradiction → score → alert", self._report(known.entities[-1]))

    def dispute(self, known: Known) -> Trial:
        """A dispute against the alert of that report is ruled on, and an upheld one withdraws it."""
        return _walk("dispute → ruling → correction", self._dispute(known.entities[-1]))

    @property
    def own(self) -> str:
        """The label of what the flows themselves write."""
        return f"{self.label}-flow"

    def written(self, label: str) -> tuple[Labelled, ...]:
        """Everything that carries the label now; Unobservable when the node does not say."""
        ask = self.audit.ask("flow.labelled", _LABELLED, (("label", label),))
        return parse_lines(Labelled, self.audit.get_all([ask])[0].usable())

    def clean_up(self) -> tuple[int, tuple[Leftover, ...]]:
        """How many records there were, and those still to be seen after the node deleted them."""
        labels = (self.label, self.own)
        written = [each for label in labels for each in self.written(label)]
        asks = [self.audit.ask("flow.clean-up", _LABELLED, (("label", label),), method="DELETE") for label in labels]
        for answer in self.audit.get_all(asks):
            seen(answer).usable()
        self.wrote = False
        listed = {each.id for label in labels for each in self.written(label)}
        shown = self._shown({each.id for each in written})
        left = [Leftover(kind=each.kind, id=each.id, where="the list of labelled records")
                for each in written if each.id in listed]  # fmt: skip
        left += [Leftover(kind=each.kind, id=each.id, where=shown[each.id]) for each in written if each.id in shown]
        return len(written), tuple(left)

    def post(self, path: str, body: dict[str, Any]) -> Ask:
        """A labelled POST, not sent yet."""
        self.wrote = True
        headers = {"Content-Type": "application/json", "X-Audit-Label": self.own}
        return self.api.ask("flow.post", path, method="POST", body=json.dumps(body).encode(), headers=headers)

    def _report(self, entity: str) -> Iterator[Ask]:
        self.about.add(entity)
        body = {"entity_id": entity, "report_type": "contradiction", "content": "A rehearsal of the auditor's."}
        ask = self.post("/user_reports/", body)
        yield ask
        key = str(self._taken(ask)["report_id"])
        yield ask
        found = self._await(lambda: self._made({"user_report", "contradiction", "risk_score", "alert"}), ask)
        if key not in {each.id for each in found}:
            raise Broken(f"report {key} was answered with 201 and does not carry the label", ask)
        made = {each.kind: each.id for each in found}
        rows, ask = self.records.json(f"/entities/{segment(entity)}/contradictions")
        yield ask
        shown = [row for row in rows if row["contradiction_id"] == made["contradiction"]]
        if not shown or len(set(shown[0]["sources"])) != 2:
            raise Broken(f"contradiction {made['contradiction']} does not show with two sources", ask)
        profile, ask = self.records.json(f"/entities/{segment(entity)}/profile")
        yield ask
        if not isinstance(profile["risk_score"], int | float):
            raise Broken("the entity has no score afterwards", ask)
        page, ask = self.records.json("/alerts/?page_size=200")
        yield ask
        if made["alert"] not in {row["alert_id"] for row in page["items"]}:
            raise Broken(f"alert {made['alert']} does not show", ask)
        self._audited(made["alert"], ask)

    def _audited(self, alert: str, ask: Ask) -> None:
        """Broken when an alert does not rest on sources and a bias audit that it passed."""
        shown = [each for each in self.feed().alerts(self.now - _HOUR, self.now + _HOUR) if each.alert_id == alert]
        audits = self.feed().bias_audits(self.now - _HOUR, self.now + _HOUR)
        passed = {each.bias_audit_id for each in audits if each.result == "passed"}
        if not shown or not shown[0].source_ids or shown[0].bias_audit_id not in passed:
            raise Broken(f"alert {alert} names no source, or no bias audit that it passed", ask)

    def _dispute(self, entity: str) -> Iterator[Ask]:
        alerts = [each.id for each in self.written(self.own) if each.kind == "alert"]
        if not alerts:
            raise Unobservable(Cause.NOT_RUN, "the flow before it made no alert to dispute")
        body = {"entity_id": entity, "dispute_type": "factual_error", "description": "A rehearsal of the auditor's."}
        ask = self.post("/disputes/", body)
        yield ask
        taken = self._taken(ask)
        if taken["state"] != "submitted":
            raise Broken(f"a new dispute is {taken['state']!r}", ask)
        yield ask
        self._await(lambda: self._ruled(taken["dispute_id"]), ask)
        yield ask
        page, ask = self.records.json("/alerts/?page_size=200")
        if {row["alert_id"] for row in page["items"]} & set(alerts):
            raise Broken("the alert is still public though the dispute against it was upheld", ask)

    def _taken(self, ask: Ask) -> dict[str, Any]:
        """What a POST was answered with; Broken when it is no 201 with a receipt."""
        answer = seen(self.api.get_all([ask])[0])
        if answer.status != 201:
            raise Broken(f"answered {answer.status}, not 201", ask)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def _made(self, kinds: set[str]) -> Sequence[Labelled]:
        found = self.written(self.own)
        return found if kinds <= {each.kind for each in found} else ()

    def _ruled(self, dispute: str) -> Sequence[str]:
        """The state of the dispute once it is ruled on, as the public sees it."""
        first, _ = self.records.json("/disputes/?page_size=200")
        last, _ = self.records.json(f"/disputes/?page_size=200&page={max(1, -(-first['total'] // 200))}")
        states = {row["dispute_id"]: row["state"] for row in last["items"]}
        return [states[dispute]] if states.get(dispute) in _RULED else []

    def _await(self, look: Callable[[], Sequence[Any]], ask: Ask) -> Sequence[Any]:
        """What it comes to; Broken when it does not within the seconds a flow may take."""
        for _ in range(max(1, round(self.seconds / _EVERY))):
            if found := look():
                return found
            time.sleep(self.pause)
        raise Broken(f"nothing followed within {self.seconds:g} s", ask)

    def _shown(self, ids: set[str]) -> dict[str, str]:
        """Where these records still show: to the public, or in the audit feed."""
        since, until = self.now - _HOUR, self.now + _HOUR
        feed, outputs = self.feed(), Outputs(self.audit, links="")
        page, _ = self.records.json("/alerts/?page_size=200")
        places = {
            "the audit feed's decisions": {each.risk_id for each in feed.decisions(since, until)},
            "the audit feed's alerts": {each.alert_id for each in feed.alerts(since, until)},
            "the audit feed's user reports": {each.report_id for each in feed.user_reports(since, until)},
            "the audit feed's disputes": {each.dispute_id for each in feed.disputes(since, until)},
            "/alerts/": {row["alert_id"] for row in page["items"]},
            "the audit feed's contradictions": {each.contradiction_id for each in outputs.contradictions(since, until)},
        }
        for entity in sorted(self.about):
            path = f"/entities/{segment(entity)}/contradictions"
            places[path] = {row["contradiction_id"] for row in self.records.json(path)[0]}
        return {each: where for where, found in places.items() for each in found & ids}


def _walk(name: str, steps: Iterator[Ask]) -> Trial:
    """The flow step by step: how many were begun, and what came of the first that failed."""
    trial, last = Trial(promise=name, source=_SOURCE, cases=0), None
    try:
        for each in steps:
            trial, last = replace(trial, cases=trial.cases + 1), each
    except Broken as broken:
        again = curl.of(broken.ask) if broken.ask else ""
        return replace(trial, cases=max(1, trial.cases), broken=str(broken), curl=again)
    except (KeyError, TypeError, ValueError) as error:
        words = f"a field is missing, or is something else than published: {error}"
        return replace(trial, cases=max(1, trial.cases), broken=words, curl=curl.of(last) if last else "")
    except Unobservable as error:
        return replace(trial, cause=error.cause, detail=error.detail)
    return trial
