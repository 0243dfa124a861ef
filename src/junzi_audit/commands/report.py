"""``junzi-audit report``: a run's report written again from its results, also of a run that never finished."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from junzi_audit.commands import CommandError, Verbs, repository, run_folder, say


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser(
        "report",
        help="write a run's report again",
        description=__doc__,
        epilog="Ends with the run's own status: 0 met or waived, 1 breached, 20 inconclusive, 21 awaiting or overdue. "
        "A run that stopped early is inconclusive at best.",
    )
    parser.add_argument("RUN", help="a run's directory, its name in reports/, or `latest`")
    parser.set_defaults(run=write)


def write(given: argparse.Namespace) -> int:
    """Render the run, print its summary, and return the status its verdict stands for."""
    from junzi_audit.evidence import results
    from junzi_audit.model import Verdict, worst
    from junzi_audit.plan import load
    from junzi_audit.report import html, terminal, view
    from junzi_audit.run import EXIT

    root = repository()
    folder = run_folder(root, given.RUN)
    plan = load(root / "obligations")
    try:
        log = results.read(folder)
    except results.ResultsError as error:
        raise CommandError(str(error)) from None
    seen = (plan.obligations, log.header, log.records, log.end)
    path = html.write(folder, *seen)
    width, colour = shutil.get_terminal_size(fallback=(80, 24)).columns, sys.stdout.isatty()
    for line in (*terminal.summary(*seen, width=width, colour=colour), *_notes(log, plan.digest)):
        say(line)
    say(f"report:   {_shown(path)}")
    verdicts = [view.build(*seen).verdict, *([log.end.verdict] if log.end else [])]
    return EXIT[worst([*verdicts, Verdict.INCONCLUSIVE] if log.damaged else verdicts)]


def _notes(log: object, digest: str) -> list[str]:
    """What a reader must know of the file and of the plan before believing the lines above."""
    from junzi_audit.evidence.results import NAME, RunLog

    assert isinstance(log, RunLog)
    notes = []
    if log.damaged:
        lines = ", ".join(map(str, log.damaged))
        notes.append(f"note:     {NAME} cannot be read at line {lines}; the run is inconclusive at best")
    if log.header.plan_digest != digest:
        notes.append("note:     obligations/ changed since this run; titles and owners are shown as they are now")
    return notes


def _shown(path: Path) -> str:
    """As short as the person's own folder allows."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
