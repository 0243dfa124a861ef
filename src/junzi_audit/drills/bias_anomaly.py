"""A planted anomaly is noticed by the node itself; what it touches, and no more, is withheld until people sign."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.scene import Scene
from junzi_audit.model import BIAS_COUNCIL, BOARD, Cause, Unobservable
from junzi_audit.probes.control import within
from junzi_audit.seen.incidents import Incident

#: Planted decisions of the group and of the rest, and how many of each become alerts.
_OF_EACH, _PUBLISHED = 40, 3
_FLAGGED, _CLEAR = 9.0, 1.0
#: The attribute and the group that are planted upon, and the group that is not.
SCOPE = ("jurisdiction", "Local")
_OTHERS = "State"
#: Profiles that are looked at, drawn by chance, and the seconds for which a refused end must not come about.
_PROFILES, _WATCHED = 12, 1.5
_CHANCE = random.SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Whom the anomaly touches: ``hit`` are entities of the group, ``spared`` of another; ``listed``, all scored."""

    hit: Sequence[str]
    spared: Sequence[str]
    listed: frozenset[str]


def choose(scene: Scene) -> Plan:
    """Two jurisdictions: all of one is flagged, next to none of the other; Unobservable when there are too few."""
    hit, spared = (sorted(scene.public.scored(jurisdiction)) for jurisdiction in (SCOPE[1], _OTHERS))
    if min(len(hit), len(spared)) < _PUBLISHED:
        raise Unobservable(Cause.TOO_FEW, "too few entities have a public score to plant an anomaly among them")
    drawn = [_CHANCE.sample(each, min(_OF_EACH, len(each))) for each in (hit, spared)]
    return Plan(hit=drawn[0], spared=drawn[1], listed=scene.public.scored())


def story(drill: Drill, scene: Scene) -> None:
    """Planted, noticed, withheld as far as it reaches; signed off, and all back."""
    plan = choose(scene)
    made = drill.act("an anomaly is planted", lambda: scene.control.plant(_decisions(plan)))
    affected, untouched = set(made.alert_ids[:_PUBLISHED]), set(made.alert_ids[_PUBLISHED:])
    drill.expect(
        "escalation_time", "the node reports and escalates it", lambda: _escalated(scene) is not None, since=drill.acted
    )
    drill.expect("withholding_time", "affected outputs no longer show", lambda: not _public(scene, plan, affected))
    drill.count("outputs_still_public", "still public", _public(scene, plan, affected), n=_PUBLISHED + len(plan.hit))
    wrongly, n = _withheld_wrongly(scene, plan)
    drill.count("outputs_withheld_wrongly", "withheld though untouched", wrongly, n=n)
    drill.awaited("withholding_time", "planted alerts elsewhere show", lambda: not _unshown(scene, untouched))
    drill.count(
        "outputs_withheld_wrongly", "planted elsewhere and withheld", _unshown(scene, untouched), n=len(untouched)
    )
    _sign_off(drill, scene, plan, affected)
    drill.expect("return_time", "everything shows again", lambda: not _missing(scene, plan, set(made.alert_ids)))
    missing = _missing(scene, plan, set(made.alert_ids))
    drill.count("outputs_not_back", "not back", missing, n=len(made.alert_ids) + len(plan.hit))


def _public(scene: Scene, plan: Plan, affected: set[str]) -> list[str]:
    """Affected alerts, and scores in the list and in some profiles, that at least one node still shows."""
    found = affected & scene.public.alerts_anywhere() | set(plan.hit) & scene.public.scored_anywhere()
    profiles = scene.public.scores(_CHANCE.sample(plan.hit, min(_PROFILES, len(plan.hit))))
    return sorted(found | {key for key, scores in profiles.items() if set(scores) != {None}})


def _unshown(scene: Scene, alerts: set[str]) -> list[str]:
    """Alerts that at least one node does not show; a secondary may be seconds behind with new ones."""
    return sorted(alerts - scene.public.alerts_everywhere())


def _withheld_wrongly(scene: Scene, plan: Plan) -> tuple[list[str], int]:
    """Outputs that do not show though the anomaly does not touch them, and how many were looked at.

    Whoever of the group was scored meanwhile is touched too.
    """
    touched = {row.entity_id for row in scene.scored_since() if getattr(row, SCOPE[0]) == SCOPE[1]}
    alerts, others = scene.before, sorted(plan.listed - touched)
    some = _CHANCE.sample(others, min(_PROFILES, len(others)))
    hidden = {key for key, scores in scene.public.scores(some).items() if None in scores}
    gone = (alerts - scene.public.alerts_everywhere()) | (set(others) - scene.public.scored()) | hidden
    return sorted(gone), len(alerts) + len(others)


def _missing(scene: Scene, plan: Plan, alerts: set[str]) -> list[str]:
    """Alerts and scores that at least one node does not show."""
    return sorted((alerts - scene.public.alerts_everywhere()) | (set(plan.hit) - scene.public.scored()))


def _sign_off(drill: Drill, scene: Scene, plan: Plan, affected: set[str]) -> None:
    """Only the Council's word ends it."""
    incident = _escalated(scene)
    held = scene.active(incident.incident_id) if incident else None
    if held is None:
        drill.unseen("recoveries_unapproved", "nothing was withheld, so nothing could be ended")
        return
    withheld = not _public(scene, plan, affected)
    status = scene.control.recover(held.safeguard_id, [])
    wrong = [] if status == 403 else [f"asked by nobody, answered {status}"]
    if withheld and not wrong and not drill.stays(_WATCHED, lambda: not affected & scene.public.alerts_anywhere()):
        wrong = ["asked by nobody, answered 403 and ended it"]
    drill.count("recoveries_unapproved", "ended without the Council", wrong, n=1)
    approval = scene.approvals[BIAS_COUNCIL]
    drill.act("the Council signs off", lambda: scene.control.recover(held.safeguard_id, [approval]))


def _decisions(plan: Plan) -> list[dict[str, Any]]:
    def of(entities: Sequence[str], flagged: int) -> list[dict[str, Any]]:
        return [
            {
                "entity_id": entities[number % len(entities)], "flagged": number < flagged,
                "risk_value": _FLAGGED if number < flagged else _CLEAR, "publish": number < _PUBLISHED,
            }
            for number in range(_OF_EACH)
        ]  # fmt: skip

    return [*of(plan.hit, _OF_EACH), *of(plan.spared, _PUBLISHED)]


def _escalated(scene: Scene) -> Incident | None:
    """The incident that the node reported about the planted group, once it is with the Board."""
    new = (each for each in scene.incidents() if each.incident_id not in scene.known)
    mine = [each for each in new if each.kind == "bias" and within(each.scope, *SCOPE)]
    return next((each for each in mine if each.escalated_to == BOARD), None)
