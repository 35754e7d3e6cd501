"""The copy of a salon: whatever its vendor tells, late, twice or never, it ends up the same."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.journal import Decided, Ignored
from kommutator.domain.salon.copy import Part, SalonNews
from kommutator.domain.salon.facts import Attendance
from kommutator.kit.errors import Conflict, ErrorKind, VendorError
from tests.support.copied_salon import (
    HERE,
    SALON,
    ZONE,
    SalonCopy,
    VendorSalon,
    copied,
)

VISIT = Part.VISITS
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


async def test_a_notice_has_the_visit_read_and_everybody_told_once(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    await copied(copy)
    vendor.put(5)
    for _ in range(3):
        assert await copy.hear(SalonNews(VISIT, 5)) == Decided()
    await copy.reread_all()
    assert copy.hearer.news == [(5, ("created",))]
    assert [one for one in vendor.asked if one[0] == "visit"] == [("visit", 5)]
    await copy.hear(SalonNews(VISIT, 5))
    await copy.reread_all()
    assert len(copy.hearer.told) == 1
    assert await copy.waiting() == 0


async def test_each_difference_is_told_by_its_name(copy: SalonCopy, vendor: VendorSalon) -> None:
    await copied(copy)
    vendor.put(5)
    steps: list[tuple[dict[str, object], tuple[str, ...]]] = [
        ({}, ("created",)),
        ({"starts_at": vendor.book[5].starts_at + timedelta(hours=1)}, ("moved",)),
        ({"comment": "окно"}, ()),
        ({"attendance": Attendance.CONFIRMED}, ("confirmed",)),
        ({"deleted": True}, ("cancelled",)),
        ({"deleted": False, "staff_id": 11}, ("restored", "moved")),
    ]
    for change, _ in steps:
        vendor.change(5, **change)
        await copy.hear(SalonNews(VISIT, 5))
        await copy.reread_all()
    assert copy.hearer.news == [(5, news) for _, news in steps if news]
    assert (await copy.held())[5].comment == "окно"


async def test_a_visit_the_vendor_no_longer_knows_is_cancelled_once(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    vendor.put(5)
    await copied(copy)
    del vendor.book[5]
    for _ in range(2):
        await copy.hear(SalonNews(VISIT, 5), SalonNews(VISIT, 99))
        await copy.reread_all()
    assert copy.hearer.news == [(5, ("cancelled",))]
    assert (await copy.held())[5].deleted
    assert list(await copy.held()) == [5]


async def test_the_first_copy_is_no_news_but_what_comes_up_meanwhile_is(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    old = datetime.now(UTC) - timedelta(days=3)
    for number in range(1, 6):
        vendor.put(number, created_at=old, changed_at=old)
    vendor.per_page = 2
    await copy.round("salon")
    vendor.put(9)  # made after we began to look
    await copy.hear(SalonNews(VISIT, 9), SalonNews(VISIT, 1))
    await copy.reread_all()
    await copy.round("visits")
    assert len(await copy.held()) == 6
    assert copy.hearer.news == [(9, ("created",))]
    assert sorted(one.after.id for one in copy.hearer.told if one.first_read) == [1, 2, 3, 4, 5]
    vendor.put(7, created_at=old)  # older than what the copy goes back to, and changed now
    await copy.round("changed:visits")
    assert copy.hearer.news == [(9, ("created",))]


async def test_what_long_ago_became_of_a_visit_that_is_over_is_no_news(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    """After a pause people hear of what is to come, and of what happened just now."""
    await copied(copy)
    now = datetime.now(UTC).replace(microsecond=0)
    began, made, last_week = (now - timedelta(days=days) for days in (30, 20, 7))
    vendor.put(1, hour=34, created_at=made)
    await copy.run(f"UPDATE salons SET began_at = '{began.isoformat()}'")
    await copy.round("changed:visits")
    copy.hearer.told.clear()
    over = datetime.now(ZONE).replace(tzinfo=None) - timedelta(days=6)
    ahead = over + timedelta(days=9)
    vendor.put(2, created_at=made)  # we kept it once, and it was old enough to go
    vendor.change(2, starts_at=over, attendance=Attendance.CAME)
    vendor.put(3, created_at=last_week)
    vendor.change(3, starts_at=ahead, changed_at=last_week)  # made while we were paused
    vendor.change(1, starts_at=over, changed_at=last_week)  # from tomorrow
    await copy.hear(*(SalonNews(VISIT, number) for number in (1, 2, 3)))
    await copy.reread_all()
    assert sorted(copy.hearer.news) == [(1, ("moved",)), (3, ("created",))]
    vendor.change(1, deleted=True, changed_at=last_week)
    await copy.hear(SalonNews(VISIT, 1))
    await copy.reread_all()
    assert len(copy.hearer.news) == 2
    vendor.change(1, deleted=False)
    await copy.hear(SalonNews(VISIT, 1))
    await copy.reread_all()
    assert copy.hearer.news[2:] == [(1, ("restored",))]


async def test_a_hearer_that_fails_leaves_nothing_half_done(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    await copied(copy)
    vendor.put(5)
    await copy.hear(SalonNews(VISIT, 5))
    copy.hearer.error = Conflict("made_up")
    assert await copy.reread(VISIT) == "unknown"
    assert await copy.held() == {}
    copy.hearer.error = None
    await copy.run("UPDATE salon_wanted SET take_after = '-infinity'")
    await copy.reread_all()
    assert copy.hearer.news == [(5, ("created",))]


async def test_looking_finds_what_nobody_told(copy: SalonCopy, vendor: VendorSalon) -> None:
    for number in range(1, 4):
        vendor.put(number)
    await copied(copy)
    lost = datetime.now(UTC) - timedelta(minutes=4)
    vendor.change(1, deleted=True, changed_at=lost)
    vendor.change(2, comment="перенести?", changed_at=lost)
    vendor.change(3, attendance=Attendance.CAME)  # its notice may still come
    read = await copy.round("changed:visits")
    assert copy.hearer.news == [(1, ("cancelled",)), (3, ("came",))]
    state = await copy.salons.sync(HERE, SALON)
    assert state.hook is not None
    assert state.salon is not None
    assert (state.hook.missed, state.salon.unheard) == (2, 2)
    assert read.cursor_at == vendor.book[3].changed_at
    assert await copy.hear(SalonNews(VISIT, 3)) == Decided()
    state = await copy.salons.sync(HERE, SALON)
    assert state.salon is not None
    assert state.salon.unheard == 0  # it does call us


async def test_the_night_puts_right_what_was_missed_and_counts_it(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    old = datetime.now(UTC) - timedelta(days=1)
    for number in range(1, 8):
        vendor.put(number, changed_at=old, created_at=old)
    vendor.per_page = 3
    await copied(copy)
    vendor.change(1, starts_at=vendor.book[1].starts_at + timedelta(hours=2), changed_at=old)
    del vendor.book[2]
    vendor.put(8, changed_at=old)
    await copy.round("visits")
    await copy.reread_all()  # of 2 no page told anything
    assert sorted(copy.hearer.news) == [
        (1, ("moved",)), (2, ("cancelled",)), (8, ("created",)),
    ]  # fmt: skip
    state = await copy.salons.sync(HERE, SALON)
    assert state.salon is not None
    assert state.salon.drift == 2
    assert {one: held.deleted for one, held in (await copy.held()).items()} == {
        **dict.fromkeys((1, 3, 4, 5, 6, 7, 8), False), 2: True,
    }  # fmt: skip


async def test_what_the_tenant_does_not_keep_is_not_read_again_each_night(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    """Else it would come back every night, as if somebody had forgotten to tell of it."""
    async with copy.db.unit() as unit:
        await unit.enterprises.update(HERE, settings={"retention_days": {"salon_copy": 5}})
    for number, days in ((1, 10), (2, 3)):
        long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
        vendor.put(number, hour=10 - 24 * days, created_at=long_ago, changed_at=long_ago)
    for _ in range(2):
        await copy.round("visits")
        assert list(await copy.held()) == [2]
    assert (await copy.salons.kept(HERE, SALON)).drift == 0


async def test_news_about_nothing_of_ours_are_left(copy: SalonCopy) -> None:
    assert await copy.hear() == Ignored("hook_not_about_salon")
    with pytest.raises(AssertionError):  # of another source: for those after us
        await copy.hear(SalonNews(VISIT, 1), source="amocrm")


async def test_what_we_did_ourselves_is_told_once_however_it_echoes(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    await copied(copy)
    vendor.put(5)
    assert await copy.salons.reread(vendor.whose, 5) is not None  # as after our own booking
    await copy.hear(SalonNews(VISIT, 5))  # the vendor tells us what we did
    await copy.reread_all()
    await copy.round("changed:visits")
    await copy.round("visits")
    assert copy.hearer.news == [(5, ("created",))]
