"""``results.jsonl``: a header before anything is looked at, one fsynced line per duty, an end when it finished."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from junzi_audit import tables
from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.model import Verdict, utc

NAME = "results.jsonl"
_TEXT = rb'("(?:[^"\\]|\\.)*")'
_BEGUN = rb'\{"kind": "record", "duty": %b, "verdict": "(\w+)", "reason": %b, "started": %b' % (_TEXT, _TEXT, _TEXT)
_SHAPES: dict[str, type[Any]] = {"run": RunHeader, "record": Record, "end": RunEnd}


class ResultsError(Exception):
    """A run's directory cannot be read; the message says which file and why."""


@dataclass(frozen=True, kw_only=True)
class RunLog:
    """What one run's file holds.

    ``damaged`` lists lines that could not be read, such as a torn last one, or that do not belong where they stand.
    """

    header: RunHeader
    records: tuple[Record, ...]
    end: RunEnd | None
    damaged: tuple[int, ...]


def encode(thing: RunHeader | Record | RunEnd) -> str:
    """One line of ASCII JSON, with its kind; figures that are not finite are written as strings.

    ASCII, because what nodes and exceptions say may hold line separators, and lone surrogates that no file takes.
    """
    kind = next(name for name, shape in _SHAPES.items() if isinstance(thing, shape))
    body = tables.adapter(type(thing)).dump_python(thing, mode="json")
    return json.dumps({"kind": kind, **_finite(body)}, allow_nan=False)


def decode(line: str) -> RunHeader | Record | RunEnd:
    """The thing a line holds; ValueError when it holds none."""
    raw = json.loads(line)
    shape = _SHAPES[raw.pop("kind")]
    thing: RunHeader | Record | RunEnd = tables.adapter(shape).validate_python(raw)
    return thing


def append(run: Path, thing: RunHeader | Record | RunEnd) -> None:
    """Write one line and wait until the disk has it: what was judged survives the next instant's crash.

    FileExistsError for a header where another run has begun; FileNotFoundError for anything else where none has.
    """
    how = os.O_CREAT | os.O_EXCL if isinstance(thing, RunHeader) else 0
    with os.fdopen(os.open(run / NAME, os.O_WRONLY | os.O_APPEND | how, 0o666), "a", encoding="utf-8") as file:
        file.write(encode(thing) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(run: Path) -> RunLog:
    """The run as far as it came; ResultsError when there is no header to tell what was due."""
    path = run / NAME
    if not path.is_file():
        raise ResultsError(f"{run}: no {NAME} here, so this is not a run's directory")
    things: list[RunHeader | Record | RunEnd] = []
    damaged = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n"), start=1):
        try:
            things.append(_in_place(_consistent(decode(line)), things))
        except (ValueError, KeyError, AttributeError, TypeError, ValidationError):
            damaged.append(number)
    headers = [thing for thing in things if isinstance(thing, RunHeader)]
    if not headers:
        raise ResultsError(f"{path}: no readable header line, so what was due is unknown")
    ends = [thing for thing in things if isinstance(thing, RunEnd)]
    return RunLog(
        header=headers[0],
        records=tuple(thing for thing in things if isinstance(thing, Record)),
        end=ends[-1] if ends else None,
        damaged=tuple(damaged),
    )


@dataclass(frozen=True, kw_only=True)
class Came:
    """What one duty came out as, and why, without what it rests on."""

    duty: str
    verdict: Verdict
    reason: str
    started: datetime


def skim(path: Path) -> tuple[Came, ...]:
    """The duties of a file of results, each as its last attempt left it; nothing of a run that did not finish.

    Only the beginnings of lines are read, as ``encode`` writes them: years of runs are looked through in seconds.
    """
    lines = path.read_bytes().splitlines()
    if not lines or not lines[-1].startswith(b'{"kind": "end"'):
        return ()
    begun = [found.groups() for line in lines if (found := re.match(_BEGUN, line))]
    plain = [(json.loads(duty), verdict, json.loads(reason), json.loads(at)) for duty, verdict, reason, at in begun]
    last = {
        duty: Came(duty=duty, verdict=Verdict(verdict.decode()), reason=reason, started=utc(at))
        for duty, verdict, reason, at in plain
    }
    return tuple(last.values())


def _consistent(thing: RunHeader | Record | RunEnd) -> RunHeader | Record | RunEnd:
    """The thing; ValueError for a record that calls itself met over a judgement that is not: it was not written so."""
    judged = thing.judgements if isinstance(thing, Record) and thing.verdict is Verdict.MET else ()
    if any(judgement.verdict is not Verdict.MET for judgement in judged):
        raise ValueError("said to be met, while its judgements say otherwise")
    return thing


def _in_place(thing: RunHeader | Record | RunEnd, before: Sequence[object]) -> RunHeader | Record | RunEnd:
    """The thing; ValueError unless one header comes first and one end last: lines of two runs are those of none."""
    if isinstance(thing, RunHeader) == bool(before) or (before and isinstance(before[-1], RunEnd)):
        raise ValueError("out of its place")
    return thing


def _finite(value: Any) -> Any:
    """The value with infinities and NaN as the words that a decoder reads back: JSON has no number for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value
