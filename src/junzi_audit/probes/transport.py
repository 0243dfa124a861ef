"""The only room that speaks HTTP: bounded in time and size, and every look is kept as evidence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2 as httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from junzi_audit.model import Cause, Observation, Unobservable

Params = Sequence[tuple[str, str]]
_RETRYABLE = frozenset({502, 503, 504})
_BREAKER = 2
_ATTEMPTS = 3
_REDIRECTS = 3


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long we wait (seconds) and how much we read (bytes) of one answer."""

    connect: float = 2
    read: float = 5
    total: float = 10
    size: int = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One GET. ``headers`` may hold secrets: they are sent, and never kept."""

    probe: str
    url: str
    params: Params = ()
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    bounds: Bounds = Bounds()
    retry: bool = True
    redact: Callable[[bytes], bytes] | None = None

    @property
    def query(self) -> str:
        """What was asked, in words an auditor can repeat: method, URL and parameters, no header."""
        return f"GET {self.url}" + (f"?{urlencode(self.params)}" if self.params else "")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, with the observation that keeps it. ``cause`` is set when nothing usable did."""

    observation: Observation
    body: bytes
    cause: Cause | None = None

    @property
    def status(self) -> int:
        """The HTTP status; 0 when there was none."""
        return self.observation.status

    def usable(self) -> Answer:
        """Itself when it is a 200; Unobservable with the cause otherwise."""
        if self.cause is not None:
            raise Unobservable(self.cause, f"{self.observation.query}: {self.body.decode(errors='replace')}")
        if self.status == 200:
            return self
        causes = {401: Cause.UNAUTHORISED, 403: Cause.UNAUTHORISED, 429: Cause.THROTTLED}
        cause = causes.get(self.status, Cause.SERVER_ERROR if self.status >= 500 else Cause.MALFORMED)
        raise Unobservable(cause, f"{self.observation.query} answered {self.status}")


class Recorder(Protocol):
    """Where observations are kept, and where a replay finds them."""

    def replay(self, query: str) -> tuple[Observation, bytes, Cause | None] | None:
        """The recorded answer to the query; None when this is a live run. Unobservable when it was never recorded."""

    def keep(
        self, *, probe: str, query: str, at: datetime, seconds: float, status: int, body: bytes, cause: Cause | None
    ) -> Observation:
        """Store the bytes under their digest and note the observation for the duty being checked."""


class Transport:
    """GETs, one at a time or many at once.

    A node of which two different pages failed in a row is not tried again in this run: a run ends in bounded time.
    """

    def __init__(self, recorder: Recorder, *, trust_environment: bool = True) -> None:
        self._recorder = recorder
        self._runner = asyncio.Runner()
        self._client: httpx.AsyncClient | None = None
        self._trust_environment = trust_environment
        self._failures: dict[str, dict[str, Cause]] = {}

    def get(self, ask: Ask) -> Answer:
        """One answer, whatever its status; look at ``cause`` or call ``usable``."""
        return self.get_all([ask])[0]

    def get_all(self, asks: Sequence[Ask], *, at_once: int = 8) -> list[Answer]:
        """The answers in the order of the asks, at most ``at_once`` on the way together."""
        replayed = [self._recorder.replay(ask.query) for ask in asks]
        if all(found is not None for found in replayed):
            return [Answer(observation=found[0], body=found[1], cause=found[2]) for found in replayed if found]
        return self._runner.run(self._gather(asks, at_once))

    def close(self) -> None:
        """End connections and the loop; a second call does nothing."""
        if self._client is not None:
            self._runner.run(self._client.aclose())
            self._client = None
        self._runner.close()

    async def _gather(self, asks: Sequence[Ask], at_once: int) -> list[Answer]:
        gate = asyncio.Semaphore(at_once)

        async def one(ask: Ask) -> Answer:
            async with gate:
                return await self._answer(ask)

        return list(await asyncio.gather(*(one(ask) for ask in asks)))

    async def _answer(self, ask: Ask) -> Answer:
        retrying = AsyncRetrying(
            retry=retry_if_result(_again) if ask.retry else retry_if_result(lambda _: False),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=_pause,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        answer: _Look = await retrying(self._look, ask)
        body = ask.redact(answer.body) if ask.redact and answer.cause is None else answer.body
        observation = self._recorder.keep(
            probe=ask.probe, query=ask.query, at=answer.at, seconds=answer.seconds, status=answer.status,
            body=body, cause=answer.cause,
        )  # fmt: skip
        return Answer(observation=observation, body=body, cause=answer.cause)

    async def _look(self, ask: Ask) -> _Look:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(ask.url))
        failed = self._failures.setdefault(origin, {})
        if len(failed) >= _BREAKER:
            words = f"not tried again: {len(failed)} pages of {origin} failed one after the other"
            return _Look(at=datetime.now(UTC), seconds=0, cause=list(failed.values())[-1], body=words.encode())
        at, begun = datetime.now(UTC), time.perf_counter()
        try:
            async with asyncio.timeout(ask.bounds.total):
                status, body, wait = await self._exchange(ask)
        except (Unobservable, TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            cause, words = _cause(error, ask)
            if cause in {Cause.UNREACHABLE, Cause.TIMED_OUT}:
                failed[ask.url] = cause
            seconds = time.perf_counter() - begun
            return _Look(at=at, seconds=seconds, cause=cause, body=words.encode())
        failed.clear()
        return _Look(at=at, seconds=time.perf_counter() - begun, status=status, body=body, wait=wait)

    async def _exchange(self, ask: Ask) -> tuple[int, bytes, float]:
        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=self._trust_environment, follow_redirects=False)
        bounds = ask.bounds
        timeout = httpx.Timeout(bounds.read, connect=bounds.connect, pool=bounds.total)
        headers = {**ask.headers, "Accept-Encoding": "identity", "User-Agent": "junzi-audit"}
        url, params = ask.url, list(ask.params) or None
        for _ in range(_REDIRECTS + 1):
            async with self._client.stream("GET", url, params=params, headers=headers, timeout=timeout) as response:
                if response.is_redirect:
                    url, params = _same_host(url, response.headers.get("location", "")), None
                    continue
                body = await _read(response, bounds.size)
                return response.status_code, body, _retry_after(response)
        raise Unobservable(Cause.MALFORMED, f"more than {_REDIRECTS} redirects")


