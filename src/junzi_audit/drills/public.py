"""What the public sees of a target during a drill: gone is what no node shows, there is what all of them show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Answer, segment
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.published import AlertPage, CorrectionPage, RiskPage, ScoredProfile
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.incidents import Correction

_PAGE = 200
#: Lists that answer on every node that is in its steady state.
LISTS = ("/alerts/", "/risk_scores/", "/disputes/", "/reports/")
#: Heads of an answer that tell of a safeguard.
HEADS = ("retry-after", "x-junzi-safeguard")
_USED_UP = 429


_List = TypeVar("_List", AlertPage, RiskPage)


class Throttled(Unobservable):
    """Our own key is used up, which says nothing of the drill; ``wait``: the seconds that the node names, or 0."""

    def __init__(self, url: str, answer: Answer) -> None:
        super().__init__(Cause.THROTTLED, f"{url}: the drill's API key is used up; it needs a higher limit")
        told = answer.heads.get("retry-after", "").strip()
        self.wait = float(told) if told.isascii() and told.isdigit() else 0.0


class Public:
    """The public API of every node of a target, the primary first."""

    def __init__(self, nodes: Sequence[Surface], *, label: str) -> None:
        self._nodes, self._label = nodes, label

    @property
    def primary(self) -> Surface:
        """The first node's API."""
        return self._nodes[0]

    @property
    def url(self) -> str:
        """Where that is."""
        return self.primary.url

    def read(self, paths: Sequence[str]) -> list[tuple[str, Answer]]:
        """Every page on every node, as it answers now, named by its path, and by its node where there are several.

        Throttled when the key is used up: a refusal of ours says nothing of the drill.
        """
        found = []
        for node in self._nodes:
            asks = [node.ask("drill.read", path, retry=False, heads=HEADS) for path in paths]
            names = [path if len(self._nodes) == 1 else node.url + path for path in paths]
            answers = node.get_all(asks)
            for answer in answers:
                _allowed(node, answer)
            found += list(zip(names, answers, strict=True))
        return found

    def alerts_anywhere(self) -> frozenset[str]:
        """Ids of alerts that at least one node shows."""
        return frozenset.union(*map(_alerts, self._nodes))

    def alerts_everywhere(self) -> frozenset[str]:
        """Ids of alerts that every node shows."""
        return frozenset.intersection(*map(_alerts, self._nodes))

    def scored(self, jurisdiction: str = "") -> frozenset[str]:
        """Entities whose risk score every node lists, of one jurisdiction where it is named."""
        return frozenset.intersection(*(_scored(node, jurisdiction) for node in self._nodes))

    def scored_anywhere(self) -> frozenset[str]:
        """Entities whose risk score at least one node lists."""
        return frozenset.union(*(_scored(node, "") for node in self._nodes))

    def scores(self, entities: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        """The score in each entity's profile, node by node; None where it shows none."""
        asked = [(node, each) for each in entities for node in self._nodes]
        answers = [_page(node, f"/entities/{segment(each)}/profile") for node, each in asked]
        shown = [parse(ScoredProfile, answer).risk_score for answer in answers]
        width = len(self._nodes)
        return {each: tuple(shown[at * width : (at + 1) * width]) for at, each in enumerate(entities)}

    def corrections(self, alert: str) -> tuple[Correction, ...]:
        """Corrections of that alert that every node shows, among the newest."""
        pages = [
            parse(CorrectionPage, _page(node, "/corrections/", [("page_size", str(_PAGE))])) for node in self._nodes
        ]
        found = [{each.correction_id: each for each in page.items if each.alert_id == alert} for page in pages]
        return tuple(each for key, each in found[0].items() if all(key in other for other in found))

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """A labelled write to the primary; Throttled when the key is used up."""
        heads = {"Content-Type": "application/json", "X-Audit-Label": self._label}
        node, sent = self._nodes[0], json.dumps(body).encode()
        ask = node.ask("drill.write", path, method="POST", body=sent, headers=heads, retry=False, heads=HEADS)
        return _allowed(node, node.get_all([ask])[0])


def _allowed(node: Surface, answer: Answer) -> Answer:
    if answer.status == _USED_UP:
        raise Throttled(node.url, answer)
    return answer


def _alerts(node: Surface) -> frozenset[str]:
    return frozenset(row.alert_id for page in _pages(node, AlertPage, "/alerts/", ()) for row in page.items)


def _scored(node: Surface, jurisdiction: str) -> frozenset[str]:
    asked = [("jurisdiction", jurisdiction)] if jurisdiction else []
    return frozenset(row.entity_id for page in _pages(node, RiskPage, "/risk_scores/", asked) for row in page.items)


def _pages(node: Surface, shape: type[_List], path: str, params: Sequence[tuple[str, str]]) -> Iterator[_List]:
    """Every page of a list, as it stands now."""
    page = total = 1
    while (page - 1) * _PAGE < total:
        shown = parse(shape, _page(node, path, [*params, ("page", str(page)), ("page_size", str(_PAGE))]))
        yield shown
        page, total = page + 1, shown.total


def _page(node: Surface, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
    return node.get_all([node.ask("drill.read", path, tuple(params), retry=False)])[0].usable()
