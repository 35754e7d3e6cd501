"""Set-up and people: test, telephony on and off, employees, who has this number."""

from typing import Any

import pytest

from kommutator.connectors.crm.yclients.delivery import YClientsDelivery
from kommutator.connectors.crm.yclients.desk import YClientsDesk
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.ports import CrmDesk, Delivery, Employee, Person, Registration
from tests.connectors.yclients.samples import sample
from tests.connectors.yclients.scripted import SALON, account, bench, no, ok
from tests.connectors.yclients.vendor import ADMIN, Vendor
from tests.support.scripted import answer

REGISTRATION = Registration("c", "https://us", "https://us", "", "", "", {}, {})
ACCEPTED = answer(202, sample("POST_voip_integration"))
TREE = sample("GET_user_permissions_company_id")["data"]


def opened(tree: Any = TREE, **licence: Any) -> list[Any]:
    paid = {"active": 1, "deactivation_date": "08.11.2027", "staff_limit": 5} | licence
    return [
        ok({"id": SALON, "title": "A", "timezone_name": "Asia/Omsk"}),
        ok({}),
        ok(tree),
        ok(paid),
    ]


def less(room: str, name: str) -> Any:
    return {**TREE, room: {**TREE[room], name: False}}


async def test_a_salon_that_opens() -> None:
    here = bench(*opened())
    probe = await YClientsDesk(here.clients).probe(account())
    assert (probe.ok, probe.message, probe.time_zone) == (True, "yclients_ready", "Asia/Omsk")
    assert probe.details == {
        "salon_id": SALON,
        "title": "A",
        "phones": True,
        "licence_until": "2027-11-08",
        "telephony": False,
    }


@pytest.mark.parametrize(
    ("room", "name", "missing", "ready"),
    [
        ("clients", "client_phones_access", "phones", True),
        ("settings", "webhook_read_access", "webhooks", True),
        ("record_form", "create_records_access", "create_records", False),
        ("timetable", "timetable_access", "timetable", False),
    ],
)
async def test_missing_rights(room: str, name: str, missing: str, *, ready: bool) -> None:
    here = bench(*opened(less(room, name)))
    probe = await YClientsDesk(here.clients).probe(account())
    assert (probe.ok, probe.missing_scopes) == (ready, (missing,))
    assert probe.message == "yclients_ready_partly"


async def test_licence_over() -> None:
    here = bench(*opened(active=0))
    probe = await YClientsDesk(here.clients).probe(account())
    assert (probe.ok, probe.message) == (False, "yclients_licence_over")


async def test_a_salon_that_does_not_open() -> None:
    here = bench(no(403, "Нет прав на управление филиалом"))
    with pytest.raises(YClientsError):
        await YClientsDesk(here.clients).probe(account())


async def test_telephony_on_and_off() -> None:
    here = bench(ACCEPTED, ACCEPTED, no(403, "Недостаточно прав"), no(403, "Недостаточно прав"))
    desk, chain = YClientsDesk(here.clients), account(secrets={"voip_token": "chain-k3y"})
    report = await desk.register(chain, REGISTRATION)
    assert report.verified
    assert "chain-k3y" not in repr(report)
    await desk.deactivate(chain, REGISTRATION)
    said = [(sent.body["command"], sent.body["type"]) for sent in here.wire.sent]
    assert said == [("setup", "enable"), ("setup", "disable")]
    assert (await desk.deactivate(chain, REGISTRATION)).verified  # a key nobody knows is off
    with pytest.raises(YClientsError) as refused:
        await desk.register(chain, REGISTRATION)
    assert refused.value.hint == "yclients_voip_refused"
    assert here.told == []  # it is the chain's matter, not the salon's


async def test_without_telephony_nothing_is_set_up() -> None:
    here = bench()
    desk = YClientsDesk(here.clients)
    assert (await desk.register(account(), REGISTRATION)).verified
    assert (await desk.deactivate(account(), REGISTRATION)).verified
    await desk.set_status(account(), "1", "busy")
    assert here.wire.sent == []


async def test_employees_with_our_extensions() -> None:
    staff = [{"id": 5, "name": "A"}, {"id": "6", "name": "B", "fired": 1}]
    here = bench(ok(staff))
    mapped = account(user_extensions={"5": "101", "6": None})
    assert await YClientsDesk(here.clients).employees(mapped) == [
        Employee(id="5", name="A", code="101"),
        Employee(id="6", name="B", active=False),
    ]


async def test_who_has_a_number() -> None:
    phone = "+79160000033"
    hits = [{"id": number, "phone": phone} for number in (1, 2)]
    cards = [{"id": 1, "name": "Редкая", "visits": 1}, {"id": 2, "name": "Частая", "visits": 9}]
    here = bench(ok(hits), *map(ok, cards), ok([]))
    desk = YClientsDesk(here.clients)
    assert await desk.person(account(), phone) == Person(phone, "Частая", "2")
    assert await desk.person(account(), phone) is None


@pytest.mark.parametrize(
    ("page", "rows", "total", "pages"),
    [(1, 2, 2, 1), (1, 200, 450, 3), (3, 50, 450, 3), (5, 0, 450, 5)],
)
async def test_pages_of_people(page: int, rows: int, total: int, pages: int) -> None:
    cards: list[dict[str, Any]] = [
        {"id": n + 1, "name": "A", "phone": 79160000000 + n} for n in range(rows)
    ]
    if cards:
        cards[-1] |= {"phone": ""}
    here = bench(ok(cards, total_count=total))
    found = await YClientsDesk(here.clients).people(account(), page)
    assert (found.pages, found.clients, len(found.people)) == (pages, rows, max(rows - 1, 0))
    assert 1 <= found.pause_s <= 5
    assert len(here.turns.taken[0]) == 3  # in the background


def test_ports() -> None:
    here = bench()
    desk: CrmDesk = YClientsDesk(here.clients)
    delivery: Delivery = YClientsDelivery(here.wire, here.clients)
    assert desk.kind is delivery.kind is ConnectionKind.YCLIENTS
    assert desk.allowances(account()) == ["yclients:out-1:second", "yclients:out-1:minute"]


# --- at the twin ---------------------------------------------------------------------------------


async def test_probe_at_the_twin(vendor: Vendor) -> None:
    desk = YClientsDesk(vendor.clients())
    probe = await desk.probe(vendor.account())
    assert (probe.ok, probe.time_zone) == (True, "Europe/Moscow")
    less_rights = await desk.probe(vendor.account(user=ADMIN))
    assert "phones" in less_rights.missing_scopes
    assert len(await desk.employees(vendor.account())) > 2


async def test_people_at_the_twin(vendor: Vendor) -> None:
    desk, here = YClientsDesk(vendor.clients()), vendor.account()
    page = await desk.people(here, 1)
    assert page.people
    known = page.people[0]
    found = await desk.person(here, known.phone)
    assert found is not None
    assert found.name
