"""What JUNZI promises to refuse, and how: 404, 400, 401 and 429, each with a reason as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Ask, segment
from junzi_audit.probes.listing import KEYS
from junzi_audit.probes.openapi import NOBODY
from junzi_audit.probes.promises import CONTRACT, Known
from junzi_audit.probes.promising import Broken, Case, Promise, seen
from junzi_audit.probes.surface import Surface

_READS = ("/reports/", "/alerts/", "/disputes/", "/risk_scores/")
_BY_ID = ("/sources/{}", "/promises/{}", "/entities/{}/profile", "/entities/{}/contradictions")
_BAD = (
    ("page", "0"), ("page", "-1"), ("page", "one"), ("page_size", "0"), ("page_size", "201"), ("page_size", "many"),
)  # fmt: skip
_BAD_FILTERS = (("risk_level", "highest"), ("jurisdiction", "Nowhere"))
#: How often a key may ask in 60 s, by JUNZI's own word, and a margin within which it must have been refused.
_PUBLISHED, _MARGIN = 100, 20


def of_reads(api: Surface) -> list[Promise]:
    """Unknown ids and bad parameters."""

    def unknown(case: Case) -> None:
        _refused(api, case["path"].format(segment(case["id"])), 404)

    def bad(case: Case) -> None:
        _refused(api, case["list"], 400, params=(case["parameter"],))

    def exact(case: Case) -> None:
        _refused(api, case["list"].rstrip("/"), 404)

    lists = [(path, pair) for path in sorted(KEYS) for pair in _BAD]
    lists += [("/risk_scores/", pair) for pair in _BAD_FILTERS]
    return [
        Promise(
            name="an unknown id is 404, with a reason", source=CONTRACT, holds=unknown,
            cases=lambda st: st.fixed_dictionaries({
                "path": st.sampled_from(_BY_ID), "id": st.sampled_from((NOBODY, "0", "'", "ENT-0 1", "é" * 40)),
            }),
        ),
        Promise(
            name="a bad parameter is 400, with a reason", source=CONTRACT, holds=bad,
            cases=lambda st: st.sampled_from([{"list": path, "parameter": pair} for path, pair in lists]),
        ),
        Promise(
            name="a path without its last slash is 404", source=CONTRACT, holds=exact,
            cases=lambda st: st.fixed_dictionaries({"list": st.sampled_from(_READS)}),
        ),
    ]  # fmt: skip


def of_keys(api: Surface, spent: Surface, known: Known) -> list[Promise]:
    """A key that is missing or wrong, and one that asks too often; ``spent`` asks with the key to be used up."""

    def key(case: Case) -> None:
        _refused(api, case["path"].format(segment(known.entities[0])), 401, headers={"X-API-Key": case["key"]})

    def often(_: Case) -> None:
        asks = [spent.ask("promise.often", "/reports/", retry=False) for _ in range(_PUBLISHED + _MARGIN)]
        for ask, answer in zip(asks, spent.get_all(asks), strict=True):
            if answer.cause is not None:
                answer.usable()
            if answer.status == 429:
                told = spent.ask("promise.often", "/reports/", retry=False, heads=("retry-after",))
                _hurried(told, spent.get_all([told])[0])
                return
            if answer.status != 200:
                raise Broken(f"answered {answer.status}", ask)
        raise Broken(f"{len(asks)} requests within a minute were all answered", asks[-1])

    paths = (*_READS, _BY_ID[1], _BY_ID[2])
    return [
        Promise(
            name="without a valid key it is 401, with a reason", source=CONTRACT, holds=key,
            cases=lambda st: st.fixed_dictionaries({
                "key": st.sampled_from(("", "wrong", "0000000")), "path": st.sampled_from(paths),
            }),
        ),
        Promise(
            name="a key that asks too often is told how long to wait", source="facts: 100 requests/min per key",
            cases=lambda st: st.just({"requests": _PUBLISHED + _MARGIN}), holds=often,
        ),
    ]  # fmt: skip


def of_writes(api: Surface, known: Known, label: str) -> list[Promise]:
    """Bad bodies; what is accepted by mistake carries the label and is cleaned up with the rest."""
    entity = known.entities[0]
    report = {"entity_id": entity, "report_type": "other", "content": "A try of the auditor's."}
    dispute = {"entity_id": entity, "dispute_type": "other", "description": "A try of the auditor's."}

    def body(case: Case) -> None:
        whole: dict[str, Any] = {"/user_reports/": report, "/disputes/": dispute}[case["path"]]
        spoilt, status = _SPOILT[case["spoilt"]]
        sent = json.dumps(spoilt(whole)).encode()
        headers = {"Content-Type": "application/json", "X-Audit-Label": label}
        _refused(api, case["path"], status, method="POST", body=sent, headers=headers)

    return [
        Promise(
            name="a bad body is refused, with a reason", source=CONTRACT, holds=body,
            cases=lambda st: st.fixed_dictionaries({
                "path": st.sampled_from(("/user_reports/", "/disputes/")), "spoilt": st.sampled_from(sorted(_SPOILT)),
            }),
        )
    ]  # fmt: skip


_SPOILT: dict[str, tuple[Callable[[dict[str, Any]], Any], int]] = {
    "a list": (lambda body: [body], 400),
    "a number as text": (lambda body: dict.fromkeys(body, 1), 400),
    "empty": (lambda body: dict.fromkeys(body, ""), 400),
    "no entity": (lambda body: {name: value for name, value in body.items() if name != "entity_id"}, 400),
    "unknown entity": (lambda body: {**body, "entity_id": NOBODY}, 404),
}


def _refused(api: Surface, path: str, status: int, **how: Any) -> None:
    """Broken when the request is not refused with that status and a reason."""
    ask = api.ask("promise.refusal", path, **how)
    answer = seen(api.get_all([ask])[0])
    if answer.status != status:
        raise Broken(f"answered {answer.status}, not {status}", ask)
    if not _has_reason(answer):
        raise Broken(f'answered {answer.status} without a reason as {{"detail": …}}', ask)


def _has_reason(answer: Answer) -> bool:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(told, dict) and isinstance(told.get("detail"), str)


def _hurried(ask: Ask, answer: Answer) -> None:
    wait = answer.heads.get("retry-after", "")
    if answer.status != 429:
        raise Unobservable(Cause.THROTTLED, f"refused once, then answered {answer.status}: the window had just passed")
    if not wait.isdecimal() or not 1 <= int(wait) <= 60:
        raise Broken(f"answered 429 with Retry-After {wait!r}, not whole seconds from 1 to 60", ask)
