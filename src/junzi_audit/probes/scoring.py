"""What JUNZI promises of its scores, tried on dry runs: who somebody is changes nothing, what they did does.

Jurisdiction is left alone: an agent of its own puts records into the context of theirs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Ask
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.promising import Broken, Case, Promise, seen
from junzi_audit.probes.surface import Surface

#: Scores that differ by less are the same: rounding in another order, not another treatment.
TOLERANCE = 1e-9
_SOURCE = "facts: nonpartisan and zero-bias; bias dimensions"
_CONFIDENCES = (0.7, 0.8, 0.9, 1.0)
_NO_WORD = ("unknown",)
_STATUSES = ("Pending", "Broken", "Fulfilled", "Stale")

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Scored:
    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    risk_value: float


class Scoring:
    """Scores records without storing anything."""

    def __init__(self, audit: Surface) -> None:
        self._audit = audit

    def scores(self, records: Sequence[Record]) -> list[tuple[float, Ask]]:
        """The score of each record with what was asked; Unobservable when the node offers no dry runs."""
        asks = [self._ask(record) for record in records]
        found = []
        for ask, answer in zip(asks, self._audit.get_all(asks), strict=True):
            if seen(answer).status in {404, 405}:
                raise Unobservable(Cause.NOT_CONFIGURED, f"{ask.url} is answered {answer.status}: no dry runs here")
            found.append((parse(_Scored, answer.usable()).risk_value, ask))
        return found

    def _ask(self, record: Record) -> Ask:
        body, headers = json.dumps(record, sort_keys=True).encode(), {"Content-Type": "application/json"}
        return self._audit.ask("promise.score", "/score", method="POST", dry=True, body=body, headers=headers)


def of_scores(scoring: Scoring, groups: Mapping[str, Sequence[str]]) -> list[Promise]:
    """Metamorphic promises: how the score must answer to a change of the record.

    A group with a single word known cannot be swapped: that promise is unseen, not kept.
    """

    def swapped(name: str) -> Promise:
        def holds(case: Case) -> None:
            if len(groups[name]) < 2:
                told = f"the profiles name {len(groups[name])} {name}, so there is none to swap it for"
                raise Unobservable(Cause.TOO_FEW, told)
            record = _record(case)
            others = [{**record, name: value} for value in groups[name] if value != record[name]]
            (score, _), *found = scoring.scores([record, *others])
            for other, (value, ask) in zip(others, found, strict=True):
                if not math.isclose(score, value, rel_tol=0, abs_tol=TOLERANCE):
                    words = f"{name} {record[name]!r} scores {score:g}, {other[name]!r} {value:g}"
                    raise Broken(words, ask)

        return Promise(name=f"the score is the same whatever the {name}", source=_SOURCE, holds=holds, cases=cases)

    def more(case: Case) -> None:
        record = _record(case)
        found = [*record["contradictions"], {"confidence": case["more"], "upheld": True}]
        (score, _), (higher, ask) = scoring.scores([record, {**record, "contradictions": found}])
        if higher < score - TOLERANCE:
            raise Broken(f"with one more upheld contradiction, {len(found)} in all, {score:g} falls to {higher:g}", ask)

    def order(case: Case) -> None:
        record = _record(case)
        turned = {**record, **{name: record[name][::-1] for name in ("contradictions", "promises")}}
        (score, _), (value, ask) = scoring.scores([record, turned])
        if not math.isclose(score, value, rel_tol=0, abs_tol=TOLERANCE):
            raise Broken(f"in the opposite order, {score:g} becomes {value:g}", ask)

    def cases(st: Any) -> Any:
        found = st.builds(_found, st.sampled_from(_CONFIDENCES), st.booleans())
        return st.fixed_dictionaries({
            **{name: st.sampled_from(values or _NO_WORD) for name, values in groups.items()},
            "contradictions": st.lists(found, max_size=5), "promises": st.lists(st.sampled_from(_STATUSES), max_size=4),
            "more": st.sampled_from(_CONFIDENCES),
        })  # fmt: skip

    return [
        *(swapped(name) for name in groups),
        Promise(name="one more upheld contradiction never lowers the score", source=_SOURCE, holds=more, cases=cases),
        Promise(name="the order of a list does not change the score", source=_SOURCE, holds=order, cases=cases),
    ]


def _found(confidence: float, upheld: bool) -> Record:
    return {"confidence": confidence, "upheld": upheld}


def _record(case: Case) -> Record:
    return {**{name: value for name, value in case.items() if name != "more"}, "jurisdiction": "State"}
