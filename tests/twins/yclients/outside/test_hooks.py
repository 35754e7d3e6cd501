"""Hooks about entities and the lifecycle of an application (contract §1.10, §1.11)."""

from typing import Any

import pytest

from kommutator.twins.yclients.applications import BY_MARKETPLACE
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.records_book import delete_record, mark
from tests.support.yclients_town import SALON, SECOND
from tests.twins.yclients.outside.partner import Hearer, Partner

SETTINGS = f"/api/v1/hooks_settings/{SALON}"


def by_api(partner: Partner) -> By:
    """The application's own hand."""
    world = partner.world
    return By(world.users[world.system_user_id], next(iter(world.partners.values())))


async def test_empty_settings_are_one_empty_url(partner: Partner) -> None:
    told = (await partner.owner("GET", SETTINGS)).data
    assert (told["urls"], told["active"], told["record"]) == ([""], 0, 0)


async def test_a_post_replaces_everything(partner: Partner) -> None:
    first = {"urls": ["https://a.example", "https://b.example"], "active": 1, "record": 1}
    answer = await partner.owner("POST", SETTINGS, first)
    assert (answer.status, answer.data["urls"]) == (201, first["urls"])
    second = {"urls": ["https://c.example"], "active": 1, "client": 1}
    await partner.owner("POST", SETTINGS, second)
    told = (await partner.owner("GET", SETTINGS)).data
    assert (told["urls"], told["record"], told["client"]) == (second["urls"], 0, 1)


@pytest.mark.parametrize(
    "urls", [[f"https://{n}.example" for n in range(11)], ["https://a.example"] * 2, "https://a"]
)
async def test_bad_urls(partner: Partner, urls: Any) -> None:
    assert (await partner.owner("POST", SETTINGS, {"urls": urls, "active": 1})).status == 422
    assert (await partner.owner("GET", SETTINGS)).data["urls"] == [""]


async def test_who_may_not_set_hooks(partner: Partner) -> None:
    admin = partner.world.user("admin@salon.example")
    assert (await partner.send("GET", SETTINGS, user=admin.token)).status == 403
    assert (await partner.as_system("GET", SETTINGS)).status == 403
    await partner.installed()
    assert (await partner.as_system("GET", SETTINGS)).status == 200


async def test_a_record_and_its_client(partner: Partner, hearer: Hearer) -> None:
    await partner.order("hooks", urls=[hearer.base_url], active=1, record=1)
    record = partner.write_in(comment="у окна")
    (letter,) = await partner.letters(1, outcome="good")
    assert letter["status"] == 200
    body = hearer.bodies[0]
    assert (body["company_id"], body["resource"], body["resource_id"], body["status"]) == (
        SALON,
        "record",
        record.id,
        "create",
    )
    assert (body["data"]["comment"], body["data"]["staff_id"]) == ("у окна", record.staff_id)
    assert {"comment", "sex", "birthday", "client_tags", "phone"} <= set(body["data"]["client"])


async def test_names_of_things(partner: Partner, hearer: Hearer) -> None:
    flags = dict.fromkeys(("salon", "master", "service", "service_category", "client"), 1)
    await partner.order("hooks", urls=[hearer.base_url], active=1, **flags)
    salon = partner.salon
    things = {
        "company": salon.id,
        "staff": next(iter(salon.staff)),
        "service": next(iter(salon.services)),
        "service_category": next(iter(salon.categories)),
        "client": next(iter(salon.clients)),
    }
    for resource, number in things.items():
        partner.world.changed(salon, resource, number, "update")
    await partner.letters(5, outcome="good")
    told = {body["resource"]: body for body in hearer.bodies}
    assert {name: body["resource_id"] for name, body in told.items()} == things
    assert all(int(body["data"]["id"]) == things[name] for name, body in told.items())


async def test_only_what_is_switched_on(partner: Partner, hearer: Hearer) -> None:
    await partner.order("hooks", urls=[hearer.base_url], active=1, client=1)
    partner.write_in()
    await partner.order("hooks", urls=[hearer.base_url], active=0, record=1)
    partner.write_in()
    assert await partner.letters(0) == []


async def test_an_applications_urls_hear_everything(partner: Partner, hearer: Hearer) -> None:
    await partner.installed(webhook_urls=[hearer.base_url])
    record = partner.write_in()
    mark(partner.world, partner.salon, record, By(), attendance=2)
    delete_record(partner.world, partner.salon, record, By())
    await partner.letters(3, outcome="good")
    assert sorted(body["status"] for body in hearer.bodies) == ["create", "delete", "update"]
    (deleted,) = [body for body in hearer.bodies if body["status"] == "delete"]
    assert deleted["data"]["deleted"] is True


