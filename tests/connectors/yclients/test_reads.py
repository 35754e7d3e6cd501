"""What goes over the wire for each question, and what odd answers mean."""

from datetime import date, datetime, time
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.reads import YClientsReader, salon_of
from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.ports import Licence, VisitQuery
from kommutator.kit.errors import ErrorKind
from tests.connectors.yclients.samples import sample
from tests.connectors.yclients.scripted import SALON, account, bench, no, ok
from tests.support.scripted import answer

RECORD = sample("strict_schema_examples")["record"]
DAY = date(2026, 7, 21)


def records(count: int) -> list[dict[str, Any]]:
    return [{**RECORD, "id": number} for number in range(1, count + 1)]


async def test_wire_names_of_a_visit_query() -> None:
    here = bench(ok(records(1), page=1, total_count=1))
    query = VisitQuery(
        page=2,
        limit=500,
        days_from=DAY,
        days_to=DAY,
        staff_id=6,
        client_id=7,
        changed_from=datetime(2026, 7, 20, 9, 30, 1, 5),  # noqa: DTZ001  the salon's own time
        deleted=True,
    )
    await YClientsReader(here.clients).visits(account(), query)
    (sent,) = here.wire.sent
    assert sent.path == f"/records/{SALON}"
    assert dict(sent.params) == {
        "page": "2",
        "count": "200",
        "start_date": "2026-07-21",
        "end_date": "2026-07-21",
        "staff_id": "6",
        "client_id": "7",
        "changed_after": "2026-07-20T09:30:01",
        "with_deleted": "1",
    }


@pytest.mark.parametrize(
    ("rows", "page", "limit", "meta", "total", "more"),
    [
        (2, 1, 2, {"total_count": 5}, 5, True),
        (1, 3, 2, {"total_count": 5}, 5, False),
        (2, 1, 2, {"total_count": "2"}, 2, False),
        (0, 4, 2, {"total_count": 5}, 5, False),
        (0, 1, 2, {}, 0, False),
        (2, 1, 2, {}, 2, True),
        (1, 2, 2, {}, 3, False),
        (2, 1, 5, {"total_count": 6}, 6, True),  # it gives two, whatever is asked for
        (2, 3, 5, {"total_count": 6}, 6, False),
    ],
)
async def test_paging(
    rows: int, page: int, limit: int, meta: Any, total: int, *, more: bool
) -> None:
    here = bench(ok(records(rows), **meta))
    found = await YClientsReader(here.clients).visits(account(), VisitQuery(page, limit))
    assert (len(found.items), found.total, found.more) == (rows, total, more)


async def test_old_bare_bodies_are_read_too() -> None:
    here = bench(answer(200, records(2)))
    found = await YClientsReader(here.clients).visits(account(), VisitQuery())
    assert [visit.id for visit in found.items] == [1, 2]


async def test_unreadable_records_are_left_out() -> None:
    here = bench(ok([{"id": 5}, RECORD, "text", None]))
    found = await YClientsReader(here.clients).visits(account(), VisitQuery())
    assert [visit.id for visit in found.items] == [RECORD["id"]]


async def test_what_is_gone_is_none() -> None:
    here = bench(no(404, "Не найдено"), no(404, "Не найдено"), no(404, "Филиал не найден."))
    reader = YClientsReader(here.clients)
    assert await reader.visit(account(), 5) is None
    assert await reader.client(account(), 5) is None
    with pytest.raises(YClientsError) as refused:  # the salon itself is another matter
        await reader.visit(account(), 5)
    assert refused.value.hint == "yclients_salon_gone"


async def test_an_unreadable_record_is_not_gone() -> None:
    """None would be told as a cancellation."""
    here = bench(ok({**RECORD, "staff_id": 0, "staff": None}))
    with pytest.raises(YClientsError, match="cannot be read"):
        await YClientsReader(here.clients).visit(account(), 5)


async def test_a_cancelled_visit_is_told_as_such() -> None:
    here = bench(ok({**RECORD, "deleted": True}))
    visit = await YClientsReader(here.clients).visit(account(), 5)
    assert visit is not None
    assert visit.deleted


