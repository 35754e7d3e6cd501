"""Branches, services, staff, working time (§1.3, §1.7)."""

from typing import Any

from tests.support.yclients_town import SALON, SECOND, THIRD, YTown
from tests.twins.yclients.salon.booth import DAY, Booth

SCHEDULE = "/company/{c}/staff/schedule"


async def test_companies(town: YTown) -> None:
    rows = (await town.ask("GET", "/companies")).data
    assert [row["id"] for row in rows] == [str(SALON), str(SECOND), str(THIRD)]
    assert (rows[0]["active"], rows[0]["timezone_name"]) == ("1", "Europe/Moscow")
    assert (await town.ask("GET", "/companies", my=1)).status == 401
    mine = (await town.ask("GET", "/companies", user=town.admin_token, my=1)).data
    assert [row["id"] for row in mine] == [str(SALON)]
    (second,) = (await town.ask("GET", "/companies", count=1, page=2)).data
    assert second["id"] == str(SECOND)
    one = await town.ask("GET", f"/company/{SALON}", user=town.admin_token, my=1)
    assert (one.data["id"], one.data["access"]["settings"]["settings_access"]) == (SALON, False)
    assert one.json["meta"] == {}
    (group,) = (await town.ask("GET", "/groups", user=town.admin_token)).data
    assert [row["id"] for row in group["companies"]] == [SALON]


async def test_a_next_slot(booth: Booth) -> None:
    assert (await booth.ask("GET", "/company/{c}")).data["next_slot"] == f"{DAY}T10:00:00+0300"


async def test_services_new_and_old(booth: Booth) -> None:
    (cut, colour) = (await booth.ask("GET", "/company/{c}/services")).data
    assert (cut["id"], cut["price_min"], cut["active"]) == (str(booth.cut), "1000.00", "1")
    assert [(one["id"], one["seance_length"]) for one in cut["staff"]] == [
        (str(booth.ann), "3600"),
        (str(booth.bob), "2700"),
    ]
    assert [one["name"] for one in colour["staff"]] == ["Анна"]
    bobs = await booth.ask("GET", "/services/{c}", staff_id=booth.bob)
    assert ([row["title"] for row in bobs.data], bobs.json["meta"]) == (["Стрижка"], [])
    await booth.town.order("switches", type_noise=False)
    one = (await booth.ask("GET", f"/company/{{c}}/services/{booth.cut}")).data
    assert (one["id"], one["price_min"], one["staff"][1]["seance_length"]) == (
        booth.cut, 1000, 2700,
    )  # fmt: skip
    missing = await booth.ask("GET", "/services/{c}/5")
    assert (missing.status, missing.message) == (404, "Услуга не найдена.")


async def test_categories(booth: Booth) -> None:
    answer = await booth.ask("GET", "/company/{c}/service_categories")
    (row,) = answer.data
    assert (row["title"], row["staff"], answer.json["meta"]) == (
        "Волосы", [booth.ann, booth.bob], {"total_count": 1},
    )  # fmt: skip
    missing = await booth.ask("GET", "/service_category/{c}/5")
    assert (missing.status, missing.message) == (404, "Категория не найдена.")


async def test_staff_new_and_old(booth: Booth) -> None:
    await booth.town.order("staff", company=booth.company, id=booth.bob, position="")
    (ann, bob) = (await booth.ask("GET", "/company/{c}/staff")).data
    assert (ann["id"], ann["position"]["title"], bob["position"]) == (booth.ann, "Мастер", [])
    assert ann["schedule_till"] == DAY
    assert [link["length"] for link in bob["services_links"]] == [2700]
    (ann, _) = (await booth.ask("GET", "/staff/{c}", user="")).data
    assert (ann["id"], ann["hidden"], ann["rating"]) == (str(booth.ann), "0", "5")
    missing = await booth.ask("GET", "/company/{c}/staff/5")
    assert (missing.status, missing.message) == (
        404, f"Сотрудник с ID 5 не найден в филиале {booth.company}.",
    )  # fmt: skip


