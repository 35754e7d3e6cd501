"""The copy of a salon: whatever its vendor tells, late, twice or never, it ends up the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.connection import Account
from kommutator.domain.journal import Decided, Ignored
from kommutator.domain.salon.copy import Part, SalonNews, look_again_s
from kommutator.domain.salon.facts import Attendance, SalonClient, Service, Visit
from kommutator.kit.errors import Conflict, ErrorKind, NotFound, Stage, Unavailable, VendorError
from kommutator.store.database import Database
from tests.support.copied_salon import (
    HERE,
    NUMBER,
    SALON,
    ZONE,
    SalonCopy,
    VendorSalon,
    keep_salon,
    salon_account,
    working_day,
)

VISIT = Part.VISITS
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


@pytest.fixture
def vendor() -> VendorSalon:
    return VendorSalon()


@pytest.fixture
async def copy(db: Database, vendor: VendorSalon) -> SalonCopy:
    return await keep_salon(db, vendor)


async def copied(copy: SalonCopy) -> SalonCopy:
    """The first copy is made: from now on changes are news."""
    await copy.round("visits")
    copy.vendor.asked.clear()
    copy.hearer.told.clear()
    return copy


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


async def test_lists_are_read_again_when_told_and_counted_at_night(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    await copy.round("services")
    await copy.round("staff")
    vendor.offered.append(Service(2, "Борода", staff_s={11: 1800}))
    await copy.hear(SalonNews(Part.SERVICES))
    await copy.reread_all()
    assert [one.id for one in await copy.salons.services(vendor.whose)] == [1, 2]
    vendor.masters.pop()
    await copy.round("staff")
    assert [one.id for one in await copy.salons.staff(vendor.whose)] == [10]
    await copy.round("visits")
    await copy.round("visits")
    state = await copy.salons.sync(HERE, SALON)
    assert state.salon is not None
    assert state.salon.drift == 1  # the employee; of the service we were told


async def test_hours_are_read_two_months_ahead(copy: SalonCopy, vendor: VendorSalon) -> None:
    today = datetime.now(ZONE).date()
    last = today + timedelta(days=60)
    vendor.hours = [*working_day(today, 10, 11), *working_day(last, 10)]
    done = await copy.round("hours")
    spans = [which for what, which in vendor.asked if what == "hours"]
    assert spans == [(today, today + timedelta(30)), (today + timedelta(31), last)]
    assert done.error is None
    await copy.round("services")
    await copy.round("staff")
    vendor.put(1, 10, 11)
    await copy.round("visits")
    found = await copy.salons.free_starts(vendor.whose, [1], [], today + timedelta(1), last)
    assert [(one.day, one.staff_id, one.seance_s, len(one)) for one in found] == [
        (last, 10, 3600, 33)
    ]
    starts = await copy.salons.free(vendor.whose, [1], 0, last, last)
    assert [start.starts_at.hour for start in starts[:5]] == [9, 9, 9, 9, 10]
    vendor.hours = working_day(last, 11)
    await copy.hear(SalonNews(Part.HOURS))
    await copy.reread_all()
    found = await copy.salons.free_starts(vendor.whose, [1], [], today, last)
    assert [(one.staff_id, one.seance_s) for one in found] == [(11, 2700)]


async def test_a_day_is_shown_with_those_who_work_or_are_busy(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    tomorrow = datetime.now(ZONE).date() + timedelta(days=1)
    vendor.hours = working_day(tomorrow, 10)
    vendor.put(1, 34, 12)  # of somebody who is not there any more
    vendor.put(2, 35, 10, deleted=True)
    for task in ("services", "staff", "hours", "visits"):
        await copy.round(task)
    view = await copy.salons.day(vendor.whose, tomorrow, services=[1])
    assert [one.id for one in view.staff] == [10, 11]
    assert [one.id for one in view.visits] == [1]
    assert [(one.staff_id, len(one)) for one in view.free] == [(10, 33)]
    view = await copy.salons.day(vendor.whose, tomorrow, deleted=True)
    assert [one.id for one in view.visits] == [1, 2]
    assert view.free == ()


async def test_clients_are_read_searched_and_buried(copy: SalonCopy, vendor: VendorSalon) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for number, name in ((1, "Анна"), (2, "Борис"), (3, "Вера")):
        vendor.people[number] = SalonClient(
            number, name, phone=f"+37529000000{number}", changed_at=now - timedelta(days=1)
        )
    await copy.round("clients")
    vendor.people[1] = replace(vendor.people[1], name="Анна-Мария", changed_at=now)
    await copy.round("changed:clients")
    del vendor.people[2]
    vendor.people[3] = replace(vendor.people[3], phone=None)
    await copy.hear(SalonNews(Part.CLIENTS, 2), SalonNews(Part.CLIENTS, 3))
    await copy.reread_all()
    found = await copy.salons.clients(HERE, SALON)
    assert [(one.name, one.phone) for one in found] == [
        ("Анна-Мария", "+375290000001"), ("Вера", None),
    ]  # fmt: skip
    assert [one.id for one in await copy.salons.clients(HERE, SALON, "29 000-00-01")] == [1]
    assert await copy.salons.clients(HERE, SALON, "8 (916) 000-00-01") == []
    assert [one.id for one in await copy.salons.clients(HERE, SALON, "мария")] == [1]
    assert (await copy.salons.client(HERE, SALON, 2)).deleted
    with pytest.raises(NotFound, match="salon_client_not_found"):
        await copy.salons.client(HERE, SALON, 77)
    del vendor.people[3]
    await copy.round("clients")  # the night does not see 3: it is looked after
    await copy.reread_all()
    assert [one.id for one in await copy.salons.clients(HERE, SALON)] == [1]


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


async def test_news_about_nothing_of_ours_are_left(copy: SalonCopy) -> None:
    assert await copy.hear() == Ignored("hook_not_about_salon")
    with pytest.raises(AssertionError):  # of another source: for those after us
        await copy.hear(SalonNews(VISIT, 1), source="amocrm")


def test_many_salons_look_more_seldom() -> None:
    assert look_again_s(hooks=True, salons=10) == 300
    assert look_again_s(hooks=False, salons=10) == 60
    assert look_again_s(hooks=False, salons=1000) == 1000
    assert look_again_s(hooks=True, salons=1, wished=20) == 20


async def test_the_address_is_added_watched_and_taken_off(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    begin = f"https://gate.example/api/v1/webhooks/yclients/{SALON.hex}."
    vendor.called = ["https://other.example/hook", begin + "former-secret"]
    await copy.round("salon:hooks")
    other, mine = vendor.called
    assert other == "https://other.example/hook"
    assert mine.startswith(begin)
    assert "former" not in mine
    vendor.whose = replace(vendor.whose, secrets={"hook_secret": mine.rpartition("/")[2]})
    vendor.called = [other]  # somebody dropped it
    await copy.round("salon:hooks")
    assert vendor.called == [other, mine]
    state = await copy.salons.sync(HERE, SALON)
    assert state.hook is not None
    assert (state.hook.state, state.hook.repairs, state.hook.found) == ("on", 1, "missing")
    vendor.hook_error = VendorError(ErrorKind.REJECTED, "full", hint="salon_hooks_full")
    vendor.called = [other]
    done = await copy.round("salon:hooks")
    state = await copy.salons.sync(HERE, SALON)
    assert state.hook is not None
    assert (state.hook.state, state.hook.error_hint) == ("refused", "salon_hooks_full")
    assert done.error is None  # an answer, too
    vendor.hook_error, vendor.called = None, [other, mine]
    await copy.hooks.take_off(vendor.whose)
    assert vendor.called == [other]


async def test_an_installed_salon_calls_by_itself_unless_it_does_not(db: Database) -> None:
    vendor = VendorSalon(whose=salon_account(way="marketplace"))
    copy = await keep_salon(db, vendor)
    await copy.round("salon")
    await copy.round("salon:hooks")
    assert vendor.called == []
    await copy.run("UPDATE salons SET unheard = 3")
    await copy.round("salon:hooks")
    assert len(vendor.called) == 1
    state = await copy.salons.sync(HERE, SALON)
    assert state.salon is not None
    assert (state.salon.unheard, state.salon.salon.id) == (0, NUMBER)


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
