"""One run told: acts first, so that a notice can say what was done, then every channel, each written down."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from junzi_audit.declared.escalating import Act, Escalation
from junzi_audit.escalation.acting import Acting
from junzi_audit.escalation.channels import Undelivered, deliver
from junzi_audit.escalation.decisions import Matter, Way, decide
from junzi_audit.escalation.notice import Notice, compose
from junzi_audit.evidence.notices import Notices
from junzi_audit.evidence.results import NAME, RunLog
from junzi_audit.plan import Plan
from junzi_audit.seen.notices import Event, Told
from junzi_audit.targets import Target, secret_names

#: User and password, which an address holds before its host: secrets without the rest of it, too.
_USER = re.compile(r"://([^/@\s]+)@")


@dataclass(kw_only=True)
class Telling:
    """A finished run, the rules of its target, and what was told before. ``report``: where a reader finds the report.

    Without ``sending`` everything is shown and nothing leaves; ``acting``: what cannot be taken back was asked for.
    """

    folder: Path
    log: RunLog
    plan: Plan
    target: Target
    table: Escalation
    memory: Notices
    report: str
    say: Callable[[str], None]
    sending: bool
    acting: bool
    failures: int = 0

    def all(self) -> int:
        """Show every matter and carry it out; gives how many deliveries and acts failed."""
        found, now = self.memory.recall(self.folder), datetime.now(UTC)
        matters = list(decide(self.table, self.log.header, self.log.records, self.plan.__getitem__, found, now))
        if ahead := sorted({told.run for told in found if told.begun > now}):
            self.say(f"note:     runs begun after now silence nothing: {', '.join(ahead)}")
        for matter in matters:
            self._one(matter)
        if all(matter.passed_over for matter in matters):
            self.say("nobody is to be told of anything")
        return self.failures

    def _one(self, matter: Matter) -> None:
        head = f"{matter.record.verdict:<12}  {matter.duty.id}"
        if matter.rule is None:
            self.say(f"{head}: {matter.passed_over or matter.closes or 'no rule names it, so nobody is told'}")
            if matter.closes and self.sending:
                self._note(matter, Event.CLOSED, detail=matter.closes)
            return
        self.say(f"{head}: {matter.rule.procedure}")
        act, acted = self._acted(matter) if matter.rule.acts is not Act.NONE else ("", False)
        if act:
            self.say(f"  act {matter.rule.acts}: {act}")
        shown = ""
        for given in matter.ways:
            late = acted and not given.tells
            way = replace(given, tells=True, why=f"{given.why}, and now there is an act") if late else given
            if way.holds and not late and self.sending:
                self._note(matter, Event.HELD, channel=way.channel, detail=way.why)
            told = self._tell(matter, way, act) if way.tells else None
            self.say(f"  {way.channel} ({self.table.variable(way.channel)}): {way.why}{told[1] if told else ''}")
            shown = shown or (f"{told[0].title}\n{told[0].body}" if told else "")
        for line in shown.splitlines():
            self.say(f"    | {line}")

    def _tell(self, matter: Matter, way: Way, act: str) -> tuple[Notice, str]:
        """The notice, and in words what came of it."""
        notice = self._notice(matter, way.why, act)
        if not self.sending:
            self._note(matter, Event.DRY, channel=way.channel, detail=way.why)
            return notice, "; would be sent"
        variable = self.table.variable(way.channel)
        try:
            deliver(variable, os.environ.get(variable, ""), notice)
        except Undelivered as error:
            self._failed(matter, channel=way.channel, detail=str(error))
            return notice, f"; NOT SENT: {error}"
        self._note(matter, Event.SENT, channel=way.channel, detail=way.why)
        return notice, "; sent"

    def _acted(self, matter: Matter) -> tuple[str, bool]:
        """What was done, or why it was not; and whether anything was done just now."""
        doing = Acting(matter, self.log.header, self.target, sending=self.sending, asked=self.acting)
        if (why := doing.refusal()) is not None:
            return why, False
        done = doing.carry_out(self._notice(matter, "", ""), lambda words: self._note(matter, Event.ACTED, **words))
        if done.failure:
            self._failed(matter, act=matter.rule.acts if matter.rule else "", detail=done.failure)
        return done.told, done.anything

    def _notice(self, matter: Matter, why: str, act: str) -> Notice:
        return compose(
            matter, why, self.log.header, evidence=self._digest, report=self.report, act=act, secrets=self._secrets
        )

    @cached_property
    def _digest(self) -> str:
        with (self.folder / NAME).open("rb") as body:
            return hashlib.file_digest(body, "sha256").hexdigest()

    @cached_property
    def _secrets(self) -> list[str]:
        """Every key and address that the target names: what a node echoed must not reach a message."""
        values = [os.environ.get(name, "") for name in secret_names(self.target)]
        users = [user for value in values for user in _USER.findall(value)]
        passwords = [user.rpartition(":")[2] for user in users]
        return [key for value in values for key in (value, *value.split(",")) if key] + users + passwords

    def _failed(self, matter: Matter, **words: Any) -> None:
        self.failures += 1
        self._note(matter, Event.FAILED, **words)

    def _note(self, matter: Matter, event: Event, **words: Any) -> None:
        header = self.log.header
        told = Told(
            event=event, target=header.target, duty=matter.duty.id, period=matter.period,
            verdict=matter.record.verdict, at=datetime.now(UTC), run=header.run, begun=header.started, **words,
        )  # fmt: skip
        self.memory.note(self.folder, told)
