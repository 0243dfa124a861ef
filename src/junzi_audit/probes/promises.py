"""What JUNZI promises of its public records, each as a property that any case may contradict."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Ask, segment
from junzi_audit.probes.listing import KEYS, LARGEST, USUAL, Listing, Row
from junzi_audit.probes.promising import Broken, Case, Promise, Vacuous, seen
from junzi_audit.probes.surface import Surface

CONTRACT = "contract, section 1"
FACTS = "facts: public API and data model"
LEVELS, PLACES = ("low", "medium", "high"), ("Local", "State", "Federal", "International")
STATUSES = ("Pending", "Fulfilled", "Broken", "Stale")
#: From which score on a level applies, highest first.
_FROM = ((7.0, "high"), (4.0, "medium"), (0.0, "low"))
_DISPUTE = {"dispute_id", "entity_id", "dispute_type", "severity", "state", "submitted_at"}
_SOURCE = ("source_id", "origin", "url", "capture_timestamp", "content_hash", "document_type")
_HASH, _ADDRESS = re.compile(r"[0-9a-f]{64}"), re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_PEOPLE = 12


@dataclass(frozen=True, kw_only=True)
class Known:
    """Ids that the node itself told, and the words of its groups."""

    entities: Sequence[str]
    sources: Sequence[str]
    groups: Mapping[str, Sequence[str]]


class Records:
    """Reads single records for the promises about them."""

    def __init__(self, api: Surface) -> None:
        self._api = api

    def json(self, path: str) -> tuple[Any, Ask]:
        """What the page holds and what was asked; Broken when it is no 200 with JSON."""
        ask = self._api.ask("promise.record", path)
        return self.read(ask, self._api.get_all([ask])[0]), ask

    def read(self, ask: Ask, answer: Answer) -> Any:
        """The JSON of an answer that was asked for an id that exists."""
        if seen(answer).status != 200:
            raise Broken(f"answered {answer.status}", ask)
        try:
            return json.loads(answer.body)
        except ValueError:
            raise Broken("answered 200 with something that is no JSON", ask) from None

    def all(self, paths: Sequence[str]) -> list[tuple[Ask, Answer]]:
        """Many pages at once."""
        asks = [self._api.ask("promise.record", path) for path in paths]
        return list(zip(asks, self._api.get_all(asks), strict=True))

    def known(self, listing: Listing) -> Known:
        """Some people and their sources, spread over a page; Unobservable when the node does not tell any."""
        try:
            return self._known(listing)
        except (Broken, KeyError, TypeError, ValueError) as error:
            raise Unobservable(Cause.MALFORMED, f"no entity and source to try promises on: {error}") from None

    def _known(self, listing: Listing) -> Known:
        page, _ = listing.page("/risk_scores/", (("page_size", str(LARGEST)),))
        ids = sorted(str(row["entity_id"]) for row in page.items)
        picked = ids[:: max(1, len(ids) // _PEOPLE)][:_PEOPLE]
        pages = [f"/entities/{segment(each)}/" for each in picked]
        profiles = [self.read(*pair) for pair in self.all([f"{page}profile" for page in pages])]
        found = [self.read(*pair) for pair in self.all([f"{page}contradictions" for page in pages])]
        sources = sorted({source for rows in found for row in rows for source in row["sources"]})
        if not sources:
            raise Unobservable(Cause.TOO_FEW, "the node names no entity with a contradiction to try its promises on")
        told = {name: {each[name] for each in profiles} - {None} for name in ("party", "region", "role")}
        groups = {name: sorted(map(str, words)) for name, words in told.items()}
        return Known(entities=picked, sources=sources[:_PEOPLE], groups=groups)


class ListPromises:
    """What is promised of the pages, their order and their filters."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def _pages(self, case: Case) -> None:
        path, size = case["list"], case["page_size"]
        rows = self._listing.whole(path)
        last = max(1, -(-len(rows) // size))
        number = {"first": 1, "second": 2, "last": last, "beyond": last + 1}[case["page"]]
        page, ask = self._listing.page(path, (("page", str(number)), ("page_size", str(size))))
        told, wanted = [row[KEYS[path]] for row in page.items], [row[KEYS[path]] for row in rows]
        wanted = wanted[(number - 1) * size : number * size]
        if told != wanted or page.total != len(rows) or (page.page, page.page_size) != (number, size):
            self._listing.forget()
            raise Broken(f"page {number} holds {len(told)} rows where the whole list of {len(rows)} has {len(wanted)} "
                         f"there, in this order; it says page {page.page}, total {page.total}", ask)  # fmt: skip
        _shown(rows)

    def _usual(self, case: Case) -> None:
        page, ask = self._listing.page(case["list"], ())
        if page.page_size != USUAL or page.page != 1:
            raise Broken(f"without parameters, page {page.page} of {page.page_size} rows", ask)

    def _newest(self, case: Case) -> None:
        page, ask = self._listing.page("/alerts/", (("page_size", str(case["page_size"])),))
        times = [datetime.fromisoformat(row["timestamp"]) for row in page.items]
        if times != sorted(times, reverse=True):
            raise Broken("an alert stands before a newer one", ask)
        _shown(times, least=2)

    def _filters(self, case: Case) -> None:
        params = tuple((name, case[name]) for name in ("jurisdiction", "risk_level") if case[name] is not None)
        page, ask = self._listing.page("/risk_scores/", (*params, ("page_size", str(LARGEST))))
        wanted = {row["entity_id"] for row in self._listing.whole("/risk_scores/") if _passes(row, case)}
        told = {row["entity_id"] for row in page.items}
        strangers = [row for row in page.items if not _passes(row, case)]
        if strangers or page.total != len(wanted) or not told <= wanted or len(told) != min(LARGEST, len(wanted)):
            self._listing.forget()
            raise Broken(f"{len(strangers)} rows do not belong there; a total of {page.total}, of {len(wanted)}", ask)
        _shown(self._listing.whole("/risk_scores/"))

    def _levels(self, case: Case) -> None:
        page, ask = self._listing.page("/risk_scores/", (("page_size", str(LARGEST)), ("page", str(case["page"]))))
        for row in page.items:
            score = row["risk_score"]
            level = next((name for start, name in _FROM if score >= start), "")
            if not 0 <= score <= 10 or row["risk_level"] != level:
                raise Broken(f"a score of {score:g} is called {row['risk_level']!r}", ask)
        _shown(page.items)

    def _private(self, case: Case) -> None:
        page, ask = self._listing.page("/disputes/", (("page_size", str(LARGEST)), ("page", str(case["page"]))))
        for row in page.items:
            more = sorted(set(row) - _DISPUTE)
            if more or any(_ADDRESS.search(str(value)) for value in row.values()):
                raise Broken(f"a dispute shows {', '.join(more) or 'an address'}", ask)
        _shown(page.items)

    def all(self) -> list[Promise]:
        """Every one of them."""
        lists, sizes = sorted(KEYS), (1, 2, 7, USUAL, LARGEST)
        return [
            Promise(
                name="pages hold every row once, at any page size", source=CONTRACT, holds=self._pages,
                cases=lambda st: st.fixed_dictionaries({
                    "list": st.sampled_from(lists), "page_size": st.sampled_from(sizes),
                    "page": st.sampled_from(("first", "second", "last", "beyond")),
                }),
            ),
            Promise(
                name="a list without parameters is page 1 of 50", source=CONTRACT, holds=self._usual,
                cases=lambda st: st.fixed_dictionaries({"list": st.sampled_from(lists)}),
            ),
            Promise(
                name="alerts come newest first", source=CONTRACT, holds=self._newest,
                cases=lambda st: st.fixed_dictionaries({"page_size": st.sampled_from((2, 7, USUAL, LARGEST))}),
            ),
            Promise(
                name="filters filter, and an empty one does not", source=FACTS, holds=self._filters,
                cases=lambda st: st.fixed_dictionaries({
                    "jurisdiction": st.sampled_from((None, "", *PLACES)),
                    "risk_level": st.sampled_from((None, "", *LEVELS)),
                }),
            ),
            Promise(
                name="the risk level is that of the score", source=CONTRACT, holds=self._levels,
                cases=lambda st: st.fixed_dictionaries({"page": st.sampled_from((1, 2, 3))}),
            ),
            Promise(
                name="a list of disputes shows no contact", source=CONTRACT, holds=self._private,
                cases=lambda st: st.fixed_dictionaries({"page": st.sampled_from((1, 2, 3))}),
            ),
        ]  # fmt: skip


def of_records(records: Records, known: Known) -> list[Promise]:
    """What is promised of single records."""

    def two_sources(case: Case) -> None:
        rows, ask = records.json(f"/entities/{segment(case['entity'])}/contradictions")
        for row in rows:
            if len(row["sources"]) != 2 or len(set(row["sources"])) != 2:
                raise Broken(f"{row['contradiction_id']} names {len(set(row['sources']))} different sources", ask)
        cited = sorted({source for row in rows for source in row["sources"]})
        for sub, answer in records.all([f"/sources/{segment(source)}" for source in cited]):
            if seen(answer).status != 200:
                raise Broken(f"a source that a contradiction names is answered {answer.status}", sub)
        _shown(rows)

    def status(case: Case) -> None:
        rows, ask = records.json(f"/promises/{segment(case['entity'])}")
        for row in rows:
            if row["status"] not in STATUSES:
                raise Broken(f"{row['promise_id']} is {row['status']!r}, which nobody published", ask)
        _shown(rows)

    def source(case: Case) -> None:
        told, ask = records.json(f"/sources/{segment(case['source'])}")
        lacking = [name for name in _SOURCE if not isinstance(told.get(name), str)]
        if lacking or told["source_id"] != case["source"]:
            raise Broken(f"lacks {', '.join(lacking) or 'its own id'}", ask)
        if not _HASH.fullmatch(told["content_hash"]):
            raise Broken(f"content_hash {told['content_hash']!r} is no lower-case hex SHA-256", ask)

    def twice(case: Case) -> None:
        path = f"/sources/{segment(case['source'])}"
        (first, ask), (second, _) = records.json(path), records.json(path)
        if first != second:
            names = [name for name in sorted({*first, *second}) if first.get(name) != second.get(name)]
            raise Broken(f"asked twice, two answers: they differ in {', '.join(names)}", ask)

    people = {"entity": known.entities}
    return [
        _over(people, "a contradiction has two different sources that exist", FACTS, two_sources),
        _over(people, "a promise is pending, fulfilled, broken or stale", FACTS, status),
        _over({"source": known.sources}, "a source has its fields and a lower-case SHA-256", FACTS, source),
        _over({"source": known.sources}, "the same question about a source has the same answer", CONTRACT, twice),
    ]


def _over(choices: Mapping[str, Sequence[str]], name: str, source: str, holds: Any) -> Promise:
    return Promise(
        name=name, source=source, holds=holds,
        cases=lambda st: st.fixed_dictionaries({key: st.sampled_from(values) for key, values in choices.items()}),
    )  # fmt: skip


def _shown(rows: Sequence[Any], *, least: int = 1) -> None:
    """Vacuous when there were too few rows for one to contradict the promise."""
    if len(rows) < least:
        raise Vacuous


def _passes(row: Row, case: Case) -> bool:
    place, level = case["jurisdiction"], case["risk_level"]
    return (not place or row["jurisdiction"] == place) and (not level or row["risk_level"] == level)
