"""How duties stand: of each, the newest record of a run that counts, and what its recorded evidence tells."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from junzi_audit.evidence import earlier, results
from junzi_audit.evidence.results import RunLog
from junzi_audit.findings import Observation, Record, RunHeader
from junzi_audit.model import Verdict
from junzi_audit.seen.deployments import Release, Stand

#: Runs that are looked at, the newest: a quarter of heartbeats and more.
_LOOKED_AT = 40_000
_MODEL = re.compile(rb'"model_version"\s*:\s*"([^"\\]{1,100})"')
_DIGEST = re.compile(rb'"model_digest"\s*:\s*"([0-9a-f]{64})"')
_SCORE = re.compile(rb'"risk_id"\s*:\s*"([^"\\]{1,100})"')
_ALERT = re.compile(rb'"alert_id"\s*:\s*"([^"\\]{1,100})"')
_DECIDED = "feed.decisions"
#: Probes that ask a node for its health.
_HEALTH = {"node.health", "node.model"}
_ASKED = tuple(f'"{probe}"'.encode() for probe in sorted(_HEALTH))
#: Evidence older than this is no duty's any more for which it matters which model ran.
_OLDEST = timedelta(days=9)
#: The note of a run that left duties out.
_PARTIAL = "partial run"


class AlteredEvidence(Exception):
    """What a run recorded is gone, or has another digest; the message says which file."""


def newest(reports: Path, target: str, duties: Collection[str], now: datetime) -> Mapping[str, Stand]:
    """Of each duty, how it came out in the newest run of that target that tells; absent where none does.

    A run that did not finish, or that left duties out, tells only what was not met.
    """
    found: dict[str, Stand] = {}
    runs = list(earlier.sound_runs(reports, target, now, most=_LOOKED_AT))
    for file, header in runs:
        folder = file.parent
        wanted = (set(duties) & set(header.due)) - set(found)
        log = _read(folder) if wanted else None
        if log is None:
            continue
        short = _short(log)
        last = {record.duty: record for record in log.records if record.duty in wanted}
        for duty, record in last.items():
            if not short or record.verdict is not Verdict.MET:
                found[duty] = replace(_stand(folder, log, record), short=short)
        if log.damaged:
            found |= {duty: _unread(duty, folder.name, header.started) for duty in wanted - set(last)}
        if len(found) == len(set(duties)):
            break
    return _with_releases(found, runs, now)


def told(reports: Path, stand: Stand, probe: str) -> Iterator[tuple[Observation, bytes]]:
    """What the duty itself was told by that probe; AlteredEvidence when it no longer is what was recorded."""
    for seen in stand.record.observations:
        if seen.probe == probe:
            yield seen, _body(reports / stand.run, seen)


def _stand(folder: Path, log: RunLog, record: Record) -> Stand:
    models: Mapping[str, int] = {}
    origins: dict[str, str] = {}
    fault = ""
    try:
        seen = {each.sha256: each for each in record.observations}.values()
        bodies = [(each.probe, _body(folder, each)) for each in seen]
        lines = (line for probe, body in bodies if probe == _DECIDED for line in body.splitlines())
        models = Counter(_makers(lines).values())
        if any(each.probe == "feed.disputes" for each in seen):
            origins = _origins(folder, log)
    except AlteredEvidence as error:
        fault = str(error)
    return Stand(
        run=folder.name, started=log.header.started, record=record, models=models, origins=origins, fault=fault,
    )  # fmt: skip


def _unread(duty: str, run: str, started: datetime) -> Stand:
    """Of a duty whose record may be on a line that cannot be read: what it was may have refused."""
    record = Record(duty=duty, verdict=Verdict.INCONCLUSIVE, reason="", started=started, seconds=0)
    return Stand(run=run, started=started, record=record, fault=f"{run} cannot be read to the end, nor {duty} in it")


def _with_releases(
    stands: Mapping[str, Stand], runs: Iterable[tuple[Path, RunHeader]], now: datetime
) -> Mapping[str, Stand]:
    """Each stand with what nodes said they ran since: decisions tell a version, and only nodes tell a digest."""
    decided = {duty: stand for duty, stand in stands.items() if stand.models}
    since = max(min((stand.started for stand in decided.values()), default=now), now - _OLDEST)
    told: list[tuple[datetime, Release]] = []
    try:
        for file, header in runs:
            if header.started >= since:
                told += [(header.started, each) for each in _releases(file)]
    except AlteredEvidence as error:
        return {**stands, **{duty: replace(stand, fault=stand.fault or str(error)) for duty, stand in decided.items()}}
    return {
        duty: replace(stand, releases=frozenset(each for at, each in told if at >= stand.started))
        for duty, stand in stands.items()
    }


def _releases(file: Path) -> Iterator[Release]:
    """Version and digest, from the nodes' own word; only lines that tell of it are read, of thousands of runs."""
    try:
        lines = [line for line in file.read_bytes().splitlines() if any(word in line for word in _ASKED)]
    except OSError:
        return
    seen = {each.sha256: each for line in lines for each in _observed(line) if each.probe in _HEALTH}
    for each in seen.values():
        body = _body(file.parent, each)
        version, digest = _MODEL.search(body), _DIGEST.search(body)
        if version and digest:
            yield Release(version=version[1].decode(errors="replace"), digest=digest[1].decode())


def _observed(line: bytes) -> tuple[Observation, ...]:
    """What the record on that line rests on; nothing of a line that holds none, such as a torn last one."""
    try:
        record = results.decode(line.decode())
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    return record.observations if isinstance(record, Record) else ()


def _makers(lines: Iterable[bytes]) -> dict[str, str]:
    """By score, the version of the model that made it."""
    return {
        risk[1].decode(errors="replace"): model[1].decode(errors="replace")
        for line in lines
        if (risk := _SCORE.search(line)) and (model := _MODEL.search(line))
    }


def _origins(folder: Path, log: RunLog) -> dict[str, str]:
    """By score and by alert, the version of the model behind it, from whatever the run was told of decisions."""
    seen = {each.path: each for record in log.records for each in record.observations}
    lines = {
        probe: [line for each in seen.values() if each.probe == probe for line in _body(folder, each).splitlines()]
        for probe in (_DECIDED, "feed.alerts")
    }
    scores = _makers(lines[_DECIDED])
    alerts: dict[str, str] = {}
    for line in lines["feed.alerts"]:
        if (alert := _ALERT.search(line)) and (risk := _SCORE.search(line)):
            version = scores.get(risk[1].decode(errors="replace"))
            alerts |= {alert[1].decode(errors="replace"): version} if version else {}
    return {**scores, **alerts}


def _body(folder: Path, seen: Observation) -> bytes:
    try:
        body = (folder / "raw" / seen.sha256[:2] / seen.sha256).read_bytes()
    except OSError:
        raise AlteredEvidence(f"the evidence of {folder.name} is not whole: {seen.path} cannot be read") from None
    if hashlib.sha256(body).hexdigest() != seen.sha256:
        raise AlteredEvidence(f"the evidence of {folder.name} was altered: {seen.path} has another digest")
    return body


def _read(folder: Path) -> RunLog | None:
    try:
        return results.read(folder)
    except (OSError, results.ResultsError):
        return None


def _short(log: RunLog) -> str:
    """Why a run assures nothing; empty when it does."""
    if log.end is None or log.damaged:
        return "a run that did not finish" if log.end is None else "a run that cannot be read to the end"
    return "a run that left duties out" if any(note.startswith(_PARTIAL) for note in log.header.notes) else ""
