"""Where reviewers answer: JSON or CSV files in a directory, or a service; and the controls. Never judges them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from junzi_audit import tables
from junzi_audit.model import Cause, Unobservable, utc
from junzi_audit.probes import soundness
from junzi_audit.probes.asking import Recorder
from junzi_audit.probes.documents import Document, Page
from junzi_audit.probes.parsing import parse
from junzi_audit.seen.worksheets import ANSWERS, Control, Heard, Result, Sheet

_FILE_BYTES, _FILES, _LONGEST = 1_000_000, 500, 300
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COLUMNS = ("worksheet", "reviewer", "date", "item", "verdict")


class ResultError(tables.TableError):
    """What a reviewer handed in is no result; the message names the file, the key and the nearest word."""


class FiledResults:
    """Files anywhere below one folder; their texts are the evidence, so a replay reads them again."""

    def __init__(self, root: Path, path: str, recorder: Recorder, now: datetime) -> None:
        self._folder = root / path
        self._path = path
        self._recorder = recorder
        self._now = now

    def of(self, sheets: Sequence[Sheet]) -> Heard:
        """The results on these sheets; one for another worksheet is told, not counted."""
        files = self._files()
        raw = [(name, each) for name, text in files.items() for each in _written(name, text)]
        return _heard(self._path, raw, sheets)

    def _files(self) -> dict[str, str]:
        query = f"REVIEWS {self._path}"
        found = self._recorder.replay(query)
        if found is not None:
            return dict(json.loads(found[1]))
        if not self._folder.is_dir():
            words = f"the target keeps reviewers' results in {self._path}/, and there is no such folder"
            raise Unobservable(Cause.NOT_CONFIGURED, words)
        files = dict(_texts(self._folder))
        self._recorder.keep(
            probe="reviews.files", query=query, at=self._now, seconds=0, status=200,
            body=json.dumps(files, sort_keys=True).encode(), cause=None,
        )  # fmt: skip
        return files


class ServedResults:
    """A service that answers ``?worksheet=…&sheet=…&item=…`` with a JSON list of results."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def of(self, sheets: Sequence[Sheet]) -> Heard:
        """What it answers for each sheet; every item is sent with its sources, so that it need not keep the sheet."""
        raw: list[tuple[str, Any]] = []
        for sheet in sheets:
            items = tuple(("item", ",".join((each.item, *each.source_ids))) for each in sheet.items)
            params = (("worksheet", sheet.digest), ("sheet", sheet.name), *items)
            answer = self._page.surface.get("reviews.service", self._page.path, params)
            listed = parse(tuple[Any, ...], answer)
            raw += [(f"result {number} for the {sheet.name} sheet", each) for number, each in enumerate(listed, 1)]
        return _heard(self._page.surface.url + self._page.path, raw, sheets)


def controls(document: Document, now: datetime) -> tuple[Control, ...]:
    """The items with known answers; Unobservable unless there is one of each kind, and each once."""
    answer = document.read("reviews.controls", now, Path.read_bytes)
    found = parse(tuple[Control, ...], answer)
    soundness.once("the controls", "control_id", [each.control_id for each in found])
    for known in ("upheld", "not upheld"):
        if not any(each.known == known for each in found):
            raise Unobservable(Cause.TOO_FEW, f"of the controls, none is known to be {known}")
    return found


@dataclass(frozen=True, kw_only=True)
class _Record:
    """The keys of a result, as a reviewer writes them."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    worksheet: str
    reviewer: str
    date: str
    answers: dict[str, str]
    remarks: str = ""


def _heard(place: str, raw: Sequence[tuple[str, Any]], sheets: Sequence[Sheet]) -> Heard:
    wanted, results, problems = {sheet.digest for sheet in sheets}, [], []
    for name, each in raw:
        try:
            result = _result(name, each)
        except ResultError as error:
            problems.append("; ".join(str(error).splitlines())[:_LONGEST])
            continue
        if result.worksheet in wanted:
            results.append(result)
        else:
            problems.append(f"{name}: about another worksheet, {result.worksheet[:12]}…")
    return Heard(place=place, results=tuple(results), problems=tuple(problems))


def _result(name: str, raw: Any) -> Result:
    if isinstance(raw, ResultError):
        raise raw
    written = tables.build(_Record, raw, path=Path(name), table="result", error=ResultError)
    for fault in _faults(written):
        raise ResultError(f"{name}: {fault}")
    return Result(
        worksheet=written.worksheet, reviewer=" ".join(written.reviewer.split()), date=_instant(written.date),
        answers=written.answers, source=name,
    )  # fmt: skip


def _faults(written: _Record) -> Iterator[str]:
    if not re.fullmatch(r"[0-9a-f]{64}", written.worksheet):
        yield "worksheet: not a SHA-256 in 64 lower-case hexadecimal digits"
    if not written.reviewer.strip():
        yield "reviewer: empty; a result is somebody's"
    try:
        _instant(written.date)
    except (ValueError, OverflowError):
        yield "date: write a day such as 2026-11-23, or an instant with a zone such as 2026-11-23T10:00:00Z"
    for item, answer in written.answers.items():
        if answer not in ANSWERS:
            yield f"{item}: no answer is called {answer!r}; {tables.nearest(answer, ANSWERS)}"


def _instant(text: str) -> datetime:
    """A day is its start in UTC; ValueError for an instant without a zone, or a year that is not ours."""
    return utc(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)


def _written(name: str, text: str) -> list[Any]:
    """The results of one file; an error in the place of one that cannot be read."""
    try:
        return _rows(name, text) if name.endswith(".csv") else [json.loads(text)]
    except (ValueError, RecursionError, csv.Error) as error:
        return [ResultError(f"{name}: cannot be read: {error}")]
    except ResultError as error:
        return [error]


def _rows(name: str, text: str) -> list[Any]:
    """A filled-in worksheet; lines without a verdict are not answered yet."""
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    lacking = [column for column in _COLUMNS if rows and column not in rows[0]]
    if not rows or lacking:
        raise ResultError(f"{name}: the column {lacking[0]!r} is missing" if lacking else f"{name}: holds no line")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        told = {column: (row[column] or "").strip() for column in _COLUMNS}
        if not told["verdict"]:
            continue
        key = (told["worksheet"], told["reviewer"])
        one = found.setdefault(key, {"worksheet": key[0], "reviewer": key[1], "date": told["date"], "answers": {}})
        if one["answers"].setdefault(told["item"], told["verdict"]) != told["verdict"]:
            raise ResultError(f"{name}: {told['item']} is answered twice, and not alike")
        one["date"] = max(one["date"], told["date"])
    return list(found.values())


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    visible = (path for path in folder.rglob("*") if not path.relative_to(folder).as_posix().startswith("."))
    found = sorted(path for path in visible if path.suffix in {".csv", ".json"} and path.is_file())
    if len(found) > _FILES:
        raise Unobservable(Cause.TOO_LARGE, f"{len(found):,} files of results; at most {_FILES:,} are read")
    for path in found:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            raise Unobservable(Cause.MALFORMED, f"{name} is a link, which is not followed")
        if path.stat().st_size > _FILE_BYTES:
            raise Unobservable(Cause.TOO_LARGE, f"{name} is larger than {_FILE_BYTES:,} bytes, so it is no result")
        yield name, path.read_bytes().decode("utf-8", errors="replace")
