"""Schemathesis against a node: a process of its own, bounded in cases, time and rate; its report without any key."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.curl import curl
from junzi_audit.seen.trials import Contract, Trial

#: Beyond the time it is given: starting, and the last answers it waits for.
_SLACK = 30.0
_SOURCE = "the node's own OpenAPI document"
_STANDS_FOR_KEY = "[the key that was sent]"
#: Passing overload, which breaks no contract.
_OVERLOAD = {429, 502, 503, 504}
#: Every request carries a key: something in between, or a key that ended, turned it away.
_REFUSED = {401, 403}
_SHOWN = ("content-type", "x-api-key", "x-audit-label")
#: Whether a request without a key is refused is a promise of its own: here every request carries one.
_EXCLUDED = "ignored_auth,missing_required_header"

#: The keys come by the environment, one after the other, and never stand in a command or a report.
_HOOKS = """
import itertools, json, os
import schemathesis

KEYS = itertools.cycle(os.environ["JUNZI_CONTRACT_KEYS"].split(","))
MORE = json.loads(os.environ["JUNZI_CONTRACT_HEADERS"])


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), **MORE, "X-API-Key": next(KEYS)}
"""


_ONLY_DECLARED = "[phases.coverage]\nunexpected-methods = []\n"


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is tried: cases of each operation, seconds and requests per minute in all, and whether POSTs too."""

    examples: int
    seconds: float
    per_minute: int
    writes: bool
    label: str
    seed: int


