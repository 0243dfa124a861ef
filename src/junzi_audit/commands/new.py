"""``junzi-audit new``: begin a duty, as a table in the plan and a check that is INCONCLUSIVE until it is written."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from junzi_audit.commands import CommandError, Verbs, repository, say
from junzi_audit.model import Cadence, Obligation
from junzi_audit.naming import PLAN, check_of
from junzi_audit.plan import Plan, load
from junzi_audit.tables import nearest


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser(
        "new",
        help="begin a duty, or the check of one",
        description=__doc__,
        epilog="A duty that the plan has and nobody checks gets its check only; nothing is ever overwritten.",
    )
    parser.add_argument("DUTY", help="CADENCE.NAME, such as weekly.source-integrity")
    parser.set_defaults(run=begin)


def begin(given: argparse.Namespace) -> int:
    """Write what the duty lacks, and say what comes next."""
    root = repository()
    plan = load(root / PLAN)
    known = {duty.id: duty for duty in plan.obligations}
    cadence, name = _parts(given.DUTY, list(known))
    is_new = given.DUTY not in known
    if is_new:
        _refuse_stray_check(root, cadence, name)
        duty = _add_table(root, cadence, name)
    else:
        duty = known[given.DUTY]
    check = _write_check(root, duty)
    _say_next(root, duty, check, is_new=is_new, similar=_similar(duty.id, plan) if is_new else "")
    return 0


def _parts(word: str, known: Sequence[str]) -> tuple[Cadence, str]:
    first, dot, name = word.partition(".")
    if not dot:
        same = [duty for duty in known if duty.endswith(f".{word}")] or [f"{cadence}.{word}" for cadence in Cadence]
        raise CommandError(f"DUTY {word!r}: a duty is CADENCE.NAME; possible: {', '.join(same)}")
    try:
        cadence = Cadence(first)
    except ValueError:
        raise CommandError(f"DUTY {word!r}: no cadence is called {first!r}; {nearest(first, Cadence)}") from None
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise CommandError(
            f"DUTY {word!r}: after the cadence comes lower-case words joined by hyphens, such as my-duty"
        )
    return cadence, name


def _refuse_stray_check(root: Path, cadence: Cadence, name: str) -> None:
    """A file in the new check's place belongs to somebody: say so before the plan is touched."""
    path = root / "suites" / cadence / f"test_{name.replace('-', '_')}.py"
    if path.exists():
        raise CommandError(
            f"{path}: already there, though the plan has no duty {cadence}.{name}; nothing is overwritten"
        )


def _add_table(root: Path, cadence: Cadence, name: str) -> Obligation:
    from junzi_audit.commands.scaffold import table

    path = root / PLAN / f"{cadence}.toml"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    between = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(between + table(cadence, name))
    return load(root / PLAN)[f"{cadence}.{name}"]


def _write_check(root: Path, duty: Obligation) -> Path:
    from junzi_audit.commands.scaffold import check

    path = check_of(root, duty)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(check(duty))
    except FileExistsError:
        raise CommandError(f"{path}: {duty.id} has its check already; nothing is overwritten") from None
    return path


def _similar(duty: str, plan: Plan) -> str:
    """A duty that may have been meant instead."""
    hint = nearest(duty, [each.id for each in plan.obligations])
    return hint if hint.startswith("did you mean") else ""


def _say_next(root: Path, duty: Obligation, check: Path, *, is_new: bool, similar: str) -> None:
    shown = check.relative_to(root).as_posix()
    if is_new:
        say(f"added    [{duty.id.split('.')[1]}] at the end of {PLAN}/{duty.cadence}.toml")
    say(f"written  {shown}")
    if similar:
        say(f"note     the plan has a duty of nearly that name; {similar}")
    plan = f"{PLAN}/{duty.cadence}.toml"
    steps = [
        *(
            [f"Fill in the table in {plan}; `junzi-audit plan --cadence {duty.cadence}` reads it back."]
            if is_new
            else []
        ),
        f"Replace each `unwritten` in {shown} by a reading; docs/EXTENDING.md shows how.",
        f"Run it: pytest {shown}   (INCONCLUSIVE until every reading is written)",
        "Plant the fault of its tripwire with --node-fault, and see the duty BREACHED.",
    ]
    say("next:")
    for number, step in enumerate(steps, start=1):
        say(f"  {number}. {step}")
