"""How duties stand: of each, the newest record of a run that counts, and what its recorded evidence tells."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from junzi_audit.evidence import earlier, results
from junzi_audit.evidence.results import RunLog
from junzi_audit.findings import Observation
from junzi_audit.seen.deployments import Release, Stand

#: Runs that are looked at, the newest: a quarter of heartbeats and more.
_LOOKED_AT = 40_000
_MODEL = re.compile(rb'"model_version"\s*:\s*"([^"\\]{1,100})"')
_DIGEST = re.compile(rb'"model_digest"\s*:\s*"([0-9a-f]{64})"')
_SCORE = re.compile(rb'"risk_id"\s*:\s*"([^"\\]{1,100})"')
_ALERT = re.compile(rb'"alert_id"\s*:\s*"([^"\\]{1,100})"')
#: Probes that ask a node for its health.
_HEALTH = {"node.health", "node.model"}
#: Notes of runs that prove nothing of a release: of a node broken on purpose, and of a run that left duties out.
_PARTIAL = "partial run"


class AlteredEvidence(Exception):
    """What a run recorded is gone, or has another digest; the message says which file."""


def newest(reports: Path, target: str, duties: Collection[str], now: datetime) -> Mapping[str, Stand]:
    """Of each duty, how it came out in the newest finished, whole run of that target; absent where there is none."""
    found: dict[str, Stand] = {}
    for file, header in earlier.sound_runs(reports, target, now, most=_LOOKED_AT):
        if any(note.startswith(_PARTIAL) for note in header.notes):
            continue
        folder = file.parent
        wanted = (set(duties) & set(header.due)) - set(found)
        log = _read(folder) if wanted else None
        if log is None:
            continue
        last = {record.duty: record for record in log.records}
        for duty in wanted & set(last):
            found[duty] = _stand(folder, log, duty)
        if len(found) == len(set(duties)):
            break
    return found


def told(reports: Path, stand: Stand, probe: str) -> Iterator[tuple[Observation, bytes]]:
    """What the duty itself was told by that probe; AlteredEvidence when it no longer is what was recorded."""
    for seen in stand.record.observations:
        if seen.probe == probe:
            yield seen, _body(reports / stand.run, seen)


def _stand(folder: Path, log: RunLog, duty: str) -> Stand:
    record = next(record for record in reversed(log.records) if record.duty == duty)
    models: set[str] = set()
    releases: frozenset[Release] = frozenset()
    origins: dict[str, str] = {}
    fault = ""
    try:
        for seen in record.observations:
            models.update(each.decode(errors="replace") for each in _MODEL.findall(_body(folder, seen)))
        releases = frozenset(_releases(folder, log))
        if any(seen.probe == "feed.disputes" for seen in record.observations):
            origins = _origins(folder, log)
    except AlteredEvidence as error:
        fault = str(error)
    return Stand(
        run=folder.name, started=log.header.started, record=record, models=frozenset(models), releases=releases,
        origins=origins, fault=fault,
    )  # fmt: skip


def _releases(folder: Path, log: RunLog) -> Iterator[Release]:
    """Version and digest, from the nodes' own word."""
    healths = {each.path: each for record in log.records for each in record.observations if each.probe in _HEALTH}
    for each in healths.values():
        body = _body(folder, each)
        version, digest = _MODEL.search(body), _DIGEST.search(body)
        if version and digest:
            yield Release(version=version[1].decode(errors="replace"), digest=digest[1].decode())


def _origins(folder: Path, log: RunLog) -> dict[str, str]:
    """By score and by alert, the version of the model behind it, from whatever the run was told of decisions."""
    seen = {each.path: each for record in log.records for each in record.observations}
    lines = {
        probe: [line for each in seen.values() if each.probe == probe for line in _body(folder, each).splitlines()]
        for probe in ("feed.decisions", "feed.alerts")
    }
    scores: dict[str, str] = {}
    for line in lines["feed.decisions"]:
        if (risk := _SCORE.search(line)) and (model := _MODEL.search(line)):
            scores[risk[1].decode(errors="replace")] = model[1].decode(errors="replace")
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
    """The run, unless it did not finish or cannot be read to the end."""
    try:
        log = results.read(folder)
    except (OSError, results.ResultsError):
        return None
    return log if log.end is not None and not log.damaged else None
