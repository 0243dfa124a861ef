"""A critical breach is reported, classified and escalated; the public API is frozen, and thawed by the Board alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.scene import Scene
from junzi_audit.seen.incidents import BIAS_COUNCIL, BOARD

_FREEZE = "freeze-public-api"
#: Reports written while the API is frozen.
_WRITES = 5


def story(drill: Drill, scene: Scene) -> None:
    """Reported, classified, escalated; frozen, written to, thawed; and everything that was taken is there."""
    control, pages = scene.control, scene.pages()
    entity = scene.public.scored()[0]
    incident = drill.act(
        "a critical security breach is reported",
        lambda: control.report("security", "A rehearsal: keys of the administration are in other hands."),
    ).incident_id
    drill.expect(
        "classification_time", "it is classified as critical",
        lambda: control.incident(incident).severity == "Critical",
    )  # fmt: skip
    drill.expect(
        "escalation_time", "it is escalated to the Board", lambda: control.incident(incident).escalated_to == BOARD
    )
    freeze = drill.act("the public API is frozen", lambda: control.trigger(incident, _FREEZE)).safeguard_id
    drill.expect("freeze_time", "every public page refuses", lambda: not any(_served(scene, pages)))
    held = _looked_at(drill, scene, pages, entity)
    drill.count("recoveries_unapproved", "ended without the Board", _refusals(scene, freeze), n=2)
    drill.act("the Board approves the recovery", lambda: control.recover(freeze, [scene.approvals[BOARD]]))
    drill.expect("recovery_time", "every public page is served again", lambda: all(_served(scene, pages)))
    kept = scene.reports()
    drill.count("writes_lost", "reports taken and lost", [key for key in held if key not in kept], n=len(held))


def _looked_at(drill: Drill, scene: Scene, pages: Sequence[str], entity: str) -> list[str]:
    """Count the answers that are not as documented, to reads and to writes; gives the ids of the reports taken."""
    wrong = [
        f"{page} answers {answer.status}"
        for page, answer in scene.public.read(pages)
        if answer.status != 503
        or answer.heads.get("x-junzi-safeguard") != _FREEZE
        or not answer.heads.get("retry-after")
    ]
    health = scene.health()
    wrong += [f"{url}/health does not say frozen" for url, told in health if '"frozen"' not in told]
    answers = [_written(scene, entity, number) for number in range(_WRITES)]
    wrong += [f"a report is answered {told}" for key, told in answers if not key]
    drill.count("undocumented_answers", "answers other than documented", wrong, n=len(pages) + len(health) + _WRITES)
    return [key for key, _ in answers if key]


def _served(scene: Scene, pages: Sequence[str]) -> list[bool]:
    return [answer.status == 200 for _, answer in scene.public.read(pages)]


def _written(scene: Scene, entity: str, number: int) -> tuple[str, str]:
    """The id under which a report was taken, empty when it was refused, and what was answered."""
    body = {"entity_id": entity, "report_type": "other", "content": f"A rehearsal of the auditor's, report {number}."}
    answer = scene.public.post("/user_reports/", body)
    try:
        return str(json.loads(answer.body)["report_id"]) if answer.status in {201, 202} else "", f"{answer.status}"
    except (ValueError, KeyError, TypeError):
        return "", f"{answer.status} without an id"


def _refusals(scene: Scene, freeze: str) -> list[str]:
    """The first attempt to end the safeguard without the Board that was not refused."""
    for who, approvals in (("nobody", []), (f"the {BIAS_COUNCIL} alone", [scene.approvals[BIAS_COUNCIL]])):
        status = scene.control.recover(freeze, approvals)
        if status != 403:  # what comes after a freeze that is over tells nothing
            return [f"asked by {who}, answered {status}"]
    return []
