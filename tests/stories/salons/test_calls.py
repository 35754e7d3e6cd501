"""Calls of a salon's clients: shown, written down, named, and with the visit that is coming."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kommutator.domain.finding import Health
from kommutator.domain.salon.offer import OfferRule
from kommutator.domain.tenancy import Actor, Role
from kommutator.kit.errors import Conflict, InvalidInput, NotFound, VendorError
from tests.stories.salons.conftest import Shop
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE, SALON, SECOND, THERE

KNOWN = "+375000000070"


async def test_a_call_pops_up_and_is_in_the_history_with_its_name(shop: Shop) -> None:
    async def shown() -> bool:
        popups = (await shop.service.twin.look("telephony", company=SALON))["popups"]
        return [one["phone"] for one in popups] == [KNOWN]

    await shop.event("calls-1", "dial", KNOWN)
    await eventually(shown)
    await shop.event("calls-1", "bridge", KNOWN)
    await shop.event("calls-1", "hangup", KNOWN, status="answered")
    found = await shop.service.twin.look("calls", company=SALON, count=1, timeout=20)
    (call,) = [one for one in found["items"] if one["call_id"] == "calls-1"]
    assert (call["status"], call["type"]) == ("success", "incoming")
    answer = await shop.pbx.get("/api/v1/calls", params={"phone": KNOWN})
    assert "Ирина" in answer.body["items"][0]["client_name"]


async def test_the_phone_book_has_the_clients_of_the_copy_and_follows_them(shop: Shop) -> None:
    async def named(phone: str) -> str | None:
        async with shop.service.house.db.single() as unit:
            entry = await unit.phone_book.get(HERE, phone)
        return entry.name if entry and entry.known else None

    async def becomes(phone: str, name: str | None) -> None:
        async def is_so() -> bool:
            return await named(phone) == name

        await eventually(is_so)

    assert "Ирина" in (await named(KNOWN) or "")
    twin = shop.service.twin
    made = await twin.order(
        "act", act="client", company=SALON, fields={"name": "Новая", "phone": "70000000811"}
    )
    await becomes("+70000000811", "Новая")
    fields = {"name": "Новая", "phone": "70000000812"}
    await twin.order("act", act="client", company=SALON, id=made["id"], fields=fields)
    await becomes("+70000000812", "Новая")
    await becomes("+70000000811", None)


async def test_whoever_takes_the_call_sees_the_next_visit(shop: Shop) -> None:
    phone, tomorrow = "+70000000821", datetime.now(UTC).date() + timedelta(days=2)
    staff = await shop.service.value("SELECT min(id) FROM salon_staff")
    await shop.service.twin.order(
        "act", act="create", company=SALON, staff_id=staff, services=[], anyway=True,
        datetime=f"{tomorrow} 14:00:00", client={"phone": phone.lstrip("+"), "name": "Ольга"},
    )  # fmt: skip

    async def comes() -> bool:
        telephony = shop.service.house.salon_telephony
        found = await telephony.next_visit(HERE, phone, datetime.now(UTC))
        return found is not None and _day(found.starts_at) == (tomorrow, 14)

    await eventually(comes)
    later = datetime.now(UTC) + timedelta(days=3)
    assert await shop.service.house.salon_telephony.next_visit(HERE, phone, later) is None


def _day(at: datetime) -> tuple[date, int]:
    return at.date(), at.hour


async def test_a_wrong_key_is_refused_and_one_salon_has_the_right_one(shop: Shop) -> None:
    house, admin = shop.service.house, shop.service.admin
    with pytest.raises(InvalidInput, match="yclients_voip_token_missing"):
        await house.salon_telephony.set_up(admin, HERE, shop.connection, "  ", recordings=False)
    with pytest.raises(VendorError) as refused:
        await house.salon_telephony.set_up(admin, HERE, shop.connection, "wrong", recordings=False)
    assert refused.value.hint == "yclients_voip_refused"
    await shop.service.install(SECOND)
    second = await shop.service.value("SELECT id FROM connections WHERE account_key = '962303'")
    right = (await shop.service.twin.look("credentials"))["groups"][0]["crm_token"]
    with pytest.raises(Conflict, match="yclients_voip_elsewhere"):
        await house.salon_telephony.set_up(admin, HERE, second, right, recordings=False)
    await house.salon_telephony.switch_off(admin, HERE, shop.connection)
    assert not (await shop.service.twin.look("telephony", company=SALON))["enabled"]
    await house.salon_telephony.set_up(admin, HERE, shop.connection, right, recordings=False)
    assert (await shop.service.twin.look("telephony", company=SALON))["enabled"]
    await house.yclients.leave(admin, HERE, second, force=True)


async def test_another_enterprise_has_no_part_in_it(shop: Shop) -> None:
    house = shop.service.house
    stranger = Actor("tests", Role.ENTERPRISE_ADMIN, THERE)
    with pytest.raises(NotFound):
        await house.salon_telephony.set_up(
            stranger, THERE, shop.connection, "key", recordings=False
        )
    with pytest.raises(NotFound):
        await house.salon_telephony.switch_off(stranger, THERE, shop.connection)
    with pytest.raises(NotFound):
        await house.missed_offers.save(stranger, THERE, shop.connection, OfferRule(on=True))
    async with house.db.single() as unit:
        soon = await unit.salon_visits.next_of_phone(
            HERE, shop.connection, KNOWN, datetime.now(UTC).replace(tzinfo=None)
        )
        assert await unit.phone_book.get(THERE, KNOWN) is None
    theirs = await house.salon_telephony.next_visit(THERE, KNOWN, datetime.now(UTC))
    ours = await house.salon_telephony.next_visit(HERE, KNOWN, datetime.now(UTC))
    assert theirs is None
    assert (ours is None) == (soon is None)


async def test_the_check_up_looks_at_the_salon(shop: Shop) -> None:
    found = {one.check: one for one in await shop.service.house.doctor.enterprise(HERE)}
    assert found["crm"].health is Health.OK, found["crm"]
    assert found["crm_allowance"].health is Health.OK
