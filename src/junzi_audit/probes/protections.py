"""What the node's own doors let through, asked like a stranger would: GETs only, few, and none that wears out a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import curl, rate_limit, wire
from junzi_audit.probes.asking import Answer, Ask
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.weaknesses import Look, Weakness

#: Keys that documentation, examples and first drafts are full of.
DEFAULT_KEYS = ("test", "admin", "demo", "changeme", "secret", "root", "1234")
_WRONG, _STRANGER = "no-key", "https://evil.example"
#: What the evidence holds in place of a header that came back: see ``wire.without``.
_REFLECTED = wire.without(wire.spellings((_STRANGER,)), _STRANGER.encode()).decode()
_GUARDS = ("x-content-type-options", "cache-control", "strict-transport-security", "server", "x-powered-by")
_SHARED = ("access-control-allow-origin", "access-control-allow-credentials")
#: What only the inside of a program says: a traceback, a source line, a path, a database's own words.
_INSIDE = re.compile(
    rb'Traceback \(most recent|File ?\\?"[^"]+\\?", line \d+|/(?:home|usr|opt|srv|root|var|app)/[\w./-]+\.\w+'
    rb"|[A-Z]:\\\\?\w+\\|"
    rb"site-packages|\bat [\w.$]+\([\w]+\.(?:java|kt|scala|js|ts):\d+|sqlalchemy|psycopg|sqlite3\.|ORA-\d{5}|SQLSTATE"
)
#: A page that every node answers the run's key.
_READ = ("/risk_scores/", (("page_size", "1"),))
_MALFORMED = ("/risk_scores/?page=one", "/risk_scores/?jurisdiction=%00%27", "/sources/%27%22%3C%00", "/no-such-page/")


@dataclass(frozen=True, kw_only=True)
class Door:
    """One guarded surface: asked without a key on ``open``; ``header`` is where a key goes, ``page`` what it guards."""

    name: str
    open: Surface
    header: str
    page: str


@dataclass(frozen=True, kw_only=True)
class Doors:
    """One node: its guarded surfaces, its public API with the run's key, and one with a key that may be used up."""

    doors: tuple[Door, ...]
    api: Surface
    spare: Surface | None
    keys: tuple[str, ...]


def look(node: Doors) -> Look:
    """Every protection a published node needs; Unobservable when the node does not answer as one.

    A node that turns away the run's own key as well keeps every protection, and proves none: what it lets through
    all the same is found.
    """
    refused = _refused(node.api)
    found = [*_doors(node)]
    if refused is not None and not found:
        raise refused
    if refused is not None:
        told = Unseen(cause=refused.cause, detail=refused.detail)
        return Look(looked=len(found), found=tuple(found), unseen=((f"the rest of {node.api.url}", told),))
    found += [*_headers(node.api), *_sharing(node), *_errors(node.api)]
    unseen: list[tuple[str, Unseen]] = []
    try:
        found += rate_limit.look(node.api, node.spare)
    except Unobservable as failure:
        unseen.append((f"rate limit of {node.api.url}", Unseen(cause=failure.cause, detail=failure.detail)))
    looked = len(node.doors) * (2 + len(node.keys)) + len(_GUARDS) + 1 + len(_MALFORMED) + (not unseen)
    return Look(looked=looked, found=tuple(found), unseen=tuple(unseen))


def _refused(api: Surface) -> Unobservable | None:
    """Why the run's own key reads nothing; None when it does."""
    try:
        _seen(api, api.ask("scan.answers", *_READ)).usable()
    except Unobservable as failure:
        return failure
    return None


def _doors(node: Doors) -> Iterator[Weakness]:
    """Strangers at every door before the first known key: after a few wrong keys a node may well hear no more."""
    strangers = [tuple(_strangers(door)) for door in node.doors]
    for door, found in zip(node.doors, strangers, strict=True):
        yield from found or _known(door, node.keys)  # a door that opens to a stranger opens to any key


def _strangers(door: Door) -> Iterator[Weakness]:
    """Whether the door opens to somebody without a key, or with a wrong one."""
    tries: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("no key", "key-none", {}), ("a wrong key", "key-wrong", {door.header: _WRONG}),
    )  # fmt: skip
    for words, name, headers in tries:
        ask = door.open.ask("scan.key", door.page, headers=headers, retry=False)
        if _opens(door.open, ask):
            yield Weakness(
                id=name, severity="critical", where=ask.url, what=f"the {door.name} answers with {words}",
                repeat=_repeated(ask, door, headers.get(door.header, "")),
                fix="answer 401 to every key that was not given out",
            )  # fmt: skip
            return


