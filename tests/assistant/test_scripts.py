"""The scripted talks are sound: what they demand can be, and nothing is misspelt.

The talks themselves are played by `test_dialogues.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kommutator.domain.assistant.talk import HandOver
from tests.support.exam import imagined_salon

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FILES = sorted((Path(__file__).parent / "dialogues").glob("*.yaml"))
TALKS = [talk for file in FILES for talk in yaml.safe_load(file.read_text("utf-8"))]
SALON = imagined_salon()
SERVICES = {row["id"]: row for row in SALON["services"]}
STAFF = {row["id"]: row for row in SALON["staff"]}

TALK = {"name", "why", "now", "client", "busy", "questions", "answers", "steps", "never", "end"}
CLIENT = {"phone", "name", "known", "visits", "usual_staff", "usual_services", "opted_out"}
STEP = {"client", "before", "says", "never", "silent", "answers"}
EVENT = {"taken", "freed", "vendor_down", "clock", "cancelled", "give_back", "question"}
END = {"visits", "attendance", "rated", "speaking", "handed_over", "opted_out", "proposal"}
VISIT = {"id", "services", "staff", "at", "day", "after", "before", "confirmed"}


def _ends(talk: dict[str, Any]) -> list[dict[str, Any]]:
    return talk["end"] if isinstance(talk["end"], list) else [talk["end"]]


def _staff_of(visit: dict[str, Any]) -> list[int]:
    named = visit.get("staff", list(STAFF))
    return [named] if isinstance(named, int) else named


def _can_be(visit: dict[str, Any]) -> bool:
    able = [
        STAFF[one]
        for one in _staff_of(visit)
        if set(visit["services"]) <= set(STAFF[one]["services"])
    ]
    if "at" not in visit:
        return bool(able)
    start = datetime.fromisoformat(visit["at"])
    lasts = timedelta(seconds=sum(SERVICES[one]["duration_s"] for one in visit["services"]))
    return any(_works(employee, start, start + lasts) for employee in able)


def _works(employee: dict[str, Any], start: datetime, end: datetime) -> bool:
    day = start.date()
    hours = employee["works"].get(WEEKDAYS[day.weekday()])
    if hours is None or day.isoformat() in {*employee["off"], *SALON["closed"]}:
        return False
    opens, closes = (datetime.combine(day, time.fromisoformat(hour)) for hour in hours)
    return opens <= start and end <= closes


def _patterns(talk: dict[str, Any]) -> Iterator[str]:
    yield from talk.get("never", ())
    for step in talk["steps"]:
        yield from (*step.get("says", ()), *step.get("never", ()))


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len(TALKS) >= 180
    assert [name for name, count in Counter(t["name"] for t in TALKS).items() if count > 1] == []


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk["name"])
def test_a_script_is_well_formed(talk: dict[str, Any]) -> None:
    assert set(talk) <= TALK
    assert {"name", "why", "steps", "end"} <= set(talk)
    assert set(talk.get("client", {})) <= CLIENT
    for step in talk["steps"]:
        assert set(step) <= STEP
        assert step["client"]
        assert {key for event in step.get("before", ()) for key in event} <= EVENT
    for pattern in _patterns(talk):
        re.compile(pattern)


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk["name"])
def test_what_a_script_demands_can_be(talk: dict[str, Any]) -> None:
    begins = talk.get("client", {}).get("visits", [])
    for end in _ends(talk):
        assert set(end) <= END
        reasons = end.get("handed_over", [])
        for reason in [reasons] if isinstance(reasons, str) else reasons:
            assert HandOver(reason)
        for visit in [*begins, *end.get("visits", [])]:
            assert set(visit) <= VISIT
            assert _can_be(visit), visit
