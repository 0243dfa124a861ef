"""``junzi-audit plan``: every duty of the plan, whose it is, what it is held against, and whether a check exists."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from junzi_audit.commands import CommandError, Verbs, repository, say
from junzi_audit.model import Cadence, Kind, Obligation
from junzi_audit.naming import check_of
from junzi_audit.plan import Plan, load
from junzi_audit.tables import nearest

_MARGIN, _GAP, _NARROWEST = 2, 2, 30


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser("plan", help="list the duties of the plan", description=__doc__)
    parser.add_argument("--cadence", metavar="C", help=f"only these duties: {', '.join(Cadence)}")
    parser.add_argument("--json", action="store_true", help="everything the plan says, for a program")
    parser.set_defaults(run=show)


def show(given: argparse.Namespace) -> int:
    """Print the plan, or one cadence of it."""
    root = repository()
    cadences = [_cadence(given.cadence)] if given.cadence else list(Cadence)
    plan = load(root / "obligations")
    chosen = [duty for cadence in cadences for duty in plan.of(cadence)]
    if given.json:
        say(as_json(root, plan, chosen))
    else:
        width = shutil.get_terminal_size(fallback=(80, 24)).columns
        say("\n".join(as_text(root, chosen, width)))
    return 0


def as_json(root: Path, plan: Plan, duties: Sequence[Obligation]) -> str:
    """The duties as the plan states them, each with the path of its check or null."""
    from pydantic import TypeAdapter

    adapter = TypeAdapter(Obligation)
    listed = [{**adapter.dump_python(duty, mode="json"), "check": _check(root, duty) or None} for duty in duties]
    checked = sum(1 for duty in listed if duty["check"])
    whole = {"plan_digest": plan.digest, "duties": listed, "checked": checked, "unchecked": len(listed) - checked}
    return json.dumps(whole, indent=1, ensure_ascii=False)


def as_text(root: Path, duties: Sequence[Obligation], width: int) -> list[str]:
    """The duties by cadence, in lines of at most ``width`` columns where words allow, and the totals."""
    ids = max((len(duty.id) for duty in duties), default=0)
    lines: list[str] = []
    for cadence in Cadence:
        own = [duty for duty in duties if duty.cadence is cadence]
        if own:
            lines += [f"{cadence.upper()}: {_counted(root, own)}", ""]
            lines += [line for duty in own for line in _duty(root, duty, ids, width)]
    return [*lines, *textwrap.wrap(f"In all: {_totals(root, duties)}", width)]


def _duty(root: Path, duty: Obligation, ids: int, width: int) -> list[str]:
    """The id on the left, what there is to say on the right; a blank line after it."""
    facts = [duty.owner, f"{duty.impact} impact", duty.kind, *([] if _check(root, duty) else ["no check yet"])]
    limits = [f"{limit.name} {limit.bound} {limit.unit}" for limit in duty.limits]
    room = max(_NARROWEST, width - _MARGIN - ids - _GAP)
    told = [*textwrap.wrap(duty.title, room), *_joined(facts, " · ", room), *_joined(limits, ", ", room)]
    heads = [duty.id] + [""] * (len(told) - 1)
    return [*(f"{'':{_MARGIN}}{head:<{ids}}{'':{_GAP}}{line}" for head, line in zip(heads, told, strict=True)), ""]


def _joined(parts: Iterable[str], between: str, room: int) -> list[str]:
    """The parts in lines of at most ``room`` columns, never broken inside a part that fits."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1] + between + part) <= room:
            lines[-1] += between + part
        else:
            lines += textwrap.wrap(part, room)
    return lines


def _counted(root: Path, duties: Sequence[Obligation]) -> str:
    lacking = sum(1 for duty in duties if not _check(root, duty))
    noun = "duty" if len(duties) == 1 else "duties"
    return f"{len(duties)} {noun}, {f'{lacking} with no check yet' if lacking else 'all with a check'}"


def _totals(root: Path, duties: Sequence[Obligation]) -> str:
    kinds = Counter(duty.kind for duty in duties)
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in Kind if kinds[kind])
    limits = sum(len(duty.limits) for duty in duties)
    return f"{_counted(root, duties)}; {told}; {limits} limits. No check means OVERDUE in every run."


def _check(root: Path, duty: Obligation) -> str:
    path = check_of(root, duty)
    return path.relative_to(root).as_posix() if path.is_file() else ""


def _cadence(word: str) -> Cadence:
    try:
        return Cadence(word)
    except ValueError:
        raise CommandError(f"--cadence {word!r}: no cadence is called so; {nearest(word, Cadence)}") from None
