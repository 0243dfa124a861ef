"""What a load run looks like: its scenarios, the seconds of each, the ramp with its knee, and the generator."""

from __future__ import annotations

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.measures import headroom
from junzi_audit.measures.knee import Step, knee, steps
from junzi_audit.seen.blocks import Block, LoadRun, Stage, cell_ends, latencies, quantile_cell


def of(run: LoadRun, most_ms: float, most_errors: float) -> tuple[Exhibit, ...]:
    """The scenarios, the ramp where there was one, and the generator."""
    found = steps(run)
    ramp = (_ramp(found, most_ms, most_errors),) if found else ()
    return (scenarios(run), *ramp, generator(run))


def scenarios(run: LoadRun) -> Exhibit:
    """One row for each stage: what was published, what was run, and what came of it."""
    cut = f"Time factor {run.time_factor:g}, user factor {run.user_factor:g}; "
    made = f"made by {run.workers} generator processes" if run.workers else "made by one generator process"
    full = (
        "the published length and number of users" if run.time_factor == run.user_factor == 1 else "cut to the target"
    )
    return Exhibit(
        title="Scenarios",
        caption=f"{cut}{full}; {made}. Published figures stand behind the slash, a dash where none is.",
        columns=(
            "scenario", "users", "seconds", "requests", "served", "throttled", "blocked", "5xx", "no answer",
            "p50 ms", "p95 ms", "p99 ms",
        ),
        rows=tuple(_row(run, stage) for stage in run.stages),
    )  # fmt: skip


def latency(run: LoadRun, stage: Stage, limit: float) -> Exhibit:
    """The p95 of every second of one scenario."""
    blocks = [block for block in run.of(stage.name) if latencies([block])]
    first = blocks[0].second if blocks else 0
    return Exhibit(
        title=f"Latency of {stage.name}",
        caption="Each second by the answers that came in it; a request without an answer has no end.",
        columns=("second", "p95 ms", "p50 ms", "answers"),
        rows=tuple((block.second - first, _ms([block], 0.95), _ms([block], 0.5), block.n) for block in blocks),
        chart=Chart(
            kind="series", label=0, value=1, limit=limit, limit_label=f"limit {limit:g} ms", value_label="p95 in ms",
            reference=2, reference_label="p50",
        ),
    )  # fmt: skip


def generator(run: LoadRun) -> Exhibit:
    """What the busiest generator process had left, second by second: the duty's own overhead."""
    seconds = headroom.by_second(run.efforts)
    first = min(seconds, default=0)
    rooms = [room for room, _, _ in seconds.values()] or [0.0]
    return Exhibit(
        title="Headroom of the load generator",
        caption=f"Share of a core that its busiest process had left: {sum(rooms) / len(rooms):.0%} on average, "
        f"{min(rooms):.0%} at worst. Below {headroom.LEAST:.0%}, or with its event loop over {headroom.LATEST:g} ms "
        "late, a second measures the generator and not the node. Users start between the stages, which is not judged.",
        columns=("second", "headroom", "event loop late ms", "users"),
        rows=tuple((at - first, round(room, 3), lag, users) for at, (room, lag, users) in seconds.items()),
        chart=Chart(
            kind="series",
            label=0,
            value=1,
            limit=headroom.LEAST,
            limit_label="too little",
            value_label="share of a core",
        ),
    )


def _ramp(found: tuple[Step, ...], most_ms: float, most_errors: float) -> Exhibit:
    at = knee(found, most_ms, most_errors)
    beyond = any(not step.holds(most_ms, most_errors) for step in found if not step.generator)
    words = "No step was seen to be borne"
    if at:
        words = f"{'The knee is at' if beyond else 'No knee up to'} {at.wanted:g} requests per second"
    return Exhibit(
        title="Stress ramp",
        caption=f"{words}: the highest rate with a p95 below {most_ms:g} ms and errors below {most_errors:.0%}.",
        columns=("served per second", "p95 ms", "asked per second", "errors", "borne"),
        rows=tuple(
            (
                round(step.answered, 1), step.p95, step.wanted, round(step.errors, 4),
                step.generator or ("yes" if step.holds(most_ms, most_errors) else "no"),
            )
            for step in found
        ),
        chart=Chart(
            kind="series", label=0, value=1, limit=most_ms, limit_label=f"limit {most_ms:g} ms",
            value_label="p95 in ms", log=True,
        ),
    )  # fmt: skip


def _row(run: LoadRun, stage: Stage) -> tuple[str | int | float | None, ...]:
    blocks = list(run.of(stage.name))
    if stage.kind == "scraping":  # abuse is blocked from its first request on
        blocks = [*run.all_of(stage.name), *run.all_of("flooding")]
    counts = [sum(getattr(block, name) for block in blocks) for name in ("n", "served", "throttled", "refused")]
    failed = [sum(getattr(block, name) for block in blocks) for name in ("errors", "silent")]
    quantiles = [_ms(blocks, share) for share in (0.5, 0.95, 0.99)]
    users = f"{stage.users} / {stage.published_users or '-'}"
    seconds = f"{run.seconds_of(stage.name):.0f} / {f'{stage.published_seconds:g}' if stage.published_seconds else '-'}"
    return (stage.name, users, seconds, *counts, *failed, *quantiles)


def _ms(blocks: list[Block], share: float) -> float | None:
    cells = latencies(blocks)
    return round(cell_ends(quantile_cell(cells, share))[1], 1) if cells else None
