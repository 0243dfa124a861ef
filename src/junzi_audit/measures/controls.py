"""How well a reviewer answered the items whose answer is known, of each kind: to be upheld, and not to be."""

from __future__ import annotations

from junzi_audit.seen.worksheets import NOT_UPHELD, UPHELD, Audit, Item, Result


def wrong(audit: Audit, result: Result) -> tuple[int, int]:
    """Controls answered wrongly or not at all, of those of one kind up to the last item answered.

    The kind answered worse: who upholds everything knows every control that is to be upheld, and nothing else.
    """
    met = _met(audit, result)
    kinds = [(sum(result.answers.get(item.item) != kind for item in met[kind]), len(met[kind])) for kind in met]
    return max(kinds, key=lambda counted: (share(counted), counted[1]))


def share(counted: tuple[int, int]) -> float:
    """The wrong ones among those met; none are wrong where none was met."""
    return counted[0] / counted[1] if counted[1] else 0.0


def is_tested(audit: Audit, result: Result) -> bool:
    """Whether the answers reach so far that there is a control of each kind among them."""
    return all(_met(audit, result).values())


def _met(audit: Audit, result: Result) -> dict[str, list[Item]]:
    """The controls of each kind up to the last item answered."""
    places = [place for place, item in enumerate(audit.items) if item.item in result.answers]
    read = audit.items[: max(places, default=-1) + 1]
    return {kind: [item for item in read if item.known == kind] for kind in (UPHELD, NOT_UPHELD)}
