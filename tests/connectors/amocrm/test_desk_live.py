"""Set-up, people and look-ups against the running twin."""

from dataclasses import replace
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.desk import AmoCrmDesk, _differences
from kommutator.domain.crm_data import Hook
from kommutator.domain.ports import Difference, Registration
from kommutator.kit.errors import ErrorKind, VendorError
from tests.connectors.amocrm.vendor import Vendor
from tests.support.scripted import FreeTurn

HOOK = f"https://gateway.example/api/v1/webhooks/amocrm/{7:032x}.secret"
REGISTRATION = Registration(
    client_id="",
    account_url="",
    base_url="https://gateway.example",
    make_call_url="",
    presence_url="",
    logo_url="",
    codes={},
    lines={},
    hook_url=HOOK,
)


async def desk_of(vendor: Vendor, name: str = "demo") -> AmoCrmDesk:
    return AmoCrmDesk(await vendor.clients(name))


async def contact(vendor: Vendor) -> dict[str, Any]:
    rows = (await vendor.state())["accounts"]["demo"]["contacts"]
    return next(row for row in rows if phones(row))


def phones(row: dict[str, Any]) -> list[str]:
    fields = [f for f in row["custom_fields_values"] or [] if f["field_code"] == "PHONE"]
    return [value["value"] for field in fields for value in field["values"]]


async def test_account_opens(vendor: Vendor) -> None:
    probe = await (await desk_of(vendor)).probe(vendor.account())
    assert (probe.ok, probe.message, probe.time_zone) == (True, "amocrm_ready", "Europe/Moscow")
    assert probe.details == {
        "account_id": "31000001",
        "account_name": "demo",
        "subdomain": "demo",
        "users": 6,
        "admin": True,
        "hooks": True,
        "unsorted": True,
        "filters": True,
        "country": "RU",
    }


async def test_grant_of_somebody_without_rights(vendor: Vendor) -> None:
    await vendor.grant()  # the first one is always an administrator's
    grant = await vendor.grant(user_id=10001002)
    desk = AmoCrmDesk(AmoCrmClients(vendor.http, access=grant, turn=FreeTurn()))
    probe = await desk.probe(vendor.account())
    assert (probe.ok, probe.message) == (True, "amocrm_ready_without_hooks")
    assert (probe.details["users"], probe.details["admin"], probe.details["hooks"]) == (
        None,
        None,
        False,
    )
    assert await desk.employees(vendor.account()) == []
    with pytest.raises(VendorError) as refused:
        await desk.register(vendor.account(), REGISTRATION)
    assert refused.value.hint == "amocrm_rights"
    assert (await desk.deactivate(vendor.account(), REGISTRATION)).verified


async def test_account_that_is_closed(vendor: Vendor) -> None:
    desk = await desk_of(vendor)
    await vendor.order("account", account="demo", unpaid="all")
    with pytest.raises(VendorError) as refused:
        await desk.probe(vendor.account())
    assert (refused.value.kind, refused.value.hint) == (
        ErrorKind.ACCESS_REVOKED,
        "amocrm_unpaid",
    )


async def test_address_is_subscribed_and_read_back(vendor: Vendor) -> None:
    desk, account = await desk_of(vendor), vendor.account(user_extensions={"10001001": "101"})
    report = await desk.register(account, REGISTRATION)
    assert (report.verified, report.codes, report.differences) == (True, {"10001001": "101"}, ())
    (held,) = (await vendor.state())["accounts"]["demo"]["webhooks"]
    assert held["destination"] == HOOK
    assert {"add_lead", "update_lead", "status_lead", "responsible_lead"} <= set(held["settings"])
    assert "secret" not in repr(report)
    assert (await desk.deactivate(account, REGISTRATION)).verified
    assert (await vendor.state())["accounts"]["demo"]["webhooks"] == []


async def test_addresses_of_former_secrets_are_taken_off_too(vendor: Vendor) -> None:
    desk, account = await desk_of(vendor), vendor.account()
    await desk.register(account, replace(REGISTRATION, hook_url=f"{HOOK}-of-old"))
    other = "https://gateway.example/somebody-elses"
    await desk.register(account, replace(REGISTRATION, hook_url=other))
    await desk.deactivate(account, REGISTRATION)
    held = (await vendor.state())["accounts"]["demo"]["webhooks"]
    assert [hook["destination"] for hook in held] == [other]


