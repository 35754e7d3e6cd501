"""What people do in YClients itself; salons and weeks by chance; the world anew."""

import time
from datetime import timedelta

import pytest

from kommutator.twins.yclients.changes import Change
from kommutator.twins.yclients.random_salon import Sizes, random_salon
from kommutator.twins.yclients.script import Script
from kommutator.twins.yclients.slots import is_free
from kommutator.twins.yclients.world import World, bare_world
from tests.support.yclients_town import SALON, YTown
from tests.twins.yclients.salon.booth import DAY, PHONE, Booth


async def refused(booth: Booth, path: str, **order: object) -> int:
    async with booth.town.http.post(f"{booth.town.url}/_twin/{path}", json=order) as answer:
        assert "error" in await answer.json()
        return answer.status


async def test_a_visits_life_by_hand(booth: Booth) -> None:
    told: list[Change] = []
    booth.town.world.subscribe(told.append)
    act = {"company": booth.company}
    client = {"name": "Иван", "phone": PHONE}
    made = await booth.town.order(
        "act", **act, act="create", staff_id=booth.ann, services=[booth.cut],
        datetime=f"{DAY} 10:00:00", client=client, comment="Тест",
    )  # fmt: skip
    assert (made["length"], made["online"], made["comment"]) == (3600, False, "Тест")
    one = act | {"id": made["id"]}
    moved = await booth.town.order(
        "act", **one, act="move", datetime=f"{DAY} 12:00:00", staff_id=booth.bob
    )
    assert (moved["date"], moved["staff_id"]) == (f"{DAY} 12:00:00", booth.bob)
    assert (await booth.town.order("act", **one, act="attendance", attendance=1))["attendance"] == 1
    assert (await booth.town.order("act", **one, act="comment", comment="Да"))["comment"] == "Да"
    assert (await booth.town.order("act", **one, act="cancel"))["deleted"] is True
    records = [change for change in told if change.resource == "record"]
    assert [change.status for change in records] == ["create", "update", "update", "update",
                                                     "delete"]  # fmt: skip
    assert {c.user.name if c.user else "" for c in records} == {"Вера Образцова"}
    assert {change.partner for change in told} == {None}
    again = await booth.town.look("wait", company=booth.company, id=made["id"], deleted="true")
    assert again["ok"] is True


async def test_hands_are_refused_like_people(booth: Booth) -> None:
    wish = {"company": booth.company, "act": "create", "staff_id": booth.ann,
            "services": [booth.cut], "datetime": f"{DAY} 10:00:00"}  # fmt: skip
    made = await booth.town.order("act", **wish)
    assert await refused(booth, "act", **wish) == 409
    anyway = await booth.town.order("act", **wish, anyway=True)
    assert anyway["id"] != made["id"]
    for bad in ({"staff_id": 1}, {"services": [1]}, {"datetime": "x"}, {"act": "x"},
                {"attendance": 9, "anyway": True}):  # fmt: skip
        assert await refused(booth, "act", **(wish | bad)) == 400
    cancel = {"company": booth.company, "act": "cancel", "id": made["id"]}
    await booth.town.order("act", **cancel)
    assert await refused(booth, "act", **cancel) == 409


async def test_clients_by_hand(booth: Booth) -> None:
    act = {"company": booth.company}
    made = await booth.town.order("act", **act, act="client", fields={"name": "А", "phone": PHONE})
    one = act | {"id": made["id"]}
    changed = await booth.town.order("act", **one, act="client", fields={"sms_not": 1})
    assert (changed["sms_not"], changed["name"]) == (1, "А")
    await booth.town.order("act", **one, act="drop_client")
    assert booth.inside.clients == {}


async def test_free_slots_without_a_request(booth: Booth) -> None:
    query = {"company": booth.company, "staff": booth.ann, "date": DAY, "services": booth.cut}
    slots = (await booth.town.look("times", **query))["slots"]
    assert [slot["time"] for slot in slots] == await booth.times(booth.ann, booth.cut)
    assert slots[0]["datetime"] == f"{DAY}T10:00:00+03:00"


async def test_many_salons_open_to_all(town: YTown) -> None:
    sizes = {"days": 2, "clients": 1}
    made = (await town.order("random", seed=7, count=3, open=True, sizes=sizes))["companies"]
    for company in made:
        answer = await town.ask("GET", f"/records/{company}", user=town.user_token)
        assert answer.status == 200


async def test_the_world_anew(booth: Booth) -> None:
    town = booth.town
    rung: list[str] = []
    town.world.on_reset.append(lambda: rung.append("reset"))
    await booth.book("10:00")
    await town.order("switches", code_place="code")
    before = (town.partner_token, town.user_token, town.owner_token)
    await town.order("reset")
    assert rung == ["reset"]
    assert booth.company not in town.world.companies
    assert town.world.switches.code_place == "meta.code"
    assert (town.partner_token, town.user_token, town.owner_token) == before
    assert (await town.ask("GET", f"/records/{SALON}", user=town.owner_token)).status == 200
    assert (await town.ask("GET", f"/records/{SALON}", user=town.user_token)).status == 403
    assert (await town.look("pace"))["total"] == 2


async def test_the_state_shows_what_is_held(booth: Booth) -> None:
    record = await booth.make("10:00")
    state = await booth.town.look("state", company=booth.company)
    (company,) = state["companies"].values()
    assert company["now"] == "2026-07-22 11:00:00"
    assert [row["id"] for row in company["records"]] == [record]
    assert state["requests"] == {"POST /api/v1/records/{id}": 1}
    credentials = await booth.town.look("credentials")
    assert credentials["partner_token"] == booth.town.partner_token
    assert credentials["user_token"] == booth.town.user_token


@pytest.fixture(scope="module")
def world() -> World:
    return bare_world()


def no_double_booking(world: World, number: int) -> None:
    company = world.company(number)
    for record in company.records.values():
        staff = company.staff[record.staff_id]
        if not record.deleted:
            assert is_free(company, staff, record.start, record.busy_seconds, but=record.id)


@pytest.mark.parametrize("seed", range(10))
def test_a_random_salon_is_possible_and_the_same_again(world: World, seed: int) -> None:
    first, second = (random_salon(world, seed) for _ in range(2))
    assert [r.start for r in first.records.values()] == [r.start for r in second.records.values()]
    assert [s.shifts for s in first.staff.values()] == [s.shifts for s in second.staff.values()]
    no_double_booking(world, first.id)


def test_a_thousand_changes_keep_the_journal_possible(world: World) -> None:
    told: list[Change] = []
    world.subscribe(told.append)
    company = random_salon(world, 3, Sizes(most_staff=8, clients=5))
    world.switches.default_seance_seconds = 900
    counts = Script(world, company, 1).run(1000, pause=1.0)
    assert sum(counts.values()) == 1000
    assert set(counts) == {"create", "move", "attendance", "cancel", "comment"}
    assert sum(change.resource == "record" for change in told) == 1000
    no_double_booking(world, company.id)
    changed = [r.changed_at for r in company.records.values()]
    assert max(changed) - min(changed) > 900


def test_many_salons_are_cheap() -> None:
    world = bare_world()
    began = time.process_time()
    made = [random_salon(world, seed, Sizes(days=7)) for seed in range(50)]
    for company in made:
        for staff in company.staff.values():
            day = world.today(company) + timedelta(1)
            world.times(company, staff.id, day, list(staff.lengths)[:2])
    assert time.process_time() - began < 1.0
