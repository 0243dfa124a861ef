"""What advisories say of installed packages: every weakness once under all its names, and what nobody could look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from junzi_audit.measures.affected import Match, Weakness, installed_version, weakness
from junzi_audit.measures.cvss import severity_of
from junzi_audit.measures.details import shown, some
from junzi_audit.model import utc
from junzi_audit.seen.tickets import Severity, worst_of
from junzi_audit.seen.vulnerabilities import PYPI, Advisory, Affected, Database, Inventory, Package, base_of, key


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One weakness of one package under all its names; ``since`` is when its fix was to be had, None if not told."""

    package: Package
    ids: tuple[str, ...]
    severity: Severity | None
    since: datetime | None
    match: Match
    fixed: str


@dataclass(frozen=True, kw_only=True)
class Unlooked:
    """A package that could not be looked up, and why."""

    package: Package
    why: str


def look_up(inventory: Inventory, database: Database, *, now: datetime) -> tuple[list[Finding], list[Unlooked]]:
    """Every weakness that an installed package has or had, and every package of which that cannot be said."""
    found: list[Finding] = []
    unlooked: list[Unlooked] = []
    for package in inventory.packages:
        why = _not_looked_up(package, database)
        told = [] if why else _told_of(package, database, now)
        if package.as_built and not why:
            why = f"{package.ecosystem}'s advisories name source packages, and nothing tells its own"
        unknown = [advisory.id for advisory, each, _ in told if each.match is Match.UNKNOWN]
        if unknown:
            why = f"{package.ecosystem} {shown(package.version)} cannot be compared with {some(unknown, most=3)}"
        if why:
            unlooked.append(Unlooked(package=package, why=why))
        found += _merged(package, [each for each in told if each[1].match in {Match.AFFECTED, Match.FIXED}])
    return found, unlooked


def _not_looked_up(package: Package, database: Database) -> str:
    if not package.version:
        return "no version is told"
    if not package.ecosystem:
        return "nothing says of which ecosystem it is"
    base = base_of(package.ecosystem)
    if base not in database.ecosystems:
        return f"the advisories tell nothing of {base}"
    if base == PYPI and installed_version(package) is None:
        return "its version is none that can be compared"
    return ""


Told = tuple[Advisory, Weakness, Affected]


def _told_of(package: Package, database: Database, now: datetime) -> list[Told]:
    """Each advisory that names the package, and is not withdrawn by now, with the gravest that its entries come to."""
    order = (Match.AFFECTED, Match.UNKNOWN, Match.FIXED, Match.CLEAR)
    told = []
    for advisory in database.advisories:
        entries = [
            (weakness(package, each), each)
            for each in advisory.affected
            if each.package and key(each.package.ecosystem, each.package.name) == package.key
        ]
        if entries and (advisory.withdrawn is None or advisory.withdrawn > now):
            gravest, entry = min(entries, key=lambda each: order.index(each[0].match))
            told.append((advisory, gravest, entry))
    return told


def _merged(package: Package, told: Sequence[Told]) -> list[Finding]:
    """One finding for all records that are names of one weakness; the gravest and the earliest of them counts."""
    groups: list[tuple[set[str], list[Told]]] = []
    for each in told:
        names, members = {each[0].id, *each[0].aliases}, [each]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names, members = names | group[0], [*group[1], *members]
        groups.append((names, members))
    return [_finding(package, names, members) for names, members in groups]


def _finding(package: Package, names: set[str], members: Sequence[Told]) -> Finding:
    told = min(members, key=lambda each: (each[1].match is not Match.AFFECTED, each[0].id))
    rated = [severity for advisory, _, entry in members if (severity := severity_of(advisory, entry))]
    since = [at for advisory, _, entry in members if (at := _since(advisory, entry))]
    return Finding(
        package=package, ids=(told[0].id, *sorted(names - {told[0].id})), severity=worst_of(rated),
        since=min(since, default=None), match=told[1].match, fixed=told[1].fixed,
    )  # fmt: skip


def _since(advisory: Advisory, entry: Affected) -> datetime | None:
    """The later of publication and fix; OSV has no field for the latter, so that ours is read where it is told."""
    told = entry.database_specific.get("fix_published")
    try:
        fix = utc(told) if isinstance(told, str) else None
    except (ValueError, OverflowError):
        fix = None
    published = advisory.published
    return max(published, fix) if published and fix else published
