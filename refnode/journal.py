"""The log: lines by structlog, kept in the store without their timestamp, which is put in front when read."""

import json
import threading
from collections.abc import MutableMapping
from typing import Any

import structlog

from refnode import tables
from refnode.clock import Clock
from refnode.store import Store

ORDER = ("level", "trace_id", "prefix", "event")


class Journal:
    """Takes log lines and writes them to the store in batches."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Keep lines for this store."""
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        self._pending: list[dict[str, Any]] = []
        self._log = structlog.wrap_logger(
            self,
            processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, _line],
            wrapper_class=structlog.make_filtering_bound_logger(10),
            cache_logger_on_first_use=True,
        )

    def speaker(self, who: str) -> Any:
        """Give the logger of an agent or node part; its lines carry the prefix `[JUNZI-who]`."""
        return self._log.bind(prefix=f"[JUNZI-{who}]")

    def msg(self, line: str) -> None:
        """Take one rendered line (called by structlog)."""
        with self._lock:
            self._pending.append({"at": self._clock.now(), "stamped": True, "line": line})

    debug = info = warning = error = critical = msg

    def flush(self) -> None:
        """Write what is pending to the store."""
        with self._lock:
            pending, self._pending = self._pending, []
        self._store.insert(tables.log_lines, *pending)


def _line(_logger: Any, _method: str, words: MutableMapping[str, Any]) -> str:
    """Render a line from its level on, in the contract's order; `stamped` reading puts the timestamp in front."""
    words["level"] = str(words["level"]).upper()
    ordered = {name: words.pop(name) for name in ORDER if name in words} | dict(words)
    return json.dumps(ordered, default=str)[1:]
