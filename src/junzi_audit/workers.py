"""A run spread over worker processes: what they are given, what is due by their account, and what stopped them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from junzi_audit.model import Cadence
from junzi_audit.naming import duty_of
from junzi_audit.phases import RUN

_KEY = "junzi_mistake"


def is_worker(config: pytest.Config) -> bool:
    """Whether this process was started by the one that the person started."""
    return hasattr(config, "workerinput")


def begin(config: pytest.Config, node_ids: list[str]) -> None:
    """Write down what is due, once, from the tests that were collected and the cadences that were asked for."""
    run = config.stash.get(RUN, None)
    duties = [duty for node_id in node_ids if (duty := duty_of(node_id))]
    if run is None or run.header is not None or not duties:
        return
    words = re.sub(r"[()]", " ", config.option.markexpr).split()
    asked = [] if {"and", "not"} & set(words) else [word for word in words if word in set(Cadence)]
    try:
        run.begin(duties, asked)
    except FileExistsError:
        told = f"--record {run.folder}: another run has begun there; evidence is never written over"
        raise pytest.UsageError(told) from None


def stop_for(config: pytest.Config, mistake: pytest.UsageError) -> None:
    """End the session for a person's mistake; a worker cannot, so it leaves word with the process that can."""
    if not is_worker(config):
        raise mistake
    config.workeroutput[_KEY] = str(mistake)  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker looks at the same node at the same time and writes into the same folder."""
    run = node.config.stash.get(RUN, None)
    if run is not None:
        node.workerinput["junzi"] = run.shared()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """The workers collect; the first to finish says what is due."""
    begin(node.config, ids)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker that stopped for a mistake stops the session for it."""
    mistake = getattr(node, "workeroutput", {}).get(_KEY)
    if mistake:
        node.config.stash[RUN].mistake = mistake
