"""The files that ``junzi-audit new`` begins a duty with: a table that parses, and a check that cannot pass yet."""

from __future__ import annotations

import re
import textwrap

from junzi_audit.model import Cadence, Obligation
from junzi_audit.plan import BODIES

_LONGEST = 120
_CLAUSES = {
    Cadence.HEARTBEAT: "Real-time monitoring",
    Cadence.EMERGENCY: "Emergency procedures",
    Cadence.GOVERNANCE: "Post-launch governance",
}
_TABLE = """\
[{name}]
title        = "Say in one sentence what must hold"
clause       = "{clause}: Quote what the plan asks for"
# One body owns the duty and approves its baselines and waivers, another is told when it does not act:
{bodies}
owner        = "{owner}"
escalates_to = "{escalates_to}"
impact       = "medium"      # low, medium, high or critical: what a breach costs the people JUNZI writes about
kind         = "measured"    # measured, attested (people sign) or drill (acts, and undoes what it did)
where        = ["embedded", "recorded", "staging", "live"]
controls     = ["CA-7"]      # NIST SP 800-53
why          = "Say whom it hurts when this does not hold."
remedy       = "Say what the owner does first when it is breached."
# A fault of the reference node that must make this duty BREACHED: `python -m refnode --list-faults`.
tripwires    = [{{ fault = "name-a-fault", breaches = ["wrong_share"] }}]

[{name}.limits.wrong_share]
bound   = "<= 0.02"
unit    = "share"
meaning = "Say what is counted, among what, over which interval"
source  = "ours: JUNZI publishes none"
"""
_CHECK = '''\
"""{docstring}"""

from junzi_audit import Judge, Unobservable, obligation
from junzi_audit.findings import Measurement
from junzi_audit.model import Cause


@obligation("{duty}")
def {function}(judge: Judge) -> None:
    judge(
{readings}
    )


def unwritten() -> Measurement:
    """Stands for a reading until it is written: the duty is INCONCLUSIVE as long as one is left."""
    raise Unobservable(Cause.NOT_CONFIGURED, "this check is not written yet")
'''


def table(cadence: Cadence, name: str) -> str:
    """A new duty's TOML: every key, with a value that parses and says what belongs there."""
    return _TABLE.format(
        name=name,
        clause=_CLAUSES.get(cadence, f"{cadence.capitalize()} tasks"),
        bodies="\n".join(textwrap.wrap(", ".join(BODIES), 100, initial_indent="#   ", subsequent_indent="#   ")),
        owner=BODIES[0],
        escalates_to=BODIES[3],
    )


def check(duty: Obligation) -> str:
    """A duty's suite file: judges every limit of the table, none of which can be seen yet."""
    return _CHECK.format(
        docstring=_docstring(duty),
        duty=duty.id,
        function=_function(duty.title),
        readings="\n".join(
            f"        {limit.name}=unwritten,  # {limit.bound} {limit.unit}"[:_LONGEST] for limit in duty.limits
        ),
    )


def _docstring(duty: Obligation) -> str:
    """The clause and the title as one line that fits, with nothing in it that could end a string."""
    line = f"{duty.clause.split(':')[0]}: {duty.title[:1].lower()}{duty.title[1:]}."
    plain = re.sub(r"\s+", " ", line.replace("\\", "/").replace('"', "'"))
    return plain if len(plain) <= _LONGEST - 6 else plain[: _LONGEST - 9].rstrip() + "..."


def _function(title: str) -> str:
    """The title as the claim that the test's name makes, cut at a word so that its line fits."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    name = "test"
    for word in words:
        if len(f"def {name}_{word}(judge: Judge) -> None:") > _LONGEST:
            break
        name += f"_{word}"
    return name
