"""A command of somebody else's, run for what it prints: bounded in time and size, and kept as evidence."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Recorder

#: Bytes of one tool's output.
_MOST = 50_000_000


def kept(recorder: Recorder, *, probe: str, query: str, act: Callable[[], bytes]) -> bytes:
    """What the act told, now or in the recording; a failure to look is kept with its cause, and raised."""
    found = recorder.replay(query)
    body, cause = (found[1], found[2]) if found else _acted(recorder, probe, query, act)
    if cause is not None:
        raise Unobservable(cause, body.decode(errors="replace"))
    return body


def printed(command: Sequence[str], *, seconds: float, install: str, fine: Sequence[int] = (0,)) -> bytes:
    """What it printed; Unobservable when it is not installed, took too long, said too much or failed."""
    name = command[0]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run(  # noqa: S603 - words of ours, and hosts that the target names; no shell
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, timeout=seconds, check=False
            )
        except (FileNotFoundError, PermissionError):
            raise Unobservable(Cause.NOT_CONFIGURED, f"{name} is not installed here: {install}") from None
        except subprocess.TimeoutExpired:
            raise Unobservable(Cause.TIMED_OUT, f"{name} did not end within {seconds:g} s") from None
        errors.seek(0)
        said = errors.read(10_000).decode(errors="replace").strip().splitlines()
        words = said[-1][:200] if said else "it gave no reason"
        if done.returncode not in fine:
            raise Unobservable(Cause.UNDEFINED, f"{name} ended with {done.returncode}: {words}")
        if output.seek(0, 2) > _MOST:
            raise Unobservable(Cause.TOO_LARGE, f"{name} printed more than {_MOST:,} bytes")
        output.seek(0)
        return output.read()


def _acted(recorder: Recorder, probe: str, query: str, act: Callable[[], bytes]) -> tuple[bytes, Cause | None]:
    at, begun, cause = datetime.now(UTC), time.perf_counter(), None
    try:
        body = act()
    except Unobservable as failure:
        body, cause = failure.detail.encode(), failure.cause
    seconds = time.perf_counter() - begun
    recorder.keep(probe=probe, query=query, at=at, seconds=seconds, status=0, body=body, cause=cause)
    return body, cause
