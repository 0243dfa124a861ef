"""The public lists as they are published: page by page, and whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from junzi_audit.probes.asking import Ask, Params
from junzi_audit.probes.parsing import parse
from junzi_audit.probes.promising import Broken, seen
from junzi_audit.probes.surface import Surface

Row = dict[str, Any]

#: Each list with what identifies a row of it.
KEYS = {"/alerts/": "alert_id", "/disputes/": "dispute_id", "/risk_scores/": "entity_id"}
#: The published size of a page that names none, and the largest.
USUAL, LARGEST = 50, 200
_PAGES = 20


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page as the node answers it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "ignore", "strict": True}
    items: tuple[Row, ...]
    page: int
    page_size: int
    total: int


class Listing:
    """Reads pages; the whole of a list is read once, and again after ``forget``."""

    def __init__(self, api: Surface) -> None:
        self._api = api
        self._whole: dict[tuple[str, Params], list[Row]] = {}

    def page(self, path: str, params: Params) -> tuple[Page, Ask]:
        """The page with these parameters and what was asked for it; Broken when it is not answered with one."""
        ask = self._api.ask("promise.page", path, params)
        return self._pages([ask])[0], ask

    def whole(self, path: str, params: Params = ()) -> list[Row]:
        """Every row of the list, read in the largest pages; Broken when they do not make a whole."""
        key = (path, tuple(params))
        if key not in self._whole:
            self._whole[key] = self._read(path, params)
        return self._whole[key]

    def forget(self) -> None:
        """Rows come and go: the next look is a fresh one."""
        self._whole.clear()

    def _read(self, path: str, params: Params) -> list[Row]:
        first, ask = self.page(path, (*params, ("page_size", str(LARGEST))))
        count = min(_PAGES, -(-first.total // LARGEST))
        asks = [self._numbered(path, params, number) for number in range(2, count + 1)]
        pages = [first, *self._pages(asks)]
        rows = [row for page in pages for row in page.items]
        different = len({str(row.get(KEYS[path])) for row in rows})
        if different < len(rows):
            raise Broken(f"{len(rows)} rows name {different} different {KEYS[path]}", asks[-1] if asks else ask)
        if count < _PAGES and len(rows) != first.total:
            words = f"{len(rows)} rows on {len(pages)} pages of {LARGEST}, and a total of {first.total}"
            raise Broken(words, asks[-1] if asks else ask)
        return rows

    def _numbered(self, path: str, params: Params, number: int) -> Ask:
        paged = (*params, ("page", str(number)), ("page_size", str(LARGEST)))
        return self._api.ask("promise.page", path, paged)

    def _pages(self, asks: Sequence[Ask]) -> list[Page]:
        pages = []
        for ask, answer in zip(asks, self._api.get_all(asks), strict=True):
            if seen(answer).status != 200:
                raise Broken(f"answered {answer.status} instead of a page", ask)
            pages.append(parse(Page, answer))
        return pages
