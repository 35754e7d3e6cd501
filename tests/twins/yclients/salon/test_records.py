"""Records of the journal: filters, full replace, soft delete, who is told (§1.5)."""

from typing import Any

import pytest

from kommutator.twins.yclients.changes import Change
from tests.support.yclients_town import SALON, YTown
from tests.twins.yclients.salon.booth import DAY, Booth, build


async def listed(booth: Booth, **query: Any) -> list[int]:
    return [row["id"] for row in (await booth.ask("GET", "/records/{c}", **query)).data]


async def test_made_shown_and_told(booth: Booth) -> None:
    told: list[Change] = []
    booth.town.world.subscribe(told.append)
    services = [{"id": booth.cut, "first_cost": 1000, "discount": 50}]
    more = {"api_id": "777", "comment": "Тест", "attendance": 2, "record_labels": [5]}
    body = booth.record("10:00", services=services, **more)
    made = await booth.ask("POST", "/records/{c}", body)
    assert made.status == 201
    row = made.data
    assert (row["date"], row["datetime"]) == (f"{DAY} 10:00:00", f"{DAY}T10:00:00+03:00")
    assert row["create_date"] == row["last_change_date"] == "2026-07-22T11:00:00+0300"
    assert (row["api_id"], row["comment"], row["attendance"]) == ("777", "Тест", 2)
    assert (row["services"][0]["cost"], row["services"][0]["discount"]) == (500, 50)
    assert row["record_labels"][0]["id"] == "5"
    assert (row["custom_fields"], row["deleted"], row["online"]) == ([], False, False)
    assert [(c.resource, c.status, c.id) for c in told] == [
        ("client", "create", row["client"]["id"]),
        ("record", "create", row["id"]),
    ]
    assert (told[1].company.id, told[1].user) == (booth.company, booth.town.world.user(
        booth.town.world.system_user_id))  # fmt: skip


async def test_the_answer_may_be_a_list(booth: Booth) -> None:
    await booth.town.order("switches", created_record="array")
    made = await booth.ask("POST", "/records/{c}", booth.record("10:00"))
    assert [row["company_id"] for row in made.data] == [booth.company]


async def test_a_busy_time(booth: Booth) -> None:
    await booth.make("10:00")
    for at in ("10:30", "13:30", "20:00"):
        refused = await booth.ask("POST", "/records/{c}", booth.record(at))
        assert refused.status == 422
        assert "Выбранное время уже занято или является нерабочим." in refused.message
    await booth.town.order("switches", busy_status=409)
    assert (await booth.ask("POST", "/records/{c}", booth.record("10:00"))).status == 409
    assert await booth.make("10:00", save_if_busy=True)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"staff_id": 5}, 404),
        ({"services": [{"id": 5}]}, 404),
        ({"services": "x"}, 422),
        ({"datetime": "soon"}, 422),
        ({"attendance": 7}, 422),
        ({"client": {"phone": "1"}}, 422),
        ({"client": {"id": 5}}, 422),
        ({"seance_length": 99_999}, 422),
    ],
)
async def test_a_bad_body_changes_nothing(booth: Booth, change: Any, status: int) -> None:
    refused = await booth.ask("POST", "/records/{c}", booth.record("10:00") | change)
    assert refused.status == status
    assert (booth.inside.records, booth.inside.clients) == ({}, {})