def _known(door: Door, keys: Sequence[str]) -> Iterator[Weakness]:
    """The keys that everybody would try, at a door that refused a wrong one."""
    for key in keys:
        ask = door.open.ask("scan.key", door.page, headers={door.header: key}, retry=False)
        if _opens(door.open, ask, refusals=frozenset({401, 403, 429})):
            yield Weakness(
                id="key-default", severity="critical", where=ask.url, what=f"the {door.name} takes the key {key!r}",
                repeat=_repeated(ask, door, key), fix="withdraw that key, and look in the logs for who used it",
            )  # fmt: skip


def _opens(surface: Surface, ask: Ask, refusals: frozenset[int] = frozenset({401, 403})) -> bool:
    """Whether the page is given away; Unobservable when what comes is neither the page nor a refusal."""
    answer = _seen(surface, ask)
    if answer.status in refusals:
        return False
    answer.usable()
    try:
        [json.loads(line) for line in answer.body.splitlines()[:1]]
    except (ValueError, RecursionError):
        raise Unobservable(Cause.MALFORMED, f"{ask.query} is answered 200 without a key, and not as JSON") from None
    return True


def _headers(api: Surface) -> Iterator[Weakness]:
    """What a browser or a cache between must be told, whatever the answer is."""
    ask = api.ask("scan.headers", *_READ, heads=_GUARDS, retry=False)
    told = {name: value.lower() for name, value in _seen(api, ask).heads.items()}
    cached = told.get("cache-control", "")
    missing = [
        (told.get("x-content-type-options") != "nosniff", "low", "X-Content-Type-Options: nosniff"),
        (not {"no-store", "private"} & set(re.split(r"[\s,]+", cached)), "medium", "Cache-Control: no-store"),
        (ask.url.startswith("https:") and "max-age" not in told.get("strict-transport-security", ""), "medium",
         "Strict-Transport-Security: max-age=31536000"),
    ]  # fmt: skip
    for is_missing, severity, line in missing:
        if is_missing:
            name = line.partition(":")[0]
            yield Weakness(
                id=f"header-{name.lower()}", severity="low" if severity == "low" else "medium", where=ask.url,
                what=f"answers about people come without a fitting {name}", repeat=curl.of(ask), fix=f"send {line!r}",
            )  # fmt: skip
    for name in ("server", "x-powered-by"):
        if any(letter.isdigit() for letter in told.get(name, "")):
            yield Weakness(
                id=f"header-{name}", severity="low", where=ask.url, what=f"{name} tells a version: {told[name][:60]}",
                repeat=curl.of(ask), fix=f"do not send {name}",
            )  # fmt: skip


def _sharing(node: Doors) -> Iterator[Weakness]:
    """Whether a page of a stranger's may read answers with its visitor's credentials; some say so on a 200 alone."""
    page = node.doors[0].page
    found = [each for surface in (node.doors[0].open, node.api) if (each := _shared(surface, page)) is not None]
    yield from sorted(found, key=lambda each: each.severity != "high")[:1]


def _shared(surface: Surface, page: str) -> Weakness | None:
    ask = surface.ask("scan.cors", page, headers={"Origin": _STRANGER}, heads=_SHARED, retry=False)
    heads = _seen(surface, ask).heads
    origin, with_keys = heads.get(_SHARED[0], ""), heads.get(_SHARED[1], "").lower() == "true"
    if origin not in {_REFLECTED, _STRANGER} and not (origin == "*" and with_keys):
        return None
    return Weakness(
        id="cors-open", severity="high" if with_keys else "medium", where=ask.url,
        what="any website may read the answers" + (" with its visitor's credentials" if with_keys else ""),
        repeat=curl.of(ask), fix="allow the origins that need it by name, or none",
    )  # fmt: skip


def _errors(api: Surface) -> Iterator[Weakness]:
    """Whether a bad request is told what the program looks like inside."""
    for path in _MALFORMED:
        ask = api.ask("scan.errors", path, retry=False)
        if told := _INSIDE.search(_seen(api, ask).body):
            yield Weakness(
                id="errors-verbose", severity="medium", where=ask.url,
                what=f"an error answer shows the inside: {told[0][:80].decode(errors='replace')}", repeat=curl.of(ask),
                fix="answer errors with a reason of your own words, and log the rest",
            )  # fmt: skip


def _seen(surface: Surface, ask: Ask) -> Answer:
    """An answer of any status; Unobservable when none came."""
    return surface.get_all([ask])[0].came()


def _repeated(ask: Ask, door: Door, key: str) -> str:
    """The command, with a key that everybody knows written out: it is the finding."""
    return curl.of(replace(ask, headers={})).replace("curl -sS -i", f"curl -sS -i -H '{door.header}: {key}'", 1)
