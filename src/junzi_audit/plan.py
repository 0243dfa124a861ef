"""The plan as data: ``obligations/*.toml`` to Obligations, in the plan's own order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from junzi_audit import tables
from junzi_audit.model import (
    BIAS_COUNCIL,
    BOARD,
    FEEDBACK_COUNCIL,
    Bound,
    Cadence,
    Kind,
    Limit,
    Obligation,
    Quorum,
    Tripwire,
    Verdict,
)

#: The bodies that the plan itself names; only they can own a duty or be escalated to.
BODIES = (
    "DevOps / SRE Team",
    "Agent Maintenance Team",
    BIAS_COUNCIL,
    "Infrastructure Team",
    "Data Engineering Team",
    BOARD,
    FEEDBACK_COUNCIL,
)
#: Duties that the plan lays on several bodies together: all of these answer, and nobody else.
_TOGETHER = {
    "quarterly.transparency-report": frozenset({BOARD, BIAS_COUNCIL, FEEDBACK_COUNCIL}),
}
#: More people than that are no quorum of any body, but a slip of the pen.
_MOST_PEOPLE = 50
#: How much two roles must have in common (of 1) for one to be the other misspelt.
_ALIKE = 0.8
#: What a fault of the reference node can make of a duty; anything else would not be seen to fail.
_TRIPPED = (Verdict.BREACHED, Verdict.OVERDUE, Verdict.AWAITING)
_BOUND = re.compile(r"(<=|>=|<|>) (-?\d+(?:\.\d+)?)")


class PlanError(tables.TableError):
    """A file in ``obligations/`` is wrong."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every duty the plan asks for, and the digest of the files that say so."""

    obligations: tuple[Obligation, ...]
    digest: str

    def __getitem__(self, duty: str) -> Obligation:
        """The duty of that id; PlanError with the nearest id when there is none."""
        for obligation in self.obligations:
            if obligation.id == duty:
                return obligation
        ids = [obligation.id for obligation in self.obligations]
        raise PlanError(f"the plan has no duty {duty!r}; {tables.nearest(duty, ids)}")

    def of(self, cadence: Cadence) -> tuple[Obligation, ...]:
        """The duties of one cadence, in the plan's order."""
        return tuple(each for each in self.obligations if each.cadence is cadence)


