"""A false alert is withdrawn, corrected in public with provenance, and those who passed it on are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.scene import Scene
from junzi_audit.model import SKEW, Cause, Unobservable
from junzi_audit.probes.asking import segment
from junzi_audit.seen.incidents import Correction

_SCORE = 9.0


def story(drill: Drill, scene: Scene) -> None:
    """Published, called false; withdrawn, corrected, told downstream, and kept on record."""
    entity = min(scene.public.scored(), default="")
    if not entity:
        raise Unobservable(Cause.TOO_FEW, "no entity has a public score, so no alert can be planted")
    planted = [{"entity_id": entity, "risk_value": _SCORE, "flagged": True, "publish": True}]
    (alert,) = drill.act("a false alert is published", lambda: scene.control.plant(planted)).alert_ids
    shows = "every node shows it"  # a secondary may be seconds behind
    if not drill.awaited("correction_time", shows, lambda: alert in scene.public.alerts_everywhere()):
        raise Unobservable(Cause.UNDEFINED, "the planted alert never showed, so there is nothing to withdraw")
    incident = drill.act(
        "it is reported as false",
        lambda: scene.control.report("false_alert", "A rehearsal: the alert rests on a mistaken identity.", [alert]),
    ).incident_id
    drill.expect(
        "correction_time", "withdrawn, and corrected in public",
        lambda: alert not in scene.public.alerts_anywhere() and bool(scene.public.corrections(alert)),
        since=drill.acted,
    )  # fmt: skip
    gone = sorted(scene.before - scene.public.alerts_everywhere())
    found = scene.public.corrections(alert)
    drill.count("alerts_still_public", "still public", sorted({alert} & scene.public.alerts_anywhere()), n=1)
    drill.count("alerts_withdrawn_wrongly", "withdrawn too", gone, n=len(scene.before))
    drill.count("corrections_missing", "no sound correction", _unsound(scene, found, alert, incident), n=1)
    drill.expect("notification_time", "everybody downstream is told", lambda: not _untold(scene, incident, alert)[0])
    untold, subscribers = _untold(scene, incident, alert)
    drill.count("subscribers_untold", "not told", untold, n=subscribers)
    status = scene.alerts_on_record().get(alert, "")
    lost = [] if status == "withdrawn" else [f"alert {alert} is {status or 'gone'} in the record"]
    drill.count("records_lost", "no longer on record", lost, n=1)


def _unsound(scene: Scene, found: Sequence[Correction], alert: str, incident: str) -> list[str]:
    """Why there is no correction that says what it rests on; nothing when there is one."""
    if not found:
        return [f"alert {alert} has none"]
    wrong = []
    for each in found:
        sources = scene.public.read([f"/sources/{segment(key)}" for key in each.source_ids])
        if not sources or any(answer.status != 200 for _, answer in sources):
            wrong.append(f"{each.correction_id} names no source that the public can read")
        elif each.incident_id != incident or not each.explanation.strip():
            wrong.append(f"{each.correction_id} names no incident or no reason")
    return wrong


def _untold(scene: Scene, incident: str, alert: str) -> tuple[list[str], int]:
    """Subscribers that were not told, by the node's word and by our own listener's, and how many there are."""
    earliest, latest = scene.begun - SKEW, datetime.now(UTC) + SKEW
    told = {
        each.subscriber
        for each in scene.control.incident(incident).notified
        if 200 <= each.status < 300 and earliest <= each.at <= latest
    }
    wrong = [each for each in scene.subscribers if each not in told]
    if scene.heard is not None and alert not in {str(each.get("alert_id")) for each in scene.heard()}:
        wrong.append("the drill's own listener")
    return wrong, len(scene.subscribers) + (scene.heard is not None)
