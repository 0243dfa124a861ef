"""What a scan came to: serious findings by who looked, ports nobody approved, protections and TLS that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from junzi_audit.declared.scanning import Host, Scan
from junzi_audit.declared.upkeep import Accepted
from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen, census
from junzi_audit.measures import patching
from junzi_audit.measures.affected import Match
from junzi_audit.measures.cvss import rating
from junzi_audit.measures.details import shown, some
from junzi_audit.measures.lookup import look_up
from junzi_audit.model import DAY, Cause, iso
from junzi_audit.seen.tickets import DAYS, SEVERITIES, Severity
from junzi_audit.seen.vulnerabilities import Database, Inventory
from junzi_audit.seen.weaknesses import Look, Ports, Result, ScannerRun, Weakness

Looks = Mapping[str, Look | Unseen]
#: SARIF's levels, where a result has no score.
_LEVELS: Mapping[str, Severity] = {"error": "high", "warning": "medium", "note": "low", "none": "low"}
_COLUMNS = ("severity", "seen by", "where", "what", "how to see it again", "fix")


def counted(
    looks: Looks, only: Severity | None = None, exhibits: tuple[Exhibit, ...] = ()
) -> Mapping[str, Measurement | Unseen]:  # fmt: skip
    """Open findings, of one severity or of all, by who looked; what a look could not see stands beside it.

    ``exhibits`` go with the first; remarks, such as what does not apply, stand in the detail.
    """
    found: dict[str, Measurement | Unseen] = {}
    for name, each in looks.items():
        if isinstance(each, Unseen):
            found[name] = replace(each, exhibits=() if found else exhibits)
            continue
        among = [weakness for weakness in each.found if only in {None, weakness.severity}]
        words = "; ".join(part for part in (_named(among), *each.remarks) if part)
        found[name] = census(len(among), n=each.looked, detail=words, exhibits=() if found else exhibits)
        found |= {f"{name}: {part}": unseen for part, unseen in each.unseen}
    return found


def by_severity(looks: Looks) -> Exhibit:
    """How many findings there are of each severity."""
    found = [each.severity for look in looks.values() if isinstance(look, Look) for each in look.found]
    return Exhibit(
        title="Findings by severity",
        caption=f"Seen by {some([name for name, look in looks.items() if isinstance(look, Look)]) or 'nobody'}.",
        columns=("severity", "findings"),
        rows=tuple((severity, found.count(severity)) for severity in SEVERITIES),
        chart=Chart(kind="bars", label=0, value=1, value_label="findings"),
    )


def table(looks: Looks) -> Exhibit:
    """Every finding, the gravest first, with what did not apply and what was not seen in the caption."""
    rows = [
        (each.severity, name, shown(each.where), f"{each.id}: {shown(each.what)}", each.repeat, each.fix)
        for name, look in looks.items()
        if isinstance(look, Look)
        for each in look.found
    ]
    rows.sort(key=lambda row: SEVERITIES.index(row[0]))
    remarks = [words for look in looks.values() if isinstance(look, Look) for words in look.remarks]
    blind = [f"{name} could not be seen" for name, look in looks.items() if isinstance(look, Unseen)]
    return Exhibit(
        title="Findings of this scan", columns=_COLUMNS, rows=tuple(rows),
        caption=f"Looked at: {some(list(looks))}. " + " ".join(f"{words}." for words in (*remarks, *blind)),
    )  # fmt: skip


def unexpected(scans: Mapping[str, Ports | Unseen], scan: Scan | None, node: int) -> Mapping[str, Measurement | Unseen]:
    """Open ports of each host that its table does not approve; a host with no port open at all was not seen."""
    found: dict[str, Measurement | Unseen] = {}
    for name, each in scans.items():
        host = scan.host(name) if scan else None
        if isinstance(each, Unseen) or host is None:
            found[name] = each if isinstance(each, Unseen) else Unseen(cause=Cause.NOT_CONFIGURED, detail="no approval")
            continue
        found |= {f"{name} over {family}": unseen for family, unseen in each.unseen}
        if not each.open:
            words = f"not one of {each.looked:,} ports is open, so nothing says that {shown(name)} was reached"
            found[name] = Unseen(cause=Cause.UNREACHABLE, detail=words)
            continue
        approved = _approved(host, node)
        stray = [port for port in each.open if port.port not in approved]
        words = some([f"{port.port} ({port.service or 'unknown'})" for port in stray])
        exhibit = _ports(each, approved)
        found[name] = census(len(stray), n=each.looked, detail=f"open: {words}" if stray else "", exhibits=(exhibit,))
    return found


def imported(
    reports: Mapping[str, tuple[ScannerRun, ...] | Unseen], *, days: float, now: datetime
) -> dict[str, Look | Unseen]:  # fmt: skip
    """Other scanners' runs as looks of ours; one that is too old says nothing of today."""
    found: dict[str, Look | Unseen] = {}
    for name, runs in reports.items():
        if isinstance(runs, Unseen):
            found[name] = runs
            continue
        for number, run in enumerate(runs, start=1):
            found[f"{shown(run.tool)} in {name}" + (f", run {number}" if len(runs) > 1 else "")] = _run(run, days, now)
    return found