def load(folder: Path) -> Plan:
    """Read one TOML file per cadence; PlanError names file, table, key and the nearest valid word."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise PlanError(f"{folder}: no *.toml file here, so there is no plan to audit against")
    names = [cadence.value for cadence in Cadence]
    for path in files:
        if path.stem not in names:
            raise PlanError(f"{path}: no cadence is called {path.stem!r}; {tables.nearest(path.stem, names)}")
    found = [
        _obligation(folder / f"{cadence}.toml", name, table, cadence)
        for cadence in Cadence
        if (folder / f"{cadence}.toml") in files
        for name, table in tables.read(folder / f"{cadence}.toml", PlanError).items()
    ]
    _check_roles(folder, found)
    return Plan(obligations=tuple(found), digest=tables.digest(files))


def _obligation(path: Path, name: str, raw: Any, cadence: Cadence) -> Obligation:
    if not isinstance(raw, Mapping):
        raise PlanError(f"{path}: {name} stands outside any table; a duty is a table such as [{name}]")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise PlanError(f"{path}: [{name}]: a duty's name is lower-case words joined by hyphens")
    limits = raw.get("limits", {})
    if not isinstance(limits, Mapping) or not limits:
        raise PlanError(f"{path}: [{name}] limits: a duty without a limit cannot be judged; add [{name}.limits.NAME]")
    parsed = tuple(_limit(path, f"{name}.limits.{key}", key, table) for key, table in limits.items())
    wires = tuple(
        tables.build(Tripwire, wire, path=path, table=f"{name}.tripwires", error=PlanError)
        for wire in _list(path, name, raw, "tripwires")
    )
    rest = {**raw, "limits": parsed, "tripwires": wires, "id": f"{cadence}.{name}", "cadence": cadence}
    duty = tables.build(Obligation, rest, path=path, table=name, error=PlanError)
    _check_words(path, name, duty)
    return duty


def _limit(path: Path, table: str, name: str, raw: Any) -> Limit:
    if not isinstance(raw, Mapping):
        raise PlanError(f"{path}: [{table}] must be a table with bound, unit, meaning and source, found {raw!r}")
    found = _BOUND.fullmatch(str(raw.get("bound", "")))
    if found is None:
        raise PlanError(f"{path}: [{table}] bound: {raw.get('bound')!r} is not a bound; write for example '<= 0.02'")
    bound = Bound(comparator=found[1], value=float(found[2]))
    return tables.build(Limit, {**raw, "name": name, "bound": bound}, path=path, table=table, error=PlanError)


def _list(path: Path, name: str, raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not value:
        raise PlanError(f"{path}: [{name}] {key}: a check that was never seen to fail is a defect; name at least one")
    return value


def _check_words(path: Path, name: str, duty: Obligation) -> None:
    """The words that must come from a known set: bodies, and the limits that tripwires breach."""
    for key in ("owner", "escalates_to"):
        body = getattr(duty, key)
        if body not in BODIES:
            raise PlanError(f"{path}: [{name}] {key}: the plan names no {body!r}; {tables.nearest(body, BODIES)}")
    if duty.quorum is not None:
        _check_quorum(path, f"{name}] quorum", duty.quorum)
    for body, quorum in duty.quorums.items():
        if body not in BODIES:
            raise PlanError(f"{path}: [{name}] quorums: the plan names no {body!r}; {tables.nearest(body, BODIES)}")
        _check_quorum(path, f"{name}] quorums.{body!r}", quorum)
    if duty.quorums and (duty.quorum is not None or duty.owner not in duty.quorums):
        raise PlanError(f"{path}: [{name}] quorums: the owner, {duty.owner!r}, is one of them; no quorum stands beside")
    if duty.kind is Kind.ATTESTED and duty.quorum is None and not duty.quorums:
        raise PlanError(f"{path}: [{name}] quorum: missing; an attested duty says who must sign")
    together = _TOGETHER.get(duty.id, frozenset(duty.quorums))
    if missing := sorted(together - set(duty.quorums)):
        raise PlanError(f"{path}: [{name}] quorums: the {missing[0]} is missing; all of {', '.join(sorted(together))}")
    if more := sorted(set(duty.quorums) - together):
        raise PlanError(
            f"{path}: [{name}] quorums: the plan does not ask the {more[0]}; {tables.nearest('', together)}"
        )
    if not duty.where:
        raise PlanError(f"{path}: [{name}] where: empty, so the duty could never run")
    limits = [limit.name for limit in duty.limits]
    for wire in duty.tripwires:
        if wire.verdict not in _TRIPPED:
            raise PlanError(
                f"{path}: [{name}] tripwires: {wire.fault!r} cannot leave {wire.verdict}; "
                f"{tables.nearest(wire.verdict, _TRIPPED)}"
            )
        for breached in wire.breaches:
            if breached not in limits:
                raise PlanError(
                    f"{path}: [{name}] tripwires: {wire.fault!r} breaches no limit {breached!r} of this duty; "
                    f"{tables.nearest(breached, limits)}"
                )


def _check_quorum(path: Path, place: str, quorum: Quorum) -> None:
    roles = quorum.roles
    if not roles or len(set(roles)) < len(roles) or not all(role.strip() for role in roles):
        raise PlanError(f"{path}: [{place}.roles: name each role of the body once, found {list(roles)!r}")
    if quorum.least < len(roles):
        raise PlanError(f"{path}: [{place}.least: {quorum.least} people cannot fill {len(roles)} roles")
    if quorum.least > _MOST_PEOPLE:
        raise PlanError(f"{path}: [{place}.least: {quorum.least} people are no quorum; at most {_MOST_PEOPLE}")


def _check_roles(folder: Path, duties: Sequence[Obligation]) -> None:
    """One body writes its roles alike everywhere: a role of one duty alone that nearly is another's is misspelt."""
    sworn = [
        (duty, body, quorum)
        for duty in duties
        for body, quorum in (duty.quorums or ({duty.owner: duty.quorum} if duty.quorum else {})).items()
    ]
    for duty, body, quorum in sworn:
        others = [role for other, its, told in sworn if its == body and other is not duty for role in told.roles]
        for role in quorum.roles:
            near = difflib.get_close_matches(role, set(others) - set(quorum.roles), n=1, cutoff=_ALIKE)
            if near and role not in others:
                name = duty.id.partition(".")[2]
                raise PlanError(
                    f"{folder / duty.cadence}.toml: [{name}] roles: the {body} has {role!r} in this duty only; "
                    f"did you mean {near[0]!r}?"
                )
