"""`kill -9` between the vendor's yes and our commit: the visit is found by its mark, made once."""

from pathlib import Path

import pytest

from tests.support.booking_service import BookingService, moment, open_booking
from tests.support.killable import running
from tests.support.waiting import eventually
from tests.support.yclients_service import SALON

WORKER = Path(__file__).with_name("booking_worker.py")
GUEST = "+70000000999"


@pytest.mark.parametrize("made", [True, False], ids=["made", "never-arrived"])
async def test_a_process_killed_while_booking(database_url: str, made: bool) -> None:
    async with open_booking(database_url) as salon:
        twin = salon.twin
        service = await salon.service_id()
        slot = (await salon.slots(service))[0]
        # The answer never leaves, done or not, until the process is dead.
        await twin.order("faults", kind="hang", path="/api/v1/book_record", after=made, count=1)
        arguments = (
            database_url, twin.api_url, twin.partner_token, twin.user_token, salon.connection,
            moment(slot["datetime"]).isoformat(), service, slot["staff_id"], "kmt-killed",
        )  # fmt: skip

        async def there() -> bool:
            return bool(salon.asked("POST", f"/book_record/{SALON}"))

        async with running(WORKER, *arguments) as process:
            await eventually(there)
            if made:
                await eventually(lambda: salon.of_guest(GUEST))
            process.kill()
            await process.wait()
        await twin.http.delete(f"{twin.url}/_twin/faults")
        await _settled(salon, slot, service, made=made)


async def _settled(
    salon: BookingService, slot: dict[str, object], service: int, *, made: bool
) -> None:
    assert await states(salon) == ["asked"]
    refused = await salon.book(slot, service)
    assert refused.status == 409  # held, whatever became of it
    await looked_for(salon, made=made)
    assert len(salon.of_guest(GUEST)) == int(made)
    assert len(salon.asked("POST", f"/book_record/{SALON}")) == 1
    if made:
        (record,) = salon.of_guest(GUEST)
        shown = await salon.api.get(f"/api/yclients/records/{record.id}")
        assert shown.body["data"]["api_id"] == "kmt-killed"
    else:
        assert (await salon.book(slot, service)).status == 201


async def looked_for(salon: BookingService, *, made: bool) -> None:
    """By the worker's own loop; what was never made is looked for six times, here at once."""
    await salon.service.fetch(
        "UPDATE salon_bookings SET due_at = now() WHERE state = 'asked' RETURNING id"
    )
    becomes = ["made" if made else "dropped"]

    async def settled() -> bool:
        if not made:
            await salon.settle()
        return await states(salon) == becomes

    await eventually(settled)


async def states(salon: BookingService) -> list[str]:
    rows = await salon.service.fetch("SELECT state FROM salon_bookings WHERE api_id = 'kmt-killed'")
    return [row["state"] for row in rows]