async def test_without_an_address_there_is_nothing_to_register(vendor: Vendor) -> None:
    report = await (await desk_of(vendor)).register(
        vendor.account(), replace(REGISTRATION, hook_url="")
    )
    assert report.verified
    assert (await vendor.state())["accounts"]["demo"]["webhooks"] == []


def test_what_did_not_stick_is_told() -> None:
    assert _differences(("a", "b"), None) == (Difference("hook", True, False),)
    assert _differences(("a", "b"), Hook(1, HOOK, ("a",), disabled=True)) == (
        Difference("hook_settings", "b", None),
        Difference("hook_enabled", True, False),
    )
    assert _differences(("a",), Hook(1, HOOK, ("a", "c"))) == ()


async def test_employees_of_every_page(vendor: Vendor) -> None:
    people = await (await desk_of(vendor, "large")).employees(vendor.account("large"))
    assert len(people) == 45
    assert people[0].name == "Анна Вымыслова"
    assert all(person.active for person in people)


async def test_nothing_that_amocrm_has_not(vendor: Vendor) -> None:
    desk, account = await desk_of(vendor), vendor.account(user_extensions={"10001001": "101"})
    assert await desk.read_codes(account) == {"10001001": "101"}
    await desk.set_status(account, "10001001", "dinner")
    assert "POST /api" not in " ".join((await vendor.state())["requests"])


@pytest.mark.parametrize("match", ["digits", "substring"])
async def test_person_by_phone(vendor: Vendor, match: str) -> None:
    """However the vendor's search matches; that is not documented."""
    await vendor.order("switches", query_match=match)
    row = await contact(vendor)
    digits = "".join(filter(str.isdigit, phones(row)[0]))
    desk = await desk_of(vendor)
    person = await desk.person(vendor.account(), f"+{digits}")
    assert person is not None
    assert (person.name, person.customer_id) == (row["name"], str(row["id"]))
    assert person.responsible_id == str(row["responsible_user_id"])
    assert person.links == {"customerLink": f"{vendor.base_url()}/contacts/detail/{row['id']}"}


async def test_company_by_phone(vendor: Vendor) -> None:
    rows = (await vendor.state())["accounts"]["demo"]["companies"]
    row = next(row for row in rows if phones(row))
    digits = "".join(filter(str.isdigit, phones(row)[0]))
    person = await (await desk_of(vendor)).person(vendor.account(), f"+{digits}")
    assert person is not None
    assert person.links["customerLink"].endswith(f"/companies/detail/{row['id']}")


async def test_stranger(vendor: Vendor) -> None:
    assert await (await desk_of(vendor)).person(vendor.account(), "+375000000099") is None


async def test_all_people_page_by_page(vendor: Vendor) -> None:
    desk, account = await desk_of(vendor), vendor.account()
    page = await desk.people(account, 1)
    there = (await vendor.state())["accounts"]["demo"]
    assert page.clients == len(there["contacts"]) + len(there["companies"])
    assert page.pages == 1
    assert page.pause_s > 1
    row = await contact(vendor)
    assert str(row["id"]) in {person.customer_id for person in page.people}


async def test_trial_changes_nothing(vendor: Vendor) -> None:
    desk = await desk_of(vendor)
    before = (await vendor.state())["accounts"]["demo"]["contacts"]
    trial = await desk.try_record(vendor.account(), "Проверка")
    assert (trial.written, trial.removed) == (True, True)
    after = (await vendor.state())["accounts"]["demo"]
    assert trial.where in {row["name"] for row in after["contacts"]}
    keys = ("id", "name", "responsible_user_id", "custom_fields_values")
    assert [[row[key] for key in keys] for row in after["contacts"]] == [
        [row[key] for key in keys] for row in before
    ]
    assert (await vendor.state())["requests"]["PATCH /api/v4/contacts/{id}"] == 1


async def test_allowances_are_those_that_requests_draw_from(vendor: Vendor) -> None:
    account = vendor.account()
    place = vendor.base_url().removeprefix("http://")
    assert (await desk_of(vendor)).allowances(account) == [
        f"amocrm:{vendor.app.client_id}:{place}",
        f"amocrm:account:{place}",
    ]
