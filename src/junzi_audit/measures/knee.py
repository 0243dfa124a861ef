"""Where a node bends: the highest rate of the stress ramp that it still answered within the limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from junzi_audit.measures import headroom
from junzi_audit.seen.blocks import LoadRun, cell_ends, latencies, quantile_cell


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the ramp: requests per second wanted and answered, p95 in ms, share of errors, and what it was."""

    wanted: float
    answered: float
    p95: float
    errors: float
    generator: str

    def holds(self, most_ms: float, most_errors: float) -> bool:
        """Whether the node kept both limits."""
        return self.p95 < most_ms and self.errors < most_errors


def steps(run: LoadRun) -> tuple[Step, ...]:
    """The steps of the ramp that were made, from the lowest rate on."""
    found = []
    for stage in (stage for stage in run.stages if stage.is_ramp and run.of(stage.name)):
        blocks = run.of(stage.name)
        cells, whole = latencies(blocks), run.whole_seconds(stage.name)
        bad, n = sum(b.errors + b.silent for b in blocks), sum(b.served + b.errors + b.silent for b in blocks)
        tired = headroom.exhausted(run, stage)
        found.append(
            Step(
                wanted=stage.rate, answered=sum(b.served for b in blocks if b.second in whole) / max(1, len(whole)),
                p95=cell_ends(quantile_cell(cells, 0.95))[1] if cells else math.inf, errors=bad / n if n else 0.0,
                generator=tired.detail if tired else "",
            )
        )  # fmt: skip
    return tuple(found)


def knee(found: tuple[Step, ...], most_ms: float, most_errors: float) -> Step | None:
    """The last step that holds before the first that does not; None when none does.

    Steps that the generator could not make tell nothing either way.
    """
    last = None
    for step in (step for step in found if not step.generator):
        if not step.holds(most_ms, most_errors):
            break
        last = step
    return last
