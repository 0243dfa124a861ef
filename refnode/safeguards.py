"""The safeguards in force, as every request asks for them: in memory, and read anew several times a second."""

import json
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from refnode.store import Store
from refnode.temper import Responding

FREEZE: Final = "freeze-public-api"
WITHHOLD: Final = "withhold-outputs"
RECOVERY: Final = "recovery"
IN_FORCE = "SELECT safeguard, scope FROM safeguards WHERE state = 'active' ORDER BY triggered_at, safeguard_id"
EVER = "SELECT safeguard, scope FROM safeguards WHERE safeguard = 'withhold-outputs'"


class Scope(NamedTuple):
    """Which outputs are meant: decisions on entities of one group, calculated from `since` on and before `until`."""

    attribute: str
    group: str
    since: int
    until: int | None

    def text(self) -> str:
        """Write it for the store."""
        return json.dumps(self._asdict())


def scope_of(kept: str | None) -> Scope | None:
    """Read a stored scope."""
    return None if kept is None else Scope(**json.loads(kept))


@dataclass(frozen=True, kw_only=True)
class InForce:
    """What is in force at one moment."""

    frozen: bool = False
    recovering: bool = False
    withheld: tuple[Scope, ...] = ()


class Safeguards:
    """Holds what is in force; reading it costs a request nothing."""

    def __init__(self, store: Store, responding: Responding) -> None:
        """Begin with what the store says."""
        self._store, self._wrong = store, responding.wrong
        self.now = InForce()
        self.refresh()

    def refresh(self) -> None:
        """Read what is in force."""
        rows: list[Any] = self._store.rows(IN_FORCE)
        kinds = {row[0] for row in rows}
        if "outputs-stay-withheld" in self._wrong:
            rows = self._store.rows(EVER)
        withheld = (scope_of(kept) for kind, kept in rows if kind == WITHHOLD)
        self.now = InForce(
            frozen=FREEZE in kinds,
            recovering=RECOVERY in kinds,
            withheld=tuple(scope for scope in withheld if scope is not None),
        )

    @property
    def closed(self) -> bool:
        """Whether the public API is closed: what the public sends is held, and nothing is shown."""
        return self.now.frozen and "freeze-ignored" not in self._wrong

    @property
    def leaks(self) -> bool:
        """Whether the public corrections are shown all the same."""
        return "freeze-leaky" in self._wrong

    @property
    def without_alerts(self) -> bool:
        """Whether alerts have to wait for the end of a recovery."""
        return self.now.recovering and "alerts-early" not in self._wrong
