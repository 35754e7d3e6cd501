"""The recordings of a call: promised by the dialplan, told by a message, here or lost."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from kommutator.domain.calls.memory import Memory
from kommutator.domain.calls.reports import Report

PROPER_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,149}")
"""A name that can be part of an address and of a path, whoever chose it."""

_CALL_PREFIX = "gw-"
_URL_PREFIX = "url-"
_URL_MARK = 32


class RecordingState(StrEnum):
    EXPECTED = "expected"
    ARRIVED = "arrived"
    LOST = "lost"  # it cannot be had; asking again is a person's decision


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a call. `source_url` is where a message said that it lies."""

    name: str
    state: RecordingState = RecordingState.EXPECTED
    source_url: str | None = None


class RecordingArrived(msgspec.Struct, frozen=True, kw_only=True, tag="arrived"):
    """It is stored and can be played. Journalled with source "recording"; makes no call."""

    call: str
    name: str


class RecordingLost(msgspec.Struct, frozen=True, kw_only=True, tag="lost"):
    """It cannot be had, so nobody need wait for it."""

    call: str
    name: str


RecordingNews = RecordingArrived | RecordingLost


def call_of(name: str) -> str:
    """The call that the dialplan named a recording after: `gw-<call id>`."""
    return name.removeprefix(_CALL_PREFIX)


def name_of_url(call: str, url: str) -> str:
    """Under which name the recording that lies at `url` is kept."""
    digest = hashlib.sha256(f"{call}\n{url}".encode()).hexdigest()
    return f"{_URL_PREFIX}{digest[:_URL_MARK]}"


def recordings_of(memory: Memory) -> tuple[Recording, ...]:
    """All of a call; the dialplan's own first, for it is of the client's leg."""
    named = [*filter(None, [memory.hints.record]), *memory.records]
    promised = dict.fromkeys(name for name in named if PROPER_NAME.fullmatch(name))
    told = {name_of_url(report.call, url): url for report, url in _urls(memory.reports)}
    heard_of = [name for name in memory.arrived if name not in promised and name not in told]
    return tuple(
        Recording(name, _state(memory, name), told.get(name))
        for name in (*promised, *told, *heard_of)
    )


def _urls(reports: Iterable[Report]) -> Iterable[tuple[Report, str]]:
    return ((report, report.record_url) for report in reports if report.record_url)


def _state(memory: Memory, name: str) -> RecordingState:
    if name in memory.arrived:
        return RecordingState.ARRIVED
    return RecordingState.LOST if name in memory.lost_records else RecordingState.EXPECTED
