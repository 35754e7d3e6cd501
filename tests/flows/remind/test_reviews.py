"""A question after the visit: asked once, answered, and told to whoever must care."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.salon.facts import Attendance, Visit
from tests.support.outreach import NUMBER, OLGA
from tests.support.reminded import ACCOUNT, VISIT, Reminded

CAME = replace(VISIT, attendance=Attendance.CAME)
LINKS = [
    {"title": "2GIS", "url": "https://2gis.example/r"},
    {"title": "Maps", "url": "https://maps.example/r"},
]


async def visited(salon: Reminded, visit: Visit = CAME) -> list[str]:
    """The client came; what was said within a day."""
    await salon.happens(replace(visit, attendance=Attendance.WAITING), first_read=True)
    await salon.until(salon.town.clock.now() + timedelta(days=2, hours=8))
    await salon.happens(visit)
    return await salon.until(salon.town.clock.now() + timedelta(days=1))


async def test_asked_once_after_the_salon_noted_that_the_client_came(salon: Reminded) -> None:
    assert await visited(salon) == [
        "Ольга, спасибо, что были у нас в «Spring»! Как всё прошло?\nОцените визит от 1 до 5."
    ]
    (question,) = await salon.questions()
    assert (question.kind, question.record_id) == ("review", 5)
    assert await salon.until(salon.town.clock.now() + timedelta(days=3)) == []


async def test_a_mistaken_note_takes_the_question_back(salon: Reminded) -> None:
    await salon.happens(VISIT, first_read=True)
    await salon.until(salon.town.clock.now() + timedelta(days=2, hours=8))
    await salon.happens(CAME)
    await salon.happens(replace(CAME, attendance=Attendance.NO_SHOW))
    said = await salon.until(salon.town.clock.now() + timedelta(days=1))
    assert said == []


async def test_nobody_is_asked_twice_in_a_month(salon: Reminded) -> None:
    assert len(await visited(salon)) == 1
    again = replace(CAME, id=6, starts_at=VISIT.starts_at + timedelta(days=7))
    await salon.happens(replace(again, attendance=Attendance.WAITING), first_read=True)
    await salon.until(salon.town.clock.now() + timedelta(days=7))
    await salon.happens(again)
    assert await salon.until(salon.town.clock.now() + timedelta(days=1)) == []
    assert (await salon.reasons())[-1] == "review dropped asked_lately"


async def test_content_clients_get_a_link_in_turn_and_everybody_may(salon: Reminded) -> None:
    await salon.rules(review={"links": LINKS})
    await visited(salon)
    assert await salon.rates(5) == [
        "Будем благодарны за отзыв (Maps): https://maps.example/r"  # the fifth visit's
    ]
    assert await salon.questions() == []
    assert await salon.rates(5) == []  # told already
    assert (await salon.rates(2, record_id=6))[0].endswith("(2GIS): https://2gis.example/r")


async def test_a_salon_may_keep_the_link_from_those_who_were_not_content(salon: Reminded) -> None:
    await salon.rules(review={"links": LINKS, "for_all": False})
    await visited(salon)
    assert await salon.rates(3) == []


async def test_what_was_said_is_kept_and_may_be_completed(salon: Reminded) -> None:
    await visited(salon)
    await salon.rates(2)
    await salon.rates(2, "ждала полчаса")
    async with salon.town.db.unit() as unit:
        (review,) = await unit.reviews.page(NUMBER)
    assert (review.stars, review.words, review.staff_id, review.phone) == (
        2, "ждала полчаса", 1, OLGA,
    )  # fmt: skip


async def test_a_low_rating_becomes_a_task_in_a_crm_that_has_tasks(salon: Reminded) -> None:
    crm = UUID(int=9)
    async with salon.town.db.unit() as unit:
        await unit.connections.create(
            NUMBER, crm, kind=ConnectionKind.AMOCRM, name="amo", base_url="https://amo.test",
            account_key="9", config={}, sealed={},
        )  # fmt: skip
    salon.connected.append(replace(ACCOUNT, connection_id=crm, kind=ConnectionKind.AMOCRM))
    await visited(salon)
    await salon.rates(2, "ждала полчаса")
    await salon.rates(1)
    owed = await salon.town.rows(
        "SELECT lane, payload ->> 'text' AS text FROM outbox WHERE kind = 'create_task'"
    )
    words = "Низкая оценка визита: 2 из 5. Клиент: Ольга. Что написал: ждала полчаса. "
    assert [tuple(row) for row in owed] == [(f"crm:{crm}", f"{words}Свяжитесь с клиентом.")]
