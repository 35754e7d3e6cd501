"""Visits written: bodies, both shapes of answers, refusals, the light way and the whole one."""

from datetime import datetime
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.records import read_visit
from kommutator.connectors.crm.yclients.writes import YClientsWriter
from kommutator.domain.salon.booking import BookingRefused, BookingWish, Guest, Made, Refused
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.yclients.samples import sample
from tests.connectors.yclients.scripted import SALON, account, bench, no, ok
from tests.support.scripted import answer

RECORD = {**sample("strict_schema_examples")["record"], "comment": "у окна"}
AT = datetime(2026, 7, 21, 12)  # noqa: DTZ001  the salon's own time
LATER = datetime(2026, 7, 22, 10)  # noqa: DTZ001  the salon's own time
GUEST = Guest("+79160000033", "Ирина")
WISH = BookingWish(6544, (331,), AT, GUEST, "mark-1", remind_hours=3)
BUSY = no(422, "Выбранное время уже занято или является нерабочим.")


def visit(**changed: Any) -> Visit:
    found = read_visit({**RECORD, **changed})
    assert found is not None
    return found


def marked(mark: Any, **changed: Any) -> dict[str, Any]:
    return {**RECORD, "api_id": mark, **changed}


async def test_booking_as_a_client_does() -> None:
    here = bench(answer(201, sample("POST_book_record_company_id")))
    made = await YClientsWriter(here.clients).book(account(), WISH)
    assert made == Made(2820023, "567df655304da9b98487769426d4e76e")
    (sent,) = here.wire.sent
    assert sent.headers["Authorization"] == "Bearer partner-s3cret"
    assert sent.body == {
        "phone": "79160000033",
        "fullname": "Ирина",
        "comment": "",
        "notify_by_sms": 3,
        "notify_by_email": 0,
        "api_id": "mark-1",
        "appointments": [
            {"id": 1, "services": [331], "staff_id": 6544, "datetime": "2026-07-21 12:00:00"}
        ],
    }


async def test_what_the_guest_gave_goes_along() -> None:
    here = bench(ok([{"id": 1, "record_id": "5"}], 201))
    guest = Guest("+79160000033", "Ирина", "i@example.com")
    wish = BookingWish(0, (331,), AT, guest, "m", comment="тихо", code="123")
    assert (await YClientsWriter(here.clients).book(account(), wish)).record_id == 5
    sent = here.wire.sent[0].body
    assert (sent["email"], sent["code"], sent["comment"]) == ("i@example.com", "123", "тихо")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (no(422, "занято", code=433, id=1), Refused.TAKEN),
        (BUSY, Refused.TAKEN),
        (no(409, "conflict"), Refused.TAKEN),
        (no(403, "Чёрный список", code=434), Refused.BLACKLISTED),
        (no(422, "Не указан email", errors={"email": ["обязательно"]}), Refused.OTHER),
        (no(404, "Услуга не найдена."), Refused.GONE),
        (no(422, "нет мастера", errors={"code": 436}), Refused.NOBODY),
    ],
)
async def test_refusals(said: Answer, reason: Refused) -> None:
    here = bench(said, said)
    for ask in (YClientsWriter(here.clients).book, YClientsWriter(here.clients).check):
        with pytest.raises(BookingRefused) as refused:
            await ask(account(), WISH)
        assert refused.value.reason is reason
        assert refused.value.message


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (no(402, "Необходимо продлить лицензию"), "yclients_licence_over"),
        (no(404, "Филиал не найден."), "yclients_salon_gone"),
        (no(403, "Недостаточно прав"), "yclients_rights"),
    ],
)
async def test_what_is_no_refusal_of_a_visit(said: Answer, hint: str) -> None:
    here = bench(said)
    with pytest.raises(YClientsError) as refused:
        await YClientsWriter(here.clients).book(account(), WISH)
    assert refused.value.hint == hint


@pytest.mark.parametrize(
    "lost", [WireError(Stage.SENT, "timeout"), answer(502, b"<html>"), ok([], 201)]
)
async def test_an_answer_that_was_lost_is_unsure(lost: Answer | WireError) -> None:
    here = bench(lost)
    with pytest.raises(YClientsError) as unsure:
        await YClientsWriter(here.clients).book(account(), WISH)
    assert unsure.value.kind is ErrorKind.UNSURE


