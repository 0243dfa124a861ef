"""Samples that strangers can repeat: the commitment, then the seed, then the tickets, in a folder of the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from junzi_audit.evidence.store import Store
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.seen import draws
from junzi_audit.seen.draws import Drawn, SeedSource

FOLDER = "samples"
_README = """\
How this sample was drawn, and how to repeat it with nothing but a shell and coreutils.

First manifest.tsv (one line per item: id, tab, recorded SHA-256; sorted by bytes) and commitment.json were written.
Only then the seed came into being: {origin}.
Each item's ticket is SHA-256("seed|root|id"); items are looked at in ascending order of their tickets.

1. The root that was committed to, and the digest of the commitment that the report shows. Expected:
   {root}  manifest.tsv
   {commitment}  commitment.json

    sha256sum manifest.tsv commitment.json

2. Every ticket, drawn again (about a minute for 20,000 items):

    cut -f 1 manifest.tsv | while IFS= read -r id; do
      printf '%s\\t%s\\n' "$(printf '%s' "{seed}|{root}|$id" | sha256sum | cut -c 1-64)" "$id"
    done | LC_ALL=C sort > again.tsv

3. They are the ones that were used:

    cmp again.tsv tickets.tsv && echo the same
"""
_RECHECK = """
4. The seed is the SHA-256 of the signature that the beacon published for the round named in commitment.json:
   {seed}

    {recheck}
"""


class Samples:
    """Draws samples for one run; in a replay the commitment is the recorded one, and must fit what is drawn now."""

    def __init__(self, store: Store, folder: Path, source: SeedSource, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._folder = folder
        self._source = source
        self._now = now

    def draw(self, duty: str, digests: Mapping[str, str], terms: Mapping[str, object]) -> Drawn:
        """All of the population in an order that was nobody's to choose.

        ``digests``: recorded SHA-256 by id; ``terms``: what else is committed to. Unobservable when the seed cannot be
        had, or a replay would draw on other terms than were recorded.
        """
        manifest = draws.manifest(digests)
        root = draws.sha256(manifest)
        published, commitment = self._commit(duty, root, terms)
        folder = self._folder / FOLDER / duty
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "manifest.tsv", manifest)
        _write(folder / "commitment.json", commitment)
        seed = self._source.seed(published)
        tickets = draws.tickets(digests, seed=seed.value, root=root)
        _write(folder / "tickets.tsv", "".join(f"{ticket.digest}\t{ticket.key}\n" for ticket in tickets))
        drawn = Drawn(
            keys=tuple(ticket.key for ticket in tickets), root=root, commitment=draws.sha256(commitment),
            published=published, seed=seed,
        )  # fmt: skip
        _write(folder / "README.txt", _readme(drawn))
        return drawn

    def _commit(self, duty: str, root: str, terms: Mapping[str, object]) -> tuple[datetime, str]:
        query = f"COMMITMENT {duty} to {root}"
        found = self._store.replay(query)
        published = self._now() if found is None else found[0].at
        told = {"duty": duty, "root": root, "published": iso(published)}
        promise = {"seed": dict(self._source.promise(published)), "ticket": "SHA-256 of seed|root|id, ascending"}
        text = json.dumps({**told, **terms, **promise}, indent=1, sort_keys=True) + "\n"
        if found is None:
            self._store.keep(
                probe="sample", query=query, at=published, seconds=0, status=200, body=text.encode(), cause=None
            )
        elif found[1].decode() != text:
            raise Unobservable(Cause.NOT_RECORDED, "the recorded sample was committed to on other terms than now asked")
        return published, text


def _readme(drawn: Drawn) -> str:
    told = {"root": drawn.root, "seed": drawn.seed.value, "commitment": drawn.commitment, "origin": drawn.seed.origin}
    recheck = _RECHECK.format(recheck=drawn.seed.recheck, **told) if drawn.seed.recheck else ""
    return _README.format(**told) + recheck


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
