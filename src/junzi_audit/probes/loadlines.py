"""What the load generator wrote, line by line, to a load run; whatever is wrong with it is malformed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.seen.blocks import Block, Effort, LoadRun, Span, Stage

_OUTCOMES = tuple(each.name for each in fields(Block) if each.name not in {"second", "stage", "cells"})
#: What tells one sort of line from another.
_MARKS = ("cells", "process", "begun", "accepted")
_PLAIN = ("node", "time_factor", "user_factor", "workers", "key_limit")


def header(run: Mapping[str, Any]) -> bytes:
    """The first line: what was run, where and when; ``run`` holds the fields of a LoadRun but for what was seen."""
    plain = {**run, "begun": iso(run["begun"]), "ended": iso(run["ended"])}
    return json.dumps(plain | {"stages": [asdict(stage) for stage in run["stages"]]}).encode() + b"\n"


def load_run(body: bytes) -> LoadRun:
    """The header and all lines behind it; the seconds of several generator processes are added up."""
    first, *rest = body.splitlines()
    found: dict[str, list[dict[str, Any]]] = {mark: [] for mark in _MARKS}
    try:
        head = json.loads(first)
        for line in map(json.loads, rest):
            found[next(mark for mark in _MARKS if mark in line)].append(line)
        return LoadRun(
            **{name: head[name] for name in _PLAIN}, begun=utc(head["begun"]), ended=utc(head["ended"]),
            stages=tuple(Stage(**stage) for stage in head["stages"]),
            spans=tuple(Span(**line) for line in found["begun"]), blocks=_blocks(found["cells"]),
            efforts=tuple(Effort(**line) for line in found["process"]),
            accepted=tuple(line["accepted"] for line in found["accepted"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        words = f"the load generator's lines cannot be read: {type(error).__name__}: {error}"
        raise Unobservable(Cause.MALFORMED, words[:300]) from None


def _blocks(lines: list[dict[str, Any]]) -> tuple[Block, ...]:
    """One block per second and stage, in order; a process may have written a second in two parts."""
    counts: dict[tuple[int, str], Counter[str]] = {}
    cells: dict[tuple[int, str], Counter[int]] = {}
    for line in lines:
        key = (line["second"], line["stage"])
        counts.setdefault(key, Counter()).update({name: line.get(name, 0) for name in _OUTCOMES})
        cells.setdefault(key, Counter()).update({int(cell): n for cell, n in line["cells"].items()})
    return tuple(
        Block(second=key[0], stage=key[1], cells=dict(sorted(cells[key].items())), **counts[key])
        for key in sorted(counts)
    )
