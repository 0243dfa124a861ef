"""``junzi-audit escalate``: tell the people a target names of what a run found; as a rule, only show it."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from junzi_audit.commands import REPORTS, CommandError, Verbs, repository, run_folder, say
from junzi_audit.model import DAY, Environment
from junzi_audit.naming import PLAN
from junzi_audit.wording import moment

if TYPE_CHECKING:
    from junzi_audit.evidence.results import RunLog
    from junzi_audit.targets import Target

#: Somebody could not be told, or the node did not do as it was asked: call again.
UNDELIVERED = 30
#: It was asked to tell, or to look at a run that tells nothing, and nothing left.
HELD_BACK = 31


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser(
        "escalate",
        help="tell people of what a run found",
        description=__doc__,
        epilog=f"Ends with 0 when all is told or shown, {UNDELIVERED} when somebody could not be told (call again), "
        f"{HELD_BACK} when nothing may leave although --send was given, or when the run is none to act upon.",
    )
    parser.add_argument("RUN", help="a run's directory, its name in reports/, or `latest`")
    parser.add_argument("--send", action="store_true", help="send, where the target's file says dry_run = false")
    parser.add_argument("--act", action="store_true", help="on a live target: also do what cannot be taken back")
    parser.set_defaults(run=escalate)


def escalate(given: argparse.Namespace) -> int:
    """Show what is to be told to whom, and why; tell it when everything that must agree does."""
    from junzi_audit.evidence import intact, results

    root = repository()
    folder = run_folder(root, given.RUN)
    try:
        log = results.read(folder)
    except results.ResultsError as error:
        raise CommandError(str(error)) from None
    if doubts := list(intact.doubts(folder, log)):
        for doubt in doubts:
            say(f"held back: {doubt}")
        say("nobody is told of this run")
        return HELD_BACK
    return _told(given, root, folder, log)


def _told(given: argparse.Namespace, root: Path, folder: Path, log: RunLog) -> int:
    from junzi_audit import targets
    from junzi_audit.escalation.telling import Telling
    from junzi_audit.evidence.notices import Notices
    from junzi_audit.plan import load

    plan = load(root / PLAN)
    target = targets.load(root / "targets", log.header.target, plan.obligations)
    if target.escalation is None:
        raise CommandError(f"targets/{target.name}.toml: no [escalation] table, so nobody is named who could be told")
    held = _held(given, target, log)
    say(f"run:      {log.header.run} on {target.name} ({target.environment})")
    if log.header.plan_digest != plan.digest:
        say("note:     obligations/ changed since this run; titles and owners are those of now")
    memory = Notices(root / REPORTS, target.name)
    telling = Telling(
        folder=folder, log=log, plan=plan, target=target, table=target.escalation, memory=memory, say=say,
        report=os.path.relpath(folder / "report.html", root), sending=not held, acting=given.act,
    )  # fmt: skip
    with memory.alone():
        failures = telling.all()
    if held:
        say(f"nothing left: {'; '.join(held)}")
        return HELD_BACK if given.send else 0
    if failures:
        say(f"failed:   {failures}; call again")
    return UNDELIVERED if failures else 0


def _held(given: argparse.Namespace, target: Target, log: RunLog) -> list[str]:
    """Why nothing may leave; empty when everything agrees."""
    assert target.escalation is not None
    assert log.end is not None
    ended = log.end.finished
    embedded = Environment.EMBEDDED in {target.environment, log.header.environment}
    reasons = {
        "the embedded node is a demonstration and never tells anybody": embedded,
        f"dry_run is true in targets/{target.name}.toml": target.escalation.dry_run,
        "--send was not given": not given.send,
        f"it ended {moment(ended)}, more than a day ago, so look again first": datetime.now(UTC) - ended > DAY,
    }
    return [words for words, holds in reasons.items() if holds]
