"""Seeds that are no beacon's: from a file, of public dice, or the run's own chance. Each is kept as evidence."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.asking import Recorder
from junzi_audit.seen.draws import Seed

_TEXT, _DICE = re.compile(r"[0-9A-Za-z._-]{16,200}"), re.compile(r"[1-6]{20,200}")


class OwnSeed:
    """The run's own chance, drawn after the commitment; only whoever trusts the run can trust it."""

    def __init__(self, recorder: Recorder, *, now: Callable[[], datetime]) -> None:
        self._recorder = recorder
        self._now = now

    def promise(self, published: datetime) -> dict[str, str | int]:
        """Nothing can be told of it."""
        return {"kind": "run"}

    def seed(self, published: datetime) -> Seed:
        """Sixteen random bytes in hex."""
        value = _kept(self._recorder, f"SEED of the run, {iso(published)}", self._now, lambda: secrets.token_hex(16))
        return Seed(value=value, origin="the run's own chance, drawn after the commitment; not beacon-verified")


class FileSeed:
    """The text in a file. ``dice``: digits thrown after the commitment, for which it waits ``wait`` seconds.

    ``name`` is how the file is called in the evidence; ``pause`` waits for seconds, ``now`` is the clock.
    """

    def __init__(
        self, recorder: Recorder, path: Path, *, name: str, dice: bool = False, wait: float = 0.0,
        pause: Callable[[float], None], now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._recorder = recorder
        self._path = path
        self._name = name
        self._dice = dice
        self._wait = wait
        self._pause = pause
        self._now = now

    def promise(self, published: datetime) -> dict[str, str | int]:
        """Which file it will be."""
        return {"kind": "public-dice" if self._dice else "file", "file": self._name}

    def seed(self, published: datetime) -> Seed:
        """The seed; Unobservable when the file is not there, holds no seed, or dice older than the commitment."""
        value = _kept(self._recorder, f"SEED {self._name}, {iso(published)}", self._now, lambda: self._read(published))
        kind = "dice thrown in public after the commitment, noted in" if self._dice else "the file"
        return Seed(value=value, origin=f"{kind} {self._name}; not beacon-verified")

    def _read(self, published: datetime) -> str:
        waited = 0.0
        while self._dice and waited < self._wait and not self._is_after(published):
            self._pause(1.0)
            waited += 1.0
        if not self._path.is_file():
            raise Unobservable(Cause.NOT_CONFIGURED, f"the file {self._name} with the seed is not there")
        if self._dice and not self._is_after(published):
            raise Unobservable(Cause.STALE, f"the dice in {self._name} were noted before the commitment was published")
        text = re.sub(
            r"\s", "" if self._dice else " ", self._path.read_text(encoding="utf-8", errors="replace").strip()
        )
        if not (_DICE if self._dice else _TEXT).fullmatch(text):
            wanted = "20 or more throws, digits 1 to 6" if self._dice else "16 or more letters, digits, dots and dashes"
            raise Unobservable(Cause.MALFORMED, f"{self._name} holds no seed: {wanted} in one line are needed")
        return text

    def _is_after(self, published: datetime) -> bool:
        try:
            return datetime.fromtimestamp(self._path.stat().st_mtime, UTC) > published
        except OSError:
            return False


def _kept(recorder: Recorder, query: str, now: Callable[[], datetime], read: Callable[[], str]) -> str:
    """The recorded seed in a replay; else what is read, kept for one."""
    found = recorder.replay(query)
    if found is not None:
        return found[1].decode()
    value = read()
    recorder.keep(probe="seed", query=query, at=now(), seconds=0, status=200, body=value.encode(), cause=None)
    return value
