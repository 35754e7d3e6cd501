"""The twin's bad weather: answers lost, limiters, unpaid licences, other shapes, strange salons."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.domain.salon.booking import BookingRefused, Made, Refused
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.domain.salon.ports import VisitQuery
from kommutator.kit.errors import ErrorKind, VendorError
from tests.connectors.yclients.shop import Shop, open_shop
from tests.connectors.yclients.vendor import OWNER, SALON, Vendor
from tests.support.scripted import FreeTurn


@pytest.fixture
async def shop(vendor: Vendor) -> Shop:
    return await open_shop(vendor)


async def fault(vendor: Vendor, kind: str, **more: Any) -> None:
    """The one fault from now on."""
    async with (
        aiohttp.ClientSession() as session,
        session.delete(f"{vendor.root}/_twin/faults") as answer,
    ):
        assert answer.status == 200
    await vendor.order("faults", kind=kind, **more)


T, U, R = ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.REJECTED


@pytest.mark.parametrize(
    ("kind", "read", "write"),
    [
        ("drop", T, U),
        ("truncated", T, U),
        ("cut_off", T, U),
        ("garbage", T, U),
        ("html_403", T, T),
        ("html_429", ErrorKind.RATE_LIMITED, ErrorKind.RATE_LIMITED),
        ("json_429", ErrorKind.RATE_LIMITED, ErrorKind.RATE_LIMITED),
        ("html_502", T, U),
        ("html_503", T, T),
        ("html_504", T, U),
        ("json_500", T, U),
        ("unauthorized", ErrorKind.ACCESS_REVOKED, ErrorKind.ACCESS_REVOKED),
        ("forbidden", R, R),
    ],
)
async def test_bad_weather(shop: Shop, kind: str, read: ErrorKind, write: ErrorKind) -> None:
    await fault(shop.vendor, kind)
    with pytest.raises(VendorError) as refused:
        await shop.reader.visits(shop.account, VisitQuery())
    assert refused.value.kind is read
    with pytest.raises(VendorError) as refused:
        await shop.writer.book(shop.account, shop.wish())
    assert refused.value.kind is write


async def test_a_refusal_for_haste_holds_everybody(vendor: Vendor) -> None:
    turn = FreeTurn()
    reader = YClientsReader(vendor.clients(turn))
    await vendor.order("switches", rate_limits=True, rate_per_second=1, rate_retry_after=7)
    await reader.licence(vendor.account())
    with pytest.raises(YClientsError) as refused:
        await reader.licence(vendor.account())
    assert refused.value.kind is ErrorKind.RATE_LIMITED
    assert turn.held == [7.0]


@pytest.mark.parametrize("kind", ["drop", "html_504", "truncated", "cut_off"])
async def test_booked_but_the_answer_was_lost(shop: Shop, kind: str) -> None:
    """The one who looks first books once; the one who does not would be told it is taken."""
    await fault(shop.vendor, kind, count=1, after=True, path="/api/v1/book_record/")
    with pytest.raises(YClientsError) as unsure:
        await shop.writer.book(shop.account, shop.wish())
    assert unsure.value.kind is ErrorKind.UNSURE
    found = await shop.writer.find(shop.account, shop.wish())
    assert found is not None
    assert found.api_id == "mark-1"
    with pytest.raises(BookingRefused):
        await shop.writer.book(shop.account, shop.wish())


async def test_lost_before_it_took_effect(shop: Shop) -> None:
    await fault(shop.vendor, "drop", count=1, path="/api/v1/book_record/")
    with pytest.raises(YClientsError):
        await shop.writer.book(shop.account, shop.wish())
    assert await shop.writer.find(shop.account, shop.wish()) is None
    assert (await shop.writer.book(shop.account, shop.wish())).record_id


async def test_written_into_the_journal_but_the_answer_was_lost(shop: Shop) -> None:
    await fault(shop.vendor, "drop", count=1, after=True, path="/api/v1/records/", method="POST")
    with pytest.raises(YClientsError):
        await shop.writer.put(shop.account, shop.wish())
    found = await shop.writer.find(shop.account, shop.wish())
    assert found is not None
    assert not found.online


async def test_fifty_at_once_for_one_start(shop: Shop) -> None:
    wishes = [shop.wish(mark=f"mark-{number}") for number in range(50)]
    said = await asyncio.gather(
        *(shop.writer.book(shop.account, wish) for wish in wishes), return_exceptions=True
    )
    assert sum(isinstance(one, Made) for one in said) == 1
    refused = [one for one in said if isinstance(one, BookingRefused)]
    assert [one.reason for one in refused] == [Refused.TAKEN] * 49


async def test_licence_over(shop: Shop) -> None:
    await shop.vendor.order("company", license_end=-1)
    for asked in (
        shop.reader.visits(shop.account, VisitQuery()),
        shop.reader.services(shop.account),
        shop.reader.clients_by_phone(shop.account, "+79160000033"),
        shop.writer.book(shop.account, shop.wish()),
    ):
        with pytest.raises(YClientsError) as refused:
            await asked
        assert refused.value.hint == "yclients_licence_over"
        assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    assert not (await shop.reader.licence(shop.account)).active


async def test_a_changed_password_ends_the_token(shop: Shop) -> None:
    owner = shop.vendor.known["users"][OWNER]["id"]
    await shop.vendor.order("users", user=owner, password="another-one")
    with pytest.raises(YClientsError) as refused:
        await shop.reader.visits(shop.account, VisitQuery())
    assert refused.value.hint == "yclients_token_refused"


async def test_a_salon_that_wants_an_email(shop: Shop) -> None:
    await shop.vendor.order("switches", email_required=True)
    with pytest.raises(BookingRefused) as refused:
        await shop.writer.book(shop.account, shop.wish())
    assert refused.value.reason is Refused.OTHER
    assert "mail" in refused.value.message.lower()
    guest = replace(shop.wish().guest, email="test@example.com")
    assert (await shop.writer.book(shop.account, shop.wish(guest=guest))).record_id


async def test_a_salon_that_proves_numbers(shop: Shop) -> None:
    await shop.vendor.order("company", settings={"confirm_number": True})
    assert (await shop.reader.salon(shop.account)).asks_code
    with pytest.raises(BookingRefused) as refused:
        await shop.writer.book(shop.account, shop.wish(code="0000"))
    assert refused.value.reason is Refused.BAD_CODE


async def test_an_unwelcome_number(shop: Shop) -> None:
    await shop.vendor.order("company", blacklist=[shop.wish().guest.phone])
    with pytest.raises(BookingRefused) as refused:
        await shop.writer.book(shop.account, shop.wish())
    assert refused.value.reason is Refused.BLACKLISTED


@pytest.mark.parametrize("most", [7, 50, 300])
async def test_pages_as_small_as_the_vendor_likes(shop: Shop, most: int) -> None:
    await shop.vendor.order("script", changes=120, seed=3)
    whole = await every_visit(shop.reader, shop.vendor)
    await shop.vendor.order("switches", records_count_most=most)
    assert await every_visit(shop.reader, shop.vendor) == whole
    assert len(whole) > 50


async def every_visit(
    reader: YClientsReader, vendor: Vendor, salon: int = SALON
) -> dict[int, Visit]:
    found: dict[int, Visit] = {}
    for page in range(1, 500):
        said = await reader.visits(vendor.account(salon), VisitQuery(page, deleted=True))
        found |= {visit.id: visit for visit in said.items}
        if not said.more:
            return found
    raise AssertionError("a list that never ends")


async def test_changes_since_a_moment(shop: Shop) -> None:
    """By the salon's own clock, as the vendor takes it; whoever looks overlaps."""
    await shop.vendor.order("clock", advance=3600)
    made = await shop.writer.book(shop.account, shop.wish())
    changed = (await shop.visit(made.record_id)).changed_at
    assert changed is not None
    wall = changed.replace(tzinfo=None) + timedelta(hours=3)  # Moscow
    for later, is_there in ((0, True), (2, False)):
        since = wall + timedelta(minutes=later)
        page = await shop.reader.visits(shop.account, VisitQuery(changed_from=since))
        assert (made.record_id in {visit.id for visit in page.items}) is is_there


