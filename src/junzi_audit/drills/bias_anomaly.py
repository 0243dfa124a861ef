"""A planted anomaly is noticed by the node itself; what it touches, and no more, is withheld until people sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.scene import Scene
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.control import within
from junzi_audit.seen.incidents import BIAS_COUNCIL, BOARD, Incident

#: Planted decisions of the group and of the rest, and how many of each become alerts.
_OF_EACH, _PUBLISHED = 40, 3
_FLAGGED, _CLEAR = 9.0, 1.0
#: The attribute and the group that are planted upon, and the group that is not.
SCOPE = ("jurisdiction", "Local")
_OTHERS = "State"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Whom the anomaly touches: ``hit`` are entities of the group, ``spared`` others."""

    hit: Sequence[str]
    spared: Sequence[str]


def choose(scene: Scene) -> Plan:
    """Two jurisdictions: all of one is flagged, next to none of the other; Unobservable when there are too few."""
    hit, spared = (scene.public.scored(jurisdiction) for jurisdiction in (SCOPE[1], _OTHERS))
    if min(len(hit), len(spared)) < _PUBLISHED:
        raise Unobservable(Cause.TOO_FEW, "too few entities have a public score to plant an anomaly among them")
    return Plan(hit=hit[:_OF_EACH], spared=spared[:_OF_EACH])


def story(drill: Drill, scene: Scene) -> None:
    """Planted, noticed, withheld as far as it reaches; signed off, and all back."""
    plan = choose(scene)
    made = drill.act("an anomaly is planted", lambda: scene.control.plant(_decisions(plan)))
    affected, untouched = set(made.alert_ids[:_PUBLISHED]), set(made.alert_ids[_PUBLISHED:])
    drill.expect("escalation_time", "the node reports and escalates it", lambda: _escalated(scene) is not None)
    drill.expect(
        "withholding_time", "affected alerts no longer show", lambda: not scene.public.alerts_anywhere() & affected
    )
    public = sorted(affected & scene.public.alerts_anywhere())
    public += [key for key, scores in scene.public.scores(plan.hit[:_PUBLISHED]).items() if set(scores) != {None}]
    drill.count("outputs_still_public", "still public", public, n=2 * _PUBLISHED)
    wrongly = sorted((scene.before | untouched) - scene.public.alerts_everywhere())
    wrongly += [key for key, scores in scene.public.scores(plan.spared[:_PUBLISHED]).items() if None in scores]
    drill.count("outputs_withheld_wrongly", "withheld though untouched", wrongly, n=len(scene.before) + 2 * _PUBLISHED)
    _sign_off(drill, scene)
    drill.expect(
        "return_time", "everything shows again", lambda: set(made.alert_ids) <= scene.public.alerts_everywhere()
    )
    missing = sorted(set(made.alert_ids) - scene.public.alerts_everywhere())
    missing += [key for key, scores in scene.public.scores(plan.hit[:_PUBLISHED]).items() if None in scores]
    drill.count("outputs_not_back", "not back", missing, n=len(made.alert_ids) + _PUBLISHED)


def _sign_off(drill: Drill, scene: Scene) -> None:
    """Only the Council's word ends it."""
    incident = _escalated(scene)
    held = scene.active(incident.incident_id) if incident else None
    if held is None:
        drill.count("recoveries_unapproved", "nothing was withheld, so nothing could be ended", [], n=0)
        return
    status = scene.control.recover(held.safeguard_id, [])
    wrong = [] if status == 403 else [f"asked by nobody, answered {status}"]
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
    mine = [each for each in scene.incidents() if each.kind == "bias" and within(each.scope, *SCOPE)]
    return next((each for each in mine if each.escalated_to == BOARD), None)
