"""``junzi-audit attest``: one person's signature under what a run prepared for a body to review."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from junzi_audit import targets
from junzi_audit.commands import REPORTS, CommandError, Verbs, artifact, repository, run_folder, say, signed
from junzi_audit.declared import places
from junzi_audit.findings import RunHeader
from junzi_audit.model import Obligation, Quorum
from junzi_audit.naming import PLAN
from junzi_audit.plan import Plan, load
from junzi_audit.seen.attested import Attestation, Decision, Signature
from junzi_audit.seen.deployments import MODEL_VETO
from junzi_audit.seen.packs import FOLDER
from junzi_audit.seen.people import misnamed
from junzi_audit.tables import nearest

_LONGEST_DAYS = 366
#: Of the subject, as many digits as a file's name needs.
_DIGITS = 16


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser(
        "attest",
        help="sign what a run prepared for review",
        description=__doc__,
        epilog="Each person signs once; the record counts when the quorum that the plan asks for has signed.",
    )
    parser.add_argument("DUTY", help="the duty that is answered, such as weekly.bias-audit-summary")
    parser.add_argument("--run", dest="RUN", help="a run's directory or name (default: the newest with a pack of it)")
    parser.add_argument("--pack", metavar="NAME", help="which pack of the run (default: the newest)")
    artifact.add(parser, required=False)
    parser.add_argument("--target", metavar="NAME", help="whose records a model's approval belongs to")
    parser.add_argument("--rollback", metavar="FILE", help="the written plan for going back from that model")
    parser.add_argument("--who", required=True, metavar="NAME", help="your name")
    parser.add_argument("--role", required=True, help="your role in the body that owns the duty")
    parser.add_argument("--body", default="", metavar="NAME", help="the body, where several must sign (default: owner)")
    parser.add_argument("--decision", required=True, metavar="|".join(Decision), help="what was decided")
    parser.add_argument("--minutes", required=True, metavar="URL|FILE", help="where the minutes are")
    parser.add_argument("--minutes-sha256", default="", metavar="HEX", help="their digest (default: the file's)")
    parser.add_argument("--decide", action="append", default=[], metavar="DUTY=WORDS", help="decided of one duty")
    parser.add_argument("--remarks", default="", metavar="TEXT", help="why")
    parser.add_argument("--days", type=int, default=62, metavar="N", help="how long it holds (default: 62)")
    parser.set_defaults(run=sign)


def sign(given: argparse.Namespace) -> int:
    """Write the record, or add the signature to it, and say what is still missing."""
    root = repository()
    plan = load(root / PLAN)
    duty = plan[given.DUTY]
    body = given.body or duty.owner
    quorum = _quorum(duty, body)
    signature = _signature(given, body, quorum)
    subject, pack, word = _model(given) if duty.id == MODEL_VETO else _prepared(given, root, duty)
    target = targets.load(root / "targets", word, plan.obligations)
    record = _record(given, root, plan, duty, signature, subject)
    place = target.attestations
    if place is None or place.kind != "directory":
        say(signed.as_yaml(record))
        say(f"next:    {_elsewhere(word, place)}")
        return 0
    name = "-".join([record.subject[:_DIGITS], *record.body.lower().split(), record.decision])
    file = root / place.path / duty.id / f"{name}.yaml"
    added = signed.beside(file, record, quorum) if file.is_file() else record
    file.parent.mkdir(parents=True, exist_ok=True)
    # The pack is kept beside its record: runs are cleared away, and what was signed must stay readable.
    if pack is not None:
        signed.put(file.with_name(f"{record.subject[:_DIGITS]}.json"), pack)
    signed.put(file, signed.as_yaml(added).encode())
    say(f"stored   {os.path.relpath(file)}, {signed.standing(added, quorum)}")
    say("next:    commit that folder; the next run reads it")
    return 0


def _quorum(duty: Obligation, body: str) -> Quorum:
    quorums = duty.quorums or ({duty.owner: duty.quorum} if duty.quorum else {})
    if not quorums:
        raise CommandError(f"{duty.id}: the plan names no quorum for it, so it is not answered by signing")
    if body not in quorums:
        raise CommandError(f"--body {body!r}: the plan does not ask it about {duty.id}; {nearest(body, quorums)}")
    return quorums[body]


def _signature(given: argparse.Namespace, body: str, quorum: Quorum) -> Signature:
    who = " ".join(given.who.split())
    if wrong := misnamed(who):
        raise CommandError(f"--who: {wrong}" if who else "--who: empty; a signature is a person's name")
    if given.role not in quorum.roles:
        raise CommandError(f"--role {given.role!r}: no role of the {body}; {nearest(given.role, quorum.roles)}")
    if given.decision not in list(Decision):
        raise CommandError(f"--decision {given.decision!r}: no decision; {nearest(given.decision, Decision)}")
    if not 1 <= given.days <= _LONGEST_DAYS:
        raise CommandError(f"--days {given.days}: a record holds for 1 to {_LONGEST_DAYS} days, never for good")
    return Signature(who=who, role=given.role)


def _model(given: argparse.Namespace) -> tuple[str, None, str]:
    """The digest of the model that was named, and the target; a model is no pack of a run."""
    subject = artifact.digest(given)
    if not subject or not given.target:
        raise CommandError(f"{MODEL_VETO}: name the model (--artifact FILE or --digest SHA256) and --target NAME")
    return subject, None, given.target


def _prepared(given: argparse.Namespace, root: Path, duty: Obligation) -> tuple[str, bytes, str]:
    """The digest of what a run prepared, the bytes themselves, and the run's target."""
    wrong = [f"--{key}" for key in ("artifact", "digest", "target", "rollback") if getattr(given, key) is not None]
    if wrong:
        raise CommandError(f"{wrong[0]}: only {MODEL_VETO} is about a model; {duty.id} is about what a run prepared")
    folder = _run(root, duty, given.RUN)
    header = _header(folder)
    pack = _pack(folder, duty, given.pack).read_bytes()
    return hashlib.sha256(pack).hexdigest(), pack, header.target


