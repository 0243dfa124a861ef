"""Whose turn it is among several keys, so that none is used more often than the node publishes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

_WINDOW = 60.0


class Turns:
    """Takes the keys in turn; waits when each was used ``limit`` times within the last 60 s (0: never waits).

    The last key is left alone: it is the one to be used up on purpose.
    """

    def __init__(
        self, limit: int, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._limit, self._clock, self._sleep = limit, clock, sleep
        self._used: deque[float] = deque()
        self._turn = 0

    def __call__(self, keys: Sequence[str]) -> str:
        """The key of the next request, once it may be used."""
        shared = shared_of(keys)
        self.spend(1, keys=len(shared))
        self._turn += 1
        return shared[self._turn % len(shared)]

    def spend(self, requests: int, *, keys: int) -> None:
        """Note that many requests over the keys, waiting until they may be made."""
        for _ in range(requests if self._limit else 0):
            while self._used and self._used[0] <= self._clock() - _WINDOW:
                self._used.popleft()
            if len(self._used) >= self._limit * keys:
                self._sleep(max(0.0, self._used.popleft() + _WINDOW - self._clock()))
            self._used.append(self._clock())


def shared_of(keys: Sequence[str]) -> Sequence[str]:
    """All keys but the last, where there is more than one."""
    return keys[:-1] or keys


def last_of(keys: Sequence[str]) -> str:
    """The key to be used up."""
    return keys[-1]
