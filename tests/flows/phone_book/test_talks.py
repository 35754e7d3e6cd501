"""What the course of a call teaches the book, and when a call wishes for a name at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.calls.call import Phase
from kommutator.store.database import Database
from tests.support.book import entry
from tests.support.book_calls import a_call, attend


async def test_talks_teach_whom_the_client_talked_with(db: Database) -> None:
    ringing = a_call()
    began, ended = datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=2)
    talking = replace(ringing, answered_by=("150",), answered_at=began, phase=Phase.TALKING)
    moved = replace(talking, answered_by=("150", "151"), ended_at=ended, phase=Phase.ENDED)
    await attend(db, ringing)
    await attend(db, talking, ringing)
    held = await entry(db)
    assert held is not None
    assert (held.last_talker, held.last_talk_at) == ("150", began)
    await attend(db, moved, talking)
    await attend(db, talking, ringing)  # an older call told again changes nothing
    held = await entry(db)
    assert held is not None
    assert (held.last_talker, held.last_talk_at) == ("151", ended)


@pytest.mark.parametrize("then", [{"rang": ("150",)}, {"phase": Phase.ENDED}])
async def test_a_click_waits_for_no_name_and_gets_it_when_the_phone_rings(
    db: Database, then: dict[str, object]
) -> None:
    click = a_call(direction="out", requested_by="a@example.com", dialler="150")
    await attend(db, click)
    assert await entry(db) is None
    await attend(db, click, click)
    assert await entry(db) is None
    await attend(db, replace(click, **then), click)
    wanted = await entry(db)
    assert wanted is not None
    assert wanted.wanted_at is not None


async def test_internal_calls_and_missed_ones_teach_nothing(db: Database) -> None:
    await attend(db, a_call(direction="internal", answered_by=("150",)))
    assert await entry(db) is None
    await attend(db, a_call("c-2", phase=Phase.ENDED, ended_at=datetime.now(UTC)))
    held = await entry(db)
    assert held is not None
    assert held.last_talker is None