async def test_a_replace_forgets_what_is_not_said(booth: Booth) -> None:
    record = await booth.make("10:00", comment="Старое", api_id="1", custom_fields={"a": 1})
    path = f"/record/{{c}}/{record}"
    partial = await booth.ask("PUT", path, {"comment": "Новое"})
    assert partial.status == 422
    assert set(partial.json["meta"]["errors"]) == {
        "staff_id", "services", "datetime", "client", "seance_length", "save_if_busy", "send_sms",
    }  # fmt: skip
    await booth.town.order("clock", advance=60)
    put = await booth.ask("PUT", path, booth.record("10:30", client=[]))
    assert put.status == 201
    row = put.data
    assert (row["comment"], row["api_id"], row["custom_fields"], row["client"]) == (
        "",
        "",
        [],
        None,
    )
    assert row["date"] == f"{DAY} 10:30:00"
    assert row["last_change_date"] == "2026-07-22T11:01:00+0300"
    assert row["create_date"] == "2026-07-22T11:00:00+0300"
    other = await booth.make("12:00")
    taken = await booth.ask("PUT", path, booth.record("12:30"))
    assert taken.status == 422
    assert (await booth.ask("GET", f"/record/{{c}}/{other}")).status == 200


async def test_deleted_softly(booth: Booth) -> None:
    record = await booth.make("10:00")
    gone = await booth.ask("DELETE", f"/record/{{c}}/{record}")
    assert (gone.status, gone.text) == (204, "")
    assert await listed(booth) == []
    (row,) = (await booth.ask("GET", "/records/{c}", with_deleted=1)).data
    assert (row["id"], row["deleted"]) == (record, True)
    assert (await booth.ask("GET", f"/record/{{c}}/{record}")).data["deleted"] is True
    assert (await booth.ask("DELETE", f"/record/{{c}}/{record}")).status == 404


async def test_filters(booth: Booth) -> None:
    early = await booth.make("10:00")
    await booth.town.order("clock", advance=86_400)
    late = await booth.make("11:00", staff_id=booth.bob, client=None)
    (client,) = booth.inside.clients
    made = {"client_id": client, "staff_id": booth.ann}
    for name, value in made.items():
        assert await listed(booth, **{name: value}) == [early]
    assert await listed(booth, start_date=DAY, end_date=DAY) == [early, late]
    assert await listed(booth, start_date="2026-07-24") == []
    assert await listed(booth, end_date="2026-07-22") == []
    assert await listed(booth, c_start_date="2026-07-23") == [late]
    assert await listed(booth, c_end_date="2026-07-22") == [early]
    assert await listed(booth, changed_after="2026-07-22T11:00:01") == [late]
    assert await listed(booth, changed_before="2026-07-22T11:00:00") == [early]
    assert await listed(booth, changed_after="2026-07-22T08:00:01+00:00") == [late]
    assert await listed(booth, date_from="2030-01-01", client_phone="7", limit=1) == [early, late]
    for bad in ({"start_date": "x"}, {"changed_after": "x"}, {"staff_id": "x"}):
        refused = await booth.ask("GET", "/records/{c}", **bad)
        assert (refused.status, refused.message) == (400, "Недопустимое значение фильтра")


async def test_every_change_is_seen_by_who_looks_for_changes(booth: Booth) -> None:
    record = await booth.make("10:00")
    steps = (
        ("PUT", f"/record/{{c}}/{record}", booth.record("10:30")),
        ("PUT", f"/book_record/{{c}}/{record}", {"datetime": f"{DAY} 11:00:00"}),
        ("PUT", f"/visits/{booth.inside.records[record].visit_id}/{record}",
         {"attendance": 2, "comment": ""}),
        ("DELETE", f"/record/{{c}}/{record}", None),
    )  # fmt: skip
    for number, (method, path, body) in enumerate(steps, 1):
        await booth.town.order("clock", advance=60)
        await booth.ask(method, path, body)
        since = f"2026-07-22T11:0{number}:00"
        assert await listed(booth, changed_after=since, with_deleted=1) == [record], path


async def test_pages(booth: Booth) -> None:
    made = [await booth.make("10:00", save_if_busy=True) for _ in range(5)]
    first = await booth.ask("GET", "/records/{c}", count=2)
    assert first.json["meta"] == {"page": 1, "total_count": 5}
    assert await listed(booth, count=2, page=3) == made[4:]
    await booth.town.order("switches", records_count_most=3)
    assert await listed(booth, count=300) == made[:3]


