"""``junzi-audit gate``: whether a model may be deployed, each condition by its name, for pipelines."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from junzi_audit import targets
from junzi_audit.commands import REPORTS, CommandError, Verbs, aligned, artifact, repository, say
from junzi_audit.model import Cause, Environment, Unobservable, Verdict, iso, worst
from junzi_audit.naming import PLAN
from junzi_audit.plan import Plan, load
from junzi_audit.seen.deployments import MODEL_VETO, Condition, Held, Release, Stand

if TYPE_CHECKING:
    from junzi_audit.probes.attestations import Attestations
    from junzi_audit.records import Dispute
    from junzi_audit.seen.attested import Attested

_BY_BOARD = (Condition.APPROVAL, Condition.VETO, Condition.ROLLBACK)
_WORDS = {
    Verdict.MET: "holds", Verdict.BREACHED: "refused", Verdict.INCONCLUSIVE: "unknown", Verdict.AWAITING: "awaited",
    Verdict.OVERDUE: "awaited",
}  # fmt: skip
_LONGEST = 240


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser(
        "gate",
        help="say whether a model may be deployed",
        description=__doc__,
        epilog="Ends with 0 when every condition holds, 1 when one does not, 20 when one could not be seen, 21 when "
        "people are still awaited; the worst decides. It looks at runs in reports/ and asks no node.",
    )
    parser.add_argument("--model", required=True, metavar="VERSION", help="the version, as the nodes name it")
    parser.add_argument("--target", required=True, metavar="NAME", help="whose runs and records count")
    artifact.add(parser, required=True)
    parser.add_argument("--json", action="store_true", help="print the outcome as one JSON document")
    parser.set_defaults(run=decide)


def decide(given: argparse.Namespace) -> int:
    """Hold every condition, say so, keep the outcome in the target's gate log, and return the status."""
    from junzi_audit.run import EXIT

    root, now = repository(), datetime.now(UTC)
    plan = load(root / PLAN)
    target = targets.load(root / "targets", given.target, plan.obligations)
    release = Release(version=_version(given.model), digest=artifact.digest(given))
    held = conditions(root, plan, target, release, now)
    status = EXIT[worst([each.verdict for each in held])]
    document = outcome(release, target, plan, held, now, status)
    kept = _keep(root, target, release, document, now)
    if given.json:
        say(json.dumps(document, indent=1))
    else:
        _told(given.target, release, held, kept)
    return status


def conditions(root: Path, plan: Plan, target: targets.Target, release: Release, now: datetime) -> tuple[Held, ...]:
    """Every condition, in the order in which they are told."""
    from junzi_audit.evidence import standing
    from junzi_audit.measures import deployment as measures

    names = (*measures.BIAS_DUTIES, measures.SCAN, measures.DISPUTES)
    stands = standing.newest(root / REPORTS, target.name, names, now)
    duties = {name: plan[name] for name in names}
    live = target.environment is Environment.LIVE
    approval, veto, rollback = _by_board(root, plan, target, release, now)
    return (
        approval, veto,
        *measures.bias_duties(stands, duties, release, now, live=live),
        measures.vulnerabilities(stands.get(measures.SCAN), duties[measures.SCAN], now),
        _disputes(root, stands.get(measures.DISPUTES), plan, release, now),
        rollback,
    )  # fmt: skip


def _by_board(root: Path, plan: Plan, target: targets.Target, release: Release, now: datetime) -> tuple[Held, ...]:
    """What rests on the Board's records; unseen together, where they cannot be read."""
    from junzi_audit.measures import deployment as measures
    from junzi_audit.measures.attestations import words
    from junzi_audit.measures.ruling import plan_of, ruling

    quorum = plan[MODEL_VETO].quorum
    if quorum is None:
        raise CommandError(f"{MODEL_VETO}: the plan names no quorum for it, so nobody can approve a model")
    try:
        said = _attested(root, target, release, now)
    except Unobservable as error:
        return tuple(Held(name=name, verdict=Verdict.INCONCLUSIVE, why=error.detail) for name in _BY_BOARD)
    ruled = ruling(release.digest, words(said, quorum, now), quorum, now)
    approval, veto, rollback = measures.decided(ruled, said.problems)
    if ruled.rollback and (told := artifact.changed(root, plan_of(ruled.rollback))):
        rollback = dataclasses.replace(rollback, verdict=Verdict.BREACHED, why=told)
    return approval, veto, rollback


