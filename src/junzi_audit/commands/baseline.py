"""``junzi-audit baseline``: what is remembered as normal, and a body's word that a proposal is the new normal."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from junzi_audit import tables
from junzi_audit.baselines import Baseline, BaselineError, Shelf
from junzi_audit.commands import CommandError, Verbs, repository, run_folder, say
from junzi_audit.findings import RunHeader
from junzi_audit.model import Environment
from junzi_audit.naming import PLAN

FOLDER, PROPOSALS = "baselines", "proposals"
_LONGEST_DAYS = 366
#: What a seed or a recorded file gives does not change with the years, so its baseline may hold ten times as long.
_UNCHANGING = 10
_WATCHED = frozenset({Environment.STAGING, Environment.LIVE})
_HEADINGS = ("baseline", "duty", "approved", "by", "expires", "state")


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser("baseline", help="list what is stored as normal, or approve it", description=__doc__)
    acts = parser.add_subparsers(metavar="list|approve", required=True)
    acts.add_parser("list", help="every stored baseline and whether it still holds").set_defaults(run=show)
    approval = acts.add_parser("approve", help="store what `pytest --propose` wrote as the new normal")
    approval.add_argument("RUN", help="a run's directory, its name in reports/, or `latest`")
    approval.add_argument("NAME", help="the proposal, such as score-norm")
    approval.add_argument("--approver", required=True, metavar="BODY", help="the body that owns the duty")
    approval.add_argument("--why", required=True, metavar="TEXT", help="a sentence: why this is normal")
    approval.add_argument("--days", type=int, default=180, metavar="N", help="how long it holds (default: 180)")
    approval.set_defaults(run=approve)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What ``pytest --propose`` writes to ``RUN/proposals/NAME.json``."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's own name
    name: str
    duty: str
    target: str
    value: dict[str, Any]


def show(given: argparse.Namespace) -> int:
    """Print one aligned line per stored baseline."""
    folder = repository() / FOLDER
    shelves = [Shelf(folder, path.name) for path in sorted(folder.glob("*")) if path.is_dir()]
    now = datetime.now(UTC)
    rows = [_row(shelf, name, now) for shelf in shelves for name in shelf.names()]
    if not rows:
        say(f"{folder}: no baseline is stored; `pytest --propose` proposes, `junzi-audit baseline approve` stores")
        return 0
    widths = [max(len(row[column]) for row in (_HEADINGS, *rows)) for column in range(len(_HEADINGS))]
    for row in (_HEADINGS, *rows):
        say("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _row(shelf: Shelf, name: str, now: datetime) -> tuple[str, ...]:
    try:
        found = shelf.read(name)
    except BaselineError as error:
        return (f"{shelf.target}/{name}", "", "", "", "", f"unreadable: {' '.join(str(error).split())}")
    state = "edited by hand" if not found.is_whole else "expired" if found.expires <= now else "valid"
    approved, expires = (f"{moment:%Y-%m-%d}" for moment in (found.approved, found.expires))
    return (f"{found.target}/{name}", found.duty, approved, found.approver, expires, state)


def approve(given: argparse.Namespace) -> int:
    """Store a proposal under its approver's name, with the run it was seen in, a reason and an end."""
    from junzi_audit.plan import load

    root = repository()
    folder = run_folder(root, given.RUN)
    header = _header(folder)
    longest = _LONGEST_DAYS if header.environment in _WATCHED else _LONGEST_DAYS * _UNCHANGING
    if not 1 <= given.days <= longest:
        raise CommandError(f"--days {given.days}: a baseline holds for 1 to {longest} days, never for good")
    proposal = _proposal(folder, given.NAME, header)
    now = datetime.now(UTC)
    draft = Baseline(
        name=proposal.name, duty=proposal.duty, target=proposal.target, value=proposal.value, run=header.run,
        seen=header.started, approver=given.approver, approved=now, why=given.why,
        expires=now + timedelta(days=given.days), previous="", digest="",
    )  # fmt: skip
    stored = Shelf(root / FOLDER, proposal.target).approve(draft, load(root / PLAN)[proposal.duty])
    say(f"stored   {stored.relative_to(root).as_posix()}, which holds until {draft.expires:%Y-%m-%d}")
    say("next:    commit that file; it is what the checks compare with from now on")
    return 0


def _header(folder: Path) -> RunHeader:
    """Of the run; CommandError when there is none, or when it saw a node that was broken on purpose."""
    from junzi_audit.evidence import results

    try:
        header = results.read(folder).header
    except results.ResultsError as error:
        raise CommandError(str(error)) from None
    planted = [note for note in header.notes if note.startswith("fault planted")]
    if planted:
        raise CommandError(f"{folder}: {'; '.join(planted)}; what a broken node shows is no normal")
    return header


def _proposal(folder: Path, name: str, header: RunHeader) -> Proposal:
    proposals = sorted(path.stem for path in (folder / PROPOSALS).glob("*.json"))
    if not proposals:
        raise CommandError(f"{folder}: holds no proposals; run the checks with `pytest --propose` first")
    if name not in proposals or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise CommandError(f"{folder / PROPOSALS}: no proposal is called {name!r}; {tables.nearest(name, proposals)}")
    path = folder / PROPOSALS / f"{name}.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CommandError(f"{path}: cannot be read as JSON: {error}") from None
    proposal = tables.build(Proposal, raw, path=path, table=PROPOSALS, error=BaselineError)
    if (proposal.name, proposal.target) != (name, header.target):
        raise CommandError(f"{path}: proposes {proposal.target}/{proposal.name}, but the run looked at {header.target}")
    return proposal
