"""Whoever takes a turn may die anywhere: no second visit, no second answer, nothing forgotten."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kommutator.domain.salon.facts import Visit
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from tests.support.salon import CONNECTION, HERE, at
from tests.support.talks import ScriptedBrain, Talks, open_talks


class KilledError(BaseException):
    """The process is gone: nobody catches it."""


def _killed(*_: object, **__: object) -> None:
    raise KilledError


async def _proposed(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    await talks.says("да")


async def test_killed_between_act_and_answer_the_visit_is_found_again(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _proposed(talks)
    with monkeypatch.context() as patched:
        patched.setattr(talks.converse, "_end", _killed)
        with pytest.raises(KilledError):
            await talks.turns()
    assert len(talks.vendor.visits) == 1
    assert await talks.turns() == 0  # its lease still runs
    await talks.lapse()
    assert await talks.turns() == 1
    assert talks.vendor.asked == 1
    assert await talks.said() == ["Верно?", "done"]
    assert len(await talks.rows("SELECT FROM turns")) == 2


async def test_killed_while_asking_the_salon_it_is_asked_once_more_if_need_be(talks: Talks) -> None:
    await _proposed(talks)
    talks.vendor.before = _killed
    with pytest.raises(KilledError):
        await talks.turns()
    talks.vendor.before = lambda _: None
    for _ in range(3):  # unclear until the lease of the lost booking is over
        await talks.lapse()
        await talks.turns()
    assert await talks.said() == ["Верно?"]
    await talks.rows("UPDATE salon_bookings SET state = 'dropped'")  # as its settler finds out
    await talks.lapse()
    await talks.turns()
    assert len(talks.vendor.visits) == 1
    assert await talks.said() == ["Верно?", "done"]


async def test_killed_after_the_salon_took_it_nothing_is_asked_again(talks: Talks) -> None:
    await _proposed(talks)
    talks.vendor.after = _killed
    with pytest.raises(KilledError):
        await talks.turns()
    talks.vendor.after = lambda _: None
    await talks.says("ну что?")  # the next turn's
    await talks.lapse()
    await talks.turns()
    assert (talks.vendor.asked, len(talks.vendor.visits)) == (1, 1)
    assert await talks.said() == ["Верно?", "done", "Вы написали: ну что?"]


async def test_killed_while_thinking_the_turn_is_simply_taken_again(talks: Talks) -> None:
    await talks.says("Привет")

    async def die() -> None:
        raise KilledError

    talks.brain.thinking = die
    with pytest.raises(KilledError):
        await talks.turns()
    talks.brain.thinking = None
    await talks.lapse()
    await talks.turns()
    assert await talks.said() == ["Вы написали: Привет"]


async def test_whoever_lost_the_lease_answers_nothing(talks: Talks) -> None:
    await talks.says("Привет")

    async def overtaken() -> None:
        talks.brain.thinking = None
        await talks.lapse()
        await talks.turns()

    talks.brain.thinking = overtaken
    await talks.turns()
    assert await talks.said() == ["Вы написали: Привет"]
    assert len(await talks.rows("SELECT FROM turns")) == 1


async def test_a_salon_that_is_away_is_asked_again_and_then_a_person_is(talks: Talks) -> None:
    await _proposed(talks)

    def away(_: int) -> None:
        raise VendorError(ErrorKind.TRANSIENT, "502", stage=Stage.BEFORE_SENDING)

    talks.vendor.before = away
    for _ in range(3):
        assert await talks.turns() == 1
        await talks.lapse()
    assert await talks.turns() == 0
    assert await talks.said() == ["Верно?", "failed"]
    talk = await talks.talk()
    assert (talk["speaking"], talk["handed_over"]) == ("staff", "failed")
    assert talk["summary"] == "Хочет стрижку."
    assert talks.vendor.visits == {}


async def test_a_brain_that_breaks_is_tried_again_and_then_a_person_is_asked(
    talks: Talks,
) -> None:
    async def broken() -> None:
        raise RuntimeError("a bug")

    talks.brain.thinking = broken
    await talks.says("Привет")
    await talks.turns()
    (said,) = await talks.said()
    assert said.startswith("Сейчас не получается проверить запись.")
    assert (await talks.talk())["handed_over"] == "failed"
    (turn,) = await talks.rows("SELECT brain, outcome, hand_over FROM turns")
    assert turn == {"brain": "none", "outcome": "failed", "hand_over": "failed"}


async def test_another_brain_that_fails_or_is_slow_is_covered_by_the_rules(
    database_url: str,
) -> None:
    async def broken() -> None:
        raise RuntimeError("no answer of the model")

    other = ScriptedBrain("llm", broken)
    async with open_talks(database_url, other) as talks:
        await talks.settings(brain="llm")
        await talks.says("Привет")
        await talks.turns()
        other.thinking = None
        await talks.says("Ещё")
        await talks.turns()
        brains = await talks.rows("SELECT brain FROM turns ORDER BY no")
        assert brains == [{"brain": "rules"}, {"brain": "llm"}]
        assert len(await talks.said()) == 2


async def test_no_brain_does_what_the_client_did_not_agree_to(talks: Talks) -> None:
    await talks.says("самовольно")
    await talks.turns()
    assert talks.vendor.visits == {}
    assert (await talks.talk())["handed_over"] == "failed"


async def test_nobody_cancels_a_visit_of_somebody_else(talks: Talks) -> None:
    talks.vendor.visits[77] = Visit(77, 7, at(15), 3600, client_phone="+79990000000")
    await talks.says("отмените 77")
    await talks.turns()
    await talks.says("да")
    await talks.turns()
    assert not talks.vendor.visits[77].deleted
    assert (await talks.talk())["handed_over"] == "failed"


async def test_the_own_visit_of_a_chat_without_a_phone_is_known(talks: Talks) -> None:
    """An unproven phone opens nothing; what this very chat booked is its own."""
    for text in ("запишите 12", "да"):
        await talks.says(text, phone=None)
        await talks.turns()
    (visit,) = talks.vendor.visits.values()
    other = replace(visit, id=78, staff_id=8)
    async with talks.db.unit() as unit:
        await unit.salon_visits.save(HERE, CONNECTION, [visit, other], read_at=datetime.now(UTC))
    await talks.says("Когда я записан?", phone=None)
    await talks.turns()
    client = talks.brain.scenes[-1].client
    assert (client.phone, [one.id for one in client.visits]) == (None, [visit.id])
    await talks.says("Когда я записан?")  # the messenger tells the phone by now
    await talks.turns()
    client = talks.brain.scenes[-1].client
    assert (client.phone, sorted(one.id for one in client.visits)) == (
        "+79161234567", [78, visit.id],
    )  # fmt: skip
