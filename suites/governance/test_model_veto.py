"""Post-launch governance, row 1: whatever model runs was approved, not vetoed, let in by the gate, with a way back."""

from collections.abc import Callable
from datetime import datetime

from junzi_audit import Judge, obligation
from junzi_audit.measures import attestations as words
from junzi_audit.measures import deployed as measures
from junzi_audit.model import Obligation, Quorum
from junzi_audit.probes.attestations import Attestations
from junzi_audit.probes.deployments import Deployments
from junzi_audit.probes.gates import Gates


@obligation("governance.model-veto")
def test_whatever_model_runs_was_let_in(
    deployments: Deployments, attestations: Attestations, gates: Callable[[], Gates], duty: Obligation, quorum: Quorum,
    now: datetime, judge: Judge,
) -> None:  # fmt: skip
    running, unseen = deployments.running(now)
    models = measures.at_work(running, deployments.history(now))

    told = attestations.of(duty.id, [each.release.digest for each in models if each.release.digest])
    heard = words.words(told, quorum, now)
    fleet = measures.fleet(models, unseen, heard, quorum, now)

    judge(
        versions_unapproved=measures.unapproved(
            fleet, exhibits=(measures.table(fleet, now), words.table(heard, quorum, told.place))
        ),
        versions_vetoed=measures.vetoed(fleet, told.problems),
        versions_ungated=lambda: measures.ungated(fleet, gates().outcomes(now)),
        versions_without_rollback=measures.without_rollback(fleet),
    )
