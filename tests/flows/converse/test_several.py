"""One answer about several visits: all that were proposed or asked about, and no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.questions import Asked
from tests.support.salon import CONNECTION, HERE, HOUR_S, at
from tests.support.talks import BOT, CHAT, PHONE, Talks


async def _booked(talks: Talks, *records: int, phone: str = PHONE) -> None:
    """Visits at the salon that our copy has read."""
    visits = [
        Visit(one, 7, at(10 + place), HOUR_S, client_phone=phone)
        for place, one in enumerate(records)
    ]
    talks.vendor.visits.update({one.id: one for one in visits})
    async with talks.db.unit() as unit:
        await unit.salons.lock(HERE, CONNECTION)
        await unit.salon_visits.save(HERE, CONNECTION, visits, read_at=datetime.now(UTC))


async def _asked(talks: Talks, *records: int) -> None:
    now = datetime.now(UTC)
    async with talks.db.unit() as unit:
        for one in records:
            start = talks.vendor.visits[one].starts_at
            asked = Asked(
                BOT, CHAT, "reminder", CONNECTION, one, PHONE, start, now, now + timedelta(hours=8),
                message=1,
            )  # fmt: skip
            await unit.questions.ask(HERE, asked)


async def _open(talks: Talks) -> list[int]:
    rows = await talks.rows("SELECT record_id FROM chat_questions WHERE closed_at IS NULL")
    return sorted(row["record_id"] for row in rows)


async def test_one_yes_confirms_all_that_the_reminder_named(talks: Talks) -> None:
    await _booked(talks, 8, 9, 10)
    await talks.says("Здравствуйте")
    await talks.turns()
    await _asked(talks, 8, 9)
    await talks.says("приду 8 9")
    await talks.turns()
    coming = {
        one.id: one.attendance is Attendance.CONFIRMED for one in talks.vendor.visits.values()
    }
    assert coming == {8: True, 9: True, 10: False}
    assert await _open(talks) == []


async def test_a_visit_that_was_confirmed_before_is_asked_about_no_longer(talks: Talks) -> None:
    await _booked(talks, 9)
    confirmed = replace(talks.vendor.visits[9], attendance=Attendance.CONFIRMED)
    talks.vendor.visits[9] = confirmed
    await talks.says("Здравствуйте")
    await talks.turns()
    await _asked(talks, 9)
    await talks.says("приду 9")
    await talks.turns()
    assert await talks.said() == ["Вы написали: Здравствуйте", "done"]
    assert await _open(talks) == []


async def test_one_yes_cancels_all_that_were_read_out(talks: Talks) -> None:
    await _booked(talks, 8, 9, 10)
    await talks.says("отмените 8 9")
    await talks.turns()
    await talks.says("да")
    await talks.turns()
    assert [one.id for one in talks.vendor.visits.values() if not one.deleted] == [10]
    assert await talks.said() == ["Верно?", "done"]


async def test_a_salon_that_went_away_in_between_is_asked_for_the_rest_only(talks: Talks) -> None:
    await _booked(talks, 8, 9)

    def away_the_second_time(times: int) -> None:
        if times == 2:
            raise VendorError(ErrorKind.TRANSIENT, "away")

    talks.vendor.before = away_the_second_time
    await talks.says("отмените 8 9")
    await talks.turns()
    await talks.says("да")
    await talks.turns()
    assert [one.id for one in talks.vendor.visits.values() if not one.deleted] == [9]
    await talks.lapse()
    await talks.turns()
    assert [one.id for one in talks.vendor.visits.values() if not one.deleted] == []
    assert talks.vendor.asked == 3
    assert await talks.said() == ["Верно?", "done"]


async def test_what_the_salon_has_no_more_does_not_keep_the_other_and_a_person_looks(
    talks: Talks,
) -> None:
    await _booked(talks, 8, 9)
    await talks.says("отмените 8 9")
    await talks.turns()
    del talks.vendor.visits[8]
    await talks.says("да")
    await talks.turns()
    assert talks.vendor.visits[9].deleted
    assert (await talks.said())[-1] == "refused"


@pytest.mark.parametrize("words", ["отмените 8 77", "отмените 77 8"])
async def test_nobody_elses_visit_goes_with_the_own_one(talks: Talks, words: str) -> None:
    await _booked(talks, 8)
    await _booked(talks, 77, phone="+79990000000")
    await talks.says(words)
    await talks.turns()
    await talks.says("да")
    await talks.turns()
    assert not any(one.deleted for one in talks.vendor.visits.values())
