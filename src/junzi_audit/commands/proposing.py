"""``junzi-audit baseline propose``: the checks that keep baselines, run to write what they would store."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from junzi_audit import proposals
from junzi_audit.baselines import FOLDER, Shelf
from junzi_audit.commands import REPORTS, CommandError, repository, say
from junzi_audit.model import Obligation
from junzi_audit.naming import PLAN, check_of
from junzi_audit.plan import Plan, load
from junzi_audit.tables import nearest
from junzi_audit.targets import Target
from junzi_audit.targets import load as load_target

#: What of the run's own words is shown when it went wrong, in bytes; and how long it may take.
_TAIL = 4_000
_SECONDS = 3_600
#: Statuses that pytest itself gives: interrupted, internal error, wrong usage, nothing collected.
_NOT_RUN = frozenset({2, 3, 4, 5})


def propose(given: argparse.Namespace) -> int:
    """Run the checks and say what they proposed and what to do next; 1 when something asked for was not proposed."""
    root = repository()
    plan = load(root / PLAN)
    target = load_target(root / "targets", given.target, plan.obligations)
    kept = _kept(root, target)
    duties = _owners(root, plan, target, kept, given.NAME)
    folder = root / REPORTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{target.name}-{secrets.token_hex(2)}"
    checks = [check_of(root, duty).relative_to(root).as_posix() for duty in duties]
    say(f"running  {', '.join(duty.id for duty in duties)} on {target.name}")
    said = _run(root, ["--propose", f"--target={given.target}", f"--record={folder}", *checks])
    return _told(folder, target, plan, given.NAME, said)


def _run(root: Path, words: Sequence[str]) -> str:
    """The end of what pytest said; CommandError with it when pytest did not come to a verdict."""
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603 - our own pytest, on files of this repository
                [sys.executable, "-m", "pytest", "--quiet", *words], cwd=root, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, timeout=_SECONDS, env={**os.environ}, check=False,
            )  # fmt: skip
            status, told = done.returncode, f"pytest ended with status {done.returncode} and judged nothing"
        except subprocess.TimeoutExpired:
            status, told = -1, f"pytest was stopped: it did not end within {_SECONDS} s"
        output.seek(max(0, output.seek(0, os.SEEK_END) - _TAIL))
        said = output.read().decode(errors="replace").strip()
    if status in _NOT_RUN or status < 0:
        raise CommandError(f"{told}; its last words:\n{said}")
    return said


def _told(folder: Path, target: Target, plan: Plan, wanted: Sequence[str], said: str) -> int:
    written = proposals.names(folder)
    for name in written:
        say(f"wrote    {(Path(REPORTS) / folder.name / proposals.FOLDER / name).as_posix()}.json")
    missing = [name for name in wanted if name not in written]
    if missing or not written:
        say(f"lacking  {', '.join(missing) or 'every proposal'}: the run's last words say why")
        say(said)
    if written:
        name = next((each for each in wanted if each in written), written[0])
        say(f"next:    junzi-audit baseline diff {folder.name} {name}")
        body = plan[proposals.read(folder, name, target.name).duty].owner
        say(f'then:    junzi-audit baseline approve {folder.name} {name} --approver "{body}" --why "…"')
    return 1 if missing or not written else 0


def _kept(root: Path, target: Target) -> dict[str, str]:
    """The duty of every baseline that is stored for the target, or that a run here ever proposed for it."""
    kept = {}
    shelf = Shelf(root / FOLDER, target.name)
    files = (root / REPORTS).glob(f"*/{proposals.FOLDER}/*.json")
    for path in (*sorted(files), *map(shelf.path, shelf.names())):
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["target"] == target.name:
                kept[path.stem] = str(raw["duty"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return kept


def _owners(
    root: Path, plan: Plan, target: Target, kept: dict[str, str], names: Sequence[str]
) -> tuple[Obligation, ...]:
    """The duties that keep those baselines, else all that have a check and may run on the target."""
    due = [duty for duty in plan.obligations if not target.scope or duty.id in target.scope]
    possible = [duty for duty in due if target.environment in duty.where and check_of(root, duty).is_file()]
    for name in names:
        if name not in kept:
            raise CommandError(
                f"no baseline of {target.name} is called {name!r}, and no run here proposed one; {nearest(name, kept)} "
                "Without names, every check is run."
            )
        if kept[name] not in {duty.id for duty in possible}:
            raise CommandError(f"{name} is kept by {kept[name]}, which has no check that may run on {target.name}")
    wanted = {kept[name] for name in names}
    chosen = tuple(duty for duty in possible if not names or duty.id in wanted)
    if not chosen:
        raise CommandError(f"no duty that may run on {target.name} has a check yet, so nothing can be proposed")
    return chosen