def _attested(root: Path, target: targets.Target, release: Release, now: datetime) -> Attested:
    from junzi_audit.evidence.store import Store
    from junzi_audit.probes.asking import Bounds
    from junzi_audit.probes.attestations import ServedAttestations, filed
    from junzi_audit.probes.surface import Surface
    from junzi_audit.probes.transport import Transport

    place = target.attestations
    if place is None:
        raise Unobservable(Cause.NOT_CONFIGURED, f"targets/{target.name}.toml names no [attestations]")
    with tempfile.TemporaryDirectory(prefix="junzi-audit-") as spare:
        store = Store(Path(spare))
        if place.kind != "url":
            return filed(place, root, store, now).of(MODEL_VETO, (release.digest,))
        below = place.url.startswith("/")
        if below and not target.nodes.primary:
            raise Unobservable(
                Cause.NOT_CONFIGURED, f"the records of {target.name} are with a node that only a run starts"
            )
        transport = Transport(store)
        try:
            service: Attestations = ServedAttestations(
                Surface(
                    transport, node=target.nodes.primary if below else place.url, base="",
                    header="X-Attestations-Key" if place.token_env else "", key_env=place.token_env, bounds=Bounds(),
                ),
                place.url if below else "",
            )  # fmt: skip
            return service.of(MODEL_VETO, (release.digest,))
        finally:
            transport.close()


def _disputes(root: Path, stand: Stand | None, plan: Plan, release: Release, now: datetime) -> Held:
    """The disputes that the newest run was told of."""
    from junzi_audit.evidence import standing
    from junzi_audit.measures import deployment as measures
    from junzi_audit.probes.asking import Answer
    from junzi_audit.probes.parsing import parse_lines
    from junzi_audit.records import Dispute

    duty = plan[measures.DISPUTES]
    found: list[Dispute] = []
    try:
        bodies = list(standing.told(root / REPORTS, stand, "feed.disputes")) if stand and not stand.fault else []
        for seen, body in bodies:
            found += parse_lines(Dispute, Answer(observation=seen, body=body).usable())
    except (standing.AlteredEvidence, Unobservable) as error:
        stand = dataclasses.replace(stand, fault=str(error)) if stand else None
    if stand and not stand.fault and not bodies:
        stand = dataclasses.replace(stand, fault=f"{stand.run} was told of no disputes: {stand.record.reason}")
    return measures.disputes(stand, found, duty, release, now)


def outcome(
    release: Release, target: targets.Target, plan: Plan, held: Sequence[Held], now: datetime, status: int
) -> Mapping[str, Any]:
    """The document that the gate log keeps, as docs/ATTESTATIONS.md words it."""
    return {
        "what": "gate outcome", "target": target.name, "model_version": release.version,
        "model_digest": release.digest, "at": iso(now), "passed": status == 0, "status": status,
        "conditions": [
            {"name": each.name, "of": each.of, "verdict": each.verdict, "why": each.why, "evidence": each.evidence}
            for each in held
        ],
        "plan_digest": plan.digest, "target_digest": target.digest,
    }  # fmt: skip


def _keep(root: Path, target: targets.Target, release: Release, document: Mapping[str, Any], now: datetime) -> str:
    """Where the outcome was written, whole or not at all; empty when the target keeps no folder of them."""
    if target.gate is None or not target.gate.path:
        return ""
    word = "passed" if document["passed"] else "refused"
    file = root / target.gate.path / target.name / f"{now:%Y%m%dT%H%M%S%fZ}-{release.digest[:12]}-{word}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    part.replace(file)
    return os.path.relpath(file)


def _told(target: str, release: Release, held: Sequence[Held], kept: str) -> None:
    from junzi_audit.report.text import one_line

    say(f"gate: {release.version} ({release.digest[:12]}…) by the runs and records of {target}")
    rows = [
        (
            _WORDS[each.verdict],
            each.label,
            one_line(each.why, _LONGEST) + (f"  [{each.evidence}]" if each.evidence else ""),
        )
        for each in held
    ]
    for line in aligned(rows):
        say(line)
    failing = [each.label for each in held if each.verdict is not Verdict.MET]
    say(f"closed: {', '.join(failing)}" if failing else "open: every condition holds")
    nowhere = f"note:   targets/{target}.toml has no [gate] with a path, so this outcome is kept nowhere"
    say(f"kept:   {kept}" if kept else nowhere)


def _version(word: str) -> str:
    if not re.fullmatch(r"[!-~]{1,100}", word):
        raise CommandError(f"--model {word!r}: a version is up to 100 signs without spaces, as the nodes name it")
    return word
