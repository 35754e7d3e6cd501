"""Free time: shifts less what is busy, each employee's own lengths, several services (§1.4)."""

from datetime import timedelta

import pytest

from kommutator.twins.yclients.local_time import at_second
from kommutator.twins.yclients.random_salon import Sizes, random_salon
from kommutator.twins.yclients.slots import Slot
from kommutator.twins.yclients.staff import Staff
from kommutator.twins.yclients.world import World, bare_world
from tests.twins.yclients.salon.booth import DAY, Booth


async def test_an_empty_day(booth: Booth) -> None:
    times = await booth.times(booth.ann, booth.cut)
    assert times == [
        "10:00", "10:15", "10:30", "10:45", "11:00", "11:15", "11:30", "11:45", "12:00", "12:15",
        "12:30", "12:45", "13:00",
        "15:00", "15:15", "15:30", "15:45", "16:00", "16:15", "16:30", "16:45", "17:00",
    ]  # fmt: skip


async def test_lengths_are_each_ones_own_and_add_up(booth: Booth) -> None:
    assert (await booth.times(booth.bob, booth.cut))[-1] == "17:15"
    both = await booth.times(booth.ann, booth.cut, booth.colour)
    assert both == ["10:00", "10:15", "10:30", "10:45", "11:00", "11:15", "11:30", "15:00",
                    "15:15", "15:30"]  # fmt: skip
    assert await booth.times(booth.bob, booth.cut, booth.colour) == []


async def test_records_take_time_and_give_it_back(booth: Booth) -> None:
    record = await booth.make("11:00")
    assert (await booth.times(booth.ann, booth.cut))[:3] == ["10:00", "12:00", "12:15"]
    await booth.ask("DELETE", f"/record/{{c}}/{record}")
    assert (await booth.times(booth.ann, booth.cut))[:3] == ["10:00", "10:15", "10:30"]


async def test_a_technical_break_takes_time_too(booth: Booth) -> None:
    await booth.make("10:00", technical_break_duration=1800)
    assert (await booth.times(booth.ann, booth.cut))[0] == "11:30"


async def test_group_events_take_time(booth: Booth) -> None:
    order = {"service_id": booth.cut, "staff_id": booth.ann, "minutes": 120}
    await booth.town.order("activities", company=booth.company, datetime=f"{DAY} 10:30:00", **order)
    assert (await booth.times(booth.ann, booth.cut))[:2] == ["12:30", "12:45"]


async def test_anybody_is_the_union(booth: Booth) -> None:
    await booth.make("10:00", seance_length=4 * 3600)
    anybody = await booth.times(0, booth.cut)
    assert anybody[:2] == ["10:00", "10:15"]
    assert anybody[-1] == "17:15"
    await booth.ask("PATCH", "/company/{c}/settings/online", {"any_master": False})
    assert await booth.times(0, booth.cut) == []


async def test_who_is_hidden_fired_or_not_bookable_has_no_slots(booth: Booth) -> None:
    for trouble in ("hidden", "fired"):
        await booth.town.order("staff", company=booth.company, id=booth.ann, **{trouble: True})
        assert await booth.times(booth.ann, booth.cut) == []
        await booth.town.order("staff", company=booth.company, id=booth.ann, **{trouble: False})
    await booth.town.order("staff", company=booth.company, id=booth.ann, bookable=False)
    assert await booth.times(booth.ann, booth.cut) == []


async def test_only_the_documented_name_names_services(booth: Booth) -> None:
    path = f"/book_times/{{c}}/{booth.ann}/{DAY}"
    for name in ("service_id", "service_ids"):
        (first, *_) = (await booth.ask("GET", path, user="", **{name: booth.colour})).data
        assert first["seance_length"] == 1800  # the default, far too short for the service meant
    (first, *_) = (await booth.ask("GET", path, user="", service_ids=[booth.colour])).data
    assert first == {
        "time": "10:00",
        "seance_length": 5400,
        "sum_length": 5400,
        "datetime": f"{DAY}T10:00:00+03:00",
    }


