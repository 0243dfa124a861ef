"""Whether a model may be deployed: the Board's word on its digest, and each condition of the gate by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from junzi_audit.findings import Judgement, differing
from junzi_audit.measures.ruling import Ruling, plan_of, signed
from junzi_audit.model import BOARD, Cadence, Kind, Limit, Obligation, Verdict
from junzi_audit.records import Dispute
from junzi_audit.seen.deployments import ROLLBACK, Condition, Held, Release, Stand

BIAS_DUTIES = (
    "heartbeat.bias-detection-drift", "daily.bias-drift", "weekly.model-drift", "weekly.bias-audit-summary",
)  # fmt: skip
SCAN, CRITICAL = "quarterly.vulnerability-scan", "critical_findings"
DISPUTES = "daily.user-disputes"
#: Its period, and some more for the time that a run and a pipeline take.
_OLDEST = {
    Cadence.HEARTBEAT: timedelta(hours=1),
    Cadence.DAILY: timedelta(hours=26),
    Cadence.WEEKLY: timedelta(days=8),
    Cadence.MONTHLY: timedelta(days=32),
    Cadence.QUARTERLY: timedelta(days=93),
}
_TOLD = 5


def decided(said: Ruling, problems: Sequence[str]) -> tuple[Held, ...]:
    """Approval, veto and rollback, from the Board's word."""
    lacking = "; ".join([*said.remarks[:_TOLD], *problems[:_TOLD]])
    lacking = f" ({lacking})" if lacking else ""
    approval, veto, plan = said.approval, said.veto, said.rollback
    return (
        Held(
            name=Condition.APPROVAL, verdict=Verdict.MET, evidence=approval.record.source,
            why=f"approved by {signed(approval)}, until {approval.record.expires:%Y-%m-%d}",
        ) if approval else Held(
            name=Condition.APPROVAL, verdict=Verdict.AWAITING,
            why=f"no quorate approval of this digest holds{lacking}",
        ),
        Held(
            name=Condition.VETO, verdict=Verdict.BREACHED, evidence=veto.record.source,
            why=f"rejected by {signed(veto)}: {veto.record.remarks.rstrip('.') or 'no reason is given'}",
        ) if veto else _unvetoed(problems),
        Held(
            name=Condition.ROLLBACK, verdict=Verdict.MET, evidence=plan.record.source,
            why=f"attested by {signed(plan)}: {plan_of(plan)}",
        ) if plan else Held(
            name=Condition.ROLLBACK, verdict=Verdict.AWAITING,
            why=f"no quorate record of this digest names the SHA-256 of a plan under decisions.{ROLLBACK}",
        ),
    )  # fmt: skip


def _unvetoed(problems: Sequence[str]) -> Held:
    """No rejection was read; a record that could not be read may be one."""
    if problems:
        why = f"a rejection cannot be ruled out: {'; '.join(problems[:_TOLD])}"
        return Held(name=Condition.VETO, verdict=Verdict.INCONCLUSIVE, why=why)
    return Held(name=Condition.VETO, verdict=Verdict.MET, why="no quorate rejection of this digest stands")


def bias_duties(
    stands: Mapping[str, Stand], duties: Mapping[str, Obligation], release: Release, now: datetime, *, live: bool
) -> tuple[Held, ...]:
    """Each bias duty as the newest run saw it; on a ``live`` target another model may still run, which is said."""
    return tuple(_bias_duty(name, stands.get(name), duties[name], release, now, live=live) for name in BIAS_DUTIES)


def _bias_duty(
    name: str, stand: Stand | None, duty: Obligation, release: Release, now: datetime, *, live: bool
) -> Held:
    usable = _usable(Condition.BIAS_DUTIES, name, stand, duty, now)
    if isinstance(usable, Held):
        return usable
    record = usable.record
    # A waiver is leave to go on with what runs, not to deploy more of it.
    verdict = Verdict.BREACHED if record.verdict is Verdict.WAIVED else record.verdict
    if verdict is not Verdict.MET:
        return Held(
            name=Condition.BIAS_DUTIES, of=name, verdict=verdict, evidence=usable.run,
            why=f"{record.verdict}: {record.reason.rstrip('.')}",
        )  # fmt: skip
    # What people reviewed is a past week's; what is measured must have been this very model.
    own, told = _made_by(usable, release, live=live)
    unproven = told if duty.kind is Kind.MEASURED and not own else ""
    otherwise = _other_plan(record.judgements, duty.limits)
    doubt = ", ".join(filter(None, (_swapped(usable, release) or unproven, otherwise)))
    return Held(
        name=Condition.BIAS_DUTIES, of=name, verdict=Verdict.INCONCLUSIVE if doubt else Verdict.MET,
        why=f"met {_ago(now - usable.started)} ago, {doubt or told}", evidence=usable.run,
    )  # fmt: skip


