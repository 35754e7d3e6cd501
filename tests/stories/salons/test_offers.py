"""A missed call of a client who writes with the salon: free starts are offered, once, if wanted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from kommutator.domain.salon.offer import OfferRule, checked_rule
from kommutator.kit.errors import InvalidInput
from tests.stories.salons.conftest import Shop
from tests.stories.salons.test_operator import client_of
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE

AWAKE = OfferRule(on=True, begin="00:00", end="00:00")


@pytest.fixture
async def offering(shop: Shop) -> AsyncIterator[Shop]:
    await rule(shop, AWAKE)
    yield shop
    await rule(shop, OfferRule())


async def rule(shop: Shop, wanted: OfferRule) -> None:
    house = shop.service.house
    await house.missed_offers.save(shop.service.admin, HERE, shop.connection, wanted)
    house.directory.clear()


async def missed(shop: Shop, call: str, phone: str) -> None:
    """And its alarm goes off, minutes before its time."""
    await shop.event(call, "dial", phone)
    await shop.event(call, "hangup", phone, status="no_answer")
    await eventually(lambda: hurried(shop, call))


async def hurried(shop: Shop, call: str) -> bool:
    found = await shop.service.value(
        "UPDATE timers SET run_at = now() WHERE kind = 'offer_slots' AND key = $1 RETURNING true",
        call,
    )
    return bool(found)


async def why_not(shop: Shop, call: str) -> str:
    """What the call's story says."""
    query = "SELECT note FROM journal WHERE kind = 'offer_slots' AND key = $1 AND state <> 'new'"

    async def decided() -> bool:
        return bool(await shop.service.fetch(query, call))

    await eventually(decided)
    return str(await shop.service.value(query, call))


async def test_a_missed_client_reads_free_starts_once_a_day(offering: Shop) -> None:
    await client_of(offering, 7001, "+70000000701")
    await missed(offering, "offer-1", "+70000000701")
    (text,) = [one for one in await offering.read(7001) if "•" in one]
    assert text.count("•") == 3
    await missed(offering, "offer-2", "+70000000701")
    assert await why_not(offering, "offer-2") == "offer_made_today"
    assert len([one for one in await offering.read(7001) if "•" in one]) == 1


async def test_no_chat_is_said_in_the_calls_story(offering: Shop) -> None:
    await missed(offering, "offer-3", "+70000000703")
    assert await why_not(offering, "offer-3") == "offer_no_chat"


async def test_whoever_called_back_is_left_alone(offering: Shop) -> None:
    phone = "+70000000704"
    await client_of(offering, 7004, phone)
    await offering.event("offer-4", "dial", phone)
    await offering.event("offer-4", "hangup", phone, status="no_answer")
    for kind, more in (("dial", {}), ("bridge", {}), ("hangup", {"status": "answered"})):
        await offering.event("offer-5", kind, phone, **more)

    async def talked() -> bool:
        query = "SELECT result FROM calls WHERE id = 'offer-5'"
        return bool(await offering.service.value(query) == "answered")

    await eventually(talked)
    await eventually(lambda: hurried(offering, "offer-4"))
    assert await why_not(offering, "offer-4") == "offer_spoken"


async def test_nobody_is_woken(shop: Shop) -> None:
    await client_of(shop, 7006, "+70000000706")
    await rule(shop, OfferRule(on=True, begin="00:00", end="23:59"))
    await missed(shop, "offer-6", "+70000000706")
    found = await why_not(shop, "offer-6")
    await rule(shop, OfferRule())
    assert found == "offer_quiet"


async def test_off_by_default_nothing_is_even_thought_of(shop: Shop) -> None:
    await shop.event("offer-7", "dial", "+70000000707")
    await shop.event("offer-7", "hangup", "+70000000707", status="no_answer")

    async def ended() -> bool:
        query = "SELECT phase FROM calls WHERE id = 'offer-7'"
        return bool(await shop.service.value(query) == "ended")

    await eventually(ended)
    assert not await hurried(shop, "offer-7")


def test_hours_are_checked() -> None:
    with pytest.raises(InvalidInput, match="missed_offer_hours_invalid"):
        checked_rule(on=True, service_id=None, begin="25:00", end="09:00")
    night = checked_rule(on=True, service_id=None, begin="21:00", end="09:00")
    assert night.is_quiet(datetime(2026, 11, 21, 19, tzinfo=UTC), "Europe/Moscow")
    assert not night.is_quiet(datetime(2026, 11, 21, 9, tzinfo=UTC), "Europe/Moscow")
