"""Whether what runs was let in: approved, not vetoed, through the gate, and with a way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from junzi_audit.findings import Chart, Exhibit, Measurement, Reading, Unseen, census
from junzi_audit.measures.attestations import Word
from junzi_audit.measures.ruling import Ruling, plan_of, ruling, signed
from junzi_audit.model import DAY, Cause, Quorum
from junzi_audit.seen.deployments import Deployment, GateOutcome, Outcomes, Release, Running

_TOLD = 5
#: By how much a node's clock may be behind the gate's.
_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A model that runs in those ``places``, and since when (None: no deployment of it is told).

    ``release.digest`` is empty where nothing tells it.
    """

    release: Release
    places: tuple[str, ...]
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A model at work, and the Board's word on it."""

    model: AtWork
    said: Ruling


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Every model at work, and by name the nodes that did not tell theirs."""

    models: tuple[Deployed, ...]
    unseen: Mapping[str, Unseen]


def at_work(running: Sequence[Running], history: Sequence[Deployment]) -> tuple[AtWork, ...]:
    """What runs, each model once, with its last deployment.

    A version that only the decision log names has the digest of its newest deployment.
    """
    newest = {line.model_version: line.model_digest for line in sorted(history, key=lambda each: each.deployed_at)}
    places: dict[Release, list[str]] = {}
    for each in running:
        digest = each.digest or newest.get(each.version, "")
        places.setdefault(Release(version=each.version, digest=digest), []).append(each.place)
    since: dict[Release, datetime] = {}
    for line in history:
        told = Release(version=line.model_version, digest=line.model_digest)
        since[told] = max(line.deployed_at, since.get(told, line.deployed_at))
    return tuple(
        AtWork(release=release, places=tuple(where), since=since.get(release)) for release, where in places.items()
    )


def fleet(
    models: Sequence[AtWork], unseen: Mapping[str, Unseen], heard: Sequence[Word], quorum: Quorum, now: datetime
) -> Fleet:
    """The models at work, held against what was signed."""
    said = tuple(Deployed(model=each, said=ruling(each.release.digest, heard, quorum, now)) for each in models)
    return Fleet(models=said, unseen=unseen)


def unapproved(seen: Fleet, exhibits: tuple[Exhibit, ...] = ()) -> Reading:
    """Models whose digest no approval covers now."""

    def fault(each: Deployed) -> str:
        remarks = "; ".join(each.said.remarks[:_TOLD])
        return "" if each.said.approval else "no quorate approval holds" + (f" ({remarks})" if remarks else "")

    return _counted(seen, fault, "approved", exhibits)


def vetoed(seen: Fleet, problems: Sequence[str]) -> Reading:
    """Models that the Board rejected; with ``problems`` among the records, no rejection can be ruled out."""

    def fault(each: Deployed) -> str:
        veto = each.said.veto
        return f"rejected by {signed(veto)}: {veto.record.remarks or 'no reason is given'}" if veto else ""

    if problems and not any(each.said.veto for each in seen.models):
        return Unseen(cause=Cause.MALFORMED, detail=f"a rejection cannot be ruled out: {'; '.join(problems[:_TOLD])}")
    return _counted(seen, fault, "not rejected")


def without_rollback(seen: Fleet) -> Reading:
    """Models for which nobody attested a plan for going back."""
    return _counted(seen, lambda each: "" if each.said.rollback else "no plan is attested", "with a way back")


def ungated(seen: Fleet, log: Outcomes) -> Reading:
    """Models that had not passed the gate when they were last deployed."""
    return _counted(seen, lambda each: _refusal(each.model, log.outcomes), "through the gate", problems=log.problems)


def _refusal(model: AtWork, outcomes: Sequence[GateOutcome]) -> str:
    """What is wrong with the newest outcome before the deployment; empty when it let the model in."""
    if model.since is None:
        return "its node tells of no deployment of it"
    about = sorted((outcome for outcome in outcomes if outcome.release == model.release), key=lambda each: each.at)
    before = [outcome for outcome in about if outcome.at <= model.since]
    # The node's clock may be behind the one of whoever asked the gate; where it was asked before, that counts.
    before = before or [outcome for outcome in about[:1] if outcome.at <= model.since + _SKEW]
    if not before:
        late = next((outcome for outcome in about if outcome.passed), None)
        after = f"; it passed only on {late.at:%Y-%m-%d %H:%M}" if late else ""
        return f"no outcome of the gate before it was deployed on {model.since:%Y-%m-%d %H:%M}{after}"
    last = before[-1]
    return "" if last.passed else f"the gate refused it on {last.at:%Y-%m-%d %H:%M}: {', '.join(last.refused)}"


def _counted(
    seen: Fleet, fault: Callable[[Deployed], str], well: str, exhibits: tuple[Exhibit, ...] = (), *,
    problems: Sequence[str] = (),
) -> Reading:  # fmt: skip
    faults = {each.model.release: told for each in seen.models if (told := fault(each))}
    words = [f"{release.version} ({release.digest[:12] or 'no digest'}…): {told}" for release, told in faults.items()]
    names = ", ".join(each.model.release.version for each in seen.models)
    detail = "; ".join([*(words[:_TOLD] or [f"{names}: {well}"]), *problems[:_TOLD]])
    found: Measurement = census(len(faults), n=len(seen.models), detail=detail, exhibits=exhibits)
    return {"nodes that answer": found, **seen.unseen} if seen.unseen else found


def table(seen: Fleet, now: datetime) -> Exhibit:
    """Every model that runs, with the days for which its approval still holds."""
    rows = tuple(_row(each.model, each.said, now) for each in seen.models)
    return Exhibit(
        title="Deployed models",
        caption="What every node says it runs, and the decision log's last hour; held against the Board's records.",
        columns=("version", "days approved for", "digest", "runs on", "deployed", "approved", "rejected", "way back"),
        rows=rows,
        chart=Chart(
            kind="bars", label=0, value=1, limit=0, limit_label="today", value_label="days until the approval ends"
        ),
    )


def _row(model: AtWork, said: Ruling, now: datetime) -> tuple[str | float, ...]:
    left = round((said.approval.record.expires - now) / DAY, 1) if said.approval else 0.0
    return (
        model.release.version, left, model.release.digest[:12], ", ".join(model.places),
        f"{model.since:%Y-%m-%d %H:%M}" if model.since else "not told",
        signed(said.approval) if said.approval else "nobody", signed(said.veto) if said.veto else "nobody",
        plan_of(said.rollback) if said.rollback else "none",
    )  # fmt: skip
