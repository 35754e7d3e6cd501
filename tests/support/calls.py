"""Recorded calls of a real Asterisk, fed to our reader without any database."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from kommutator.connectors.pbx.asterisk.channels import Wiring
from kommutator.connectors.pbx.asterisk.translate import translate
from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.call import Call
from kommutator.domain.calls.events import TimeUp
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.reports import Click

FIXTURES = Path(__file__).parents[1] / "fixtures" / "asterisk"
WIRING = Wiring(trunks=("trunk",), region="BY")
CLIENT = "+375000000070"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.jsonl"))
FURTHER = sorted(path.stem for path in (FIXTURES / "further").glob("*.jsonl"))
EVERY_NAME = sorted([*NAMES, *FURTHER])
CLICKS = {"click2call_manager_not_registered": "gw-c2c-0004"}
"""Calls whose PBX said no more than "failure": only the click itself makes them calls."""


@lru_cache
def recorded(name: str) -> tuple[dict[str, Any], ...]:
    """The raw events of one fixture."""
    folder = FIXTURES / "further" if name in FURTHER else FIXTURES
    lines = (folder / f"{name}.jsonl").read_text().splitlines()
    return tuple(json.loads(line) for line in lines)


@lru_cache
def expected() -> dict[str, dict[str, Any]]:
    """Outcome of each fixture as the prototype's independent reducer saw it."""
    lines = (FIXTURES / "expected-asterisk22.txt").read_text().splitlines()
    return {line.split(" ", 1)[0]: json.loads(line.split(" ", 1)[1]) for line in lines}


def events_of(name: str, raw: Iterable[dict[str, Any]] | None = None) -> list[CallEvent]:
    """The leg events of one fixture, with the click that some need."""
    told: list[CallEvent] = []
    if name in CLICKS:
        told.append(
            Click(call_id=CLICKS[name], extension="150", client=CLIENT, requested_by="anna")
        )
    for event in recorded(name) if raw is None else raw:
        told += translate(event, WIRING, heard_at=0.0)
    if name in CLICKS:
        told.append(TimeUp(call=CLICKS[name], at=2.0))
    return told


def fold(events: Iterable[CallEvent]) -> list[Call]:
    """The calls that these events make."""
    board = Board()
    for event in events:
        board.feed(event)
    return [read_call(memory) for memory in board.calls.values()]


def only_call(events: Iterable[CallEvent]) -> Call:
    """Raises ValueError unless the events make exactly one call."""
    (call,) = fold(events)
    return call


NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
