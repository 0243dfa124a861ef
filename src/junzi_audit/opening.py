"""Opening a run: what a person asked for, checked against the plan, the target and an earlier run's evidence."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from junzi_audit import plan as plans
from junzi_audit import targets
from junzi_audit.evidence import results
from junzi_audit.evidence.store import Archive, DamagedIndex, Store
from junzi_audit.findings import RunHeader
from junzi_audit.model import Cadence, Environment
from junzi_audit.run import Run, Wanted
from junzi_audit.tables import nearest


class RunError(Exception):
    """The run cannot start as it was asked for; the message says what to change."""


def open_run(root: Path, wanted: Wanted, *, shared: Mapping[str, object] | None = None, worker: str = "main") -> Run:
    """Prepare a run, writing nothing yet; RunError, PlanError or TargetError when it cannot be as asked."""
    plan = plans.load(root / "obligations")
    replayed = _header_of(wanted.replay) if wanted.replay else None
    word = replayed.target if replayed else wanted.target
    if replayed and not (root / "targets" / f"{word}.toml").is_file():
        word = replayed.nodes[0] if replayed.nodes else word
    target = targets.load(root / "targets", word, plan.obligations)
    if wanted.faults and target.environment is not Environment.EMBEDDED:
        raise RunError("--node-fault plants faults in the embedded node only; this target is not ours to break")
    started = replayed.started if replayed else datetime.now(UTC).replace(microsecond=0)
    folder = _folder(root, wanted, target.name) if shared is None else Path(str(shared["folder"]))
    if shared is not None:
        started = datetime.fromisoformat(str(shared["started"]))
    run = Run(
        root=root, wanted=wanted, plan=plan, target=target, started=started, folder=folder, replayed=replayed,
        worker=worker,
        store=Store(folder, worker=worker, replay=_archive(wanted.replay)),
    )  # fmt: skip
    if shared is not None:
        run.join(shared)
    return run


def _header_of(folder: Path) -> RunHeader:
    try:
        return results.read(folder).header
    except results.ResultsError as error:
        raise RunError(f"--replay: {error}") from None


def _folder(root: Path, wanted: Wanted, target: str) -> Path:
    if wanted.record is None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        return root / "reports" / f"{stamp}-{target}-{secrets.token_hex(2)}"
    if wanted.record.exists() and any(wanted.record.iterdir()):
        raise RunError(f"--record {wanted.record}: not empty; evidence is never written over")
    return wanted.record.absolute()


def _archive(folder: Path | None) -> Archive | None:
    try:
        return Archive(folder) if folder else None
    except DamagedIndex as error:
        raise RunError(f"--replay: {error}") from None


def check_marker(expression: str, known: Collection[str]) -> None:
    """RunError when ``-m`` asks by a word that is no marker: nothing would be due, which must not look like a run."""
    words = re.sub(r"[()]", " ", expression).split()
    if not all(word.isidentifier() for word in words):
        return
    for word in words:
        if word not in {*known, "and", "or", "not"}:
            raise RunError(f"-m {expression}: no cadence is called {word!r}; {nearest(word, Cadence)}")


def check_faults(run: Run) -> None:
    """RunError when the launched node does not know a fault it shall have; its own words say which it has."""
    if run.wanted.faults and (words := run.misused()):
        raise RunError(f"--node-fault: {words}")


def check_writable(folder: Path) -> None:
    """RunError when the run's folder cannot be made: better told now than after an hour of looking."""
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        if made:
            folder.rmdir()
    except OSError as error:
        raise RunError(f"evidence cannot be written to {folder}: {error.strerror}") from None
