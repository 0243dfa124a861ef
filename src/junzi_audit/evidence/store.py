"""Observations on disk: bytes under their SHA-256, an index line each, and who relied on them."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable, iso, utc

INDEX = "observations"
_FIELDS = ("duty", "probe", "query", "at", "seconds", "status", "cause", "sha256")


class DamagedIndex(Exception):
    """A recording's index cannot be read; the message says where."""


class Store:
    """Keeps what the probes saw in a run's directory, and knows which duty is looking.

    With ``replay`` the answers come from that earlier run's directory, and nothing is asked of the world; they are kept
    again, so that a replayed run stands on its own.
    """

    def __init__(self, run: Path, *, worker: str = "main", replay: Archive | None = None) -> None:
        self._run = run
        self._worker = worker
        self._replay = replay
        self._count = 0
        self._duty = ""
        self._cited: dict[str, Observation] = {}

    def begin(self, duty: str) -> None:
        """From now on, observations are noted for this duty."""
        self._duty, self._cited = duty, {}
        if self._replay is not None:
            self._replay.rewind()

    def end(self) -> tuple[Observation, ...]:
        """Every observation the duty relied on, in the order of looking."""
        cited, self._duty, self._cited = self.cited, "", {}
        return cited

    @property
    def cited(self) -> tuple[Observation, ...]:
        """Every observation the duty relied on so far, in the order of looking."""
        return tuple(self._cited.values())

    def cite(self, observation: Observation) -> None:
        """Note an observation made earlier in the run as relied on by this duty too."""
        self._cited.setdefault(observation.id, observation)

    def replay(self, query: str) -> tuple[Observation, bytes, Cause | None] | None:
        """The recorded answer when this run is a replay, else None; Unobservable when it was never recorded."""
        if self._replay is None:
            return None
        line, body = self._replay.take(self._duty, query)
        cause = Cause(line["cause"]) if line["cause"] else None
        observation = self.keep(
            probe=line["probe"], query=query, at=utc(line["at"]), seconds=line["seconds"], status=line["status"],
            body=body, cause=cause,
        )  # fmt: skip
        return observation, body, cause

    def keep(
        self, *, probe: str, query: str, at: datetime, seconds: float, status: int, body: bytes, cause: Cause | None
    ) -> Observation:
        """Store the bytes under their digest, append the index line, and note it for the duty being checked."""
        self._count += 1
        sha256 = hashlib.sha256(body).hexdigest()
        path = f"raw/{sha256[:2]}/{sha256}"
        self._write(path, body)
        observation = Observation(
            id=f"{self._worker}-{self._count:05}", probe=probe, query=query, at=at, seconds=round(seconds, 6),
            status=status, sha256=sha256, size=len(body), path=path,
        )  # fmt: skip
        line = {
            "id": observation.id, "duty": self._duty, "probe": probe, "query": query, "at": iso(at),
            "seconds": observation.seconds, "status": status, "cause": cause or "", "sha256": sha256, "size": len(body),
        }  # fmt: skip
        with (self._run / f"{INDEX}-{self._worker}.jsonl").open("a", encoding="utf-8") as index:
            index.write(json.dumps(line) + "\n")
        self.cite(observation)
        return observation

    def _write(self, path: str, body: bytes) -> None:
        """Whole or not at all: a reader never sees half a body, and two writers of the same bytes agree."""
        final = self._run / path
        if final.exists():
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(f".{final.name}.{os.getpid()}")
        part.write_bytes(body)
        part.replace(final)


class Archive:
    """The observations of an earlier run, found again by duty and query, in the order they were made."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._taken: dict[tuple[str, str], int] = {}
        files = sorted(run.glob(f"{INDEX}-*.jsonl"))
        if not files:
            raise FileNotFoundError(f"{run}: no {INDEX}-*.jsonl here, so there is nothing to replay")
        for file in files:
            for line in _lines(file):
                self._lines.setdefault((line["duty"], line["query"]), []).append(line)
                self._lines.setdefault(("", line["query"]), []).append(line)

    def rewind(self) -> None:
        """A new duty starts from the first recorded answer of each query."""
        self._taken.clear()

    def take(self, duty: str, query: str) -> tuple[dict[str, Any], bytes]:
        """The next recorded line and its bytes; Unobservable when never asked, or when the bytes changed since."""
        key = (duty, query) if (duty, query) in self._lines else ("", query)
        lines = self._lines.get(key)
        if lines is None:
            raise Unobservable(Cause.NOT_RECORDED, f"{query} is not in the recording {self._run.name}")
        nth = self._taken.get(key, 0)
        self._taken[key] = nth + 1
        line = lines[min(nth, len(lines) - 1)]
        path = self._run / "raw" / line["sha256"][:2] / line["sha256"]
        body = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(body).hexdigest() != line["sha256"]:
            raise Unobservable(Cause.MALFORMED, f"the recorded bytes of {query} no longer have their digest")
        return line, body


def _lines(file: Path) -> list[dict[str, Any]]:
    """The readable lines of an index; a last one that a kill tore off is passed over, any other damage is told."""
    texts, found = file.read_text(encoding="utf-8", errors="replace").split("\n"), []
    for number, text in enumerate(texts, start=1):
        try:
            line = json.loads(text) if text else None
            if line is not None:
                found.append(line | {name: line[name] for name in _FIELDS})
        except (ValueError, KeyError, TypeError):
            if number < len(texts):
                raise DamagedIndex(f"{file}: line {number} is damaged, so this recording cannot be replayed") from None
    return found