# --- find again ------------------------------------------------------------------------------


async def test_found_by_our_mark_on_whichever_page() -> None:
    other = marked("another", id=1)
    here = bench(ok([other], total_count=2), ok([marked("mark-1", id=2)], total_count=2))
    found = await YClientsWriter(here.clients).find(account(), WISH)
    assert found is not None
    assert found.id == 2
    assert dict(here.wire.sent[0].params)["start_date"] == "2026-07-21"


@pytest.mark.parametrize(
    ("item", "is_found"),
    [
        (marked(""), True),
        (marked("0"), True),
        (marked("another"), False),
        (marked("mark-1", deleted=True), False),
        (marked("", date="2026-07-21 12:15:00"), False),
        (marked("", services=[{"id": 5}]), False),
        (marked("", staff_id=7), False),
        (marked("", client=None), False),
    ],
)
async def test_a_visit_without_marks_is_known_by_guest_time_and_services(
    item: dict[str, Any], *, is_found: bool
) -> None:
    here = bench(ok([item]))
    found = await YClientsWriter(here.clients).find(account(), WISH)
    assert (found is not None) is is_found


async def test_our_mark_wins_over_one_alike() -> None:
    here = bench(ok([marked("", id=1), marked("mark-1", id=2)]))
    found = await YClientsWriter(here.clients).find(account(), WISH)
    assert found is not None
    assert found.id == 2


# --- into the journal --------------------------------------------------------------------------

SERVICES = ok(
    [
        {
            "id": 331,
            "price_min": 1500,
            "duration": 3600,
            "staff": [{"id": 6544, "seance_length": 2700}],
        },
        {"id": 332, "price_min": "200.00", "duration": 900, "staff": []},
    ]
)


@pytest.mark.parametrize("data", [{"id": 9}, [{"id": 9}]])
async def test_put_takes_prices_and_lengths_of_the_services(data: Any) -> None:
    here = bench(SERVICES, ok(data, 201))
    wish = BookingWish(6544, (331, 332), AT, GUEST, "mark-1")
    made = await YClientsWriter(here.clients).put(account(), wish, save_if_busy=True)
    assert made == Made(9)
    sent = here.wire.sent[1].body
    assert sent["services"] == [
        {"id": 331, "first_cost": 1500, "discount": 0, "cost": 1500},
        {"id": 332, "first_cost": 200, "discount": 0, "cost": 200},
    ]
    assert (sent["seance_length"], sent["save_if_busy"]) == (3600, True)
    assert sent["client"] == {"phone": "79160000033", "name": "Ирина"}
    assert (sent["api_id"], sent["datetime"]) == ("mark-1", "2026-07-21 12:00:00")


async def test_put_wants_somebody_and_something() -> None:
    here = bench(SERVICES, SERVICES)
    for staff, services, reason in (
        (0, (331,), Refused.NOBODY),
        (1, (5,), Refused.GONE),
        (1, (), Refused.GONE),
    ):
        with pytest.raises(BookingRefused) as refused:
            await YClientsWriter(here.clients).put(
                account(), BookingWish(staff, services, AT, GUEST, "m")
            )
        assert refused.value.reason is reason


@pytest.mark.parametrize("busy", [BUSY, no(409, "busy")])
async def test_put_into_a_busy_time(busy: Answer) -> None:
    here = bench(SERVICES, busy)
    with pytest.raises(BookingRefused) as refused:
        await YClientsWriter(here.clients).put(account(), WISH)
    assert refused.value.reason is Refused.TAKEN


# --- move, cancel, attend ------------------------------------------------------------------------


async def test_moved_the_light_way_with_the_comment_of_now() -> None:
    here = bench(ok(RECORD), ok({"id": 1}))
    await YClientsWriter(here.clients).move(account(), visit(comment="old"), LATER)
    assert here.paths == [
        f"GET /record/{SALON}/{RECORD['id']}",
        f"PUT /book_record/{SALON}/{RECORD['id']}",
    ]
    assert here.wire.sent[1].body == {"datetime": "2026-07-22 10:00:00", "comment": "у окна"}
    assert "User" in here.wire.sent[1].headers["Authorization"]


