"""The public face of every node: is it there, does each endpoint answer, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.surface import Surface, is_json, parse
from junzi_audit.probes.transport import Answer, Ask
from junzi_audit.records import PublicAlert, Read, RiskRow

_PAUSE = 0.3
_PAGE_SIZE = "200"


@dataclass(frozen=True, kw_only=True)
class _RiskPage:
    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    items: tuple[RiskRow, ...]


@dataclass(frozen=True, kw_only=True)
class _AlertPage:
    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    items: tuple[PublicAlert, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class _Contradiction:
    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Health:
    """What came of asking one node for its health; no ``problem`` means that it answered as it should."""

    node: str
    problem: str
    cause: Cause | None


class Node:
    """The public API and health of the nodes of one target; ``roots`` has the primary first."""

    def __init__(self, api: Surface, roots: Sequence[Surface]) -> None:
        self._api = api
        self._roots = roots

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
        answer = _twice(lambda: root.get_all([root.ask("node.health", "/health", retry=False)])[0])
        return Health(node=root.url, problem=_problem(answer), cause=answer.cause)

    def reads(self, *, rounds: int = 1, confirm: bool = False) -> tuple[Read, ...]:
        """Each public read endpoint asked ``rounds`` times, never repeated behind one's back.

        With ``confirm``, an endpoint that failed is asked once more after a pause, and the second answer counts.
        """
        names = self._paths()
        asks = [self._api.ask("node.read", path, retry=False) for path in names]
        found = []
        for _ in range(rounds):
            for name, ask, answer in zip(names, asks, self._api.get_all(asks), strict=True):
                again = confirm and _problem(answer)
                found.append(_read(name, self._once_more(ask) if again else answer))
        return tuple(found)

    def timed_reads(self, count: int) -> tuple[Read, ...]:
        """``count`` reads one after the other, over all endpoints in turn, so that they do not slow each other."""
        names = self._paths()
        asks = [self._api.ask("node.timing", path, retry=False) for path in names]
        return tuple(
            _read(names[turn % len(names)], self._api.get_all([asks[turn % len(asks)]])[0]) for turn in range(count)
        )

    def alerts(self) -> tuple[PublicAlert, ...]:
        """Every alert the public sees now, all pages."""
        found: list[PublicAlert] = []
        for number in range(1, 51):
            params = (("page", str(number)), ("page_size", _PAGE_SIZE))
            page = self._api.one(_AlertPage, "node.alerts", "/alerts/", params)
            found.extend(page.items)
            if not page.items or len(found) >= page.total:
                break
        return tuple(found)

    def known_entities(self, ids: Sequence[str], *, most: int) -> dict[str, bool]:
        """Whether the node knows each entity, for at most ``most`` of the ids, spread evenly over them."""
        wanted = sorted(set(ids))
        picked = wanted[:: max(1, len(wanted) // most)][:most]
        asks = [self._api.ask("node.entity", f"/entities/{quote(each, safe='')}/profile") for each in picked]
        answers = self._api.get_all(asks)
        return {
            each: answer.status != 404 and bool(answer.usable()) for each, answer in zip(picked, answers, strict=True)
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
        """Ids learnt from the node; placeholders, which will be found not to answer, when it does not tell any."""
        entity = source = "unknown"
        try:
            rows = self._api.one(_RiskPage, "node.ids", "/risk_scores/", (("page_size", "20"),)).items
            for row in rows:
                entity = quote(row.entity_id, safe="")
                answer = self._api.get("node.ids", f"/entities/{entity}/contradictions")
                listed = parse(tuple[_Contradiction, ...], answer)
                if listed and listed[0].sources:
                    return entity, quote(listed[0].sources[0], safe="")
        except Unobservable:
            return entity, source
        return entity, source


def endpoint_name(path: str) -> str:
    """The published template of a path: ids are replaced, because they come from the node."""
    parts = path.split("/")
    if parts[1] in {"entities", "promises", "sources"}:
        parts[2] = "{id}"
    return "/".join(parts)


def _twice(look: Callable[[], Answer]) -> Answer:
    answer = look()
    if not _problem(answer):
        return answer
    time.sleep(_PAUSE)
    return look()


def _read(path: str, answer: Answer) -> Read:
    if answer.status in {401, 403, 429}:
        answer.usable()
    return Read(
        endpoint=endpoint_name(path), status=answer.status, seconds=answer.observation.seconds, problem=_problem(answer)
    )


def _problem(answer: Answer) -> str:
    if answer.cause is not None:
        return f"{answer.cause}: {answer.body.decode(errors='replace')}"
    if answer.status != 200:
        return f"answered {answer.status}"
    return "" if is_json(answer) else "answered 200 with something that is not JSON"