async def test_strange_salons_read_whole(vendor: Vendor) -> None:
    """Twenty random salons in several time zones: nothing is lost in reading, nothing raises."""
    said = await vendor.order("random", count=20, seed=5, open=True)
    reader = YClientsReader(vendor.clients())
    companies = [int(one["id"] if isinstance(one, dict) else one) for one in _companies(said)]
    assert len(companies) == 20
    for salon in companies[:4]:
        here = vendor.account(salon)
        facts = await reader.salon(here)
        assert facts.id == salon
        staff = {one.id for one in await reader.staff(here)}
        services = {one.id: one for one in await reader.services(here)}
        visits = await every_visit(reader, vendor, salon)
        assert {visit.staff_id for visit in visits.values()} <= staff
        assert all(service.duration_s > 0 for service in services.values())
        assert all(visit.seance_s > 0 for visit in visits.values())
        clients = await reader.clients(here, 1)
        assert clients.total == len(clients.items) or clients.more


def _companies(said: Any) -> list[Any]:
    for name in ("companies", "salons", "items", "ids"):
        if name in said:
            return list(said[name])
    raise AssertionError(said)


async def test_attendance_of_the_named_record(shop: Shop) -> None:
    made = await shop.writer.book(shop.account, shop.wish())
    for attendance in (Attendance.CONFIRMED, Attendance.CAME, Attendance.NO_SHOW):
        visit = await shop.visit(made.record_id)
        await shop.writer.attend(shop.account, visit, attendance)
        assert (await shop.visit(made.record_id)).attendance is attendance


async def test_what_a_person_moved_meanwhile_is_not_moved_back(shop: Shop) -> None:
    """A comment written in YClients after our last look stays."""
    made = await shop.writer.book(shop.account, shop.wish())
    stale = await shop.visit(made.record_id)
    await shop.vendor.order("act", act="comment", id=made.record_id, comment="позвонить")
    later = shop.free[-1].starts_at
    await shop.writer.move(shop.account, stale, later)
    await shop.writer.attend(shop.account, stale, Attendance.CONFIRMED)
    now = await shop.visit(made.record_id)
    assert (now.comment, now.starts_at) == ("позвонить", later)
    assert isinstance(later, datetime)
