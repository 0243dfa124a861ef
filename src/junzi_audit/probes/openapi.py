"""The node's OpenAPI document, and what of its wording tells a client nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.surface import Surface

#: No node knows this one.
NOBODY = "junzi-audit-asks-for-nobody"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_PROSE = {"description", "summary", "example", "examples", "operationId", "tags"}


def document(root: Surface) -> dict[str, Any]:
    """As the node publishes it; Unobservable when it is no OpenAPI document with a path in it."""
    answer = root.get("openapi", "/openapi.json")
    try:
        told = json.loads(answer.body)
        whole = isinstance(told["paths"], dict) and all(isinstance(each, dict) for each in told["paths"].values())
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole or not told["paths"]:
        raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: no OpenAPI document with paths")
    found: dict[str, Any] = told
    return found


def binding(told: Any) -> Any:
    """The document without its prose, as a baseline keeps it."""
    if isinstance(told, Mapping):
        # A property may be called "description": below "properties", names are names.
        return {
            name: {key: binding(value) for key, value in each.items()} if name == "properties" else binding(each)
            for name, each in told.items()
            if name not in _PROSE and not (name == "title" and isinstance(each, str))
        }
    return [binding(each) for each in told] if isinstance(told, list) else told


def with_examples(told: Mapping[str, Any], examples: Mapping[str, str]) -> dict[str, Any]:
    """The document with ids that exist as examples of path parameters and fields of that name, to be tried too.

    A path parameter has one that does not exist beside it: what is given as an example is tried nearly always.
    """
    whole: dict[str, Any] = copy.deepcopy(dict(told))
    _exemplify(whole, examples)
    return whole


def operations(told: Mapping[str, Any]) -> dict[str, bool]:
    """Every operation, as "GET /alerts/", and whether it documents an answer that lets a request through."""
    return {
        f"{method.upper()} {path}": any(str(code)[:1] == "2" or code == "default" for code in each.get("responses", {}))
        for path, methods in told.get("paths", {}).items()
        for method, each in methods.items()
        if method in _METHODS and isinstance(each, Mapping)
    }


def _exemplify(part: Any, examples: Mapping[str, str]) -> None:
    """In place, anywhere below the part."""
    if isinstance(part, list):
        for each in part:
            _exemplify(each, examples)
    if not isinstance(part, dict):
        return
    if part.get("in") == "path" and part.get("name") in examples:
        part["examples"] = {"known": {"value": examples[part["name"]]}, "unknown": {"value": NOBODY}}
    for name, field in part["properties"].items() if isinstance(part.get("properties"), dict) else ():
        if name in examples and isinstance(field, dict):
            field["example"] = examples[name]
    for each in part.values():
        _exemplify(each, examples)
