"""Monthly tasks, row 2: no published weakness of an installed package waits longer than its patch window."""

from datetime import datetime

from junzi_audit import Judge, obligation
from junzi_audit.declared.upkeep import Advisories as Table
from junzi_audit.measures import patching
from junzi_audit.probes.advisories import Advisories
from junzi_audit.probes.packages import Packages


@obligation("monthly.security-patches")
def test_no_known_weakness_waits_longer_than_its_window(
    packages: Packages, advisories: Advisories, advisories_table: Table, now: datetime, judge: Judge
) -> None:
    installed = packages.installed(now)
    known = advisories.about(installed.packages, now)

    judge(
        advisories_past_window=patching.past_window(
            installed, known, days=advisories_table.days, accepted=advisories_table.accepted, now=now
        )
    )
