"""The booking with a partner token: codes 431-438 and where they stand, all or nothing (§1.4)."""

import asyncio
from typing import Any

import pytest

from tests.twins.yclients.salon.booth import DAY, PHONE, Booth


async def test_a_booking_and_what_its_holder_may_do(booth: Booth) -> None:
    checked = await booth.ask("POST", "/book_check/{c}", booth.wish("10:00"), user="")
    assert (checked.status, checked.json) == (
        201,
        {"success": True, "meta": {"message": "Created"}},
    )
    booked = await booth.book("10:00", api_id="777", comment="Тест", notify_by_sms=6)
    assert booked.status == 201
    ((mark, record, secret),) = [tuple(row.values()) for row in booked.data]
    assert (mark, len(secret)) == (1, 32)
    mine = f"/user/records/{record}/{secret}"
    (shown,) = (await booth.ask("GET", mine, user="")).data
    assert (shown["date"], shown["api_id"], shown["length"]) == (f"{DAY} 10:00:00", "777", 3600)
    assert shown["company"]["allow_delete_record"] is True
    assert (await booth.ask("GET", f"/user/records/{record}/nonsense", user="")).status == 404
    inside = (await booth.ask("GET", f"/record/{{c}}/{record}")).data
    assert (inside["online"], inside["sms_remain_hours"], inside["comment"]) == (True, 6, "Тест")
    assert inside["client"]["phone"] == 70000000707
    moved = await booth.ask(
        "PUT", f"/book_record/{{c}}/{record}", {"datetime": f"{DAY} 12:00:00"}, user=""
    )
    assert (moved.status, moved.data["date"]) == (200, f"{DAY} 12:00:00")
    assert (await booth.ask("DELETE", mine, user="")).status == 200
    assert (await booth.ask("DELETE", mine, user="")).status == 404
    assert (await booth.ask("GET", mine, user="")).data[0]["deleted"] is True


async def test_who_books_first_has_it(booth: Booth) -> None:
    """A check holds nothing."""
    wish = booth.wish("10:00")
    assert (await booth.ask("POST", "/book_check/{c}", wish, user="")).status == 201
    assert (await booth.book("10:30")).status == 201
    late = await booth.book("10:00", appointment={"id": 9})
    assert late.status == 422
    assert late.json["meta"] == {
        "message": f"К сотруднику Анна({booth.ann}) нельзя записаться на 23 июля 2026 в 10:00. "
        "Выбранное время уже занято или является нерабочим.",
        "code": 433,
        "id": 9,
    }
    checked = await booth.ask("POST", "/book_check/{c}", wish, user="")
    assert (checked.status, checked.message) == (422, late.message)


async def test_one_of_many_at_once_has_it(booth: Booth) -> None:
    answers = await asyncio.gather(
        *(booth.book("10:00", phone=f"7000123{n:04d}") for n in range(20))
    )
    assert sorted(answer.status for answer in answers) == [201] + [422] * 19
    assert len(booth.inside.records) == len(booth.inside.clients) == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"phone": "12345"}, 422, 431),
        ({"fullname": " "}, 422, 435),
        ({"appointment": {"services": [1]}}, 422, 438),
        ({"appointment": {"staff_id": 1}}, 422, 433),
        ({"appointment": {"datetime": f"{DAY} 14:30:00"}}, 422, 433),
        ({"appointment": {"datetime": f"{DAY} 13:30:00"}}, 422, 433),
        ({"appointment": {"datetime": "2026-07-21 10:00:00"}}, 422, 433),
        ({"appointment": {"staff_id": 0, "datetime": f"{DAY} 14:30:00"}}, 422, 436),
    ],
)
async def test_codes(booth: Booth, change: dict[str, Any], status: int, code: int) -> None:
    refused = await booth.book("10:00", **change)
    assert (refused.status, refused.json["meta"]["code"]) == (status, code)
    assert (await booth.ask("GET", "/records/{c}")).data == []
    assert (await booth.ask("GET", "/clients/{c}")).data == []


