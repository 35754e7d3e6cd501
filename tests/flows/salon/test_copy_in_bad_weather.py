"""The copy of a salon while its vendor is slow, silent, or has no allowance left for us."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.connection import Account
from kommutator.domain.salon.copy import Part, SalonNews, look_again_s
from kommutator.domain.salon.facts import Visit
from kommutator.kit.errors import Conflict, ErrorKind, Stage, Unavailable, VendorError
from tests.support.copied_salon import (
    HERE,
    SALON,
    SalonCopy,
    VendorSalon,
    copied,
    salon_account,
)

VISIT = Part.VISITS
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


async def test_many_wishes_are_read_as_a_list(copy: SalonCopy, vendor: VendorSalon) -> None:
    await copied(copy)
    for number in range(300):
        vendor.put(number)
        await copy.hear(SalonNews(VISIT, number))
    await copy.reread_all()
    assert len(copy.hearer.news) == 300
    assert {what for what, _ in vendor.asked} == {"visits"}
    assert len(vendor.asked) <= 5


async def test_what_was_read_before_the_allowance_was_spent_is_told(
    copy: SalonCopy, vendor: VendorSalon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a batch too long to come through while many wait would never be told."""
    await copied(copy)
    read, left = vendor.visit, 2

    async def scarce(account: Account, record_id: int, *, background: bool = False) -> Visit | None:
        nonlocal left
        if left == 0:
            raise VendorError(ErrorKind.RATE_LIMITED, "too many wait", stage=Stage.BEFORE_SENDING)
        left -= 1
        return await read(account, record_id, background=background)

    monkeypatch.setattr(vendor, "visit", scarce)
    for number in (1, 2, 3):
        vendor.put(number)
        await copy.hear(SalonNews(VISIT, number))
    assert await copy.reread(VISIT) == "up"
    assert copy.hearer.news == [(1, ("created",)), (2, ("created",))]
    assert await copy.waiting() == 1
    assert await copy.reread(VISIT) == "unknown"
    left = 1
    await copy.run("UPDATE salon_wanted SET take_after = '-infinity'")
    assert await copy.reread(VISIT) == "up"
    assert copy.hearer.news[2:] == [(3, ("created",))]


async def test_a_visit_that_cannot_be_read_keeps_no_other_waiting(
    copy: SalonCopy, vendor: VendorSalon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is it told as cancelled: the vendor has it."""
    vendor.put(1)
    await copied(copy)
    read = vendor.visit

    async def odd(account: Account, record_id: int, *, background: bool = False) -> Visit | None:
        if record_id == 1:
            raise VendorError(ErrorKind.REJECTED, "this record cannot be read")
        return await read(account, record_id, background=background)

    monkeypatch.setattr(vendor, "visit", odd)
    vendor.put(2)
    await copy.hear(SalonNews(VISIT, 1), SalonNews(VISIT, 2))
    assert await copy.reread(VISIT) == "up"
    assert copy.hearer.news == [(2, ("created",))]
    assert await copy.waiting() == 1
    assert await copy.reread(VISIT) is None  # set aside for a while
    assert not (await copy.held())[1].deleted


async def test_an_answer_that_comes_too_late_changes_nothing(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    vendor.put(5, 10)
    await copied(copy)
    await copy.hear(SalonNews(VISIT, 5))
    async with copy.db.unit() as unit:
        early = await unit.salon_wanted.take(HERE, SALON, VISIT, 10, 60)
    assert early is not None
    vendor.put(5, 12)
    assert await copy.salons.reread(vendor.whose, 5) is not None  # asked later, answered first
    vendor.put(5, 10)
    assert await copy.copier.reread(HERE, SALON, early) == "up"
    assert copy.hearer.news == [(5, ("moved",))]
    assert (await copy.held())[5].starts_at.hour == 12


async def test_a_vendor_that_ignores_the_filter_is_not_read_whole_each_time(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    old = datetime.now(UTC) - timedelta(days=3)
    for number in range(600):
        vendor.put(number, changed_at=old)
    await copied(copy)
    vendor.ignores_filter = True
    await copy.round("changed:visits")
    assert vendor.asked == [("visits", 1)]


async def test_a_silent_vendor_loses_no_wish(copy: SalonCopy, vendor: VendorSalon) -> None:
    await copied(copy)
    vendor.put(5)
    await copy.hear(SalonNews(VISIT, 5))
    vendor.error = DOWN
    assert await copy.reread(VISIT) == "down"
    assert await copy.reread(VISIT) is None  # not before its time
    done = await copy.round("changed:visits")
    assert (done.error, done.error_hint) == ("bad gateway", "vendor_down")
    vendor.error = None
    await copy.run("UPDATE salon_wanted SET take_after = now()")
    await copy.reread_all()
    assert list(await copy.held()) == [5]


@pytest.mark.parametrize(
    ("kind", "longest_s"), [(ErrorKind.RATE_LIMITED, 10), (ErrorKind.TRANSIENT, 700)]
)
async def test_whoever_waited_long_for_the_allowance_does_not_wait_longer(
    copy: SalonCopy, vendor: VendorSalon, kind: ErrorKind, longest_s: int
) -> None:
    """A dead vendor is asked ever less; a rush would keep notices for hours that way."""
    await copied(copy)
    vendor.put(5)
    await copy.hear(SalonNews(VISIT, 5))
    await copy.run("UPDATE salon_wanted SET since = since - interval '10 minutes'")
    vendor.error = VendorError(kind, "not now", retry_after=2.0)
    assert await copy.reread(VISIT) in {"unknown", "down"}
    async with copy.db.single() as unit:
        wait_s = await unit.connection.fetchval(
            "SELECT extract(epoch FROM take_after - clock_timestamp())::int FROM salon_wanted"
        )
    assert longest_s / 10 < wait_s <= longest_s


async def test_a_round_goes_on_at_its_page(copy: SalonCopy, vendor: VendorSalon) -> None:
    vendor.per_page = 2
    for number in range(5):
        vendor.put(number)
    await copy.round("salon")
    vendor.asked.clear()
    async with copy.db.unit() as unit:  # broken off after page 1
        await unit.crm_reads.start(HERE, SALON, "visits")
    await copy.run("UPDATE crm_reads SET page = 1, started_at = clock_timestamp()")
    done = await copy.round("visits")
    assert [which for what, which in vendor.asked] == [2, 3]
    assert (done.page, done.error) == (0, None)
    assert sorted(await copy.held()) == [2, 3, 4]


async def test_nothing_is_read_of_a_salon_that_does_not_work(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    vendor.whose = salon_account(copy={"on": False})
    with pytest.raises(Conflict, match="crm_not_working"):
        await copy.source.account(SALON)
    with pytest.raises(Unavailable, match="salon_not_copied"):
        await copy.salons.salon(vendor.whose)


def test_many_salons_look_more_seldom() -> None:
    assert look_again_s(hooks=True, salons=10) == 300
    assert look_again_s(hooks=False, salons=10) == 60
    assert look_again_s(hooks=False, salons=1000) == 1000
    assert look_again_s(hooks=True, salons=1, wished=20) == 20
