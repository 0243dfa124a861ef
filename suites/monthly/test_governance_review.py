"""Monthly tasks, row 4: the Board met, was quorate, and had every open breach and waiver before it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fixtures.attestations import Keep
from fixtures.limits import Limits
from junzi_audit import Judge, obligation
from junzi_audit.evidence.docket import Docket
from junzi_audit.measures import attestations as measures
from junzi_audit.measures import governance
from junzi_audit.model import Obligation, Quorum
from junzi_audit.probes.attestations import Attestations
from junzi_audit.targets import Target


@obligation("monthly.governance-review")
def test_the_board_met_on_every_open_breach_and_waiver(
    docket: Docket, attestations: Attestations, duty: Obligation, duties: Mapping[str, Obligation], quorum: Quorum,
    pack: Keep, target: Target, limits: Limits, now: datetime, judge: Judge,
) -> None:  # fmt: skip
    month = limits["days_without_meeting"]
    before = docket.before(duty.id, timedelta(days=month))
    today = pack(governance.agenda(target.name, now, before.open, duties))

    agendas = {today.digest: today.body, **{digest: text.encode() for digest, text in before.packs.items()}}
    told = attestations.of(duty.id, tuple(agendas))
    heard = measures.words(told, quorum, now)
    seen = governance.meetings(heard, {**told.packs, **agendas}, told.problems, target=target.name, reach=month)
    shown = (
        governance.calendar(seen, now, month), measures.table(seen.heard, quorum, told.place), *today.tables,
    )  # fmt: skip

    judge(
        days_without_meeting=governance.days_without(seen, now, limit=month, first=before.first, exhibits=shown),
        agenda_gaps=governance.gaps(seen, before.open, now, known=bool(before.first or target.launch)),
    )
