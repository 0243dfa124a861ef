"""Monthly tasks, row 1: the published load is carried, abuse is blocked, no write is lost, a crash is over soon."""

from fixtures.limits import Limits
from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.measures import load as measures
from junzi_audit.probes.load import Load


@obligation("monthly.load-and-stress")
def test_the_published_load_is_carried_with_room_to_spare(
    load: Load, memory: Memory, limits: Limits, judge: Judge
) -> None:
    run = load.run()
    p95, errors = limits["p95_under_load"], limits["error_share_under_load"]

    def normal() -> Draft:
        n = sum(block.served for block in run.blocks)
        return Draft(value=measures.normal(run), n=n, since=run.begun, until=run.ended)

    judge(
        p95_under_load=measures.p95(run, p95),
        error_share_under_load=measures.error_share(run, most_ms=p95, most_errors=errors),
        abuse_let_through=measures.abuse(run),
        # What was accepted must outlive a crash, so the node is crashed first.
        recovery_seconds=lambda: measures.recovery(load.recovery(run)),
        lost_writes=lambda: measures.lost_writes(run, load.kept_reports(run)),
        p95_growth=lambda: measures.p95_growth(run, memory("load", propose=normal), p95),
    )
