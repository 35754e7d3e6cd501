"""Set-up and people against the live twin."""

import json
from dataclasses import replace

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.domain.ports import Person, Site
from kommutator.kit.errors import ErrorKind, InvalidInput, VendorError
from tests.connectors.retailcrm.crm import CLIENT_ID, STRANGER, Crm, registration

CREDENTIALS = "/api/credentials"


async def test_good_key(desk: RetailCrmDesk, crm: Crm) -> None:
    probe = await desk.probe(crm.account())
    assert (probe.ok, probe.message, probe.missing_scopes) == (True, "probe_ready", ())
    assert probe.time_zone == "Europe/Moscow"
    assert probe.sites == (
        Site("shop-main", "Магазин «Лампа»"),
        Site("shop-opt", "Лампа Опт"),
    )
    assert probe.details["default_site"] == "shop-main"
    assert (await crm.state())["modules"] == []


async def test_key_of_few_rights_and_one_shop(desk: RetailCrmDesk, crm: Crm) -> None:
    probe = await desk.probe(crm.account(limited=True))
    assert (probe.ok, probe.message) == (False, "scopes_missing")
    assert probe.missing_scopes == (
        "integration_read",
        "integration_write",
        "customer_read",
        "customer_write",
        "order_read",
        "task_read",
        "task_write",
    )
    assert probe.details["optional_scopes_missing"] == ("order_write", "user_write")
    assert [site.code for site in probe.sites] == ["shop-main"]


async def test_old_key_lists_paths(desk: RetailCrmDesk, crm: Crm) -> None:
    paths = [
        "/api/telephony/manager",
        "/api/telephony/call/event",
        "/api/v5/integration-modules/{code}",
        "/api/integration-modules/{code}/edit",
        "/api/users",
        "/api/customers",
        "/api/customers/create",
        "/api/orders",
        "/api/tasks",
        "/api/tasks/create",
        "/api/reference/sites",
    ]
    body = {"success": True, "scopes": [], "credentials": paths, "siteAccess": "access_full"}
    await crm.fault("reply", path=CREDENTIALS, status=200, body=json.dumps(body))
    probe = await desk.probe(crm.account())
    assert probe.missing_scopes == ("telephony_write",)  # calls/upload is not among them
    assert probe.details["old_key"] is True


async def test_settings_the_key_may_not_see(desk: RetailCrmDesk, crm: Crm) -> None:
    await crm.fault("access_denied", path="/api/v5/settings")
    await crm.fault("access_denied", path="/api/v5/reference")
    probe = await desk.probe(crm.account())
    assert (probe.ok, probe.time_zone, probe.sites) == (True, None, ())


@pytest.mark.parametrize("path", ["/api/v5/settings", "/api/v5/reference"])
async def test_facts_that_fail_for_another_reason(desk: RetailCrmDesk, crm: Crm, path: str) -> None:
    await crm.fault("html_502", path=path)
    with pytest.raises(VendorError) as caught:
        await desk.probe(crm.account())
    assert caught.value.kind is ErrorKind.TRANSIENT


async def test_module_that_cannot_be_read_is_not_overwritten(desk: RetailCrmDesk, crm: Crm) -> None:
    await desk.register(crm.account(), registration())
    await crm.fault("html_502", method="GET", path="/api/v5/integration-modules")
    with pytest.raises(VendorError):
        await desk.register(crm.account(), registration(codes={}))
    (module,) = (await crm.state())["modules"]
    assert len(module["integrations"]["telephony"]["additionalCodes"]) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "hint"),
    [
        ("wrong_key", ErrorKind.ACCESS_REVOKED, "key_wrong"),
        ("no_account", ErrorKind.ACCESS_REVOKED, "account_missing"),
        ("html_502", ErrorKind.TRANSIENT, "vendor_down"),
        ("drop", ErrorKind.TRANSIENT, None),
    ],
)
async def test_failing_test(
    desk: RetailCrmDesk, crm: Crm, fault: str, kind: ErrorKind, hint: str | None
) -> None:
    await crm.fault(fault, path=CREDENTIALS)
    with pytest.raises(VendorError) as caught:
        await desk.probe(crm.account())
    assert (caught.value.kind, caught.value.hint) == (kind, hint)


async def test_register_and_read_back(desk: RetailCrmDesk, crm: Crm) -> None:
    report = await desk.register(crm.account(), registration())
    assert (report.verified, report.differences) == (True, ())
    assert report.codes == {"18": "102", "19": "101"}
    (module,) = (await crm.state())["modules"]
    assert (module["code"], module["active"], module["clientId"]) == (
        "kommutator-telephony",
        True,
        CLIENT_ID,
    )
    assert CLIENT_ID not in repr(report)


@pytest.mark.parametrize("mode", ["merge", "replace"])
async def test_second_registration_keeps_everything(
    desk: RetailCrmDesk, crm: Crm, mode: str
) -> None:
    await crm.order("switches", edit_mode=mode)
    await desk.register(crm.account(), registration())
    report = await desk.register(crm.account(), registration(codes={"22": "103"}))
    assert (report.verified, report.codes) == (True, {"22": "103"})
    (module,) = (await crm.state())["modules"]
    assert module["clientId"] == CLIENT_ID
    assert module["integrations"]["telephony"]["makeCallUrl"].endswith("/make-call")