def check(document: Mapping[str, Any], url: str, *, keys: Sequence[str], effort: Effort) -> bytes:
    """The events of a run against the node at ``url``, as JSON lines in which every key is replaced.

    Unobservable when Schemathesis is not installed, ended badly, or had to be ended.
    """
    tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
    if tool is None:
        raise Unobservable(Cause.NOT_CONFIGURED, "Schemathesis is not installed; pip install 'junzi-audit[contract]'")
    with tempfile.TemporaryDirectory(prefix="junzi-contract-") as place:
        folder = Path(place)
        (folder / "document.json").write_text(json.dumps(document))
        (folder / "junzi_hooks.py").write_text(_HOOKS)
        # Methods that nobody declared are tried as well, and what is undeclared may still write.
        (folder / "schemathesis.toml").write_text("" if effort.writes else _ONLY_DECLARED)
        env = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS_")}
        more = {"X-Audit-Label": effort.label} if effort.writes else {}
        ours = {
            "JUNZI_CONTRACT_KEYS": ",".join(keys), "JUNZI_CONTRACT_HEADERS": json.dumps(more), "PYTHONPATH": place,
            "SCHEMATHESIS_HOOKS": "junzi_hooks", "HOME": place, "NO_COLOR": "1",
        }  # fmt: skip
        command = [tool, *_words(folder, url, effort)]
        try:
            done = subprocess.run(  # noqa: S603 - our own command, no shell
                command, cwd=folder, env=env | ours, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=effort.seconds + _SLACK, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Unobservable(Cause.TIMED_OUT, f"Schemathesis did not end within {effort.seconds:.0f} s") from None
        report = folder / "events.ndjson"
        if done.returncode not in {0, 1} or not report.is_file():
            said = scrubbed((done.stdout + done.stderr)[-2000:], keys).decode(errors="replace").strip().splitlines()
            words = said[-1][-300:] if said else "it said nothing"
            raise Unobservable(Cause.BROKEN_CHECK, f"Schemathesis ended with {done.returncode}: {words}")
        return scrubbed(report.read_bytes(), keys)


def scrubbed(body: bytes, keys: Sequence[str]) -> bytes:
    """The bytes with every key replaced, also where it stands in what was encoded with Base64."""
    for key in keys:
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + key.encode())
            # The characters at both ends depend on what stands beside the key; those between them do not.
            body = body.replace(coded[4 if offset else 0 : len(coded) // 4 * 4 - 4], b"")
        body = body.replace(key.encode(), _STANDS_FOR_KEY.encode())
    return body


def read(events: bytes, expected: Mapping[str, bool] | None = None) -> Contract:
    """What the events of a run add up to; Unobservable when they are no whole report.

    ``expected``: the operations that were to be tried, and whether each documents an answer 2xx; without it, all do.
    """
    told = _Told(statuses={each: Counter() for each in expected or ()})
    for line in events.splitlines():
        try:
            ((name, event),) = dict(json.loads(line)).items()
        except (ValueError, TypeError):
            raise Unobservable(Cause.MALFORMED, "the report of Schemathesis is damaged") from None
        told.take(name, event)
    if not told.stop:
        raise Unobservable(Cause.MALFORMED, "the report of Schemathesis ends before the run did")
    return told.summed(expected or {})


@dataclass(kw_only=True)
class _Told:
    """What the events have told so far; ``statuses``: of the answers, by operation."""

    statuses: dict[str, Counter[int]]
    version: str = ""
    stop: str = ""
    overloads: int = 0
    broken: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    failures: dict[str, Trial] = field(default_factory=dict)

    def take(self, name: str, event: Mapping[str, Any]) -> None:
        """Add one event."""
        self.version = event.get("schemathesis_version", self.version)
        self.stop = event.get("stop_reason", self.stop)
        if name in {"NonFatalError", "FatalError"}:
            self.errors.add(_error(event))
        recorder = event.get("recorder")
        if name != "ScenarioFinished" or not recorder or not recorder.get("interactions"):
            return
        its = self.statuses.setdefault(recorder["label"], Counter())
        for each in recorder["interactions"].values():
            if each.get("response"):
                its[_status(each, recorder["label"])] += 1
        for failure, interaction in _failures(recorder):
            self._fail(recorder["label"], failure, interaction)

    def _fail(self, operation: str, failure: Mapping[str, Any], interaction: Mapping[str, Any]) -> None:
        """Note a failure; of those that break one promise, the one that is shortest to repeat."""
        if (interaction.get("response") or {}).get("status_code") in _OVERLOAD:
            self.overloads += 1
            return
        self.broken.add(operation)
        trial = _trial(failure, interaction)
        kept = self.failures.get(trial.promise)
        if kept is None or len(trial.curl) < len(kept.curl):
            self.failures[trial.promise] = trial

    def summed(self, expected: Mapping[str, bool]) -> Contract:
        """All of it together."""
        through = {each for each, its in self.statuses.items() if any(200 <= status < 300 for status in its)}
        due = [each for each in sorted(self.statuses) if expected.get(each, True) and each not in through | self.broken]
        return Contract(
            version=self.version, cases=sum(its.total() for its in self.statuses.values()), overloads=self.overloads,
            operations=len(self.statuses), busy=_sum(self.statuses.values(), _OVERLOAD),
            unanswered=tuple(f"{each} ({_in_words(self.statuses[each])})" for each in due),
            refused=_sum([self.statuses[each] for each in through], _REFUSED),
            complete=self.stop == "completed", failures=tuple(self.failures[key] for key in sorted(self.failures)),
            errors=tuple(sorted(self.errors)),
        )  # fmt: skip


def _status(interaction: Mapping[str, Any], operation: str) -> int:
    """That of an answer; 0 to a method that is not the operation's own, unless it tells that the node is busy."""
    status = int(interaction["response"].get("status_code") or 0)
    method = str((interaction.get("request") or {}).get("method", "")).upper()
    return status if method == operation.partition(" ")[0] or status in _OVERLOAD else 0


def _sum(counts: Iterable[Counter[int]], among: Collection[int]) -> int:
    return sum(its[status] for its in counts for status in among)


def _in_words(its: Counter[int]) -> str:
    told = [f"{times} times {status}" for status, times in its.most_common(3) if status]
    return ", ".join(told) or "never answered"


def _words(folder: Path, url: str, effort: Effort) -> Iterator[str]:
    yield from (
        "--config-file",
        str(folder / "schemathesis.toml"),
        "run",
        str(folder / "document.json"),
        "--url",
        url,
        "--phases",
        "examples,coverage,fuzzing",
    )
    yield from ("--max-examples", str(effort.examples), "--seed", str(effort.seed), "--workers", "1")
    # Its own time bound is no bound but a budget: it repeats what it does until that is spent.
    yield from ("--request-timeout", "10", "--exclude-checks", _EXCLUDED)
    yield from ("--report", "ndjson", "--report-ndjson-path", str(folder / "events.ndjson"), "--warnings", "off")
    if effort.per_minute:
        yield from ("--rate-limit", f"{effort.per_minute}/m")
    if not effort.writes:
        yield from ("--include-method", "GET")


def _error(event: Mapping[str, Any]) -> str:
    told = event.get("value") or event.get("exception") or {}
    return f"{event.get('label', '')}: {told.get('type', '')}: {told.get('message', '')}"[:300]


def _failures(recorder: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each failed check with the exchange that it is about."""
    for case, checks in recorder.get("checks", {}).items():
        for each in checks:
            if each["status"] == "failure":
                yield each["failure_info"]["failure"], recorder["interactions"].get(case, {})


def _trial(failure: Mapping[str, Any], interaction: Mapping[str, Any]) -> Trial:
    request = interaction.get("request") or {}
    response = interaction.get("response") or {}
    coded = (request.get("body") or {}).get("$base64", "") if isinstance(request.get("body"), Mapping) else ""
    body = base64.b64decode(coded) if coded else b""
    headers = {name: values[0] for name, values in request.get("headers", {}).items() if name.lower() in _SHOWN}
    said = " ".join(str(failure.get("message", "")).split())
    status = response.get("status_code")
    return Trial(
        promise=f"{failure.get('operation', '')}: {failure.get('title', '')}", source=_SOURCE, cases=1,
        broken=f"{said[:200]} (answered {status})" if status else said[:200],
        example=body.decode(errors="replace")[:200] or str(request.get("uri", "")).partition("?")[2][:200],
        curl=curl(request.get("method", "GET"), request.get("uri", ""), headers, body),
    )  # fmt: skip