def _run(run: ScannerRun, days: float, now: datetime) -> Look | Unseen:
    if run.at > now + DAY:
        return Unseen(cause=Cause.MALFORMED, detail=f"{run.file} says it was made at {iso(run.at)}, which has not come")
    if run.at < now - days * DAY:
        words = f"{run.file}: {shown(run.tool)} looked last at {iso(run.at)}, and it may be {days:g} days ago"
        return Unseen(cause=Cause.STALE, detail=f"{words}; run it again")
    passed = [f"{each.rule} {each.where}".strip() for each in run.results if each.suppressed]
    remarks = (f"suppressed in {run.file}: {some(passed)}",) if passed else ()
    left = [each for each in run.results if not each.suppressed]
    found = tuple(_weakness(each, run) for each in left)
    unrated = some([f"{each.rule} ({each.unrated})" for each in left if each.unrated], most=5, between="; ")
    told = {"the rest": run.failure, "how grave it is": unrated and f"does not say how grave it is: {unrated}"}
    unseen = tuple(
        (part, Unseen(cause=Cause.UNDEFINED, detail=f"{run.file}: {shown(run.tool)} {words}"))
        for part, words in told.items()
        if words
    )
    return Look(looked=1 + len(run.results), found=found, unseen=unseen, remarks=remarks)


def dependencies(
    software: Mapping[str, tuple[Inventory, Database] | Unseen], *, accepted: Sequence[Accepted], now: datetime
) -> dict[str, Look | Unseen]:  # fmt: skip
    """Known weaknesses of what is installed, unless somebody accepted them; what was not looked up is unseen."""
    return {
        name: each if isinstance(each, Unseen) else _installed(*each, accepted, now) for name, each in software.items()
    }


def _installed(inventory: Inventory, database: Database, accepted: Sequence[Accepted], now: datetime) -> Look:
    found, unlooked = look_up(inventory, database, now=now)
    living = {each.id for each in accepted if now < each.expires}
    told = patching.past_window(inventory, database, days=DAYS, accepted=accepted, now=now)
    weaknesses = tuple(
        Weakness(
            id=each.ids[0], severity=each.severity or SEVERITIES[0],
            where=f"{each.package.name} {each.package.version}",
            what="a published weakness" + ("" if each.severity else " that nobody rated"),
            repeat=f"look up {each.ids[0]} in the advisories",
            fix=f"install {each.fixed}" if each.fixed else "no fix yet: replace it, or accept it for a time",
        )
        for each in found
        if each.match is Match.AFFECTED and living.isdisjoint(each.ids)
    )  # fmt: skip
    # How long a weakness may wait is the monthly duty's question; how old the lists are is ours too.
    unseen = tuple((name, each) for name, each in told.items() if isinstance(each, Unseen) and name != "age unknown")
    looked = max(len(inventory.packages) - len(unlooked), len(weaknesses))
    return Look(looked=looked, found=weaknesses, unseen=unseen)


def _approved(host: Host, node: int) -> frozenset[int]:
    return frozenset(node if port == "node" else port for port in host.ports)


def _weakness(result: Result, run: ScannerRun) -> Weakness:
    severity = rating(result.score) if result.score is not None else _LEVELS.get(result.level, "medium")
    return Weakness(
        id=result.rule, severity=severity, where=result.where or run.file, what=shown(result.what),
        repeat=f"{run.tool} {run.version}: {run.file}".strip(), fix=result.help or "see the scanner's rule",
    )  # fmt: skip


def _named(found: Sequence[Weakness]) -> str:
    return some([f"{each.severity} {each.id}: {each.what} ({each.where})" for each in found], most=5, between="; ")


def _ports(ports: Ports, approved: frozenset[int]) -> Exhibit:
    rows = tuple((str(each.port), each.service, "yes" if each.port in approved else "no") for each in ports.open)
    return Exhibit(
        title=f"Open ports of {ports.host}",
        caption=f"Of the {ports.looked:,} ports {shown(ports.spec)} asked by nmap.",
        columns=("port", "service", "approved"), rows=rows,
    )  # fmt: skip