async def test_settings_are_patched_by_name(booth: Booth) -> None:
    path = "/company/{c}/settings/online"
    assert (await booth.ask("GET", path)).data == {
        "confirm_number": False,
        "any_master": True,
        "seance_delay_step": 0,
        "activity_online_record_clients_count_max": 1,
    }
    patched = await booth.ask("PATCH", path, {"any_master": False, "nope": 1})
    assert patched.data["any_master"] is False
    wrong = await booth.ask("PATCH", path, {"seance_delay_step": 5, "confirm_number": "yes"})
    assert (wrong.status, booth.inside.settings.seance_delay_step) == (422, 0)


async def test_phones_may_be_valid(town: YTown) -> None:
    for phone, valid in (("79161001010", True), ("123", False), ("+7 916 100 10 10", True)):
        answer = await town.ask("GET", f"/validation/validate_phone/{phone}")
        assert answer.data == {"is_valid": valid}


async def test_who_works_when_and_what_is_busy(booth: Booth) -> None:
    record = await booth.make("11:00")
    when: dict[str, Any] = {"start_date": DAY, "end_date": DAY, "staff_ids": [booth.ann]}
    (row,) = (await booth.ask("GET", SCHEDULE, **when)).data
    assert row == {
        "staff_id": booth.ann,
        "date": DAY,
        "slots": [{"from": "10:00", "to": "14:00"}, {"from": "15:00", "to": "18:00"}],
    }
    more = await booth.ask("GET", SCHEDULE, **when, include=["busy_intervals", "off_day_type"])
    (row,) = more.data
    assert row["busy_intervals"] == [
        {"entity_type": "record", "entity_id": record, "from": "11:00", "to": "12:00"}
    ]
    assert (row["off_day_type"], more.json["meta"]) == (None, {"count": 1})
    assert (await booth.ask("GET", SCHEDULE)).status == 422


async def test_shifts_are_set_and_dropped(booth: Booth) -> None:
    slots = [{"from": "09:00", "to": "12:00"}]
    body = {
        "schedules_to_set": [{"staff_id": booth.ann, "dates": ["2026-07-25"], "slots": slots}],
        "schedules_to_delete": [{"staff_id": booth.bob, "dates": [DAY]}],
    }
    put = await booth.ask("PUT", SCHEDULE, body)
    assert (put.status, put.data[0]["slots"]) == (200, slots)
    assert (await booth.times(booth.ann, booth.cut, day="2026-07-25"))[-1] == "11:00"
    assert await booth.times(booth.bob, booth.cut) == []
    bad = {"schedules_to_set": [{"staff_id": booth.ann, "dates": [DAY], "slots": [{"from": "9"}]}],
           "schedules_to_delete": [{"staff_id": booth.ann, "dates": [DAY]}]}  # fmt: skip
    assert (await booth.ask("PUT", SCHEDULE, bad)).status == 422
    assert await booth.times(booth.ann, booth.cut)  # nothing was dropped


async def test_the_old_way_says_every_day(booth: Booth) -> None:
    path = f"/schedule/{{c}}/{booth.ann}/{DAY}/2026-07-24"
    (day, off) = (await booth.ask("GET", path)).data
    assert (day["is_working"], off) == (1, {"date": "2026-07-24", "is_working": 0, "slots": []})
    slots = [{"from": "10:00", "to": "11:00"}]
    rows = [{"date": DAY, "is_working": 0, "slots": []},
            {"date": "2026-07-24", "is_working": 1, "slots": slots}]  # fmt: skip
    put = await booth.ask("PUT", path, rows)
    assert [row["is_working"] for row in put.data] == [0, 1]
    dates = (await booth.ask("GET", "/timetable/dates/{c}/2026-07-24")).data
    assert dates == ["2026-07-24"]