def _run(root: Path, duty: Obligation, word: str | None) -> Path:
    if word is not None and word != "latest":
        return run_folder(root, word)
    kept = [path for path in (root / REPORTS).glob(f"*/{FOLDER}/{duty.id}") if path.is_dir()]
    if not kept:
        raise CommandError(
            f"{root / REPORTS}: no run prepared anything to sign for {duty.id}; `pytest -m {duty.cadence}` does"
        )
    return max(kept, key=lambda path: path.stat().st_mtime).parent.parent


def _header(folder: Path) -> RunHeader:
    from junzi_audit.evidence import results

    try:
        header = results.read(folder).header
    except results.ResultsError as error:
        raise CommandError(str(error)) from None
    planted = [note for note in header.notes if note.startswith("fault planted")]
    if planted:
        raise CommandError(f"{folder}: {'; '.join(planted)}; what a broken node shows is nothing to sign")
    return header


def _pack(folder: Path, duty: Obligation, name: str | None) -> Path:
    """The pack of that name, else the newest: the one whose name says no date."""
    packs = {path.stem: path for path in (folder / FOLDER / duty.id).glob("*.json")}
    if not packs:
        raise CommandError(f"{folder}: this run prepared nothing to sign for {duty.id}")
    chosen = name if name is not None else min(packs, key=len)
    if chosen not in packs:
        raise CommandError(f"--pack {chosen!r}: no such pack in {folder}; {nearest(chosen, packs)}")
    return packs[chosen]


def _record(
    given: argparse.Namespace, root: Path, plan: Plan, duty: Obligation, signature: Signature, subject: str
) -> Attestation:
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    decisions = dict(_decided(words, plan) for words in given.decide) | artifact.way_back(root, given.rollback)
    return Attestation(
        duty=duty.id, subject=subject, decision=Decision(given.decision), date=now,
        expires=now + timedelta(days=given.days), signatures=(signature,), minutes=given.minutes,
        minutes_sha256=_minutes_digest(root, given.minutes, given.minutes_sha256), decisions=decisions,
        remarks=given.remarks, body="" if given.body == duty.owner else given.body,
    )  # fmt: skip


def _decided(words: str, plan: Plan) -> tuple[str, str]:
    duty, equals, told = words.partition("=")
    if not equals or not told.strip():
        raise CommandError(f"--decide {words!r}: write DUTY=WORDS, such as daily.bias-drift='model rolled back'")
    return plan[duty].id, told


def _minutes_digest(root: Path, minutes: str, digest: str) -> str:
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise CommandError("--minutes-sha256: a SHA-256 has 64 lower-case hexadecimal digits")
    if re.match(r"https?://", minutes):
        if not digest:
            say("note:    without --minutes-sha256 nobody can tell later whether these minutes were changed")
        return digest
    file = artifact.below(root, minutes)
    if file is None:
        raise CommandError(f"--minutes {minutes!r}: neither an http(s) URL nor a file below {root}")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest not in ("", found):
        raise CommandError(f"--minutes-sha256: {minutes} has another digest, {found}")
    return found


def _elsewhere(target: str, place: places.Attestations | None) -> str:
    if place is None:
        return f"name a place for it in targets/{target}.toml, under [attestations]"
    if place.kind == "repository":
        return f"commit it as a .yaml file to {place.url}" + (f", below {place.path}" if place.path else "")
    return f"give it to the service at {place.url}, which is where {target} is answered from"