def vulnerabilities(stand: Stand | None, duty: Obligation, now: datetime) -> Held:
    """No critical finding was open when it was last scanned; findings less grave do not hold a release."""
    usable = _usable(Condition.VULNERABILITIES, "", stand, duty, now)
    if isinstance(usable, Held):
        return usable
    judged = [each for each in usable.record.judgements if each.limit.name == CRITICAL]
    bad = [each for each in judged if each.verdict is not Verdict.MET]
    doubt = _other_plan(judged, [limit for limit in duty.limits if limit.name == CRITICAL])
    if not judged:
        why, verdict = f"{CRITICAL} was not judged: {usable.record.reason.rstrip('.')}", Verdict.INCONCLUSIVE
    elif bad:
        why, verdict = bad[0].reason.rstrip("."), bad[0].verdict
    elif doubt:
        why, verdict = f"no open critical finding, {doubt}", Verdict.INCONCLUSIVE
    else:
        why, verdict = f"no open critical finding, {_ago(now - usable.started)} ago", Verdict.MET
    return _assured(Held(name=Condition.VULNERABILITIES, verdict=verdict, why=why, evidence=usable.run), usable)


def disputes(stand: Stand | None, told: Sequence[Dispute], duty: Obligation, release: Release, now: datetime) -> Held:
    """No pending dispute touches the release, among those that the newest run was ``told`` of.

    One touches it while nobody has ruled on it, when it alleges bias or lies with the Board, and is about an output of
    this version, or of a version that the run's evidence does not name.
    """
    usable = _usable(Condition.DISPUTES, "", stand, duty, now)
    if isinstance(usable, Held):
        return usable
    pending = [each for each in told if each.ruling is None]
    touching = [
        each.dispute_id
        for each in pending
        if (each.dispute_type == "bias" or each.escalated_to == BOARD)
        and usable.origins.get(each.subject_id or "", release.version) == release.version
    ]
    named = ", ".join(touching[:_TOLD]) + (f" and {len(touching) - _TOLD} more" if len(touching) > _TOLD else "")
    held = Held(
        name=Condition.DISPUTES, verdict=Verdict.BREACHED if touching else Verdict.MET, evidence=usable.run,
        why=f"{len(touching)} of {len(pending)} pending disputes touch it" + (f": {named}" if touching else ""),
    )  # fmt: skip
    return _assured(held, usable)


def _usable(name: Condition, of: str, stand: Stand | None, duty: Obligation, now: datetime) -> Stand | Held:
    """The stand, if there is one that may be believed and is young enough; else why the condition was not seen."""
    how = f"`pytest -m {duty.cadence}` on this target sees it"
    if stand is None:
        why = f"no finished, whole run of {duty.id} beside this repository; {how}"
        return Held(name=name, of=of, verdict=Verdict.INCONCLUSIVE, why=why)
    if stand.fault:
        return Held(name=name, of=of, verdict=Verdict.INCONCLUSIVE, why=stand.fault, evidence=stand.run)
    age, oldest = now - stand.started, _OLDEST[duty.cadence]
    if age > oldest:
        why = f"the newest run of {duty.id} is {_ago(age)} old, more than {_ago(oldest)}; {how}"
        return Held(name=name, of=of, verdict=Verdict.INCONCLUSIVE, why=why, evidence=stand.run)
    return stand


def _assured(held: Held, stand: Stand) -> Held:
    """The condition, unknown where it would rest on a run that assures nothing."""
    if held.verdict is not Verdict.MET or not stand.short:
        return held
    return replace(held, verdict=Verdict.INCONCLUSIVE, why=f"{held.why}, by {stand.short}, which assures nothing")


def _other_plan(judged: Sequence[Judgement], limits: Sequence[Limit]) -> str:
    """Whether other limits were held against it than the plan has now, in words; empty when they are the same."""
    odd = differing(judged, limits)
    return f"judged by another plan, which differs in {', '.join(odd)}" if odd else ""


def _swapped(stand: Stand, release: Release) -> str:
    """Whether what ran under this version, then or since, was something else, in words."""
    digests = {each.digest for each in stand.releases if each.version == release.version}
    return f"of {release.version} with another digest" if digests - {release.digest} else ""


def _made_by(stand: Stand, release: Release, *, live: bool) -> tuple[bool, str]:
    """Whose evidence it is, and whether it tells of the release: most decisions are its, and a node named its digest.

    On a ``live`` target another model may still run.
    """
    version, total = release.version, sum(stand.models.values())
    made = stand.models.get(version, 0)
    if not total:
        return False, "by evidence that does not tell which model ran"
    if made * 2 <= total:
        others = ", ".join(sorted(set(stand.models) - {version})[:_TOLD])
        share = f"of {version} in only {made:,} of {total:,} decisions, else " if made else ""
        return live, f"{share}of another model: {others}"
    told = f"of {version} in {made:,} of {total:,} decisions"
    if release not in stand.releases:
        return False, f"{told}; no node told its digest, then or since: `pytest -m heartbeat` on this target asks them"
    return True, told


def _ago(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
