"""What the public sees of a target during a drill: gone is what no node shows, there is what all of them show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from junzi_audit.probes.asking import Answer, segment
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.published import AlertPage, CorrectionPage, Profile, RiskPage
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.incidents import Correction

_PAGE = 200
#: Lists that answer on every node that is in its steady state.
LISTS = ("/alerts/", "/risk_scores/", "/disputes/", "/reports/")
#: Heads of an answer that tell of a safeguard.
HEADS = ("retry-after", "x-junzi-safeguard")


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
        """Every page on every node, as it answers now, named by its path, and by its node where there are several."""
        found = []
        for node in self._nodes:
            asks = [node.ask("drill.read", path, retry=False, heads=HEADS) for path in paths]
            names = [path if len(self._nodes) == 1 else node.url + path for path in paths]
            found += list(zip(names, node.get_all(asks), strict=True))
        return found

    def alerts_anywhere(self) -> frozenset[str]:
        """Ids of alerts that at least one node shows."""
        return frozenset.union(*map(_alerts, self._nodes))

    def alerts_everywhere(self) -> frozenset[str]:
        """Ids of alerts that every node shows."""
        return frozenset.intersection(*map(_alerts, self._nodes))

    def scored(self, jurisdiction: str = "") -> list[str]:
        """Entities with a public risk score (at most a page), of one jurisdiction where it is named."""
        params = [("page_size", str(_PAGE)), *([("jurisdiction", jurisdiction)] if jurisdiction else [])]
        return [row.entity_id for row in parse(RiskPage, _page(self._nodes[0], "/risk_scores/", params)).items]

    def scores(self, entities: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        """The score in each entity's profile, node by node; None where it shows none."""
        asked = [(node, each) for each in entities for node in self._nodes]
        shown = [parse(Profile, _page(node, f"/entities/{segment(each)}/profile")).risk_score for node, each in asked]
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
        """A labelled write to the primary."""
        heads = {"Content-Type": "application/json", "X-Audit-Label": self._label}
        node, sent = self._nodes[0], json.dumps(body).encode()
        return node.get_all([node.ask("drill.write", path, method="POST", body=sent, headers=heads, retry=False)])[0]


def _alerts(node: Surface) -> frozenset[str]:
    found: set[str] = set()
    page = total = 1
    while (page - 1) * _PAGE < total:
        shown = parse(AlertPage, _page(node, "/alerts/", [("page", str(page)), ("page_size", str(_PAGE))]))
        found |= {row.alert_id for row in shown.items}
        page, total = page + 1, shown.total
    return frozenset(found)


def _page(node: Surface, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
    return node.get_all([node.ask("drill.read", path, tuple(params), retry=False)])[0].usable()
