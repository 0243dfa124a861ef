"""One document, wherever a target keeps it: a page of a surface, or a file that is kept as evidence when it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Recorder
from junzi_audit.probes.surface import Surface


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of a surface."""

    surface: Surface
    path: str

    def read(self, probe: str, at: datetime, squeeze: Callable[[Path], bytes]) -> Answer:
        """The page as it is now; Unobservable with its cause."""
        return self.surface.get(probe, self.path)


@dataclass(frozen=True, kw_only=True)
class File:
    """A file or directory below ``root``, named by ``path`` as the target's file does."""

    root: Path
    path: str
    recorder: Recorder

    def read(self, probe: str, at: datetime, squeeze: Callable[[Path], bytes]) -> Answer:
        """What ``squeeze`` makes of it, kept as evidence; Unobservable when it cannot be read."""
        query = f"FILE {self.path}"
        found = self.recorder.replay(query)
        if found is not None:
            return Answer(observation=found[0], body=found[1], cause=found[2])
        try:
            body = squeeze(self.root / self.path)
        except OSError as error:
            words = f"{self.path} cannot be read: {error.strerror or type(error).__name__}"
            raise Unobservable(Cause.UNREACHABLE, words) from None
        seen = self.recorder.keep(probe=probe, query=query, at=at, seconds=0, status=200, body=body, cause=None)
        return Answer(observation=seen, body=body)


Document = Page | File
