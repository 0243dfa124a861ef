"""A critical breach is reported, classified and escalated; the public API is frozen, and thawed by the Board alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.scene import Scene
from junzi_audit.model import BIAS_COUNCIL, BOARD

_FREEZE = "freeze-public-api"
#: Reports and disputes written while the API is frozen, and the seconds for which a refused end must not come about.
_WRITES, _WATCHED = 3, 1.5


def story(drill: Drill, scene: Scene) -> None:
    """Reported, classified, escalated; frozen, written to, thawed; and everything that was taken is there."""
    control, pages = scene.control, scene.pages()
    entity = min(scene.public.scored())
    incident = drill.act(
        "a critical security breach is reported",
        lambda: control.report("security", "A rehearsal: keys of the administration are in other hands."),
    ).incident_id
    reported = drill.acted
    drill.expect(
        "classification_time", "it is classified as critical",
        lambda: control.incident(incident).severity == "Critical", since=reported,
    )  # fmt: skip
    drill.expect(
        "escalation_time", "it is escalated to the Board",
        lambda: control.incident(incident).escalated_to == BOARD, since=reported,
    )  # fmt: skip
    freeze = drill.act("the public API is frozen", lambda: control.trigger(incident, _FREEZE)).safeguard_id
    frozen = drill.expect(
        "freeze_time", "every public page refuses", lambda: not any(_served(scene, pages)), since=drill.acted
    )
    held = _looked_at(drill, scene, pages, entity)
    drill.count("recoveries_unapproved", "ended without the Board", _unapproved(drill, scene, freeze, pages), n=2)
    drill.act("the Board approves the recovery", lambda: control.recover(freeze, [scene.approvals[BOARD]]))
    if frozen:
        drill.expect(
            "recovery_time", "every public page is served again", lambda: all(_served(scene, pages)), since=drill.acted
        )
    else:
        drill.unseen("recovery_time", "it was never frozen, so nothing could recover")
    if frozen:  # what was held may take its time
        drill.awaited("recovery_time", "all that was taken is on record", lambda: set(held) <= _on_record(scene))
    kept = _on_record(scene)
    drill.count("writes_lost", "taken and lost", [key for key in held if key not in kept], n=len(held))


def _looked_at(drill: Drill, scene: Scene, pages: Sequence[str], entity: str) -> list[str]:
    """Count the answers that are not as documented, to reads and to writes; gives the ids of what was taken."""
    wrong = [
        f"{page} answers {answer.status}"
        for page, answer in scene.public.read(pages)
        if answer.status != 503
        or answer.heads.get("x-junzi-safeguard") != _FREEZE
        or not answer.heads.get("retry-after")
    ]
    health = scene.health()
    wrong += [f"{url}/health does not say frozen" for url, told in health if not _says_frozen(told)]
    report = {"entity_id": entity, "report_type": "other", "content": "A rehearsal of the auditor's."}
    dispute = {"entity_id": entity, "dispute_type": "factual_error", "description": "A rehearsal of the auditor's."}
    writes = [("/user_reports/", "user_report", "report_id", report), ("/disputes/", "dispute", "dispute_id", dispute)]
    taken = [_written(scene, *write) for write in writes for _ in range(_WRITES)]
    wrong += [told for key, told in taken if told]
    drill.count("undocumented_answers", "answers other than documented", wrong, n=len(pages) + len(health) + len(taken))
    return [key for key, _ in taken if key]


def _on_record(scene: Scene) -> frozenset[str]:
    return scene.reports() | scene.disputes()


def _served(scene: Scene, pages: Sequence[str]) -> list[bool]:
    return [answer.status == 200 for _, answer in scene.public.read(pages)]


def _says_frozen(body: str) -> bool:
    try:
        return bool(json.loads(body)["status"] == "frozen")
    except (ValueError, KeyError, TypeError):
        return False


def _written(scene: Scene, path: str, kind: str, name: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """The id under which a write was taken, empty when it was refused; and what is undocumented about the answer."""
    answer = scene.public.post(path, body)
    try:
        told = json.loads(answer.body)
        key = str(told[name]) if answer.status in {201, 202} else ""
        sound = answer.status == 202 and told["held"] is True
    except (ValueError, KeyError, TypeError):
        key, sound = "", False
    if key:
        scene.control.note(kind, key)
    return key, "" if sound else f"POST {path} answers {answer.status}, not 202 and held"


def _unapproved(drill: Drill, scene: Scene, freeze: str, pages: Sequence[str]) -> list[str]:
    """The first attempt to end the safeguard without the Board that was not refused, or ended it all the same."""
    before = any(_served(scene, pages))
    for who, approvals in (("nobody", []), (f"the {BIAS_COUNCIL} alone", [scene.approvals[BIAS_COUNCIL]])):
        status = scene.control.recover(freeze, approvals)
        if status != 403:  # what comes after a freeze that is over tells nothing
            return [f"asked by {who}, answered {status}"]
        if not before and not drill.stays(_WATCHED, lambda: not any(_served(scene, pages[:1]))):
            return [f"asked by {who}, answered 403 and ended it"]
    return []
