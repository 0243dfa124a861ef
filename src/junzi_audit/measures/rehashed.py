"""Sources as they were found again: the bytes stored now beside the digest recorded at capture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from junzi_audit.findings import Exhibit, Observation, Reading, Unseen, census
from junzi_audit.measures.details import some
from junzi_audit.measures.provenance import is_altered
from junzi_audit.model import Unobservable
from junzi_audit.records import Source

#: The stored bytes of each source, by its id; a source without a byte is absent. Unobservable when one cannot be read.
Look = Callable[[Sequence[Source]], Mapping[str, Observation]]
_DIGITS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One source as it was found: SHA-256 (empty when nothing is stored any more) and size of its bytes."""

    source: Source
    sha256: str
    size: int
    altered: bool


@dataclass(frozen=True, kw_only=True)
class Rehashed:
    """Sources in the order looked at; ``stopped`` says why it ended early, if it did: no source is ever passed over."""

    found: tuple[Found, ...] = ()
    stopped: Unseen | None = None

    @property
    def errors(self) -> list[bool]:
        """For each source, whether it is altered."""
        return [each.altered for each in self.found]

    @property
    def size(self) -> int:
        """How many bytes were read."""
        return sum(each.size for each in self.found)


def rehashed(sources: Sequence[Source], look: Look, before: Rehashed | None = None) -> Rehashed:
    """What came ``before``, if anything did, and these sources after it."""
    earlier = before or Rehashed()
    try:
        contents = look(sources)
    except Unobservable as error:
        return Rehashed(found=earlier.found, stopped=Unseen(cause=error.cause, detail=error.detail))
    digests = {key: seen.sha256 for key, seen in contents.items()}
    found = (
        Found(
            source=source, sha256=digests.get(source.source_id, ""), altered=is_altered(source, digests),
            size=contents[source.source_id].size if source.source_id in contents else 0,
        )
        for source in sources
    )  # fmt: skip
    return Rehashed(found=(*earlier.found, *found))


def altered_sources(*looks: Rehashed) -> Reading:
    """How many altered sources were seen at all; one alone is an incident. What could not be read stands beside it."""
    found = {each.source.source_id: each for look in looks for each in look.found}
    bad = [key for key, each in found.items() if each.altered]
    stopped = [look.stopped for look in looks if look.stopped]
    counted = census(len(bad), n=len(found), detail=some(bad))
    if not stopped:
        return counted
    return {"": counted, "not read": stopped[0]} if found else stopped[0]


def table(looked: Rehashed, title: str, caption: str) -> Exhibit:
    """The sources in the order looked at, with both digests, shortened."""
    return Exhibit(
        title=title,
        caption=caption,
        columns=("draw", "source", "feed", "captured", "recorded SHA-256", "SHA-256 now", "altered"),
        rows=tuple(
            (
                draw, each.source.source_id, each.source.feed, f"{each.source.capture_timestamp:%Y-%m-%d %H:%M}",
                shortened(each.source.content_hash), shortened(each.sha256), "ALTERED" if each.altered else "no",
            )
            for draw, each in enumerate(looked.found, start=1)
        ),
    )  # fmt: skip


def shortened(digest: str) -> str:
    """The first digits of a digest; "gone" when there is none."""
    return f"{digest[:_DIGITS]}…" if digest else "gone"