@pytest.mark.parametrize("place", ["meta.code", "meta.errors.code", "errors.code", "code", "none"])
async def test_where_the_code_stands(booth: Booth, place: str) -> None:
    await booth.town.order("switches", code_place=place)
    found: Any = (await booth.book("10:00", phone="1")).json
    assert found["meta"]["message"]
    if place == "none":
        assert "431" not in str(found)
        return
    for name in place.split("."):
        found = found[name]
    assert found == 431


async def test_a_black_list_is_403(booth: Booth) -> None:
    await booth.town.order("company", company=booth.company, blacklist=[PHONE])
    refused = await booth.book("10:00")
    assert (refused.status, refused.json["meta"]["code"]) == (403, 434)


async def test_a_number_to_be_confirmed(booth: Booth) -> None:
    await booth.town.order("company", company=booth.company, settings={"confirm_number": True})
    (company,) = [
        row
        for row in (await booth.ask("GET", "/companies", user="")).data
        if row["id"] == str(booth.company)
    ]
    assert company["phone_confirmation"] is True
    assert (await booth.book("10:00")).json["meta"]["code"] == 432
    sent = await booth.ask("POST", "/book_code/{c}", {"phone": PHONE, "fullname": "И"}, user="")
    assert sent.status == 201
    codes = (await booth.town.look("codes", company=booth.company))["codes"]
    assert (await booth.book("10:00", code="wrong")).json["meta"]["code"] == 432
    assert (await booth.book("10:00", code=codes["70000000707"])).status == 201
    assert (await booth.book("11:00", code=codes["70000000707"])).json["meta"]["code"] == 432


async def test_an_email_when_it_is_asked_for(booth: Booth) -> None:
    await booth.town.order("switches", email_required=True)
    refused = await booth.book("10:00", email="")
    assert (refused.status, list(refused.json["meta"]["errors"])) == (422, ["email"])
    assert (await booth.book("10:00")).status == 201


async def test_several_appointments_all_or_none(booth: Booth) -> None:
    def both(second: str, staff: int) -> dict[str, Any]:
        wish = booth.wish("10:00")
        more = {"id": 2, "services": [booth.cut], "staff_id": staff, "datetime": f"{DAY} {second}"}
        return wish | {"appointments": [*wish["appointments"], more]}

    overlap = await booth.ask("POST", "/book_record/{c}", both("10:30:00", booth.ann), user="")
    assert (overlap.status, overlap.json["meta"]["code"], overlap.json["meta"]["id"]) == (
        422,
        437,
        2,
    )
    night = await booth.ask("POST", "/book_record/{c}", both("22:00:00", booth.bob), user="")
    assert (night.json["meta"]["code"], night.json["meta"]["id"]) == (433, 2)
    assert (await booth.ask("GET", "/records/{c}")).data == []
    good = await booth.ask("POST", "/book_record/{c}", both("10:30:00", booth.bob), user="")
    assert [row["id"] for row in good.data] == [1, 2]
    rows = (await booth.ask("GET", "/records/{c}")).data
    assert len({row["visit_id"] for row in rows}) == 1


async def test_anybody_is_chosen_by_weight_then_the_next(booth: Booth) -> None:
    for _ in range(2):
        assert (await booth.book("10:00", appointment={"staff_id": 0})).status == 201
    third = await booth.book("10:00", appointment={"staff_id": 0})
    assert third.json["meta"]["code"] == 436
    rows = (await booth.ask("GET", "/records/{c}")).data
    assert [row["staff_id"] for row in rows] == [booth.ann, booth.bob]
    assert [row["length"] for row in rows] == [3600, 2700]


async def test_times_in_three_spellings(booth: Booth) -> None:
    for at in (f"{DAY}T10:00:00+03:00", f"{DAY}T08:00:00Z", 1784797200):
        booked = await booth.book("10:00", appointment={"datetime": at})
        assert booked.status == 201, booked.text
    rows = (await booth.ask("GET", "/records/{c}")).data
    assert [row["date"][11:16] for row in rows] == ["10:00", "11:00", "12:00"]