async def test_twice_named_once_told(partner: Partner, hearer: Hearer) -> None:
    await partner.installed(webhook_urls=[hearer.base_url])
    await partner.order("hooks", urls=[hearer.base_url], active=1, record=1)
    told = await partner.look("hooks", company=SALON)
    assert told["told"] == [hearer.base_url]


async def test_five_seconds_of_the_twins_clock(partner: Partner, hearer: Hearer) -> None:
    await partner.order("switches", hook_delay_seconds=5.0)
    await partner.installed(webhook_urls=[hearer.base_url])
    partner.write_in()
    await partner.order("clock", advance=4.5)
    assert (await partner.look("letters"))["waiting"] == 1
    assert hearer.bodies == []
    await partner.order("clock", advance=1)
    await partner.letters(1, outcome="good")


async def test_what_is_uninstalled_meanwhile_is_withdrawn(partner: Partner, hearer: Hearer) -> None:
    await partner.order("switches", hook_delay_seconds=5.0)
    await partner.installed(webhook_urls=[hearer.base_url])
    partner.write_in()
    await partner.order("market", salon_id=SALON, act="uninstall")
    await partner.order("clock", advance=6)
    await partner.letters(1, outcome="withdrawn")
    assert hearer.bodies == []


@pytest.mark.parametrize("stops", [True, False])
async def test_frozen(partner: Partner, hearer: Hearer, stops: bool) -> None:
    await partner.order("switches", hook_freeze_stops=stops)
    await partner.installed(webhook_urls=[hearer.base_url])
    await partner.order("market", salon_id=SALON, act="freeze")
    told = await partner.look("hooks", company=SALON)
    assert told["told"] == ([] if stops else [hearer.base_url])


@pytest.mark.parametrize("echo", [True, False])
async def test_our_own_changes(partner: Partner, hearer: Hearer, echo: bool) -> None:
    await partner.order("switches", hook_self_echo=echo)
    await partner.installed(webhook_urls=[hearer.base_url])
    partner.write_in(by=by_api(partner))
    by_hand = partner.write_in(hours=72)
    await partner.letters(2 if echo else 1, outcome="good")
    ids = [body["resource_id"] for body in hearer.bodies]
    assert len(ids) == (2 if echo else 1)
    assert by_hand.id in ids


async def test_what_came_by_the_api_is_an_echo(partner: Partner, hearer: Hearer) -> None:
    """Over the wire: the hook of a visit we wrote carries our own `api_id`."""
    await partner.installed(webhook_urls=[hearer.base_url])
    company, record = partner.salon, partner.write_in()
    body = {
        "staff_id": record.staff_id,
        "services": [{"id": record.services[0].id, "cost": 1, "first_cost": 1, "discount": 0}],
        "client": {"phone": "70000000999", "name": "Зоя"},
        "datetime": f"{record.start:%Y-%m-%d %H:%M:%S}",
        "seance_length": 3600,
        "save_if_busy": True,
        "send_sms": False,
        "api_id": "ours-1",
    }
    made = await partner.as_system("POST", f"/api/v1/records/{company.id}", body)
    assert made.status == 201, made.text
    await partner.letters(1, **{"body.data.api_id": "ours-1"}, outcome="good")
    await partner.order("switches", hook_self_echo=False)
    gone = await partner.as_system("DELETE", f"/api/v1/record/{company.id}/{made.data['id']}")
    assert gone.status == 204
    assert await partner.letters(0, **{"body.status": "delete"}) == []


async def test_schedules_only_at_altegio(partner: Partner, hearer: Hearer) -> None:
    await partner.installed(webhook_urls=[hearer.base_url])
    staff = next(iter(partner.salon.staff))
    partner.world.changed(partner.salon, "schedule", staff, "update")
    assert await partner.letters(0) == []
    await partner.order("switches", hook_schedule=True)
    partner.world.changed(partner.salon, "schedule", staff, "update")
    await partner.letters(1, outcome="good")
    assert (hearer.bodies[0]["resource_id"], hearer.bodies[0]["data"]) == (staff, [])


async def test_retries_by_a_switch(partner: Partner, hearer: Hearer) -> None:
    hearer.status = 503
    await partner.order("switches", hook_retries=2)
    await partner.installed(webhook_urls=[hearer.base_url])
    partner.write_in()
    for number in (1, 2):
        await partner.letters(number, outcome="bad")
        await partner.order("clock", advance=1.5)
    rows = await partner.letters(3, outcome="bad")
    assert [row["attempt"] for row in rows] == [1, 2, 3]
    await partner.order("clock", advance=100)
    assert (await partner.look("letters"))["waiting"] == 0