async def test_unknown_users_and_shops_are_reported(desk: RetailCrmDesk, crm: Crm) -> None:
    report = await desk.register(
        crm.account(),
        registration(
            codes={"19": "101", "777": "199"},
            lines={"+70000000900": "shop-main", "+70000000901": "shop-gone"},
        ),
    )
    assert not report.verified
    assert (report.unknown_users, report.unknown_sites) == (("777",), ("shop-gone",))
    assert report.codes == {"19": "101"}
    assert report.differences == ()


async def test_refused_registration(desk: RetailCrmDesk, crm: Crm) -> None:
    with pytest.raises(VendorError) as caught:
        await desk.register(crm.account(), registration(logo_url="https://x.example/logo.png"))
    assert (caught.value.kind, caught.value.hint) == (ErrorKind.REJECTED, "entity_refused")
    assert "logo: Logo image must be svg" in caught.value.message


async def test_registration_without_money(desk: RetailCrmDesk, crm: Crm) -> None:
    await crm.order("switches", insufficient_funds=True)
    with pytest.raises(VendorError) as caught:
        await desk.register(crm.account(), registration())
    assert caught.value.hint == "module_not_activated"


async def test_deactivate(desk: RetailCrmDesk, crm: Crm) -> None:
    await desk.register(crm.account(), registration())
    report = await desk.deactivate(crm.account(), registration())
    assert report.verified
    (module,) = (await crm.state())["modules"]
    assert module["active"] is False
    assert module["integrations"]["telephony"]["additionalCodes"] != []


async def test_deactivate_what_was_never_registered(desk: RetailCrmDesk, crm: Crm) -> None:
    report = await desk.deactivate(crm.account(), registration())
    assert (report.verified, report.codes) == (True, {})
    assert (await crm.state())["modules"] == []


async def test_codes_edited_in_the_crm_are_seen(desk: RetailCrmDesk, crm: Crm) -> None:
    assert await desk.read_codes(crm.account()) == {}
    await desk.register(crm.account(), registration())
    assert await desk.read_codes(crm.account()) == {"18": "102", "19": "101"}


async def test_employees_whatever_their_status(desk: RetailCrmDesk, crm: Crm) -> None:
    await desk.register(crm.account(), registration())
    people = await desk.employees(crm.account())
    assert [(e.id, e.status, e.code) for e in people] == [
        ("16", "free", None),
        ("18", "free", "102"),
        ("19", "free", "101"),
        ("22", "dinner", None),
        ("24", "free", None),
        ("27", "busy", None),
    ]
    assert people[2].name == "Образцова Елена"


async def test_employees_of_every_page(desk: RetailCrmDesk, crm: Crm) -> None:
    await crm.order("accounts", name="huge", users=230)
    crm = await Crm.of(crm.http, crm.root)
    people = await desk.employees(crm.account("huge"))
    state = await crm.state("huge")
    assert {e.id for e in people} == {str(user["id"]) for user in state["users"]}
    assert len(people) == 230
    assert state["requests"]["GET /api/v5/users"] == 3


async def test_set_status(desk: RetailCrmDesk, crm: Crm) -> None:
    await desk.set_status(crm.account(), "19", "break")
    user = next(user for user in (await crm.state())["users"] if user["id"] == 19)
    assert user["status"] == "break"


async def test_set_status_of_nobody(desk: RetailCrmDesk, crm: Crm) -> None:
    with pytest.raises(VendorError) as caught:
        await desk.set_status(crm.account(), "999", "free")
    assert (caught.value.kind, caught.value.hint) == (ErrorKind.GONE, "entity_gone")


async def test_unknown_status_is_not_sent(desk: RetailCrmDesk, crm: Crm) -> None:
    with pytest.raises(InvalidInput):
        await desk.set_status(crm.account(), "19", "asleep")
    assert (await crm.state())["requests"] == {}


async def test_person(desk: RetailCrmDesk, crm: Crm) -> None:
    await desk.register(crm.account(), registration())
    person = await desk.person(crm.account(), "+70000000101")
    assert isinstance(person, Person)
    assert (person.name, person.customer_id) == ("Тестов Андрей", "5001")
    assert (person.responsible_id, person.responsible_code) == ("19", "101")
    assert person.links["customerLink"].endswith("/customers/5001")


async def test_responsible_is_told_even_while_busy(desk: RetailCrmDesk, crm: Crm) -> None:
    await desk.set_status(crm.account(), "19", "busy")
    person = await desk.person(crm.account(), "+70000000101")
    assert person is not None
    assert person.responsible_id == "19"


async def test_stranger(desk: RetailCrmDesk, crm: Crm) -> None:
    assert await desk.person(crm.account(), STRANGER) is None


async def test_no_key_at_all(desk: RetailCrmDesk, crm: Crm) -> None:
    with pytest.raises(VendorError) as caught:
        await desk.probe(replace(crm.account(), secrets={}))
    assert caught.value.kind is ErrorKind.ACCESS_REVOKED
