"""Whether what the node holds is whole: bytes of sources, references between records, and fair shares of flags."""

import hashlib
import json
from typing import Any, Final

from refnode.clock import DAY
from refnode.parts import Node
from refnode.rates import Rate, rates

#: So many of the newest sources are hashed, and so many of the newest public alerts followed to what they rest on.
SOURCES: Final = 200
ALERTS: Final = 200
#: How far a group's share of flagged decisions may be from everybody's, in decisions of so many days.
GAP: Final = 0.2
DAYS: Final = 28
#: Smaller groups say nothing.
LEAST: Final = 30
TOLD: Final = 20

NEWEST = "SELECT source_id, content_hash, content FROM sources ORDER BY captured_at DESC, source_id DESC LIMIT :many"
UNAUDITED = (
    "SELECT risk_id FROM decisions WHERE calculated_at >= :since"
    " AND (bias_audit_id = '' OR audit_result NOT IN ('passed', 'failed')) ORDER BY risk_id"
)
DECIDED = "SELECT count(*) FROM decisions WHERE calculated_at >= :since"
PUBLISHED = (
    "SELECT a.alert_id, a.source_ids, d.audit_result FROM alerts a LEFT JOIN decisions d ON d.risk_id = a.risk_id"
    " AND d.bias_audit_id = a.bias_audit_id WHERE a.status = 'published'"
    " ORDER BY a.published_at DESC, a.alert_id DESC LIMIT :many"
)
KNOWN = "SELECT source_id FROM sources WHERE source_id IN :ids"


def verify(node: Node) -> dict[str, Any]:
    """Look through the newest records; `problems` names what is wrong, the first of them when there are many."""
    since = node.clock.now() - DAYS * DAY
    sources = node.store.rows(NEWEST, many=SOURCES)
    alerts = node.store.rows(PUBLISHED, many=ALERTS)
    problems = [
        f"source {key} does not have the bytes of its hash"
        for key, digest, content in sources
        if hashlib.sha256(bytes(content)).hexdigest() != digest
    ]
    problems += [f"decision {key} has no bias audit" for (key,) in node.store.rows(UNAUDITED, since=since)]
    problems += _alert_problems(node, alerts)
    bias = _bias(rates(node.store, since))
    return {
        "ok": not problems and bool(bias["ok"]),
        "checked": len(sources) + len(alerts) + node.store.number(DECIDED, since=since),
        "problems": problems[:TOLD],
        "bias_audit": bias,
    }


def _alert_problems(node: Node, alerts: list[Any]) -> list[str]:
    named = {key: json.loads(ids) for key, ids, _ in alerts}
    known = {row[0] for row in node.store.among(KNOWN, {source for ids in named.values() for source in ids})}
    problems = [f"alert {key} rests on no bias audit that passed" for key, _, result in alerts if result != "passed"]
    problems += [f"alert {key} names no source" for key, ids in named.items() if not ids]
    return problems + [
        f"alert {key} names source {source}, which is not there"
        for key, ids in named.items()
        for source in ids
        if source not in known
    ]


def _bias(found: dict[tuple[str, str], Rate]) -> dict[str, Any]:
    parties = [rate for (attribute, _), rate in found.items() if attribute == "party"]
    everybody = Rate(sum(rate.n for rate in parties), sum(rate.flagged for rate in parties))
    enough = {key: rate for key, rate in found.items() if rate.n >= LEAST}
    if not enough:
        return {"ok": True, "detail": f"no group has {LEAST} decisions in the last {DAYS} days"}
    gaps = {key: rate.share - everybody.share for key, rate in enough.items()}
    (attribute, group), gap = max(gaps.items(), key=lambda each: abs(each[1]))
    detail = f"{attribute} {group} is {gap:+.3f} from everybody's {everybody.share:.3f}; at most {GAP} is allowed"
    return {"ok": abs(gap) <= GAP, "detail": detail}
