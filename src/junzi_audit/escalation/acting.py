"""What cannot be taken back: done only on evidence that bears it, when every word for it was given, and once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from junzi_audit.declared.escalating import Act
from junzi_audit.escalation.certainty import certainty
from junzi_audit.escalation.control import ControlPlane
from junzi_audit.escalation.decisions import Matter
from junzi_audit.escalation.notice import Notice
from junzi_audit.findings import RunHeader
from junzi_audit.model import Environment, Unobservable
from junzi_audit.seen.notices import Told
from junzi_audit.targets import Target
from junzi_audit.wording import moment

#: A gap lies between two groups: which of them is to be withheld, and from when, no evidence of ours says.
_BY_PEOPLE = "nothing is withheld by us: which group it is, its council must name"
#: Of a safeguard that the node took: whether it is in force is still to be seen.
_UNSEEN = "taken, not seen in force"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of an act: ``anything`` done just now, and ``failure`` is empty when all was done."""

    told: str
    anything: bool
    failure: str = ""


class Acting:
    """The act of one matter. ``sending``: this is no dry run; ``asked``: it was asked for on the command line."""

    def __init__(self, matter: Matter, header: RunHeader, target: Target, *, sending: bool, asked: bool) -> None:
        assert matter.rule is not None
        self._act = matter.rule.acts
        self._past = [told for told in matter.past if told.act == self._act]
        self._grounds = certainty(matter.record)
        self._header = header
        self._target = target
        self._sending = sending
        self._asked = asked

    def refusal(self) -> str | None:
        """Why nothing is done now, in words; None when it is to be done."""
        done = [told for told in self._past if self._is_whole(told)]
        if done and done[-1].incident:
            return f"already done {moment(done[-1].at)}, incident {done[-1].incident}"
        if not self._grounds.enough:
            return f"not done, the evidence does not bear it: {self._grounds.told}"
        looked_at, named = next(iter(self._header.nodes), "no node"), self._target.nodes.primary
        if looked_at != named:
            return f"not done, the run looked at {looked_at}, and the target now names {named}"
        if Environment.LIVE in {self._target.environment, self._header.environment} and not self._asked:
            return f"not done, a live target asks for --act too; {self._grounds.told}"
        return None if self._sending else f"would be done; {self._grounds.told}"

    def carry_out(self, notice: Notice, note: Callable[[dict[str, str]], None]) -> Done:
        """Report the incident, unless an earlier call did, and freeze where that is the act.

        ``note`` writes down each step at once: what an interrupted call did is not done again.
        """
        plane = ControlPlane(self._target)
        incident = next((told.incident for told in reversed(self._past) if told.incident), "")
        safeguard = next((told.safeguard for told in reversed(self._past) if told.safeguard), "")
        before = incident, safeguard
        try:
            if not incident:
                incident = plane.report(self._act, notice)
                note({"act": self._act, "incident": incident})
            if self._act is Act.WITHHOLD:
                return Done(told=f"incident {incident} reported; {_BY_PEOPLE}; {self._grounds.told}", anything=True)
            if not safeguard:
                safeguard = plane.freeze(incident)
                note({"act": self._act, "incident": incident, "safeguard": safeguard, "detail": _UNSEEN})
            if unseen := plane.not_frozen():
                told = f"NOT DONE: incident {incident}, {safeguard}: {unseen}"
                return Done(told=told, anything=before != (incident, safeguard), failure=unseen)
        except Unobservable as error:
            return Done(told=f"NOT DONE: {error}", anything=before != (incident, safeguard), failure=str(error))
        finally:
            plane.close()
        note({"act": self._act, "incident": incident, "safeguard": safeguard})
        told = f"incident {incident} reported, public API frozen by {safeguard}; {self._grounds.told}"
        return Done(told=told, anything=True)

    def _is_whole(self, told: Told) -> bool:
        return self._act is Act.WITHHOLD or (bool(told.safeguard) and told.detail != _UNSEEN)