@dataclass(frozen=True, kw_only=True)
class _Look:
    at: datetime
    seconds: float
    status: int = 0
    body: bytes = b""
    cause: Cause | None = None
    wait: float = 0


async def _read(response: httpx.Response, limit: int) -> bytes:
    """The body up to ``limit`` bytes; Unobservable beyond, or when it comes compressed unasked."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unobservable(Cause.MALFORMED, "the answer is compressed although that was not asked for")
    parts, size = [], 0
    async for part in response.aiter_raw():
        parts.append(part)
        size += len(part)
        if size > limit:
            raise Unobservable(Cause.TOO_LARGE, f"the answer is longer than {limit:,} bytes")
    return b"".join(parts)


def _same_host(url: str, location: str) -> str:
    onward = urljoin(url, location)
    if urlsplit(onward)[:2] != urlsplit(url)[:2]:
        raise Unobservable(Cause.REDIRECTED, f"it points to {urlsplit(onward).netloc!r}, which was not asked")
    return onward


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0


def _cause(error: BaseException, ask: Ask) -> tuple[Cause, str]:
    if isinstance(error, Unobservable):
        return error.cause, error.detail
    if isinstance(error, TimeoutError):
        return Cause.TIMED_OUT, f"no complete answer within {ask.bounds.total:g} s"
    if isinstance(error, httpx.ConnectTimeout):
        return Cause.UNREACHABLE, f"no connection within {ask.bounds.connect:g} s"
    if isinstance(error, httpx.TimeoutException):
        return Cause.TIMED_OUT, f"no byte for {ask.bounds.read:g} s"
    if isinstance(error, httpx.ConnectError | OSError):
        return Cause.UNREACHABLE, f"no connection: {error}"
    if isinstance(error, httpx.InvalidURL | httpx.RemoteProtocolError | httpx.DecodingError):
        return Cause.MALFORMED, f"not HTTP as it should be: {error}"
    return Cause.UNREACHABLE, f"the connection broke: {type(error).__name__}: {error}"


def _again(look: _Look) -> bool:
    """A broken connection or a passing overload is worth another GET; a time-out has cost enough already."""
    return (
        (look.cause is Cause.UNREACHABLE and look.seconds > 0)
        or look.status in _RETRYABLE
        or (look.status == 429 and look.wait <= 10)
    )


def _pause(state: RetryCallState) -> float:
    look: _Look | None = state.outcome.result() if state.outcome else None
    return look.wait if look is not None and look.status == 429 else 0.1 * state.attempt_number
