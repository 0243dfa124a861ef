"""``junzi-audit baseline``: what is remembered as normal, and a body's word that a proposal is the new normal."""

from __future__ import annotations

import argparse
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from junzi_audit import proposals
from junzi_audit.baselines import FOLDER, Baseline, BaselineError, Shelf
from junzi_audit.commands import CommandError, Verbs, aligned, comparison, proposing, repository, run_folder, say
from junzi_audit.findings import RunHeader
from junzi_audit.model import Environment
from junzi_audit.naming import PLAN
from junzi_audit.plan import Plan, load

_LONGEST_DAYS = 366
#: What a seed or a recorded file gives does not change with the years, so its baseline may hold ten times as long.
_UNCHANGING = 10
_WATCHED = frozenset({Environment.STAGING, Environment.LIVE})
_HEADINGS = ("baseline", "duty", "records", "approved", "by", "expires", "state")


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser("baseline", help="propose, compare, approve or list what is normal", description=__doc__)
    acts = parser.add_subparsers(metavar="propose|diff|approve|list", required=True)
    acts.add_parser("list", help="every stored baseline and whether it still holds").set_defaults(run=show)
    proposal = acts.add_parser("propose", help="run the checks that keep baselines and write what they would store")
    proposal.add_argument("NAME", nargs="*", help="baselines, such as score-norm (default: all that any check keeps)")
    proposal.add_argument("--target", default="embedded", metavar="NAME|URL", help="where to look (default: embedded)")
    proposal.set_defaults(run=proposing.propose)
    difference = acts.add_parser(
        "diff",
        help="compare a proposal with what is stored",
        epilog="Ends with 0 when nothing differs, 1 when something does, 2 for a mistake.",
    )
    approval = acts.add_parser("approve", help="store a proposal as the new normal")
    for parser in (difference, approval):
        parser.add_argument("RUN", help="a run's directory, its name in reports/, or `latest`")
        parser.add_argument("NAME", help="the proposal, such as score-norm")
    difference.set_defaults(run=diff)
    approval.add_argument("--approver", required=True, metavar="BODY", help="the body that owns the duty")
    approval.add_argument("--why", required=True, metavar="TEXT", help="a sentence: why this is normal")
    approval.add_argument("--days", type=int, default=180, metavar="N", help="how long it holds (default: 180)")
    approval.set_defaults(run=approve)


def show(given: argparse.Namespace) -> int:
    """Print one aligned line per stored baseline."""
    root = repository()
    folder, plan = root / FOLDER, load(root / PLAN)
    shelves = [Shelf(folder, path.name) for path in sorted(folder.glob("*")) if path.is_dir()]
    now = datetime.now(UTC)
    rows = [_row(shelf, name, plan, now) for shelf in shelves for name in shelf.names()]
    if not rows:
        say(f"{folder}: no baseline is stored; `junzi-audit baseline propose` proposes, `… approve` stores")
        return 0
    for line in aligned((_HEADINGS, *rows), right={2}):
        say(line)
    return 0


def _row(shelf: Shelf, name: str, plan: Plan, now: datetime) -> tuple[str, ...]:
    try:
        found = shelf.read(name)
    except BaselineError as error:
        return (f"{shelf.target}/{name}", "", "", "", "", "", f"unreadable: {' '.join(str(error).split())}")
    approved, expires = (f"{moment:%Y-%m-%d}" for moment in (found.approved, found.expires))
    told = (found.duty, f"{found.n:,}", approved, found.approver, expires)
    return (f"{found.target}/{name}", *told, _state(found, plan, now))


def _state(found: Baseline, plan: Plan, now: datetime) -> str:
    if not found.is_whole:
        return "edited by hand"
    if found.duty not in {duty.id for duty in plan.obligations}:
        return "of no duty"
    return "expired" if found.expires <= now else "valid"


def diff(given: argparse.Namespace) -> int:
    """Print what a proposal would change, as one aligned table; 1 when it would change anything."""
    root = repository()
    folder = run_folder(root, given.RUN)
    proposal = proposals.read(folder, given.NAME, _header(folder).target)
    shelf = Shelf(root / FOLDER, proposal.target)
    named = f"{proposal.target}/{proposal.name}"
    stored = shelf.read(proposal.name) if proposal.name in shelf.names() else None
    if stored is None:
        say(f"{named}: nothing is stored yet, so all of it would be new")
    elif not stored.is_whole:
        say(f"{named}: the stored one was edited by hand, so no check believes it")
    lines = comparison.lines(stored, proposal)
    for line in lines:
        say(line)
    if not lines:
        say(f"{named}: the proposal of run {folder.name} does not differ from what is stored")
    return 1 if lines else 0


def approve(given: argparse.Namespace) -> int:
    """Store a proposal under its approver's name, with the run it was seen in, a reason and an end."""
    root = repository()
    folder = run_folder(root, given.RUN)
    header = _honest(folder, _header(folder))
    longest = _LONGEST_DAYS if header.environment in _WATCHED else _LONGEST_DAYS * _UNCHANGING
    if not 1 <= given.days <= longest:
        raise CommandError(f"--days {given.days}: a baseline holds for 1 to {longest} days, never for good")
    proposal = proposals.read(folder, given.NAME, header.target)
    now = datetime.now(UTC)
    draft = Baseline(
        **{part.name: getattr(proposal, part.name) for part in fields(proposal)}, run=header.run, seen=header.started,
        approver=given.approver, approved=now, why=given.why, expires=now + timedelta(days=given.days), previous="",
        digest="",
    )  # fmt: skip
    stored = Shelf(root / FOLDER, proposal.target).approve(draft, load(root / PLAN)[proposal.duty])
    say(f"stored   {stored.relative_to(root).as_posix()}, which holds until {draft.expires:%Y-%m-%d}")
    say("next:    commit that file; it is what the checks compare with from now on")
    return 0


def _header(folder: Path) -> RunHeader:
    from junzi_audit.evidence import results

    try:
        return results.read(folder).header
    except results.ResultsError as error:
        raise CommandError(str(error)) from None


def _honest(folder: Path, header: RunHeader) -> RunHeader:
    """The header; CommandError when the run saw a node that was broken on purpose."""
    planted = [note for note in header.notes if note.startswith("fault planted")]
    if planted:
        raise CommandError(f"{folder}: {'; '.join(planted)}; what a broken node shows is no normal")
    return header