async def test_a_branch_that_lets_nobody_cancel(booth: Booth) -> None:
    (row,) = (await booth.book("10:00")).data
    mine = f"/user/records/{row['record_id']}/{row['record_hash']}"
    await booth.town.order(
        "company", company=booth.company, settings={"allow_delete_record_delay_step": 86_400}
    )
    assert (await booth.ask("DELETE", mine, user="")).status == 403
    later = {"datetime": f"{DAY} 12:00:00"}
    path = f"/book_record/{{c}}/{row['record_id']}"
    no_moves = {"allow_change_record": False}
    await booth.town.order("company", company=booth.company, settings=no_moves)
    assert (await booth.ask("PUT", path, later, user="")).status == 403
    assert (await booth.ask("PUT", path, later)).status == 200  # the salon itself may


async def test_what_came_through_the_partner_everywhere(booth: Booth) -> None:
    (row,) = (await booth.book("10:00")).data
    await booth.make("12:00")
    (mine,) = (await booth.ask("GET", "/records/partner", user="")).data
    assert (mine["id"], mine["company"]["id"]) == (row["record_id"], booth.company)
    assert mine["client"]["phone"] == "+70000000707"

    async def count(**query: str) -> int:
        return len((await booth.ask("GET", "/records/partner", user="", **query)).data)

    assert await count(start_date="24.07.2026") == await count(salon_id="962302") == 0
    assert await count(start_date="23.07.2026", created_start_date="22.07.2026") == 1
    assert (await booth.ask("GET", "/records/partner", user="", start_date="x")).status == 400


async def test_a_group_event_has_so_many_places(booth: Booth) -> None:
    order = {"service_id": booth.cut, "staff_id": booth.ann, "capacity": 1}
    event = (
        await booth.town.order(
            "activities", company=booth.company, datetime=f"{DAY} 10:00:00", **order
        )
    )["id"]
    (row,) = (await booth.ask("GET", "/activity/{c}/search", user="")).data
    assert (row["id"], row["capacity"], row["records_count"]) == (event, 1, 0)
    assert (await booth.ask("GET", "/activity/{c}/search_dates", user="")).data == [DAY]
    (staff, _) = (await booth.ask("GET", "/activity/{c}/filters", user="")).data
    assert [(one["title"], one["is_disabled"]) for one in staff["data"]] == [
        ("Анна", False),
        ("Боб", True),
    ]
    person = {"phone": PHONE, "fullname": "Иван"}
    path = f"/activity/{{c}}/{event}/book"
    assert (await booth.ask("POST", path, person, user="")).status == 201
    assert (await booth.ask("POST", path, person, user="")).status == 422
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    assert row["activity_id"] == event


async def test_what_may_be_added_to_a_choice(booth: Booth) -> None:
    all_ = (await booth.ask("GET", "/book_services/{c}", user="")).data
    assert {row["id"] for row in all_["services"]} == {booth.cut, booth.colour}
    assert "seance_length" not in all_["services"][0]
    assert all_["category"][0]["title"] == "Волосы"
    bobs = (await booth.ask("GET", "/book_services/{c}", user="", staff_id=booth.bob)).data
    assert [(r["id"], r["seance_length"]) for r in bobs["services"]] == [(booth.cut, 2700)]
    who = (await booth.ask("GET", "/book_staff/{c}", user="", service_ids=[booth.colour])).data
    assert [(row["id"], row["name"], row["bookable"]) for row in who] == [
        (str(booth.ann), "Анна", True)
    ]
    assert who[0]["seance_date"] == DAY
    await booth.make("10:00")
    busy = (await booth.ask("GET", "/book_staff/{c}", user="", datetime=f"{DAY} 10:00:00")).data
    assert [(row["name"], row["bookable"]) for row in busy] == [("Анна", False), ("Боб", True)]
    assert "seance_date" not in busy[0]