@pytest.mark.parametrize(
    "said",
    [
        no(403, "Недостаточно прав"),
        no(404, "Не найдено"),
        no(422, "Запись нельзя изменить"),
        no(405, "x"),
    ],
)
async def test_replaced_as_a_whole_where_the_light_way_does_not_serve(said: Answer) -> None:
    here = bench(ok(RECORD), said, ok(RECORD, 201))
    await YClientsWriter(here.clients).move(account(), visit(), LATER)
    sent = here.wire.sent[2]
    assert (sent.method, sent.path) == ("PUT", f"/record/{SALON}/{RECORD['id']}")
    assert (sent.body["datetime"], sent.body["staff_id"]) == ("2026-07-22 10:00:00", 6544)
    assert (sent.body["comment"], sent.body["save_if_busy"]) == ("у окна", False)
    assert sent.body["client"]["phone"] == "+79160000033"
    assert here.told == []  # there was another way


async def test_to_another_employee_as_a_whole() -> None:
    here = bench(ok(RECORD), ok(RECORD, 201))
    await YClientsWriter(here.clients).move(account(), visit(), LATER, 7)
    assert here.paths[1] == f"PUT /record/{SALON}/{RECORD['id']}"
    assert here.wire.sent[1].body["staff_id"] == 7


async def test_a_client_whose_number_is_hidden_is_not_lost() -> None:
    hidden = {**RECORD, "client": {**RECORD["client"], "phone": ""}}
    here = bench(ok(hidden))
    with pytest.raises(YClientsError) as refused:
        await YClientsWriter(here.clients).move(account(), visit(), LATER, 7)
    assert refused.value.hint == "yclients_client_hidden"
    assert len(here.wire.sent) == 1


async def test_moving_to_a_busy_time_tries_no_second_way() -> None:
    here = bench(ok(RECORD), BUSY)
    with pytest.raises(BookingRefused) as refused:
        await YClientsWriter(here.clients).move(account(), visit(), LATER)
    assert refused.value.reason is Refused.TAKEN
    assert len(here.wire.sent) == 2


async def test_moving_that_may_have_happened_is_not_done_twice() -> None:
    here = bench(ok(RECORD), WireError(Stage.SENT, "reset"))
    with pytest.raises(YClientsError) as unsure:
        await YClientsWriter(here.clients).move(account(), visit(), LATER)
    assert unsure.value.kind is ErrorKind.UNSURE
    assert len(here.wire.sent) == 2


@pytest.mark.parametrize("held", [ok({**RECORD, "deleted": True}), no(404, "Не найдено"), ok(None)])
async def test_what_was_cancelled_meanwhile_is_gone(held: Answer) -> None:
    here = bench(held, held)
    for work in (
        YClientsWriter(here.clients).move(account(), visit(), LATER),
        YClientsWriter(here.clients).attend(account(), visit(), Attendance.CAME),
    ):
        with pytest.raises(YClientsError) as gone:
            await work
        assert gone.value.kind is ErrorKind.GONE


async def test_cancel() -> None:
    here = bench(answer(204, b""), no(404, "Не найдено"), no(404, "Филиал не найден."))
    writer = YClientsWriter(here.clients)
    await writer.cancel(account(), visit())
    await writer.cancel(account(), visit())
    with pytest.raises(YClientsError):
        await writer.cancel(account(), visit())
    assert here.wire.sent[0].body is None
    assert "Content-Type" not in here.wire.sent[0].headers


async def test_attend_keeps_the_comment() -> None:
    here = bench(ok(RECORD), ok({}))
    await YClientsWriter(here.clients).attend(account(), visit(comment=""), Attendance.NO_SHOW)
    sent = here.wire.sent[1]
    assert (sent.method, sent.path) == ("PUT", f"/visits/102742863/{RECORD['id']}")
    assert sent.body == {"attendance": -1, "comment": "у окна"}
