"""Answers about what never changes, against approved ones; and promises' statuses, which change one way only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from junzi_audit.findings import Exhibit, Measurement, Unseen, census
from junzi_audit.measures.details import shown, some
from junzi_audit.model import Cause
from junzi_audit.seen.trials import Trial

#: Where a status may move to; a promise that was kept or broken stays so.
NEXT = {
    "Pending": {"Pending", "Fulfilled", "Broken", "Stale"},
    "Stale": {"Stale", "Fulfilled", "Broken"},
    "Fulfilled": {"Fulfilled"},
    "Broken": {"Broken"},
}
_SOURCE = "facts: data model; the order of statuses is ours"


def to_json(
    chosen: Mapping[str, Any], answers: Mapping[str, Mapping[str, str]], statuses: Mapping[str, str], *, seed: int
) -> dict[str, Any]:
    """What a baseline keeps; ``seed`` is that of a launched node, whose records follow from it."""
    return {"chosen": chosen, "answers": answers, "statuses": statuses, "seed": seed}


def changed(stored: Mapping[str, Any], answers: Mapping[str, Mapping[str, str]], *, seed: int) -> Measurement | Unseen:
    """Records that no longer answer as approved, each with the fields that differ; one that is gone counts too."""
    if not isinstance(stored.get("answers"), Mapping) or not stored["answers"]:
        return Unseen(cause=Cause.NO_BASELINE, detail="the baseline holds no answers")
    if other := _other_seed(stored, seed):
        return other
    found = {
        name: [field for field, digest in fields.items() if answers.get(name, {}).get(field) != digest]
        for name, fields in stored["answers"].items()
    }
    differing = {name: fields for name, fields in found.items() if fields}
    table = Exhibit(
        title="Golden answers that changed",
        caption=f"{len(found)} records that never change, asked again; digests of their fields are compared.",
        columns=("record", "fields that differ"),
        rows=tuple((shown(name), _named(name, fields, answers)) for name, fields in differing.items()),
    )
    words = [f"{name}: {_named(name, fields, answers)}" for name, fields in differing.items()]
    return census(len(differing), n=len(found), detail=some(words, most=3, between="; "), expected=0, exhibits=(table,))


def lifecycle(stored: Mapping[str, Any], statuses: Mapping[str, str], *, seed: int) -> Trial:
    """Statuses of promises now against those of the baseline: an earlier look, as a rule weeks ago."""
    name = "a promise's status moves along its lifecycle only"
    then = stored.get("statuses")
    pairs = [(key, then[key], statuses[key]) for key in then if key in statuses] if isinstance(then, Mapping) else []
    unseen = Trial(promise=name, source=_SOURCE, cases=0, cause=Cause.NO_BASELINE, detail="no earlier status is known")
    if not pairs:
        return unseen
    if other := _other_seed(stored, seed):
        return replace(unseen, detail=other.detail)
    wrong = [(key, before, now) for key, before, now in pairs if now not in NEXT.get(before, set())]
    words = [f"{key} went from {before} to {now}" for key, before, now in wrong]
    return Trial(
        promise=name, source=_SOURCE, cases=len(pairs), broken=some(words, most=3), example=some(words, most=1)
    )


def _other_seed(stored: Mapping[str, Any], seed: int) -> Unseen | None:
    if stored.get("seed") == seed:
        return None
    detail = f"the baseline was made with seed {stored.get('seed')}, and the node has another ({seed})"
    return Unseen(cause=Cause.NO_BASELINE, detail=detail)


def _named(name: str, fields: list[str], answers: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join(fields) if answers.get(name) else "gone"
