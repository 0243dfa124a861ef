"""Log lines of an interval, with personal data masked before anything is stored."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.transport import Recorder
from junzi_audit.records import LogLine

#: What stands in a stored line where personal data stood; the measure counts lines that hold it.
MASK = "⟦personal data: {kind}⟧"
MASKED = "⟦personal data: "
_PERSONAL = {
    "e-mail": re.compile(rb"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+"),
    "national id": re.compile(rb"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
    "telephone": re.compile(
        rb"(?<![\w.:+/-])(?:\+\d{1,3}[ -]?)?(?:\(\d{2,4}\)[ -]?|\d{2,4}[ -])\d{3,4}[ -]\d{3,4}(?![\w.:-])"
    ),
    "payment card": re.compile(rb"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])"),
}


class Logs:
    """The log of the node: read from its audit feed, or from a file of JSON lines."""

    def __init__(self, surface: Surface, recorder: Recorder, *, path: Path | None = None) -> None:
        self._surface = surface
        self._recorder = recorder
        self._path = path

    def lines(self, since: datetime, until: datetime) -> tuple[LogLine, ...]:
        """Every line of the interval; a line without a readable instant is kept, since it may belong to it."""
        body = self._from_file(since, until) if self._path else self._from_node(since, until)
        return tuple(_line(text) for text in body.decode(errors="replace").split("\n") if text.strip())

    def _from_node(self, since: datetime, until: datetime) -> bytes:
        params = (("since", iso(since)), ("until", iso(until)))
        return self._surface.get("logs.lines", "/logs", params, redact=mask).body

    def _from_file(self, since: datetime, until: datetime) -> bytes:
        query = f"FILE {self._path} since={iso(since)} until={iso(until)}"
        found = self._recorder.replay(query)
        if found is not None:
            return found[1]
        assert self._path is not None
        try:
            raw = self._path.read_bytes()
        except OSError as error:
            raise Unobservable(
                Cause.UNREACHABLE, f"the log file {self._path} cannot be read: {error.strerror}"
            ) from None
        kept = [line for line in raw.splitlines() if line.strip() and _within(line, since, until)]
        body = mask(b"\n".join(kept) + b"\n")
        self._recorder.keep(probe="logs.lines", query=query, at=until, seconds=0, status=200, body=body, cause=None)
        return body


def mask(body: bytes) -> bytes:
    """The body with everything that looks like personal data replaced by its kind."""
    for kind, pattern in _PERSONAL.items():
        marker = MASK.format(kind=kind).encode()
        if kind == "payment card":
            body = pattern.sub(lambda found, marker=marker: marker if _luhn(found[0]) else found[0], body)  # type: ignore[misc]
        else:
            body = pattern.sub(marker, body)
    return body


def _luhn(number: bytes) -> bool:
    digits = [byte - 48 for byte in number if 48 <= byte <= 57]
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _within(line: bytes, since: datetime, until: datetime) -> bool:
    parsed = _line(line.decode(errors="replace"))
    return parsed.timestamp is None or since <= parsed.timestamp < until


def _line(text: str) -> LogLine:
    try:
        raw = json.loads(text)
    except ValueError:
        return LogLine(text=text, is_json=False)
    if not isinstance(raw, dict):
        return LogLine(text=text, is_json=False)
    return LogLine(
        text=text, is_json=True, timestamp=_instant(raw), level=_text(raw, "level"), trace_id=_text(raw, "trace_id"),
        prefix=_text(raw, "prefix"), event=_text(raw, "event"), exception=_text(raw, "exception"),
        acknowledges=_text(raw, "acknowledges"),
    )  # fmt: skip


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _instant(raw: dict[str, Any]) -> datetime | None:
    try:
        return utc(_text(raw, "timestamp"))
    except ValueError:
        return None
