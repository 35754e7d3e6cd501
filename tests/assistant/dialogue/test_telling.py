"""After an act was tried: what is said, and who goes on."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.talk import (
    Acted,
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    Goal,
    HandOver,
    MoveVisit,
    Offer,
    Talk,
    Turn,
)
from tests.support.framed_talk import ALEXANDER, MENS_CUT, VISIT, FramedTalk

AT = datetime.fromisoformat("2026-11-20T15:00")
OFFER = Offer(ALEXANDER, AT, 2700)
BOOK = BookVisit((MENS_CUT,), OFFER, "Ольга", "+79161112233")
WISH = Talk(goal=Goal.BOOK, services=(MENS_CUT,), offered=(OFFER,), told_at=AT)


async def _told(acted: Acted, act: AnyAct = BOOK, **client: object) -> Turn:
    played = FramedTalk(client={"visits": [VISIT], **client}).played
    return await played.brain.told(played.scene(), WISH, act, acted, played.salon)


async def test_done_forgets_the_wish_and_keeps_who_it_is() -> None:
    turn = await _told(Acted("done", record_id=9))
    assert turn.talk == Talk(name="Ольга")
    assert turn.act is None


async def test_taken_shows_what_the_salon_named_instead() -> None:
    other = msgspec.structs.replace(OFFER, starts_at=AT.replace(hour=17))
    gone = msgspec.structs.replace(OFFER, starts_at=AT.replace(year=2025))
    turn = await _told(Acted("taken", alternatives=(OFFER, gone, other)))
    assert turn.talk.offered == (other,)
    assert turn.talk.expecting is Expecting.CHOICE
    assert "17:00" in turn.says[0]


async def test_taken_without_alternatives_looks_again_and_not_at_the_same_start() -> None:
    turn = await _told(Acted("taken"))
    assert len(turn.talk.offered) == 3
    assert OFFER not in turn.talk.offered


@pytest.mark.parametrize("reason", ["taken", "overlap", "nobody", "booking_overlap"])
async def test_a_refusal_of_the_time_is_as_taken(reason: str) -> None:
    turn = await _told(Acted("refused", reason=reason))
    assert len(turn.talk.offered) == 3
    assert turn.hand_over is None


@pytest.mark.parametrize(
    ("reason", "client", "expecting"),
    [
        ("bad_phone", {"phone": None}, Expecting.PHONE),
        ("no_name", {"name": None}, Expecting.NAME),
    ],
)
async def test_what_the_client_can_put_right_is_asked(
    reason: str, client: dict[str, None], expecting: Expecting
) -> None:
    turn = await _told(Acted("refused", reason=reason), **client)
    assert turn.talk.expecting is expecting
    assert turn.talk.offered == (OFFER,)
    assert turn.hand_over is None


@pytest.mark.parametrize("reason", ["bad_phone", "no_name", "blacklisted", "gone", "other", None])
async def test_what_the_client_cannot_put_right_goes_to_a_person(reason: str | None) -> None:
    turn = await _told(Acted("refused", reason=reason))
    assert turn.hand_over is HandOver.FAILED
    assert "администратору" in turn.says[0]


@pytest.mark.parametrize("state", ["unclear", "failed"])
@pytest.mark.parametrize("act", [BOOK, MoveVisit(501, OFFER), CancelVisit(501), ConfirmVisit(501)])
async def test_no_answer_promises_nothing_and_goes_to_a_person(state: str, act: AnyAct) -> None:
    turn = await _told(Acted(state), act)
    assert turn.hand_over is HandOver.FAILED
    assert "записаны" not in turn.says[0]


async def test_a_move_that_was_too_late_keeps_the_visit_and_offers_others() -> None:
    turn = await _told(Acted("taken"), MoveVisit(501, msgspec.structs.replace(OFFER, staff_id=11)))
    assert turn.talk.goal is Goal.MOVE
    assert turn.talk.record_id == 501
    assert turn.talk.offered
