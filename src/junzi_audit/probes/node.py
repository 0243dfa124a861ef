"""The public face of every node: is it there, does each endpoint answer, and how fast."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, Ask, segment
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.published import (
    AlertPage,
    Contradiction,
    Profile,
    Promise,
    RiskPage,
    health_problem,
    page_problem,
)
from junzi_audit.probes.surface import Surface
from junzi_audit.records import PublicAlert, Read

_PAUSE = 0.3
_PAGE_SIZE, _PAGES = 200, 50
#: Entities looked at to learn of a source; each costs two of the hundred requests a minute that a key may make.
_EXAMPLES = 5
#: No node knows this one: a node that does, answers yes to everything.
_NOBODY = "junzi-audit-asks-for-nobody"


@dataclass(frozen=True, kw_only=True)
class Health:
    """What came of asking one node for its health; no ``problem`` means that it answered as it should."""

    node: str
    problem: str
    cause: Cause | None


class Node:
    """The public API and health of the nodes of one target; ``roots`` has the primary first, ``others`` the rest."""

    def __init__(self, api: Surface, roots: Sequence[Surface], others: Mapping[str, Node] | None = None) -> None:
        self._api = api
        self._roots = roots
        self._others = others or {}

    def health(self) -> tuple[Health, ...]:
        """Every node's health, each missed probe repeated once.

        Unobservable when not a single node gave any answer: then it may as well be our own network that is down.
        """
        found = tuple(self._health(root) for root in self._roots)
        silent = [health for health in found if health.cause is not None]
        if silent and len(silent) == len(found):
            raise Unobservable(silent[0].cause or Cause.UNREACHABLE, f"{silent[0].node}/health: {silent[0].problem}")
        return found

    def _health(self, root: Surface) -> Health:
        ask = root.ask("node.health", "/health", retry=False)
        answer = root.get_all([ask])[0]
        if health_problem(answer):
            time.sleep(_PAUSE)
            answer = root.get_all([ask])[0]
        return Health(node=root.url, problem=health_problem(answer), cause=answer.cause)

    def reads(self, *, rounds: int = 1, confirm: bool = False) -> tuple[Read, ...]:
        """Each public read endpoint asked ``rounds`` times, never repeated behind one's back.

        With ``confirm``, an endpoint that failed is asked once more after a pause, and the second answer counts.
        """
        names = self._paths()
        asks = [self._api.ask("node.read", path, retry=False) for path in names]
        found = []
        for _ in range(rounds):
            for name, ask, answer in zip(names, asks, self._api.get_all(asks), strict=True):
                again = confirm and page_problem(endpoint_name(name), answer)
                found.append(_read(name, self._once_more(ask) if again else answer))
        return tuple(found)

    def reads_elsewhere(self, healthy: Collection[str]) -> Mapping[str, tuple[Read, ...]]:
        """The confirmed ``reads`` of each other node by its URL; one that is not healthy is down as it is."""
        return {url: node.reads(confirm=True) for url, node in self._others.items() if url in healthy}

    def timed_reads(self, count: int) -> tuple[Read, ...]:
        """``count`` reads one after the other, over all endpoints in turn, so that they do not slow each other."""
        names = self._paths()
        asks = [self._api.ask("node.timing", path, retry=False) for path in names]
        return tuple(
            _read(names[turn % len(names)], self._api.get_all([asks[turn % len(asks)]])[0]) for turn in range(count)
        )

    def alerts(self) -> tuple[PublicAlert, ...]:
        """Every alert the public sees now; Unobservable when all pages hold fewer than they say there are."""
        found: dict[str, PublicAlert] = {}
        totals = []
        for number in range(1, _PAGES + 1):
            params = (("page", str(number)), ("page_size", str(_PAGE_SIZE)))
            page = self._api.one(AlertPage, "node.alerts", "/alerts/", params)
            found.update({alert.alert_id: alert for alert in page.items})
            totals.append(page.total)
            if not page.items or (len(page.items) < _PAGE_SIZE and len(found) >= page.total):
                break
        # Alerts come and go while we turn the pages, so the number at the start or the one at the end will do.
        if len(found) < min(totals[0], totals[-1]) or totals[-1] < 0:
            words = f"{len(found)} different alerts on {len(totals)} pages, {totals[-1]} in total by its own word"
            raise Unobservable(Cause.MALFORMED, f"/alerts/ shows {words}")
        return tuple(found.values())

    def known_entities(self, ids: Sequence[str], *, most: int) -> dict[str, bool]:
        """Whether the node knows each entity, for at most ``most`` of the ids, spread evenly over them."""
        wanted = sorted(set(ids))
        picked = wanted[:: max(1, len(wanted) // most)][:most]
        paths = [f"/entities/{segment(each)}/profile" for each in (*picked, _NOBODY)]
        asks = [self._api.ask("node.entity", path) for path in paths]
        *answers, nobody = self._api.get_all(asks)
        if nobody.status != 404:
            nobody.usable()
            raise Unobservable(Cause.MALFORMED, f"{nobody.observation.query} is answered, so no answer proves anything")
        return {
            each: answer.status != 404 and parse(Profile, answer.usable()).entity_id == each
            for each, answer in zip(picked, answers, strict=True)
        }

    def _once_more(self, ask: Ask) -> Answer:
        time.sleep(_PAUSE)
        return self._api.get_all([ask])[0]

    def _paths(self) -> list[str]:
        """Every published read endpoint, with ids that exist where they can be learnt from the node."""
        entity, source = self._example_ids()
        return [
            f"/entities/{entity}/profile", f"/entities/{entity}/contradictions", "/risk_scores/",
            f"/promises/{entity}", "/alerts/", f"/sources/{source}", "/disputes/", "/reports/",
        ]  # fmt: skip

    def _example_ids(self) -> tuple[str, str]:
        """Ids learnt from the node; placeholders, which will be found not to answer, when it does not tell any.

        Unobservable when the pages answer and name nobody: then there is nothing to read the other pages with.
        """
        entity = source = "unknown"
        try:
            rows = self._api.one(RiskPage, "node.ids", "/risk_scores/", (("page_size", "20"),)).items
            for row in rows[:_EXAMPLES]:
                entity = segment(row.entity_id)
                if sources := self._sources_of(entity):
                    return entity, segment(sources[0])
        except Unobservable:
            return entity, source
        raise Unobservable(Cause.TOO_FEW, f"{self._api.url} names no entity with a source to read its pages with")

    def _sources_of(self, entity: str) -> list[str]:
        contradictions = self._api.one(tuple[Contradiction, ...], "node.ids", f"/entities/{entity}/contradictions")
        if found := [source for each in contradictions for source in each.sources]:
            return found
        promises = self._api.one(tuple[Promise, ...], "node.ids", f"/promises/{entity}")
        return [promise.source_id for promise in promises]


def endpoint_name(path: str) -> str:
    """The published template of a path: ids are replaced, because they come from the node."""
    parts = path.split("/")
    if parts[1] in {"entities", "promises", "sources"}:
        parts[2] = "{id}"
    return "/".join(parts)


def _read(path: str, answer: Answer) -> Read:
    if answer.status in {401, 403, 429}:
        answer.usable()
    page = endpoint_name(path)
    return Read(
        endpoint=page, status=answer.status, seconds=answer.observation.seconds, problem=page_problem(page, answer)
    )
