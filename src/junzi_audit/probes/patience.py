"""When a node is no longer worth asking: what makes a run against a dead or hanging node end in bounded time."""

from __future__ import annotations

from dataclasses import dataclass, field

from junzi_audit.model import Cause

#: Pages that must fail, each without any other page answering meanwhile, before the node counts as gone.
_PAGES = 2
#: Seconds of a run that may go by waiting in vain for one node, whichever pages it hangs on.
_SECONDS = 120.0


@dataclass(kw_only=True)
class Patience:
    """What one node has cost so far; instants are seconds of a monotonic clock."""

    _failed: dict[str, Cause] = field(default_factory=dict)
    _answered_at: float = float("-inf")
    _waited: float = 0.0
    _waited_until: float = float("-inf")
    _last: Cause = Cause.UNREACHABLE

    def exhausted(self) -> tuple[Cause, str] | None:
        """Why the node is not asked again in this run; None while it is."""
        if len(self._failed) >= _PAGES:
            return self._last, f"not tried again: {len(self._failed)} pages failed one after the other"
        if self._waited >= _SECONDS:
            return self._last, f"not tried again: {self._waited:.0f} s went by waiting for it in vain"
        return None

    def answered(self, at: float) -> None:
        """Some page answered, whatever it said: the node is there."""
        self._failed.clear()
        self._answered_at = max(self._answered_at, at)

    def failed(self, page: str, cause: Cause, *, begun: float, ended: float) -> None:
        """A page gave no answer. It counts against the node only if no other page answered while we waited."""
        self._last = cause
        self._waited += max(0.0, ended - max(begun, self._waited_until))
        self._waited_until = max(ended, self._waited_until)
        if self._answered_at < begun:
            self._failed[page] = cause