async def test_extras_only_when_asked_for(booth: Booth) -> None:
    record = await booth.make("10:00")
    path = f"/record/{{c}}/{record}"
    assert "consumables" not in (await booth.ask("GET", path)).data
    shown = (await booth.ask("GET", path, include_consumables=1)).data
    assert (shown["consumables"], "finance_transactions" in shown) == ([], False)


async def test_type_noise_and_none(booth: Booth) -> None:
    record = await booth.make("10:00")
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    shown = (await booth.ask("GET", f"/record/{{c}}/{record}")).data
    visit = str(booth.inside.records[record].visit_id)
    assert row["visit_id"] == shown["visit_id"] == visit
    assert (row["client"]["phone"], shown["client"]["phone"]) == ("+70000000707", 70000000707)
    await booth.town.order("switches", type_noise=False)
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    shown = (await booth.ask("GET", f"/record/{{c}}/{record}")).data
    assert row["visit_id"] == shown["visit_id"] == int(visit)
    assert shown["client"]["phone"] == "+70000000707"


@pytest.mark.parametrize(
    ("switch", "offset"), [("right", "+02:00"), ("standard", "+01:00"), ("today", "+02:00")]
)
async def test_an_offset_that_is_wrong_in_summer(town: YTown, switch: str, offset: str) -> None:
    booth = await build(town, "Europe/Berlin")
    record = await booth.make("10:00")
    await town.order("switches", datetime_offset=switch)
    shown = (await booth.ask("GET", f"/record/{{c}}/{record}")).data
    assert (shown["date"], shown["datetime"]) == (f"{DAY} 10:00:00", f"{DAY}T10:00:00{offset}")


async def test_a_winter_visit_told_with_summers_offset(town: YTown) -> None:
    booth = await build(town, "Europe/Berlin")
    record = await booth.make("10:00", datetime="2026-12-10 10:00:00", save_if_busy=True)
    await town.order("switches", datetime_offset="today")
    shown = (await booth.ask("GET", f"/record/{{c}}/{record}")).data
    assert shown["datetime"] == "2026-12-10T10:00:00+02:00"


async def test_the_light_way_to_mark_who_came(booth: Booth) -> None:
    record = await booth.make("10:00", comment="Прежнее")
    visit = (await booth.ask("GET", f"/record/{{c}}/{record}")).data["visit_id"]
    shown = (await booth.ask("GET", f"/visits/{visit}")).data
    assert (shown["attendance"], shown["comment"]) == (0, 0)  # PHP's zero for no comment
    path = f"/visits/{visit}/{record}"
    half = await booth.ask("PUT", path, {"attendance": 1})
    assert (half.status, list(half.json["meta"]["errors"])) == (422, ["comment"])
    done = await booth.ask("PUT", path, {"attendance": 1, "comment": "Пришла"})
    assert (done.status, done.data["attendance"], done.data["comment"]) == (200, 1, "Пришла")
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    assert (row["attendance"], row["visit_attendance"], row["comment"]) == (1, 1, "Пришла")
    assert row["client"]["success_visits_count"] == 1
    await booth.ask("PUT", path, {"attendance": -1, "comment": ""})
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    assert (row["client"]["success_visits_count"], row["client"]["fail_visits_count"]) == (0, 1)
    assert (await booth.ask("GET", "/visits/1")).status == 404
    assert (await booth.ask("GET", f"/visits/{visit}", user=booth.town.admin_token)).status == 403


async def test_the_seeded_journal_can_be_read_whole(town: YTown) -> None:
    world, seen, page = town.world, 0, 1
    live = sum(not record.deleted for record in world.company(SALON).records.values())
    while rows := (
        await town.ask("GET", f"/records/{SALON}", user=town.owner_token, page=page, count=100)
    ).data:
        seen, page = seen + len(rows), page + 1
    assert seen == live > 100
