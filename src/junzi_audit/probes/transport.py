"""The only room that speaks HTTP: bounded in time and size, and every look is kept as evidence."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2 as httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import wire
from junzi_audit.probes.asking import Answer, Ask, Bounds, Params, Recorder
from junzi_audit.probes.patience import Patience

__all__ = ["Answer", "Ask", "Bounds", "Params", "Recorder", "Transport"]

_RETRYABLE = frozenset({502, 503, 504})
_ATTEMPTS = 3
#: Seconds: what took longer has cost enough and is not repeated; a node that says so is waited for up to ten.
_QUICK, _WAIT = 3.0, 10.0


class Transport:
    """Requests, one at a time or many at once; what writes is refused without ``writes``, and never repeated.

    A node of which two different pages failed in a row is not tried again in this run: a run ends in bounded time.
    Proxies and certificates that the environment names apply with ``trust_environment``, but never to this machine.
    """

    def __init__(self, recorder: Recorder, *, trust_environment: bool = True, writes: bool = False) -> None:
        self._recorder = recorder
        self._runner = asyncio.Runner()
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._trust_environment = trust_environment
        self._writes = writes
        self._patience: dict[str, Patience] = {}
        self._secrets: set[bytes] = set()

    def get(self, ask: Ask) -> Answer:
        """One answer, whatever its status; look at ``cause`` or call ``usable``."""
        return self.get_all([ask])[0]

    def get_all(self, asks: Sequence[Ask], *, at_once: int = 8) -> list[Answer]:
        """The answers in the order of the asks, at most ``at_once`` on the way together."""
        replayed = [self._replayed(ask) for ask in asks]
        if all(found is not None for found in replayed):
            return [found for found in replayed if found]
        return self._runner.run(self._gather(asks, at_once))

    def close(self) -> None:
        """End connections and the loop; a second call does nothing."""
        for client in self._clients.values():
            self._runner.run(client.aclose())
        self._clients.clear()
        self._runner.close()

    def _replayed(self, ask: Ask) -> Answer | None:
        found = self._recorder.replay(ask.query)
        if found is None:
            return None
        observation, body, cause = found
        told = self._recorder.replay(ask.heads_query) if ask.heads else None
        return Answer(observation=observation, body=body, cause=cause, heads=json.loads(told[1]) if told else {})

    async def _gather(self, asks: Sequence[Ask], at_once: int) -> list[Answer]:
        gate = asyncio.Semaphore(at_once)

        async def one(ask: Ask) -> Answer:
            async with gate:
                return await self._answer(ask)

        return list(await asyncio.gather(*(one(ask) for ask in asks)))

    async def _answer(self, ask: Ask) -> Answer:
        if not (ask.method == "GET" or ask.dry or self._writes):
            raise Unobservable(Cause.REFUSED, f"{ask.method} {ask.url}: this target allows no writes")
        retrying = AsyncRetrying(
            retry=retry_if_result(_again) if ask.retry and ask.method == "GET" else retry_if_result(lambda _: False),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=_pause,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        self._secrets |= wire.spellings(ask.secrets)
        answer: _Look = await retrying(self._look, ask)
        body = wire.without(self._secrets, answer.body)
        body = ask.redact(body) if ask.redact and answer.cause is None else body
        observation = self._recorder.keep(
            probe=ask.probe, query=ask.query, at=answer.at, seconds=answer.seconds, status=answer.status,
            body=body, cause=answer.cause,
        )  # fmt: skip
        return Answer(
            observation=observation, body=body, cause=answer.cause, heads=self._keep_heads(ask, answer)
        )  # fmt: skip

    def _keep_heads(self, ask: Ask, answer: _Look) -> Mapping[str, str]:
        if not ask.heads:
            return {}
        told = wire.without(self._secrets, json.dumps(dict(answer.heads), sort_keys=True).encode())
        self._recorder.keep(
            probe=f"{ask.probe}.headers", query=ask.heads_query, at=answer.at, seconds=0, status=answer.status,
            body=told, cause=None,
        )  # fmt: skip
        heads: dict[str, str] = json.loads(told)
        return heads

    async def _look(self, ask: Ask) -> _Look:
        patience = self._patience.setdefault(wire.origin(ask.url), Patience())
        at, begun = _now(), time.perf_counter()
        if (given_up := patience.exhausted()) is not None:
            return _Look(at=at, seconds=0, cause=given_up[0], body=given_up[1].encode())
        try:
            async with asyncio.timeout(ask.bounds.total):
                status, body, wait, heads = await wire.exchange(self._client(ask.url), ask)
        except wire.ERRORS as error:
            cause, words = wire.in_words(error, ask)
            ended = time.perf_counter()
            if cause in {Cause.UNREACHABLE, Cause.TIMED_OUT}:
                patience.failed(ask.url, cause, begun=begun, ended=ended)
            else:
                patience.answered(ended)
            return _Look(at=at, seconds=ended - begun, cause=cause, body=words.encode())
        ended = time.perf_counter()
        patience.answered(ended)
        return _Look(at=at, seconds=ended - begun, status=status, body=body, wait=wait, heads=heads)

    def _client(self, url: str) -> httpx.AsyncClient:
        trusting = self._trust_environment and not wire.is_loopback(url)
        if trusting not in self._clients:
            self._clients[trusting] = wire.client(trust_environment=trusting)
        return self._clients[trusting]


@dataclass(frozen=True, kw_only=True)
class _Look:
    at: datetime
    seconds: float
    status: int = 0
    body: bytes = b""
    cause: Cause | None = None
    wait: float = 0
    heads: Mapping[str, str] = field(default_factory=dict)


def _now() -> datetime:
    """Whole milliseconds, as the evidence writes them: a replay must not see another instant than the run did."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _again(look: _Look) -> bool:
    """A broken connection or a passing overload is worth another GET; what took long has cost enough already."""
    if not 0 < look.seconds <= _QUICK:
        return False
    passing = look.status in _RETRYABLE or (look.status == 429 and look.wait <= _WAIT)
    return look.cause is Cause.UNREACHABLE or passing


def _pause(state: RetryCallState) -> float:
    look: _Look | None = state.outcome.result() if state.outcome else None
    pause = 0.1 * state.attempt_number
    return max(pause, look.wait) if look is not None and look.status == 429 else pause
