"""The port of salons against the twin: what is read, and what becomes of what is written."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.domain.salon.booking import BookingRefused, Refused
from kommutator.domain.salon.facts import Attendance
from kommutator.domain.salon.ports import VisitQuery
from kommutator.kit.errors import ErrorKind
from tests.connectors.yclients.shop import GUEST, Shop, free_starts, open_shop
from tests.connectors.yclients.vendor import ADMIN, Vendor


@pytest.fixture
async def shop(vendor: Vendor) -> Shop:
    return await open_shop(vendor)


async def test_what_a_salon_is(shop: Shop) -> None:
    salon = await shop.reader.salon(shop.account)
    assert (salon.id, salon.time_zone) == (962302, "Europe/Moscow")
    assert "online_settings" in salon.raw
    assert (await shop.reader.licence(shop.account)).active
    rights = await shop.reader.rights(shop.account)
    assert (rights.phones, rights.missing) == (True, ())
    categories = {one.id for one in await shop.reader.categories(shop.account)}
    services = await shop.reader.services(shop.account)
    assert {one.category_id for one in services} <= categories
    staff = {one.id for one in await shop.reader.staff(shop.account)}
    assert {one for service in services for one in service.staff_s} <= staff
    day = date.today()  # noqa: DTZ011  any day will do
    hours = await shop.reader.schedule(shop.account, day, day + timedelta(days=6))
    assert {one.staff_id for one in hours} <= staff
    assert any(one.hours for one in hours)


async def test_clients_by_page_by_id_and_by_phone(shop: Shop) -> None:
    page = await shop.reader.clients(shop.account, 1)
    assert (page.total, page.more) == (len(page.items), False)
    known = next(client for client in page.items if client.phone)
    assert await shop.reader.client(shop.account, known.id) == known
    assert known.phone is not None
    by_phone = await shop.reader.clients_by_phone(shop.account, known.phone)
    assert known.id in {client.id for client in by_phone}
    assert await shop.reader.clients_by_phone(shop.account, "+79990000000") == []
    assert await shop.reader.client(shop.account, 5) is None
    later = datetime.now() + timedelta(days=1)  # noqa: DTZ005  any clock will do
    assert not (await shop.reader.clients(shop.account, 1, changed_from=later)).items


async def test_hidden_phones_are_none(shop: Shop) -> None:
    admin = shop.vendor.account(user=ADMIN)
    for shape in ("empty", "masked", "absent"):
        await shop.vendor.order("switches", hidden_phones=shape)
        page = await shop.reader.clients(admin, 1)
        assert page.items
        assert {client.phone for client in page.items} == {None}
    assert not (await shop.reader.rights(admin)).phones


async def test_book_find_move_confirm_cancel(shop: Shop) -> None:
    wish = shop.wish(comment="тихо", remind_hours=3)
    await shop.writer.check(shop.account, wish)
    made = await shop.writer.book(shop.account, wish)
    assert made.token
    found = await shop.writer.find(shop.account, wish)
    assert found is not None
    assert (found.id, found.api_id, found.online) == (made.record_id, "mark-1", True)
    assert (found.starts_at, found.client_phone) == (wish.starts_at, GUEST.phone)
    assert await shop.writer.find(shop.account, shop.wish(mark="another")) is None

    later = shop.free[-1].starts_at
    await shop.writer.move(shop.account, found, later)
    moved = await shop.visit(made.record_id)
    assert (moved.starts_at, moved.comment, moved.services) == (later, "тихо", found.services)

    await shop.writer.attend(shop.account, moved, Attendance.CONFIRMED)
    confirmed = await shop.visit(made.record_id)
    assert (confirmed.attendance, confirmed.comment) == (Attendance.CONFIRMED, "тихо")

    await shop.writer.cancel(shop.account, confirmed)
    await shop.writer.cancel(shop.account, confirmed)
    assert (await shop.visit(made.record_id)).deleted
    assert await shop.writer.find(shop.account, wish) is None
    query = VisitQuery(deleted=True, days_from=later.date(), days_to=later.date())
    page = await shop.reader.visits(shop.account, query)
    assert made.record_id in {visit.id for visit in page.items if visit.deleted}
    without = await shop.reader.visits(shop.account, replace(query, deleted=False))
    assert made.record_id not in {visit.id for visit in without.items}


async def test_to_another_employee_everything_else_stays(shop: Shop) -> None:
    made = await shop.writer.book(shop.account, shop.wish(comment="тихо"))
    before = await shop.visit(made.record_id)
    await shop.writer.attend(shop.account, before, Attendance.CONFIRMED)
    other = next(one for one in shop.service.staff_s if one != before.staff_id)
    slower = timedelta(seconds=before.seance_s)  # it stays as long as it was made
    start = (await free_starts(shop.reader, shop.account, shop.service, other, slower))[0]
    await shop.writer.move(shop.account, before, start.starts_at, other)
    after = await shop.visit(made.record_id)
    assert (after.staff_id, after.starts_at) == (other, start.starts_at)
    for name in ("services", "client_id", "client_phone", "comment", "api_id", "seance_s"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.attendance is Attendance.CONFIRMED
    kept = ("record_labels", "custom_fields", "custom_color", "sms_remain_hours")
    assert [after.raw.get(name) for name in kept] == [before.raw.get(name) for name in kept]


@pytest.mark.parametrize("place", ["meta.code", "meta.errors.code", "errors.code", "code", "none"])
async def test_taken_wherever_the_code_sits(shop: Shop, place: str) -> None:
    await shop.vendor.order("switches", code_place=place)
    await shop.writer.book(shop.account, shop.wish())
    for attempt in (shop.writer.book, shop.writer.check):
        with pytest.raises(BookingRefused) as refused:
            await attempt(shop.account, shop.wish(mark="2"))
        assert refused.value.reason is Refused.TAKEN


@pytest.mark.parametrize("status", [409, 422])
@pytest.mark.parametrize("shape", ["object", "array"])
async def test_into_the_journal(shop: Shop, status: int, shape: str) -> None:
    await shop.vendor.order("switches", busy_status=status, created_record=shape)
    made = await shop.writer.put(shop.account, shop.wish())
    visit = await shop.visit(made.record_id)
    assert (visit.api_id, visit.client_phone, visit.online) == ("mark-1", GUEST.phone, False)
    assert visit.seance_s == shop.service.staff_s[visit.staff_id]
    with pytest.raises(BookingRefused) as refused:
        await shop.writer.put(shop.account, shop.wish(mark="2"))
    assert refused.value.reason is Refused.TAKEN
    forced = await shop.writer.put(shop.account, shop.wish(mark="3"), save_if_busy=True)
    assert forced.record_id != made.record_id


async def test_a_salon_we_may_not_see(shop: Shop) -> None:
    stranger = shop.vendor.account(salon=962303, user=ADMIN)
    with pytest.raises(YClientsError) as refused:
        await shop.reader.visits(stranger, VisitQuery())
    assert refused.value.hint == "yclients_rights"
    nowhere = shop.vendor.account(salon=1)
    with pytest.raises(YClientsError) as refused:
        await shop.reader.services(nowhere)
    assert refused.value.kind in (ErrorKind.GONE, ErrorKind.REJECTED)


async def test_times_of_other_shapes(shop: Shop) -> None:
    day = shop.free[0].starts_at.date()
    await shop.vendor.order("switches", dates="unix")
    ask = (shop.account, shop.free[0].staff_id, day, [shop.service.id])
    assert list(await shop.reader.starts(*ask)) == shop.free


@pytest.mark.parametrize("offset", ["standard", "today"])
async def test_wrong_zone_of_datetime_moves_nothing(shop: Shop, offset: str) -> None:
    made = await shop.writer.book(shop.account, shop.wish())
    await shop.vendor.order("switches", datetime_offset=offset)
    assert (await shop.visit(made.record_id)).starts_at == shop.free[0].starts_at


async def test_bare_bodies_of_old_partners(shop: Shop) -> None:
    await shop.vendor.order("switches", book_record_bare=True)
    made = await shop.writer.book(shop.account, shop.wish())
    assert (await shop.visit(made.record_id)).api_id == "mark-1"