async def test_the_past_and_the_nearest_minutes_are_not_offered(booth: Booth) -> None:
    slots = [{"from": "10:00", "to": "14:00"}]
    await booth.town.order(
        "schedule", company=booth.company, staff_id=booth.ann, dates=["2026-07-22"], slots=slots
    )
    today = await booth.times(booth.ann, booth.cut, day="2026-07-22")
    assert today[0] == "11:00"
    await booth.ask("PATCH", "/company/{c}/settings/online", {"seance_delay_step": 50})
    assert (await booth.times(booth.ann, booth.cut, day="2026-07-22"))[0] == "12:00"
    assert await booth.times(booth.ann, booth.cut, day="2026-07-21") == []


async def test_dates_and_the_nearest_day(booth: Booth) -> None:
    found = (await booth.ask("GET", "/book_dates/{c}", user="", service_ids=[booth.cut])).data
    assert found == {
        "booking_days": {"7": ["23"]},
        "booking_dates": [DAY],
        "working_days": {"7": ["23"]},
        "working_dates": [DAY],
    }
    near = await booth.ask(
        "GET", f"/book_staff_seances/{{c}}/{booth.bob}", user="", service_ids=[booth.cut]
    )
    assert (near.data["seance_date"], near.data["seances"][0]["time"]) == (DAY, "10:00")
    await booth.make("10:00", seance_length=4 * 3600)
    await booth.make("15:00", seance_length=3 * 3600)
    full = await booth.ask(
        "GET", "/book_dates/{c}", user="", service_ids=[booth.cut], staff_id=booth.ann
    )
    assert (full.data["booking_dates"], full.data["working_dates"]) == ([], [DAY])


async def test_dates_as_numbers(booth: Booth) -> None:
    await booth.town.order("switches", dates="unix")
    days = (await booth.ask("GET", "/book_dates/{c}", user="")).data["booking_dates"]
    assert days == [1784764800]  # midnight of the day at Greenwich
    (first, *_) = (await booth.ask("GET", f"/book_times/{{c}}/0/{DAY}", user="")).data
    assert first["datetime"] == 1784764800 + 7 * 3600  # ten in Moscow


async def test_the_journals_grid(booth: Booth) -> None:
    await booth.make("10:15", seance_length=1800)
    path = f"/timetable/seances/{{c}}/{booth.ann}/{DAY}"
    grid = (await booth.ask("GET", path)).data
    assert [row["is_free"] for row in grid[:5]] == [True, False, False, True, True]
    assert (grid[0]["time"], grid[-1]["time"], len(grid)) == ("10:00", "17:45", 28)


@pytest.fixture(scope="module")
def world() -> World:
    return bare_world()


@pytest.mark.parametrize("seed", range(40))
def test_slots_of_random_salons_against_a_slow_reading(world: World, seed: int) -> None:
    """Each quarter of an hour is tried by itself: in one shift, clear of all that is busy."""
    company = random_salon(world, seed, Sizes(days=4))
    seen = 0
    for staff in company.staff.values():
        for n in range(4):
            day = world.today(company) + timedelta(n)
            for services in ([], list(staff.lengths)[:1], list(staff.lengths)[:3]):
                expected = _slowly(world, company.id, staff, day.toordinal(), services)
                got = world.times(company, staff.id, day, services)
                assert got == expected
                seen += len(got)
    assert seen or not any(s.visible and s.bookable for s in company.staff.values())


def _slowly(
    world: World, company_id: int, staff: Staff, ordinal: int, services: list[int]
) -> list[Slot]:
    company = world.company(company_id)
    if staff.hidden or staff.fired or not staff.bookable:
        return []
    day = world.today(company).fromordinal(ordinal)
    length = sum(staff.lengths[n] for n in services) or 1800
    earliest = world.local_now(company) + timedelta(minutes=company.settings.seance_delay_step)
    taken = [
        (r.start, r.start + timedelta(seconds=r.busy_seconds))
        for r in company.records.values()
        if r.staff_id == staff.id and not r.deleted
    ] + [
        (a.start, a.start + timedelta(seconds=a.length))
        for a in company.activities.values()
        if a.staff_id == staff.id
    ]
    found = []
    for start in range(0, 86_400, 900):
        begin, end = at_second(day, start), at_second(day, start + length)
        works = any(a <= start and start + length <= b for a, b in staff.shifts.get(day, []))
        clear = all(end <= a or b <= begin for a, b in taken)
        if works and clear and begin >= earliest:
            found.append(Slot(start, length, staff.id))
    return found
