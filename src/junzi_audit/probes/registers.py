"""The councils' registers in the audit feed, and the pages on which answers are published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from junzi_audit.model import Unobservable, iso
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
        rows = self._lines(BiasFinding, "registers.bias-findings", page, since, until)
        _within(page, [(row.found_at, row.is_open) for row in rows], since, until)
        soundness.once(page, "finding_id", [row.finding_id for row in rows])
        soundness.every(
            page, "what is closed was mitigated before now", rows,
            lambda row: row.is_open or (row.mitigated_at is not None and row.mitigated_at < until),
        )  # fmt: skip
        return rows

    def concerns(self, since: datetime, until: datetime) -> tuple[Concern, ...]:
        """Concerns received in the interval, and every one that is not answered, however old."""
        page = "/concerns"
        rows = self._lines(Concern, "registers.concerns", page, since, until)
        _within(page, [(row.received_at, row.answered_at is None) for row in rows], since, until)
        soundness.once(page, "concern_id", [row.concern_id for row in rows])
        return rows

    def pages(self, published: Sequence[Concern]) -> tuple[Page, ...]:
        """Whether each concern's page is there and names it; one elsewhere than answers are published is not there."""
        paths = {each.concern_id: self._path(each.published_url or "") for each in published}
        asked = [key for key, path in paths.items() if path]
        asks = [
            self._answers.ask("registers.published", paths[key], redact=_naming(key)) for key in asked
        ]  # fmt: skip
        seen = {key: _page(key, answer) for key, answer in zip(asked, self._answers.get_all(asks), strict=True)}
        return tuple(seen.get(key, Page(key=key, shows=False)) for key in paths)

    def _path(self, url: str) -> str:
        below = url.removeprefix(self._answers.url) if url.startswith(f"{self._answers.url}/") else url
        return below if _PATH.fullmatch(below) else ""

    def _lines(self, shape: type[T], probe: str, page: str, since: datetime, until: datetime) -> tuple[T, ...]:
        params: Params = (("since", iso(since)), ("until", iso(until)))
        return parse_lines(shape, self._surface.get(probe, page, params, redact=_reduced(shape)))


def _within(page: str, found: Sequence[tuple[datetime, bool]], since: datetime, until: datetime) -> None:
    """What is open may be older than what was asked for, and no more."""
    soundness.within(page, [at for at, is_open in found if not is_open], since, until)
    waiting = [at for at, is_open in found if is_open]
    soundness.within(page, waiting, min([since, *waiting]), until)


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


def _naming(key: str) -> Callable[[bytes], bytes]:
    """Of a page, the id it should name; nothing where it does not."""
    whole = re.compile(rb"(?<![\w-])" + re.escape(key.encode(errors="replace")) + rb"(?![\w-])")
    return lambda body: key.encode(errors="replace") if whole.search(body) else b""


def _page(key: str, answer: Answer) -> Page:
    if answer.cause is None and answer.status in _GONE:
        return Page(key=key, shows=False)
    try:
        return Page(key=key, shows=bool(answer.usable().body))
    except Unobservable as error:
        return Page(key=key, shows=False, cause=error.cause, why=error.detail)
