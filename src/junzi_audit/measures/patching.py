"""Advisories against what is installed: how long each has been open, and what nobody could look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from junzi_audit.declared.upkeep import Accepted
from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures.affected import Match
from junzi_audit.measures.details import some
from junzi_audit.measures.lookup import Finding, Unlooked, look_up
from junzi_audit.model import DAY, Cause, iso
from junzi_audit.seen.tickets import SEVERITIES, Severity
from junzi_audit.seen.vulnerabilities import Database, Inventory

_OPEN, _UNFIXED, _ACCEPTED, _DEPLOYED = "open", "open, no fix yet", "accepted", "fix deployed"
_AGEING = (_OPEN, _UNFIXED)
_UNRATED = "unrated"
_COLUMNS = ("package", "installed", "fixed in", "advisory", "severity", "days open", "window", "state", "past window")


def past_window(
    inventory: Inventory, database: Database, *, days: Mapping[Severity, float], accepted: Sequence[Accepted],
    now: datetime,
) -> dict[str, Measurement | Unseen]:  # fmt: skip
    """Open advisories past the window of their severity; and, beside them, all that keeps this from being the whole.

    A window runs from the publication, or from the fix if that came later; an unrated advisory has the shortest. One
    without a fix is as late: what cannot be patched is replaced, or accepted for a time. What nobody could look up is
    unseen: it is neither clean nor past anything.
    """
    found, unlooked = look_up(inventory, database, now=now)
    states = {id(each): _state(each, accepted, now) for each in found}
    dated = [each for each in found if each.since is not None and each.since <= now + DAY]
    late = [
        each for each in dated if states[id(each)] in _AGEING and _age(each, now) > _window(each, days)
    ]  # fmt: skip
    words = [
        f"{each.package.name} {each.package.version}: {each.ids[0]} {each.severity or _UNRATED}, "
        f"{_age(each, now):.0f} of {_window(each, days):g} days, "
        + (f"fixed in {each.fixed}" if each.fixed else "no fix yet")
        for each in late
    ]
    exhibits = (_advisories(found, states, late, days, now), _packages(inventory, found, states, unlooked, database))
    looked = max(len(inventory.packages) - len(unlooked), len(found))
    reading = census(len(late), n=looked, detail=some(words, most=5, between="; "), exhibits=exhibits)
    undated = [each for each in found if each not in dated and states[id(each)] in _AGEING]
    return {"": reading, **_unseen(inventory, database, unlooked, undated, now)}


def _state(finding: Finding, accepted: Sequence[Accepted], now: datetime) -> str:
    if finding.match is Match.FIXED:
        return _DEPLOYED
    holding = [each for each in accepted if each.id in finding.ids and now < each.expires]
    if holding:
        return f"{_ACCEPTED} until {iso(holding[0].expires)[:10]} by {holding[0].approver}: {holding[0].reason}"
    return _OPEN if finding.fixed else _UNFIXED


def _age(finding: Finding, now: datetime) -> float:
    return (now - finding.since) / DAY if finding.since else 0.0


def _window(finding: Finding, days: Mapping[Severity, float]) -> float:
    return days[finding.severity or SEVERITIES[0]]


def _unseen(
    inventory: Inventory, database: Database, unlooked: Sequence[Unlooked], undated: Sequence[Finding], now: datetime
) -> dict[str, Unseen]:
    found = {
        "advisory database": _stale("the newest of the advisories is", database.as_of, database.good_for / DAY, now),
        "list of packages": _stale("the list was made", inventory.as_of, inventory.good_for / DAY, now),
    }
    if inventory.as_of is None and inventory.dated:
        words = "the list of packages does not say when it was made (metadata.timestamp), and may be of any age"
        found["list of packages"] = Unseen(cause=Cause.STALE, detail=words)
    if database.as_of is None or not database.records:
        found["advisory database"] = Unseen(cause=Cause.TOO_FEW, detail="the advisory database holds no record")
    if unlooked:
        named = some([f"{each.package.name} ({each.why})" for each in unlooked], most=5, between="; ")
        words = f"{len(unlooked)} of {len(inventory.packages)} packages could not be looked up: {named}"
        found["not looked up"] = Unseen(cause=Cause.UNDEFINED, detail=words)
    if undated:
        words = f"{some([each.ids[0] for each in undated])} without a date of publication that has come"
        found["age unknown"] = Unseen(cause=Cause.UNDEFINED, detail=words)
    return {name: each for name, each in found.items() if each is not None}


def _stale(what: str, at: datetime | None, days: float, now: datetime) -> Unseen | None:
    if at is None or now - days * DAY <= at <= now + DAY:
        return None
    if at > now:
        return Unseen(cause=Cause.MALFORMED, detail=f"{what} of {iso(at)}, which has not come yet")
    return Unseen(cause=Cause.STALE, detail=f"{what} of {iso(at)}, and may be {days:g} days old")


def _advisories(
    found: Sequence[Finding], states: Mapping[int, str], late: Sequence[Finding], days: Mapping[Severity, float],
    now: datetime,
) -> Exhibit:  # fmt: skip
    """Those past their window first, then open ones, then what was patched."""

    def rank(each: Finding) -> tuple[bool, bool, float]:
        return each not in late, each.match is Match.FIXED, _window(each, days) - _age(each, now)

    return Exhibit(
        title="Advisories about installed packages",
        caption=f"Patch windows in days: {', '.join(f'{each} {days[each]:g}' for each in SEVERITIES)}; days run from "
        "publication, or from the fix if that came later. A fix found installed is the proof of its deployment.",
        columns=_COLUMNS,
        rows=tuple(
            (
                each.package.name, each.package.version, each.fixed, each.ids[0], each.severity or _UNRATED,
                round(_age(each, now), 1) if each.since and each.match is Match.AFFECTED else None,
                _window(each, days), states[id(each)],
                "past window" if each in late else "",
            )
            for each in sorted(found, key=rank)
        ),
        chart=Chart(kind="bars", label=3, value=5, value_label="days open", reference=6, reference_label="window")
        if late
        else None,
    )  # fmt: skip


def _packages(
    inventory: Inventory, found: Sequence[Finding], states: Mapping[int, str], unlooked: Sequence[Unlooked],
    database: Database,
) -> Exhibit:  # fmt: skip
    """Each package once, by the worst that is known of it."""
    by = {each.package: "not looked up" for each in unlooked}
    for state in (_OPEN, _UNFIXED, _ACCEPTED, _DEPLOYED):
        for each in found:
            if states[id(each)].startswith(state):
                by.setdefault(each.package, state)
    kinds = [by.get(package, "no advisory applies") for package in inventory.packages]
    order = ("no advisory applies", _DEPLOYED, _ACCEPTED, _UNFIXED, _OPEN, "not looked up")
    as_of = iso(database.as_of) if database.as_of else "never"
    return Exhibit(
        title="Installed packages by what the advisories say of them",
        caption=f"Looked up in {database.records:,} advisories of {some(sorted(database.ecosystems)) or 'nothing'}, "
        f"as of {as_of}.",
        columns=("what is known", "packages"),
        rows=tuple((kind, kinds.count(kind)) for kind in order),
        chart=Chart(kind="bars", label=0, value=1, value_label="packages"),
    )
