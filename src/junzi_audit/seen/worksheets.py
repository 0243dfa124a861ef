"""What reviewers are given, and what they answer: blind worksheets of drawn items with controls among them.

Reviewers see neither score nor confidence nor group, and not which items are controls. The order is that of the
tickets; a control's ticket is scaled to the range of the drawn ones, so that its place is one of theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from junzi_audit.seen.draws import Drawn, sha256, tickets
from junzi_audit.seen.outputs import Contradiction

FOLDER = "worksheets"
UPHELD, NOT_UPHELD, UNSURE = "upheld", "not upheld", "unsure"
ANSWERS = (UPHELD, NOT_UPHELD, UNSURE)
FIRST, SECOND, TIE_BREAK = "first", "second", "tie-break"
_TASK = (
    "Read both sources. Answer 'upheld' when they contradict each other as described, 'not upheld' when they do not, "
    "'unsure' when you cannot tell. Talk to nobody about it before the results are in."
)


@dataclass(frozen=True, kw_only=True)
class Control:
    """An item whose answer is known."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "strict": True}
    control_id: str
    entity_id: str
    description: str
    source_ids: tuple[str, str]
    known: Literal["upheld", "not upheld"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of a worksheet. ``item`` is all that names it there; ``known`` is empty unless it is a control."""

    item: str
    key: str
    entity_id: str
    description: str
    source_ids: tuple[str, str]
    known: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A worksheet as a reviewer gets it; results name it by its digest. ``links``: what a source's id stands behind."""

    name: str
    audit: str
    links: str
    items: tuple[Item, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The lines, and nothing that the reviewer must not know."""
        return [
            {
                "item": each.item, "entity_id": each.entity_id, "description": each.description,
                "sources": [f"{self.links}{key}" for key in each.source_ids],
            }
            for each in self.items
        ]  # fmt: skip

    @property
    def body(self) -> bytes:
        """The worksheet as JSON, the same bytes for the same content."""
        content = {"audit": self.audit, "sheet": self.name, "task": _TASK, "answers": ANSWERS, "items": self.rows}
        return (json.dumps(content, sort_keys=True, indent=1) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the worksheet."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One random audit as it was prepared. ``population`` contradictions were published, ``items`` are reviewed.

    ``limit`` and ``alpha`` were committed to with the draw; ``drawn.published`` is when.
    """

    population: int
    limit: float
    alpha: float
    links: str
    drawn: Drawn
    items: tuple[Item, ...]

    @property
    def sample(self) -> tuple[Item, ...]:
        """The drawn items without the controls, in the order of their tickets."""
        return tuple(each for each in self.items if not each.known)

    def sheet(self, name: str) -> Sheet:
        """The worksheet of one of the two reviewers, who get the same items."""
        return Sheet(name=name, audit=self.drawn.commitment, links=self.links, items=self.items)

    def tie_break(self, disputed: Iterable[Item]) -> Sheet:
        """The worksheet of a third reviewer: what the two did not agree on, and the controls."""
        keys = {each.item for each in disputed}
        some = tuple(each for each in self.items if each.known or each.item in keys)
        return Sheet(name=TIE_BREAK, audit=self.drawn.commitment, links=self.links, items=some)

    @property
    def content(self) -> Mapping[str, Any]:
        """The audit as plain JSON values, for the auditor; it tells the controls."""
        return {"what": "random audit", **json.loads(json.dumps(asdict(self), default=datetime.isoformat))}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one reviewer answered on one worksheet, by item; ``source`` names the file or record it was read from."""

    worksheet: str
    reviewer: str
    date: datetime
    answers: Mapping[str, str]
    source: str


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a place holds: sound results on the sheets asked for, and a sentence for everything that is none."""

    place: str
    results: tuple[Result, ...]
    problems: tuple[str, ...] = ()


def answers_digest(controls: Sequence[Control]) -> str:
    """SHA-256 of the controls with their known answers, to be committed to before the seed."""
    return sha256(json.dumps([asdict(each) for each in controls], sort_keys=True))


def prepared(
    published: Mapping[str, Contradiction], controls: Sequence[Control], drawn: Drawn, *, items: int, limit: float,
    alpha: float, links: str,
) -> Audit:  # fmt: skip
    """The first ``items`` of the draw, and the controls among them."""
    chosen = drawn.keys[:items]
    known = {each.control_id: each for each in controls}
    of = {each.key: each.digest for each in tickets([*chosen, *known], seed=drawn.seed.value, root=drawn.root)}
    last = max((int(of[key], 16) for key in chosen), default=0)
    places = {key: int(of[key], 16) for key in chosen}
    places |= {key: int(of[key], 16) * last >> 256 for key in known}
    order = sorted(places, key=places.__getitem__)
    lines = tuple(_item(of[key], key, published.get(key) or known[key]) for key in order)
    return Audit(population=len(published), limit=limit, alpha=alpha, links=links, drawn=drawn, items=lines)


def _item(ticket: str, key: str, what: Contradiction | Control) -> Item:
    return Item(
        item=sha256(f"item|{ticket}")[:12], key=key, entity_id=what.entity_id, description=what.description,
        source_ids=what.source_ids, known=what.known if isinstance(what, Control) else "",
    )  # fmt: skip
