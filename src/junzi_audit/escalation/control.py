"""What a node is made to do: an incident reported, and the public API frozen, through its control plane; and seen."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import datetime

from junzi_audit.declared.escalating import Act
from junzi_audit.escalation.notice import Notice
from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import wire
from junzi_audit.probes.asking import Answer, Bounds
from junzi_audit.probes.control import Plane
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.transport import Transport
from junzi_audit.targets import Target

_KINDS = {Act.FREEZE: "security", Act.WITHHOLD: "bias"}
_FREEZE = "freeze-public-api"
#: A page of every node that is looked at, for how long at most, and the seconds between two looks.
_PAGE, _WITHIN, _PACE = "/alerts/", 60.0, 1.0


class ControlPlane:
    """The published calls of one target's primary, for what is no drill. Each is sent once; a second run goes on."""

    def __init__(self, target: Target) -> None:
        table, api, node = target.control, target.api, target.nodes.primary
        self._transport = Transport(_Forgetful(), trust_environment=not wire.is_loopback(node), writes=True)
        bounds = Bounds(
            connect=table.connect_seconds, read=table.read_seconds, total=table.total_seconds,
            size=int(table.max_megabytes * 1_000_000),
        )  # fmt: skip
        self._plane = Plane(
            Surface(
                self._transport, node=node, base=table.base, header="X-Control-Key", key_env=table.key_env,
                bounds=bounds,
            )
        )  # fmt: skip
        # A page is asked for with the key if there is one: without, some nodes refuse whether they are frozen or not.
        header = "X-API-Key" if os.environ.get(api.key_env) else ""
        self._public = [
            Surface(self._transport, node=url, base=api.base, header=header, key_env=api.key_env, bounds=bounds)
            for url in (node, *target.nodes.secondaries)
        ]

    def report(self, act: Act, notice: Notice) -> str:
        """Report the incident and give its id; Unobservable with the cause when the node does not take it."""
        return self._plane.report(_KINDS[act], f"{notice.title}\n{notice.body}").incident_id

    def freeze(self, incident: str) -> str:
        """Freeze the public API and give the safeguard's id; errors as for ``report``. Whether it serves, look."""
        made = self._plane.trigger(incident, _FREEZE)
        if made.safeguard != _FREEZE or made.state != "active":
            raise Unobservable(Cause.MALFORMED, f"the node says that {made.safeguard} is {made.state}")
        if made.incident_id != incident:
            told = f"the node says that {made.safeguard_id} is for incident {made.incident_id}, not for {incident}"
            raise Unobservable(Cause.MALFORMED, told)
        return made.safeguard_id

    def not_frozen(self) -> str:
        """Why the public API is not seen frozen, in words; empty once it is. Looks for up to a minute.

        The primary must refuse as the contract says; no other node may serve.
        """
        end = time.monotonic() + _WITHIN
        while True:
            told = self._look()
            if not told or time.monotonic() >= end:
                return told
            time.sleep(_PACE)

    def _look(self) -> str:
        for place, node in enumerate(self._public):
            ask = node.ask("escalation.public", _PAGE, retry=False, heads=("x-junzi-safeguard",))
            answer = node.get_all([ask])[0]
            if answer.cause is None and answer.status == 200:
                return f"the node says so, and serves {node.url}{_PAGE}"
            if place == 0 and not _refuses(answer):
                seen = answer.cause or f"answered {answer.status}, not 503 with X-Junzi-Safeguard: {_FREEZE}"
                return f"the node says so, and it is not seen: {node.url}{_PAGE} {seen}"
        return ""

    def close(self) -> None:
        """End the connections."""
        self._transport.close()


def _refuses(answer: Answer) -> bool:
    return answer.cause is None and answer.status == 503 and answer.heads.get("x-junzi-safeguard") == _FREEZE


class _Forgetful:
    """Keeps nothing: what is done after a run is no evidence of it, and is written down as an escalation."""

    def replay(self, query: str) -> None:
        """Nothing was recorded."""

    def keep(
        self, *, probe: str, query: str, at: datetime, seconds: float, status: int, body: bytes, cause: Cause | None
    ) -> Observation:
        """The observation alone."""
        digest = hashlib.sha256(body).hexdigest()
        return Observation(
            id="", probe=probe, query=query, at=at, seconds=seconds, status=status, sha256=digest, size=len(body),
            path="",
        )  # fmt: skip
