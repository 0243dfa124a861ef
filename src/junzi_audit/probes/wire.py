"""One exchange with a server that may be hostile: bounded reading, redirects, and what went wrong in words."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import httpx2 as httpx

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Ask, Bounds

#: Everything an exchange may raise; anything else is our own mistake.
ERRORS = (Unobservable, TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
_REDIRECTS = 3
_LONGEST = 300
_STANDS_FOR_KEY = b"[the key that was sent]"


Client = httpx.AsyncClient


def client(*, trust_environment: bool) -> Client:
    """A client that follows nothing by itself and keeps no cookie, so that every look is like the first."""
    nothing = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(trust_env=trust_environment, follow_redirects=False, cookies=nothing)


async def exchange(client: Client, ask: Ask) -> tuple[int, bytes, float, dict[str, str]]:
    """Status, body, the seconds to wait before asking again, and the headers asked for; raises one of ``ERRORS``."""
    headers = {**ask.headers, "Accept-Encoding": "identity", "User-Agent": "junzi-audit"}
    url = httpx.URL(ask.url)
    params = httpx.QueryParams(tuple(ask.params)) if ask.params else None
    for _ in range(_REDIRECTS + 1):
        waits = _waits(ask.bounds)
        content = ask.body or None
        sending = client.stream(ask.method, url, params=params, headers=headers, content=content, timeout=waits)
        async with sending as response:
            # What writes is never sent a second time, wherever it is told to go.
            if not response.has_redirect_location or ask.method != "GET":
                heads = {name: response.headers[name] for name in ask.heads if name in response.headers}
                return response.status_code, await _read(response, ask.bounds.size), _retry_after(response), heads
            url, params = _same_host(url, response.headers["location"]), None
    raise Unobservable(Cause.MALFORMED, f"more than {_REDIRECTS} redirects")


def origin(url: str) -> str:
    """Scheme, host and port: what fails or answers together."""
    try:
        return "{0.scheme}://{0.netloc}".format(urlsplit(url))
    except ValueError:
        return url


def is_loopback(url: str) -> bool:
    """Whether the URL points to this machine itself."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def spellings(secrets: Iterable[str]) -> set[bytes]:
    """The ways in which a server may echo what we sent, also without the scheme before a key, such as "Bearer".

    A word too short to be a key is no secret.
    """
    ways = (str, lambda key: quote(key, safe=""), lambda key: json.dumps(key)[1:-1], html.escape)
    words = {word for secret in secrets for word in (secret, secret.rpartition(" ")[2]) if len(word) >= 8}
    return {way(word).encode() for word in words for way in ways}


def without(secrets: Iterable[bytes], body: bytes) -> bytes:
    """The body with the keys that a server echoed taken out; evidence must never hold one."""
    for secret in secrets:
        if secret in body:
            body = body.replace(secret, _STANDS_FOR_KEY)
    return body


def in_words(error: BaseException, ask: Ask) -> tuple[Cause, str]:
    """The cause of a failed exchange, and what happened; a server's own words are cut short and made printable."""
    cause, words = _cause(error, ask.bounds)
    return cause, "".join(letter if letter.isprintable() else "?" for letter in words[:_LONGEST])


def _waits(bounds: Bounds) -> httpx.Timeout:
    return httpx.Timeout(bounds.read, connect=bounds.connect, pool=bounds.total)


async def _read(response: httpx.Response, limit: int) -> bytes:
    """The body up to ``limit`` bytes; Unobservable beyond, or when it comes compressed unasked."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Unobservable(Cause.MALFORMED, "the answer is compressed although that was not asked for")
    parts, size = [], 0
    async for part in response.aiter_raw():
        parts.append(part)
        size += len(part)
        if size > limit:
            raise Unobservable(Cause.TOO_LARGE, f"the answer is longer than {limit:,} bytes")
    return b"".join(parts)


def _same_host(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads, parsed by the client itself: a second parser might read another host into it."""
    onward = url.join(location)
    if (onward.scheme, onward.host, onward.port, onward.userinfo) != (url.scheme, url.host, url.port, url.userinfo):
        where = f"{onward.scheme}://{onward.netloc.decode()}"
        raise Unobservable(Cause.REDIRECTED, f"it points to {where}, which was not asked")
    return onward


def _retry_after(response: httpx.Response) -> float:
    """Whole seconds; a date, or anything else the contract does not know, counts as none."""
    text = response.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _cause(error: BaseException, bounds: Bounds) -> tuple[Cause, str]:
    if isinstance(error, Unobservable):
        return error.cause, error.detail
    if isinstance(error, TimeoutError):
        return Cause.TIMED_OUT, f"no complete answer within {bounds.total:g} s"
    if isinstance(error, httpx.ConnectTimeout):
        return Cause.UNREACHABLE, f"no connection within {bounds.connect:g} s"
    if isinstance(error, httpx.TimeoutException):
        return Cause.TIMED_OUT, f"no byte for {bounds.read:g} s"
    if isinstance(error, httpx.ConnectError | OSError):
        return Cause.UNREACHABLE, f"no connection: {error}"
    if isinstance(error, httpx.RemoteProtocolError) and str(error).startswith("Server disconnected"):
        # Nothing was said at all: a node that restarts, or a kept connection that just ended, not a garbled answer.
        return Cause.UNREACHABLE, "the connection was closed without an answer"
    if isinstance(error, httpx.InvalidURL | httpx.RemoteProtocolError | httpx.DecodingError | ValueError):
        return Cause.MALFORMED, f"not HTTP as it should be: {error}"
    return Cause.UNREACHABLE, f"the connection broke: {type(error).__name__}: {error}"
