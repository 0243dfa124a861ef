"""Log lines of an interval, with personal data masked before anything is stored."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.personal import MASK, MASKED, mask
from junzi_audit.probes.surface import Surface
from junzi_audit.records import LogLine

__all__ = ["MASK", "MASKED", "Logs", "mask"]


class Logs:
    """The log of the node: read from its audit feed, or from a file of JSON lines."""

    def __init__(self, surface: Surface, recorder: Recorder, *, path: Path | None = None) -> None:
        self._surface = surface
        self._recorder = recorder
        self._path = path

    def lines(self, since: datetime, until: datetime) -> tuple[LogLine, ...]:
        """Every line of the interval; a line without a readable instant is kept, since it may belong to it."""
        body = self._from_file(self._path, since, until) if self._path else self._from_node(since, until)
        return tuple(_line(text) for text in body.split(b"\n") if text.strip())

    def _from_node(self, since: datetime, until: datetime) -> bytes:
        params = (("since", iso(since)), ("until", iso(until)))
        answer = self._surface.get("logs.lines", "/logs", params, redact=mask)
        if answer.body and not answer.body.endswith(b"\n"):
            raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: the last line is cut off")
        return answer.body

    def _from_file(self, path: Path, since: datetime, until: datetime) -> bytes:
        query = f"FILE {path} since={iso(since)} until={iso(until)}"
        found = self._recorder.replay(query)
        if found is not None:
            return found[1]
        kept = []
        try:
            # Line by line: a log that was never rotated may be larger than our memory.
            with path.open("rb") as log:
                kept = [line.rstrip(b"\r\n") for line in log if line.strip() and _within(line, since, until)]
        except OSError as error:
            raise Unobservable(Cause.UNREACHABLE, f"the log file {path} cannot be read: {error.strerror}") from None
        body = mask(b"\n".join(kept) + b"\n")
        self._recorder.keep(probe="logs.lines", query=query, at=until, seconds=0, status=200, body=body, cause=None)
        return body


def _within(line: bytes, since: datetime, until: datetime) -> bool:
    parsed = _line(line)
    return parsed.timestamp is None or since <= parsed.timestamp < until


def _line(line: bytes) -> LogLine:
    text = line.decode(errors="replace")
    try:
        raw = json.loads(line.decode())
    except (ValueError, RecursionError):
        return LogLine(text=text, is_json=False)
    if not isinstance(raw, dict):
        return LogLine(text=text, is_json=False)
    return LogLine(
        text=text, is_json=True, timestamp=_instant(raw), level=_text(raw, "level"), trace_id=_text(raw, "trace_id"),
        prefix=_text(raw, "prefix"), event=_text(raw, "event"), exception=_text(raw, "exception"),
        acknowledges=_text(raw, "acknowledges"),
    )  # fmt: skip


def _text(raw: dict[str, Any], key: str) -> str:
    """The text of a field; half a surrogate pair, which JSON can hold and no file can, becomes a question mark."""
    value = raw.get(key)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _instant(raw: dict[str, Any]) -> datetime | None:
    try:
        return utc(_text(raw, "timestamp"))
    except (ValueError, OverflowError):
        return None
