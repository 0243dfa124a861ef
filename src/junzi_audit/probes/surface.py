"""One HTTP surface of one node: paths and keys to answers, and answers to typed records."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Ask, Bounds, Params
from junzi_audit.probes.parsing import parse, parse_lines
from junzi_audit.probes.transport import Transport

T = TypeVar("T")


class Surface:
    """Requests below one base URL. Repeated looks at the same page within a duty's run are not repeated.

    ``turn`` picks the key of each request from those that the variable lists; as a rule the first.
    """

    def __init__(
        self, transport: Transport, *, node: str, base: str, header: str = "", scheme: str = "", key_env: str = "",
        bounds: Bounds,
        keys: Mapping[str, str] | None = None, turn: Callable[[Sequence[str]], str] = lambda keys: keys[0],
        cite: Callable[[Any], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.url = node.rstrip("/") + base
        self._transport = transport
        self._node = node
        self._header = header
        self._scheme = scheme
        self._key_env = key_env
        self._bounds = bounds
        self._keys = keys or {}
        self._turn = turn
        self._cite = cite
        self._seen: dict[tuple[str, Params], Answer] = {}

    def ask(self, probe: str, path: str, params: Params = (), **how: Any) -> Ask:
        """The GET for a path of this surface; Unobservable when there is no node or no key.

        ``how`` says what an ``Ask`` may be beyond that; its ``headers`` are sent beside the key, or in its place.
        """
        if not self._node:
            raise Unobservable(Cause.NOT_CONFIGURED, "this target has no node")
        headers = {**self._headers(), **how.pop("headers", {})}
        return Ask(probe=probe, url=self.url + path, params=params, headers=headers, bounds=self._bounds, **how)

    def get(self, probe: str, path: str, params: Params = (), *, fresh: bool = False, **how: Any) -> Answer:
        """The usable answer, asked once a run unless ``fresh``; Unobservable with its cause otherwise."""
        key = (path, tuple(params))
        if not fresh and key in self._seen:
            self._cite(self._seen[key].observation)
            return self._seen[key].usable()
        answer = self._transport.get(self.ask(probe, path, params, **how))
        self._seen[key] = answer
        return answer.usable()

    def get_all(self, asks: Sequence[Ask]) -> list[Answer]:
        """Many answers at once, whatever came of each."""
        return self._transport.get_all(asks)

    def one(self, shape: type[T], probe: str, path: str, params: Params = (), **how: Any) -> T:
        """The JSON answer as a ``shape``; Unobservable(malformed) naming the field that is wrong."""
        return parse(shape, self.get(probe, path, params, **how))

    def lines(self, shape: type[T], probe: str, path: str, params: Params = ()) -> tuple[T, ...]:
        """The NDJSON answer, one ``shape`` a line; Unobservable(malformed) naming the first wrong line."""
        return parse_lines(shape, self.get(probe, path, params))

    def _headers(self) -> dict[str, str]:
        if not self._header:
            return {}
        # A node may accept several keys, listed with commas; one is enough to ask with.
        kept = self._keys.get(self._key_env) or os.environ.get(self._key_env, "")
        key = self._turn([each for each in kept.split(",") if each] or [""])
        if not key:
            raise Unobservable(Cause.UNAUTHORISED, f"the environment variable {self._key_env} with the key is not set")
        if not re.fullmatch(r"[!-~]+", key):
            raise Unobservable(Cause.UNAUTHORISED, f"{self._key_env} holds characters that no header can carry")
        return {self._header: f"{self._scheme} {key}" if self._scheme else key}