@pytest.mark.parametrize("status", [404, 503])
async def test_no_retries_without_it(partner: Partner, hearer: Hearer, status: int) -> None:
    hearer.status = status
    await partner.installed(webhook_urls=[hearer.base_url])
    partner.write_in()
    (row,) = await partner.letters(1, outcome="bad")
    assert (row["status"], (await partner.look("letters"))["waiting"]) == (status, 0)


async def test_silence_and_nobody_there(partner: Partner, hearer: Hearer) -> None:
    hearer.silent = True
    await partner.order("switches", hook_answer_seconds=0.05)
    await partner.installed(webhook_urls=[hearer.base_url, "http://127.0.0.1:9/"])
    partner.write_in()
    rows = await partner.letters(2, outcome="bad")
    assert {row["status"] for row in rows} == {0}


async def test_bad_weather(partner: Partner, hearer: Hearer) -> None:
    await partner.installed(webhook_urls=[hearer.base_url])
    await partner.order("switches", hook_loss=1.0)
    partner.write_in()
    await partner.letters(1, outcome="lost")
    await partner.order("switches", hook_loss=0.0, hook_duplicate=1.0)
    twice = partner.write_in(hours=50)
    await partner.letters(2, outcome="good")
    assert [body["resource_id"] for body in hearer.bodies] == [twice.id, twice.id]


async def test_out_of_order(partner: Partner, hearer: Hearer) -> None:
    await partner.installed(webhook_urls=[hearer.base_url])
    await partner.order("switches", hook_reorder=1.0)
    first, second = partner.write_in(), partner.write_in(hours=50)
    await partner.letters(2, outcome="good")
    assert [body["resource_id"] for body in hearer.bodies] == [second.id, first.id]


async def test_lifecycle(partner: Partner, hearer: Hearer) -> None:
    await partner.order("market/application", callback_url=f"{hearer.base_url}/lifecycle")
    await partner.installed()
    await partner.order("market", salon_id=SALON, act="freeze")
    await partner.order("market", salon_id=SALON, act="uninstall")
    await partner.letters(2, kind="lifecycle", outcome="good")
    mine = {
        "salon_id": SALON,
        "application_id": partner.app,
        "partner_token": partner.partner_token,
    }
    assert hearer.bodies == [mine | {"event": "freeze"}, mine | {"event": "uninstall"}]


async def test_lifecycle_of_what_never_worked(partner: Partner, hearer: Hearer) -> None:
    await partner.order("market/application", callback_url=hearer.base_url)
    await partner.order("market/connect", salon_ids=[SALON])
    await partner.order("clock", advance=3700)
    assert await partner.status() == "404"
    assert await partner.letters(0) == []


@pytest.mark.parametrize("echo", [True, False])
async def test_a_partner_that_leaves_by_itself(
    partner: Partner, hearer: Hearer, echo: bool
) -> None:
    await partner.order("market/application", callback_url=hearer.base_url)
    await partner.order("switches", lifecycle_echo=echo)
    await partner.installed()
    path = f"/marketplace/salon/{SALON}/application/{partner.app}/uninstall"
    await partner.send("POST", path)
    assert len(await partner.letters(int(echo), kind="lifecycle")) == int(echo)


async def test_lifecycle_twice_and_again(partner: Partner, hearer: Hearer) -> None:
    hearer.status = 500
    await partner.order("market/application", callback_url=hearer.base_url)
    await partner.order("switches", lifecycle_duplicate=1.0, lifecycle_retries=1)
    await partner.installed()
    await partner.order("market", salon_id=SALON, act="freeze")
    await partner.letters(2, outcome="bad")
    await partner.order("clock", advance=60)
    await partner.letters(4, outcome="bad")


@pytest.mark.parametrize("told", [True, False])
async def test_payment_is_altegios_event(partner: Partner, hearer: Hearer, told: bool) -> None:
    await partner.order("market/application", callback_url=hearer.base_url)
    await partner.order("switches", lifecycle_payment=told)
    await partner.installed()
    paid = (await partner.order("market", salon_id=SALON, act="pay"))["payment"]
    rows = await partner.letters(int(told), kind="lifecycle", outcome="good")
    assert len(rows) == int(told)
    if told:
        body = hearer.bodies[0]
        assert (body["event"], body["payment_id"], body["amount"]) == ("payment", paid["id"], 990)
        assert len(body["sign"]) == 64


async def test_other_salons_are_not_told(partner: Partner, hearer: Hearer) -> None:
    await partner.installed(SECOND, webhook_urls=[hearer.base_url])
    partner.write_in()
    assert await partner.letters(0) == []
    market = partner.world.outside.market
    market.turn(market.application(), SECOND, "uninstalled", BY_MARKETPLACE)
    assert (await partner.look("hooks", company=SECOND))["told"] == []
