"""The councils' registers in the audit feed, and the pages on which answers are published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes import soundness
from junzi_audit.probes.asking import Answer, Params
from junzi_audit.probes.parsing import parse_lines
from junzi_audit.probes.personal import mask
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.pages import Page
from junzi_audit.seen.registers import BiasFinding, Concern

T = TypeVar("T")
#: A path that a request can carry as it is, and that stays below the place it is asked at.
_PATH = re.compile(r"/(?!/)(?!(?:.*/)?\.{1,2}(?:[/?]|\Z))[!-~]{0,500}")
#: A page that is not there says so; any other refusal says nothing of the page.
_GONE = frozenset({404, 410})
#: How far the node's clock may be before ours.
_SKEW = timedelta(minutes=1)
#: Signs of an id that no page holds by chance; of a plain number more, for a page may hold a year.
_TELLING, _NUMBER = 4, 6
_KINDS = (digits, ascii_lowercase, ascii_uppercase)


class Registers:
    """Both registers, and what was published. ``answers``: the surface below which answers are published.

    Of a line, only the fields that are read are kept as evidence; of a published page, only whether it names its
    concern.
    """

    def __init__(self, surface: Surface, answers: Surface) -> None:
        self._surface = surface
        self._answers = answers

    def bias_findings(self, since: datetime, until: datetime) -> tuple[BiasFinding, ...]:
        """Findings of the interval, and every one that is not closed, however old."""
        page = "/bias-findings"
        rows, seen = self._lines(BiasFinding, "registers.bias-findings", page, since, until)
        _within(page, [(row.found_at, row.is_open) for row in rows], since, until)
        soundness.once(page, "finding_id", [row.finding_id for row in rows])
        soundness.every(
            page, "what is closed was mitigated before now", rows,
            lambda row: row.is_open or (row.mitigated_at is not None and row.mitigated_at < until),
        )  # fmt: skip
        soundness.every(
            page, "it was found before it was mitigated, and before it is due", rows,
            lambda row: _in_turn(row.found_at, row.mitigated_at) and _in_turn(row.found_at, row.due),
        )  # fmt: skip
        _past(page, rows, lambda row: (row.mitigated_at,), seen)
        return rows

    def concerns(self, since: datetime, until: datetime) -> tuple[Concern, ...]:
        """Concerns received in the interval, and every one that is not answered, however old."""
        page = "/concerns"
        rows, seen = self._lines(Concern, "registers.concerns", page, since, until)
        _within(page, [(row.received_at, row.answered_at is None) for row in rows], since, until)
        soundness.once(page, "concern_id", [row.concern_id for row in rows])
        soundness.every(
            page, "it was received before it was acknowledged, and before it was answered, and that before it was "
            "published", rows,
            lambda row: _in_turn(row.received_at, row.acknowledged_at)
            and _in_turn(row.received_at, row.answered_at, row.answer_published_at),
        )  # fmt: skip
        _past(page, rows, lambda row: (row.acknowledged_at, row.answered_at, row.answer_published_at), seen)
        return rows

    def pages(self, published: Sequence[Concern]) -> tuple[Page, ...]:
        """Whether each concern's page is there and names it; one elsewhere than answers are published is not there.

        A page that a made-up id is shown on too proves nothing, and an id that any page may hold names nothing.
        """
        paths = {each.concern_id: self._path(each.published_url or "") for each in published}
        asked = [key for key, path in paths.items() if path]
        asks = [
            self._answers.ask("registers.published", paths[key], redact=_naming(key)) for key in asked
        ]  # fmt: skip
        seen = {key: _page(key, answer) for key, answer in zip(asked, self._answers.get_all(asks), strict=True)}
        nothing = self._proving_nothing({key: paths[key] for key, page in seen.items() if page.shows})
        return tuple(nothing.get(key) or seen.get(key) or Page(key=key, shows=False) for key in paths)

    def _proving_nothing(self, paths: Mapping[str, str]) -> dict[str, Page]:
        """Those of the shown pages that prove nothing, by what ids of the same form that nobody gave are answered."""
        found = {key: _unseen(key, why) for key, path in paths.items() if (why := _alike(key, path))}
        beside = [
            (key, self._answers.ask("registers.made-up", other, redact=_naming(key, made)))
            for key, path in paths.items() if key not in found
            for made, other in _beside(key, path).items() if other != path
        ]  # fmt: skip
        heard: dict[str, list[Answer]] = {}
        for (key, _), answer in zip(beside, self._answers.get_all([ask for _, ask in beside]), strict=True):
            heard.setdefault(key, []).append(answer)
        return found | {key: page for key, answers in heard.items() if (page := _beside_it(key, answers))}

    def _path(self, url: str) -> str:
        below = url.removeprefix(self._answers.url) if url.startswith(f"{self._answers.url}/") else url
        return below if _PATH.fullmatch(below) else ""

    def _lines(
        self, shape: type[T], probe: str, page: str, since: datetime, until: datetime
    ) -> tuple[tuple[T, ...], datetime]:
        """What it tells, and when it was asked."""
        params: Params = (("since", iso(since)), ("until", iso(until)))
        answer = self._surface.get(probe, page, params, redact=_reduced(shape))
        return parse_lines(shape, answer), answer.observation.at


def _within(page: str, found: Sequence[tuple[datetime, bool]], since: datetime, until: datetime) -> None:
    """What is open may be older than what was asked for, and no more."""
    soundness.within(page, [at for at, is_open in found if not is_open], since, until)
    waiting = [at for at, is_open in found if is_open]
    soundness.within(page, waiting, min([since, *waiting]), until)


def _in_turn(*instants: datetime | None) -> bool:
    """Whether what has happened happened in that order, by clocks that may differ a little."""
    return all(before <= after + _SKEW for before, after in pairwise(at for at in instants if at is not None))


def _past(page: str, rows: Sequence[T], of: Callable[[T], Sequence[datetime | None]], seen: datetime) -> None:
    """What is told as done was done before it was told."""
    soundness.every(
        page, f"what is done was done before {iso(seen)}", rows,
        lambda row: all(at is None or at <= seen + _SKEW for at in of(row)),
    )  # fmt: skip


def _reduced(shape: Any) -> Callable[[bytes], bytes]:
    """Lines with the fields of the shape only, personal data masked; a line that is no object is kept as no JSON."""
    names = [each.name for each in fields(shape)]

    def reduce(body: bytes) -> bytes:
        lines = [_kept(line, names) for line in body.split(b"\n")]
        return mask(b"\n".join(lines))

    return reduce


def _kept(line: bytes, names: Sequence[str]) -> bytes:
    if not line:
        return line
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return b"(not a JSON object)"
    return json.dumps({name: raw[name] for name in names if name in raw}).encode()


def _naming(*keys: str) -> Callable[[bytes], bytes]:
    """Of a page, the first of the ids that it names; nothing where it names none."""
    words = [key.encode(errors="replace") for key in keys]
    whole = {word: re.compile(rb"(?<![\w-])" + re.escape(word) + rb"(?![\w-])") for word in words}
    return lambda body: next((word for word, pattern in whole.items() if pattern.search(body)), b"")


def _made_up(key: str, attempt: int) -> str:
    """An id of the same form that nobody gave, the same at every run: its digits drawn anew, if few, its letters too.

    One of two may be somebody's by chance.
    """
    drawn = sha256(f"{attempt}: nobody gave {key}".encode(errors="replace")).digest()
    kinds = _KINDS[: 1 if sum(sign in digits for sign in key) >= _TELLING else None]
    return "".join(_another(sign, drawn[place % len(drawn)], kinds) for place, sign in enumerate(key))


def _another(sign: str, drawn: int, kinds: Sequence[str]) -> str:
    kind = next((kind for kind in kinds if sign in kind), "")
    return kind[(kind.index(sign) + 1 + drawn % (len(kind) - 1)) % len(kind)] if kind else sign


def _beside(key: str, path: str) -> dict[str, str]:
    """By made-up id, the path with it in the place of the id, as that stands there or quoted."""
    made = [_made_up(key, attempt) for attempt in range(2)]
    quoted = quote(key, safe="", errors="replace")
    return {each: path.replace(key, each).replace(quoted, quote(each, safe="", errors="replace")) for each in made}


def _alike(key: str, path: str) -> str:
    """Why no other id could be told from this one; empty when it can."""
    if len(key) < (_NUMBER if key.isdigit() else _TELLING):
        return "is too short to be told from other words of a page"
    fixed = key in unquote(path) and path in _beside(key, path).values()
    return "stands in its path in a way that no other id can be put there" if fixed else ""


def _beside_it(key: str, answers: Sequence[Answer]) -> Page | None:
    """Whether the page of the id proves nothing, by the answers to made-up ones; None where it does."""
    if any(_is_refused(answer) for answer in answers):
        return None
    pages = [_page(key, answer) for answer in answers]
    lost = next((page for page in pages if not page.shows), None)
    return lost or _unseen(key, "is shown no otherwise than one that nobody gave")


def _is_refused(answer: Answer) -> bool:
    """Whether that page is not there, however the server says so; too many requests and its own errors say nothing."""
    refused = 400 <= answer.status < 500 and answer.status != 429
    return answer.cause is None and (refused or (answer.status == 200 and not answer.body))


def _unseen(key: str, why: str) -> Page:
    return Page(key=key, shows=False, cause=Cause.UNDEFINED, why=f"the id {key!r} {why}")


def _page(key: str, answer: Answer) -> Page:
    if answer.cause is None and answer.status in _GONE:
        return Page(key=key, shows=False)
    try:
        return Page(key=key, shows=bool(answer.usable().body))
    except Unobservable as error:
        return Page(key=key, shows=False, cause=error.cause, why=error.detail)
