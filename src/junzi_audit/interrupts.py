"""A run that is told to end puts back what it did, whoever tells it: a person by Ctrl-C, a supervisor by SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from types import FrameType
from typing import Any

import pytest

_BEFORE = pytest.StashKey[Any]()


def begin(config: pytest.Config) -> None:
    """From now on SIGTERM ends the session as Ctrl-C does; only the main thread may arrange that."""
    if threading.current_thread() is threading.main_thread():
        config.stash[_BEFORE] = signal.signal(signal.SIGTERM, _as_by_hand)


def end(config: pytest.Config) -> None:
    """SIGTERM does again what it did before."""
    if _BEFORE in config.stash:
        signal.signal(signal.SIGTERM, config.stash[_BEFORE] or signal.SIG_DFL)
        del config.stash[_BEFORE]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Whoever cannot wait for the undo and says so again gets a quiet end: what is left stands in the journal."""
    try:
        return (yield)
    except KeyboardInterrupt:
        session.exitstatus = pytest.ExitCode.INTERRUPTED
        return None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_keyboard_interrupt() -> Generator[None, Any, Any]:
    """Nothing interrupts pytest in the moment in which it words the first one: it cannot report half of it."""
    if threading.current_thread() is not threading.main_thread():
        return (yield)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return (yield)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _as_by_hand(number: int, frame: FrameType | None) -> None:
    """What Ctrl-C would do at this instant: an event loop that runs then ends its work first, and serves the undo."""
    by_hand = signal.getsignal(signal.SIGINT)
    if not callable(by_hand):  # ignored, as a shell does for what it starts in the background
        raise KeyboardInterrupt
    by_hand(signal.SIGINT, frame)
