"""Promises that were tried: how many are broken, with the smallest case that shows it and how to repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from junzi_audit.findings import Exhibit, Measurement, Reading, Unseen, census
from junzi_audit.measures.details import shown, some
from junzi_audit.model import Cause
from junzi_audit.seen.trials import Contract, Leftover, Trial

#: The share of cases that a busy node, or something before it, may turn away before nothing is said of its contract.
_MOST_TURNED_AWAY = 0.1
_COLUMNS = ("promise", "published", "cases", "result", "minimal example", "how to repeat it")


def broken(trials: Sequence[Trial], *, title: str) -> Reading:
    """Broken promises among those tried; each that could not be tried stands beside them, unseen."""
    seen = [trial for trial in trials if trial.cause is None]
    found = [trial for trial in seen if trial.broken]
    words = [f"{trial.promise}: {trial.broken}" for trial in found]
    count = census(
        len(found), n=sum(trial.cases for trial in seen), detail=some(words, most=3, between="; "),
        exhibits=(_table(trials, title),),
    )  # fmt: skip
    return {"": count, **{trial.promise: _unseen(trial) for trial in trials if trial.cause is not None}}


def contract(found: Contract) -> Reading:
    """Failures of the contract that Schemathesis found, one per operation and check.

    Unseen when something kept it from trying everything, or more than a tenth of the cases met a busy node or were
    turned away, and it had found nothing by then. Operations that let nothing through stand beside it, unseen.
    """
    reading = _failures(found)
    if not found.unanswered or isinstance(reading, Unseen):
        return reading
    told = f"{len(found.unanswered)} operations answered no request with 2xx, so nothing of them was tried"
    words = f"{told}: {some(found.unanswered, most=5, between='; ')}"
    unseen = Unseen(cause=Cause.UNDEFINED, detail=words)
    nothing = len(found.unanswered) >= found.operations and not found.failures
    return unseen if nothing else {"": reading, "not let through": unseen}


def _failures(found: Contract) -> Measurement | Unseen:
    table = _table(found.failures, "Contract failures")
    words = [f"{trial.promise}: {trial.broken}" for trial in found.failures]
    counts = f"{found.cases} cases over {found.operations} operations by Schemathesis {found.version}"
    if found.overloads:
        counts += f"; {found.overloads} answers of passing overload are not counted"
    if (found.errors or not found.complete) and not found.failures:
        why = some(found.errors, most=1) or "it was stopped"
        return Unseen(cause=Cause.BROKEN_CHECK, detail=f"Schemathesis could not try everything: {why}; {counts}")
    if found.refused > _MOST_TURNED_AWAY * found.cases and not found.failures:
        told = f"{found.refused} of the cases were refused with 401 or 403, which shows nothing of the rest"
        return Unseen(cause=Cause.UNAUTHORISED, detail=f"{told}; {counts}")
    if found.busy > _MOST_TURNED_AWAY * found.cases and not found.failures:
        told = f"{found.busy} of the cases were answered with 429, 502, 503 or 504, which shows nothing of the rest"
        return Unseen(cause=Cause.THROTTLED, detail=f"{told}; {counts}")
    detail = "; ".join(each for each in (some(words, most=3, between="; "), counts) if each)
    return census(len(found.failures), n=found.cases, detail=detail, exhibits=(table,))


def left_behind(written: int, left: Sequence[Leftover]) -> Measurement:
    """Records of ours that are still to be seen after the clean-up, of those that were written or made of them."""
    table = Exhibit(
        title="What is left of what the suite wrote",
        caption=f"{written} records carried its label before the clean-up; none may be seen anywhere after it.",
        columns=("kind", "id", "still seen in"),
        rows=tuple((each.kind, shown(each.id), each.where) for each in left),
    )
    names = [f"{each.kind} {each.id} in {each.where}" for each in left]
    return census(len({each.id for each in left}), n=written, detail=some(names, most=3), exhibits=(table,))


def _table(trials: Sequence[Trial], title: str) -> Exhibit:
    ordered = sorted(trials, key=lambda trial: (not trial.broken, trial.cause is None))
    return Exhibit(
        title=title,
        caption="Keys in the commands are taken from the environment.",
        columns=_COLUMNS,
        rows=tuple(
            (shown(trial.promise), shown(trial.source), trial.cases, _result(trial), trial.example, trial.curl)
            for trial in ordered
        ),
    )


def _result(trial: Trial) -> str:
    if trial.cause is not None:
        return f"not seen ({trial.cause}): {trial.detail}"
    return f"broken: {trial.broken}" if trial.broken else "kept"


def _unseen(trial: Trial) -> Unseen:
    return Unseen(cause=trial.cause or Cause.NOT_RUN, detail=trial.detail)
