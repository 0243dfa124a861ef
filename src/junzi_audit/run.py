"""One run: where it looks, where its evidence goes, what is due, and how it ends. Knows nothing of pytest."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from junzi_audit import baselines, proofs, proposals, targets
from junzi_audit import plan as plans
from junzi_audit.declared import drilling
from junzi_audit.drills.journal import Journal
from junzi_audit.evidence import earlier, results
from junzi_audit.evidence.store import Store
from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.launch import LaunchedNode
from junzi_audit.model import Cadence, Cause, Environment, Obligation, Unobservable, Verdict, Waiver, worst
from junzi_audit.naming import check_of

#: What the process answers with; 2 to 5 stay pytest's own (interrupted, internal error, usage, nothing collected).
EXIT = {
    Verdict.MET: 0,
    Verdict.WAIVED: 0,
    Verdict.BREACHED: 1,
    Verdict.INCONCLUSIVE: 20,
    Verdict.AWAITING: 21,
    Verdict.OVERDUE: 21,
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the person asked for on the command line."""

    target: str
    faults: tuple[str, ...] = ()
    seed: int = 1
    record: Path | None = None
    replay: Path | None = None
    propose: bool = False
    drill_live: bool = False


@dataclass(kw_only=True)
class Run:
    """The state of one run in one process; workers of a distributed run get theirs by ``shared``.

    ``lost`` says what of the evidence could not be kept: such a run has no verdict.
    """

    root: Path
    wanted: Wanted
    plan: plans.Plan
    target: targets.Target
    started: datetime
    folder: Path
    store: Store
    replayed: RunHeader | None = None
    worker: str = "main"
    header: RunHeader | None = None
    records: list[Record] = field(default_factory=list)
    end: RunEnd | None = None
    mistake: str = ""
    lost: str = ""
    _urls: tuple[str, ...] = ()
    _keys: Mapping[str, str] = field(default_factory=dict)
    _launched: LaunchedNode | None = None
    _failure: Unobservable | None = None

    @property
    def shelf(self) -> baselines.Shelf:
        """The baselines of this run's target."""
        return baselines.Shelf(self.root / baselines.FOLDER, self.target.name)

    @property
    def keys(self) -> Mapping[str, str]:
        """Keys made for a launched node, or that a replay only pretends to send; others are in the environment."""
        if self.replayed is not None:
            return dict.fromkeys(targets.key_names(self.target), "replayed")
        return self._keys

    def launch(self) -> None:
        """Start the target's own node in the background, if it has one and this is no replay."""
        launch = self.target.launch
        if launch is None or self._launched or self._urls or self.replayed:
            return
        faults = [word for fault in self.wanted.faults for word in ("--fault", fault)]
        self._launched = LaunchedNode(
            [*launch.command, "--seed", str(self.wanted.seed), *faults],
            keys=targets.key_names(self.target),
            ready_seconds=launch.ready_seconds, folder=self.root,
        )  # fmt: skip
        self._keys = self._launched.keys

    def misused(self) -> str:
        """The last words of a launched node that did not know the words it was started with; empty when it did."""
        try:
            self.urls()
        except Unobservable as failure:
            return failure.detail if self._launched is not None and self._launched.misused else ""
        return ""

    def urls(self) -> tuple[str, ...]:
        """Base URLs of the nodes, the primary first, once a launched one answers; empty for a recorded data set."""
        if self._failure is not None:
            raise Unobservable(self._failure.cause, self._failure.detail)
        if self._urls:
            return self._urls
        if self.replayed is not None:
            self._urls = self.replayed.nodes
        elif self._launched is not None:
            try:
                self._urls = (self._launched.wait_until_ready(),)
            except Unobservable as failure:
                self._failure = failure
                raise
        elif self.target.nodes.primary:
            self._urls = (self.target.nodes.primary, *self.target.nodes.secondaries)
        return self._urls

    def begin(self, selected: Sequence[str], asked: Collection[str] = ()) -> None:
        """Write the header: everything due of the cadences touched or ``asked`` for, whatever was left out.

        FileExistsError when another run has begun in this folder.
        """
        cadences = tuple(c for c in Cadence if c in asked or any(duty.startswith(f"{c}.") for duty in selected))
        owed = [duty.id for cadence in cadences for duty in self.plan.of(cadence)]
        due = tuple(duty for duty in owed if not self.target.scope or duty in self.target.scope)
        left_out = [duty for duty in due if duty not in selected]
        notes = [f"fault planted in the node: {fault}" for fault in self.wanted.faults]
        if self.replayed is not None:
            notes += [*self.replayed.notes, *self._changed(self.replayed)]
        elif before := earlier.last_finished(self.root / "reports", self.target.name, self.started):
            notes += self._since(before)
        notes += [f"{drill} was found aborted when this run began; `pytest -m emergency` begins with undoing it"
                  for drill in Journal(self.folder.parent, self.target.name).pending()]  # fmt: skip
        if left_out:
            notes.append(f"partial run: {', '.join(left_out)} left out on the command line")
        self.folder.mkdir(parents=True, exist_ok=True)
        header = RunHeader(
            run=self.folder.name, started=self.started, target=self.target.name, environment=self.target.environment,
            nodes=self._nodes(), cadences=cadences, due=due, plan_digest=self.plan.digest,
            target_digest=self.target.digest, baseline_digests=self.shelf.digests(), versions=_versions(),
            seed=self.wanted.seed, replay_of=self.replayed.run if self.replayed else "", notes=tuple(notes),
            proven=proofs.last_seen_to_fail(self.root / "reports"),
        )  # fmt: skip
        results.append(self.folder, header)
        self.header = header

    def add(self, record: Record) -> None:
        """Note one duty's outcome, on the disk first."""
        self._keep(record)
        self.records.append(record)

    def propose(self, duty: str, name: str, draft: proposals.Draft) -> None:
        """Keep what a check would store, with all that it had asked so far and the code it was computed with."""
        check = hashlib.sha256(check_of(self.root, self.plan[duty]).read_bytes()).hexdigest()
        code = proposals.Code(
            version=version("junzi-audit"), check=check, plan=self.plan.digest, target=self.target.digest
        )
        asked = [seen.query for seen in self.store.cited]
        named = {"name": name, "duty": duty, "target": self.target.name}
        proposals.write(self.folder, proposals.Proposal.of(draft, **named, query=asked, code=code))

    def finish(self) -> RunEnd:
        """The verdict of the whole, on the disk; a due duty without a record is INCONCLUSIVE."""
        assert self.header is not None
        last = {record.duty: record.verdict for record in self.records}
        verdict = worst([last.get(duty, Verdict.INCONCLUSIVE) for duty in self.header.due])
        end = RunEnd(finished=datetime.now(UTC), verdict=verdict, exit_status=EXIT[verdict])
        self._keep(end)
        if not self.lost and not self._is_kept(self.header.started):
            self.lost = f"{self.folder / results.NAME} does not hold what this run wrote into it"
        self.end = None if self.lost else end
        return end

    def _keep(self, thing: Record | RunEnd) -> None:
        try:
            results.append(self.folder, thing)
        except OSError as error:
            self.lost = self.lost or f"{self.folder / results.NAME} could not be written: {error.strerror}"

    def _is_kept(self, started: datetime) -> bool:
        """Whether the file holds what this run wrote, and nothing else."""
        try:
            log = results.read(self.folder)
        except (results.ResultsError, OSError):
            return False
        whole = log.end is not None and not log.damaged and len(log.records) == len(self.records)
        return whole and (log.header.run, log.header.started) == (self.folder.name, started)

    def close(self) -> None:
        """Stop a node that belongs to the run."""
        if self._launched is not None:
            self._launched.stop()

    def shared(self) -> dict[str, object]:
        """What a worker process needs to take part; plain values only."""
        self.launch()
        return {
            "folder": str(self.folder), "started": self.started.isoformat(), "urls": list(self._nodes()),
            "keys": dict(self._keys),
            "failure": [self._failure.cause.value, self._failure.detail] if self._failure else [],
        }  # fmt: skip

    def join(self, shared: Mapping[str, object]) -> None:
        """Take over what the process that started the run shared."""
        urls, keys = shared["urls"], shared["keys"]
        assert isinstance(urls, list)
        assert isinstance(keys, dict)
        self._urls, self._keys = tuple(urls), keys
        failure = shared["failure"]
        assert isinstance(failure, list)
        if failure:
            self._failure = Unobservable(Cause(failure[0]), failure[1])

    def waiver_for(self, duty: Obligation) -> Waiver | None:
        """The waiver of that duty; in a replay only if the target's file is the one that was recorded with."""
        later = self.replayed is not None and self.replayed.target_digest != self.target.digest
        return None if later else self.target.waiver_for(duty)

    def _since(self, before: RunHeader) -> list[str]:
        """What is judged by now that is not what the run before was judged by."""
        pairs = {
            "the plan": (before.plan_digest, self.plan.digest),
            "the target's file": (before.target_digest, self.target.digest),
        }
        told = [f"{what} is not what it was in run {before.run}" for what, (then, now) in pairs.items() if then != now]
        return told + baselines.changes(before.baseline_digests, self.shelf.digests(), before.run)

    def _changed(self, recorded: RunHeader) -> list[str]:
        """What a replay judges by that is not what the recorded run judged by."""
        pairs = {
            "the plan": (recorded.plan_digest, self.plan.digest),
            "the target's file": (recorded.target_digest, self.target.digest),
            "the baselines": (dict(recorded.baseline_digests), self.shelf.digests()),
        }
        return [f"{what} changed since the recording" for what, (then, now) in pairs.items() if then != now]

    def refusal(self, duty: Obligation) -> str:
        """Why this duty must not run on this target, or nothing. A drill on live needs an option and a consent."""
        if self.target.environment in duty.where:
            return ""
        if duty.cadence is Cadence.EMERGENCY and self.target.environment is Environment.LIVE:
            asked = self.wanted.drill_live or self.replayed is not None
            now = self.started if self.replayed else datetime.now(UTC)
            why = drilling.lacking(self.target.drills, target=self.target.name, asked=asked, now=now)
            return f"{duty.id} on the live target {self.target.name} lacks {why}" if why else ""
        where = ", ".join(duty.where)
        return (
            f"{duty.id} must not run on a {self.target.environment} target ({self.target.name}); it may run on {where}"
        )

    def _nodes(self) -> tuple[str, ...]:
        try:
            return self.urls()
        except Unobservable:
            return ()


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("junzi-audit", "pytest", "pydantic")} | {
        "python": platform.python_version()
    }
