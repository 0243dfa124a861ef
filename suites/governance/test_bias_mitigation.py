"""Post-launch governance, row 2: open bias findings have an owner, a mitigation and a date; closed gaps are closed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fixtures.registers import Signed
from junzi_audit import Judge, obligation
from junzi_audit.evidence.docket import Docket
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import mitigations, remeasured
from junzi_audit.model import Obligation
from junzi_audit.probes.decisions import Decisions
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.registers import Registers
from junzi_audit.targets import Target


@obligation("governance.bias-mitigation")
def test_every_open_bias_finding_is_taken_up(
    feed: Feed, registers: Registers, decisions: Decisions, docket: Docket, signed_months: Signed, duty: Obligation,
    duties: Mapping[str, Obligation], target: Target, now: datetime, judge: Judge,
) -> None:  # fmt: skip
    # Disputes first: one that is upheld while we read must not look as if nobody had taken it up.
    disputes = feed.disputes(now - mitigations.DISPUTES, now)
    findings = registers.bias_findings(now - mitigations.REGISTER, now)
    found = mitigations.register(findings, docket.before(duty.id, timedelta(0)).open, disputes)
    closed = found.closed(now)
    tolerance = {limit.name: limit.bound.value for limit in duties[remeasured.TOLERANCE_OF].limits}

    def ineffective() -> Measurement | Unseen:
        windows = remeasured.windows(closed, now) if decisions.timed else {}
        since = {
            key: decisions.groups(each.since, each.until, maturity=each.maturity).counts
            for key, each in windows.items()
        }  # fmt: skip
        return remeasured.ineffective(closed, since, tolerance, n=found.looked_at)

    judge(
        findings_unowned=mitigations.unowned(found, now),
        mitigations_overdue=mitigations.overdue(found, now),
        mitigations_ineffective=ineffective,
        **signed_months(lambda month, name: mitigations.monthly(target.name, month, name, findings)),
    )