async def test_starts_ask_with_the_brackets_that_the_vendor_wants() -> None:
    """`service_id` is silently ignored: the answer would be for default lengths."""
    rows = [
        {"time": "9:00", "seance_length": 3600, "datetime": 1443513600},
        {"time": "10:15", "seance_length": "5400", "datetime": "2026-07-21T10:15:00+03:00"},
        {"seance_length": 1},
    ]
    here = bench(ok(rows))
    starts = await YClientsReader(here.clients).starts(account(), 0, DAY, (3, 4))
    (sent,) = here.wire.sent
    assert sent.path == f"/book_times/{SALON}/0/2026-07-21"
    assert sent.params == [("service_ids[]", "3"), ("service_ids[]", "4")]
    assert sent.headers["Authorization"] == "Bearer partner-s3cret"
    assert starts == [
        Start(0, datetime.combine(DAY, time(9)), 3600),
        Start(0, datetime.combine(DAY, time(10, 15)), 5400),
    ]


async def test_salon_without_a_look_at_its_online_settings() -> None:
    here = bench(ok({"id": str(SALON), "title": "A"}), no(403, "Нет прав на управление филиалом"))
    salon = await YClientsReader(here.clients).salon(account())
    assert (salon.id, salon.asks_code) == (SALON, False)
    assert here.paths == [f"GET /company/{SALON}", f"GET /company/{SALON}/settings/online"]
    assert here.told == []  # a fact worth having is no reason to alarm people


async def test_salon_of_another_shape() -> None:
    here = bench(ok([]), ok({}))
    with pytest.raises(YClientsError) as refused:
        await YClientsReader(here.clients).salon(account())
    assert refused.value.kind is ErrorKind.TRANSIENT


async def test_settings_that_fail_otherwise_fail() -> None:
    here = bench(ok({"id": 1}), no(402, "Необходимо продлить лицензию"))
    with pytest.raises(YClientsError):
        await YClientsReader(here.clients).salon(account())


async def test_licence() -> None:
    here = bench(
        answer(200, sample("GET_license_company_id")),
        no(402, "Необходимо продлить лицензию в филиале с id: 1"),
        no(403, "Недостаточно прав"),
    )
    reader = YClientsReader(here.clients)
    assert await reader.licence(account()) == Licence(True, date(2019, 11, 8), 5)
    assert await reader.licence(account()) == Licence(active=False)
    with pytest.raises(YClientsError):
        await reader.licence(account())


async def test_by_phone_compares_every_find() -> None:
    hits = [
        {"id": 1, "name": "A", "phone": 79160000033},
        {"id": 2, "name": "B", "phone": "+79160000033 "},
        {"id": 3, "name": "C", "phone": "3749160000033"},
        {"id": 4, "name": "9160000033", "phone": ""},
    ]
    cards = [{"id": 1, "name": "A", "phone": "79160000033", "sms_not": 1}, {"id": 2, "name": "B"}]
    here = bench(ok(hits, total_count=4), *(ok(card) for card in cards))
    found = await YClientsReader(here.clients).clients_by_phone(account(), "+79160000033")
    assert [(client.id, client.opted_out) for client in found] == [(1, True), (2, False)]
    asked = here.wire.sent[0].body["filters"]
    assert asked == [{"type": "quick_search", "state": {"value": "9160000033"}}]


async def test_clients_page() -> None:
    here = bench(ok([{"id": 1, "phone": 79160000033}], total_count=1))
    at = datetime(2026, 7, 20, 9, 30)  # noqa: DTZ001  the salon's own time
    page = await YClientsReader(here.clients).clients(account(), 1, changed_from=at)
    assert (page.total, page.more, page.items[0].phone) == (1, False, "+79160000033")
    assert here.wire.sent[0].params == [
        ("page", "1"),
        ("count", "200"),
        ("changed_after", "2026-07-20T09:30:00"),
    ]


async def test_copying_leaves_room_for_people() -> None:
    here = bench(*(ok([]) for _ in range(7)))
    reader, here_account = YClientsReader(here.clients), account()
    await reader.categories(here_account, background=True)
    await reader.services(here_account, background=True)
    await reader.staff(here_account, background=True)
    await reader.schedule(here_account, DAY, DAY, background=True)
    await reader.visits(here_account, VisitQuery(), background=True)
    await reader.clients(here_account, 1, background=True)
    await reader.visit(here_account, 1, background=True)
    assert [len(drawn) for drawn in here.turns.taken] == [3] * 7
    assert here.paths[:4] == [
        f"GET /company/{SALON}/service_categories",
        f"GET /company/{SALON}/services",
        f"GET /company/{SALON}/staff",
        f"GET /company/{SALON}/staff/schedule",
    ]


def test_salon_of_a_connection() -> None:
    assert salon_of(account(salon=5)) == 5
    with pytest.raises(YClientsError) as refused:
        salon_of(account(salon=0, title="none"))
    assert refused.value.hint == "yclients_salon_gone"
