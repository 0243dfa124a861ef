"""A repository in which a model may be deployed: finished runs of a staging node, and the Board's records."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from junzi_audit import plan
from junzi_audit.evidence import results
from junzi_audit.findings import Judgement, Observation, Record, RunEnd, RunHeader, census
from junzi_audit.measures.deployment import BIAS_DUTIES, CRITICAL, DISPUTES, SCAN
from junzi_audit.model import Cadence, Environment, Verdict, iso
from junzi_audit.seen.deployments import MODEL_VETO
from tests.audited import ROOT
from tests.signing import raw

VERSION, MODEL = "risk-2026.4", b"the parameters of risk-2026.4"
DIGEST = hashlib.sha256(MODEL).hexdigest()
MODELS = {VERSION: 3}
BOARD = ("chair", "secretary", "ethicist", "community member")
PLAN = "plans/back.md"
TARGET = """\
environment = "staging"
nodes = { primary = "https://staging.example" }
attestations = { kind = "directory", path = "attestations" }
gate = { path = "gates" }
"""
DUTIES = (*BIAS_DUTIES, SCAN, DISPUTES)
#: Asks every node for its health, by which alone a digest is told.
HEALTH = "heartbeat.api-availability"


def repository(root: Path) -> Path:
    """The plan, one target, and the artefact and written plan of a model; nothing has run and nobody has signed."""
    shutil.copytree(ROOT / "obligations", root / "obligations")
    for path, text in (("targets/staging.toml", TARGET), (PLAN, "Go back to risk-2026.3.\n"), ("m.md", "We met.\n")):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "model.bin").write_bytes(MODEL)
    return root


def dispute(**changes: Any) -> dict[str, Any]:
    """Pending, of bias, about the alert A-1."""
    return {
        "dispute_id": "D-1", "entity_id": "E-1", "subject_type": "alert", "subject_id": "A-1", "dispute_type": "bias",
        "severity": "low", "public_figure": False, "state": "triaged", "submitted_at": iso(datetime.now(UTC)),
        "acknowledged_at": None, "escalated_at": None, "escalated_to": None, "resolved_at": None, "ruling": None,
        **changes,
    }  # fmt: skip


def a_run(
    root: Path, name: str = "20260101", *, hours: float = 0.5, verdicts: Mapping[str, Verdict] | None = None,
    disputes: Sequence[Mapping[str, Any]] = (), models: Mapping[str, int] = MODELS, origin: str = VERSION,
    ended: bool = True, duties: Sequence[str] = DUTIES, digest: str = DIGEST, critical: Verdict = Verdict.MET,
    bound: Mapping[str, float] | None = None, **header: Any,
) -> Path:  # fmt: skip
    """A finished run of every duty that the gate looks at, all met unless said otherwise.

    ``models``: decisions by version; ``digest``: as a node told it (empty: no node was asked); ``bound``: by duty, the
    figure that all its limits had then.
    """
    folder, started = root / "reports" / name, datetime.now(UTC) - timedelta(hours=hours)
    folder.mkdir(parents=True)
    scores = _told(folder, "feed.decisions", [{"risk_id": "R-1", "model_version": origin}])
    alerts = _told(folder, "feed.alerts", [{"alert_id": "A-1", "risk_id": "R-1"}])
    made = [version for version, count in models.items() for _ in range(count)]
    decided = [{"risk_id": f"R-{number}", "model_version": version} for number, version in enumerate(made)]
    model_told = _told(folder, "feed.decisions", decided)
    disputed = _told(folder, "feed.disputes", disputes)
    health = _told(folder, "node.health", [{"model_version": VERSION, "model_digest": digest}])
    seen = {DISPUTES: (disputed, alerts, scores), SCAN: (alerts,), **dict.fromkeys(BIAS_DUTIES, (model_told,))}
    head = RunHeader(
        run=name, started=started, target="staging", environment=Environment.STAGING, nodes=(), cadences=tuple(Cadence),
        due=tuple(duties), plan_digest="", target_digest="", baseline_digests={}, versions={}, seed=1,
    )  # fmt: skip
    results.append(folder, replace(head, **header))
    for duty in duties:
        verdict = (verdicts or {}).get(duty, Verdict.MET)
        record = Record(duty=duty, verdict=verdict, reason=f"So it is: {verdict}.", started=started, seconds=1)
        judged = _judged(duty, verdict, (bound or {}).get(duty))
        if critical is not Verdict.MET and duty == SCAN:
            record = replace(record, verdict=critical)
            judged = tuple(replace(each, verdict=critical) if each.limit.name == CRITICAL else each for each in judged)
        results.append(folder, replace(record, observations=seen[duty], judgements=judged))
    if digest:
        up = Record(duty=HEALTH, verdict=Verdict.MET, reason="It is up.", started=started, seconds=1)
        results.append(folder, replace(up, observations=(health,)))
    if ended:
        results.append(folder, RunEnd(finished=started, verdict=Verdict.MET, exit_status=0))
    return folder


def signed(root: Path, name: str = "approved", *, days_ago: int = 1, **changes: Any) -> Path:
    """A record of the Board on the model, quorate and with the plan unless said otherwise."""
    today = datetime.now(UTC)
    written = hashlib.sha256((root / PLAN).read_bytes()).hexdigest()
    record = raw(
        **{
            "duty": MODEL_VETO, "subject": DIGEST, "date": f"{today - timedelta(days=days_ago):%Y-%m-%d}",
            "expires": f"{today + timedelta(days=60):%Y-%m-%d}", "decisions": {"rollback": f"{PLAN} {written}"},
            "signatures": [{"who": f"Member {number}", "role": role} for number, role in enumerate(BOARD)],
            **changes,
        }
    )  # fmt: skip
    file = root / "attestations" / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(record))
    return file


@cache
def _plan() -> plan.Plan:
    return plan.load(ROOT / "obligations")


def _judged(duty: str, verdict: Verdict, bound: float | None) -> tuple[Judgement, ...]:
    return tuple(
        Judgement(
            limit=limit if bound is None else replace(limit, bound=replace(limit.bound, value=bound)), stream="",
            verdict=verdict, reading=census(1, n=1), reason="One finding is open.",
        )
        for limit in _plan()[duty].limits
    )  # fmt: skip


def _told(folder: Path, probe: str, lines: Sequence[Mapping[str, Any]]) -> Observation:
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    file = folder / "raw" / sha256[:2] / sha256
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    return Observation(
        id=f"{probe}-{sha256[:6]}", probe=probe, query=f"GET {probe}", at=datetime.now(UTC), seconds=0.1, status=200,
        sha256=sha256, size=len(body), path=f"raw/{sha256[:2]}/{sha256}",
    )  # fmt: skip
