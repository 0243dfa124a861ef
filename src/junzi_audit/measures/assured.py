"""What a verifiable sample says of its population: the figure with its interval, and how others can check it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen
from junzi_audit.measures import rehashed
from junzi_audit.measures.sampling import Audited, Plan
from junzi_audit.model import Cause
from junzi_audit.seen.draws import Drawn


def altered_share(audited: Audited, drawn: Drawn) -> Measurement | Unseen:
    """The share of altered sources, bounded from the sample; without a population there is no share.

    Sequential, MET means: T reached 1 / alpha, so the upper end is within the limit; had the limit's share or more
    been altered, that would have happened with a chance of at most alpha. BREACHED: the planned number was drawn, and
    the exact lower end lies above the limit.
    """
    exhibits = (how(audited.plan, drawn), *evidence(audited.plan, audited.looked.errors, "altered"), _looked(audited))
    plan, looked = audited.plan, audited.looked
    if looked.stopped is not None:
        return Unseen(cause=looked.stopped.cause, detail=looked.stopped.detail, exhibits=exhibits)
    errors = looked.errors
    if not errors:
        return Unseen(cause=Cause.TOO_FEW, detail="the node lists no source of the interval", exhibits=exhibits)
    low, high = plan.interval(errors)
    value = sum(errors) / len(errors)
    return Measurement(
        value=value, low=min(low, value), high=max(high, value), n=len(errors), detail=_words(audited, drawn),
        missing=plan.missing(errors) if high > plan.limit else 0, exhibits=exhibits,
    )  # fmt: skip


def _words(audited: Audited, drawn: Drawn) -> str:
    plan, errors = audited.plan, audited.looked.errors
    seed = "beacon-verified" if drawn.seed.verified else "not beacon-verified"
    told = f"{sum(errors)} of {len(errors)} drawn from {plan.population:,} ({seed} sample)"
    if plan.kind == "fixed":
        return told
    return f"{told}, evidence {math.exp(min(max(plan.log_evidence(errors)), 700)):,.3g} of the {plan.enough:g} needed"


def how(plan: Plan, drawn: Drawn) -> Exhibit:
    """How the sample was drawn, and what was committed to before."""
    rows = (
        ("commitment, SHA-256", drawn.commitment),
        ("published", f"{drawn.published:%Y-%m-%d %H:%M:%S} UTC"),
        ("manifest, SHA-256 (root)", drawn.root),
        *((name.replace("_", " "), str(value)) for name, value in plan.told.items()),
        ("seed", drawn.seed.value),
        ("where the seed is from", drawn.seed.origin),
        ("beacon-verified", "yes" if drawn.seed.verified else "not beacon-verified"),
    )
    caption = (
        "The commitment was written before the seed was known. The folder `samples` of this run holds manifest, "
        "commitment and tickets, and a README with the commands that repeat the draw."
    )
    return Exhibit(title="How the sample was drawn", caption=caption, columns=("what", "value"), rows=rows)


def evidence(plan: Plan, errors: Sequence[float], bad: str) -> tuple[Exhibit, ...]:
    """T after each draw; none for a fixed plan, which is looked at once. ``bad``: what an error is, in a word."""
    if plan.kind == "fixed" or not errors:
        return ()
    logs = plan.log_evidence(errors)
    seen = [sum(errors[:draw]) for draw in range(1, len(errors) + 1)]
    rows = tuple(
        (draw, math.inf if log > 700 else math.exp(log), so_far)
        for draw, (log, so_far) in enumerate(zip(logs, seen, strict=True), start=1)
    )
    chart = Chart(
        kind="series",
        label=0,
        value=1,
        limit=plan.enough,
        limit_label="assured from",
        value_label="evidence T",
        log=True,
    )
    caption = (
        f"Evidence that less than {plan.limit:.2%} of all are {bad}. From {plan.enough:g} on it assures: "
        f"if that share or more were {bad}, T would ever come so far with a chance of at most {plan.alpha:.0%}."
    )
    return (
        Exhibit(
            title="Evidence, draw by draw", caption=caption, columns=("draw", "T", f"{bad} so far"), rows=rows,
            chart=chart,
        ),
    )  # fmt: skip


def _looked(audited: Audited) -> Exhibit:
    return rehashed.table(
        audited.looked,
        "Sampled sources, re-hashed",
        "In the order of their tickets: the SHA-256 recorded at capture, and of the bytes as we read them now.",
    )
