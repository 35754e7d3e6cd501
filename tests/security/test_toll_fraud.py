"""Promise: nobody makes the company's phones call where they should not, and each try is seen.

Whatever is refused leaves no command for the PBX, one count under its reason, and a line in the
audit; a flood of refusals leaves few lines.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.doors.http import asterisk, retailcrm
from kommutator.doors.http.app import create_app
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from kommutator.store.audit import AuditRow
from tests.support.asgi import Asgi, Reply
from tests.support.house import TenantOfTests, open_house, settle_tenant
from tests.support.service import ADMIN, PHONE, open_service
from tests.support.service import HERE as SERVED
from tests.support.waiting import eventually

CRM, PBX = "/retailcrm/make-call", "/api/makecallexternal"
FAMILIES = {"retailcrm": retailcrm.add, "asterisk": asterisk.add}
STRANGE = [f"guess-{number}" for number in range(40)]


@dataclass
class Company:
    """A tenant whose PBX nobody links to: what passes stays in the outbox."""

    house: House
    app: Any
    clock: ManualClock
    tenant: TenantOfTests
    pbx_secret: str

    @property
    def number(self) -> EnterpriseNumber:
        return self.tenant.number

    async def click(self, address: str = "203.0.113.9", **fields: str) -> Reply:
        """As the CRM would."""
        sent = {"clientId": self.tenant.client_id, "code": "150", "phone": PHONE, **fields}
        return await self.ask(CRM, sent, address)

    async def order(self, address: str = "203.0.113.9", **fields: str) -> Reply:
        """As the owner's own services would."""
        sent = {"clientId": self.pbx_secret, "code": "150", "phone": PHONE, **fields}
        return await self.ask(PBX, sent, address)

    async def ask(
        self, path: str, fields: dict[str, str], address: str = "203.0.113.9", **headers: str
    ) -> Reply:
        caller = Asgi(self.app, address=address).with_headers(**headers)
        return await caller.get(f"{path}?{urlencode(fields)}")

    async def owed(self) -> int:
        async with self.house.db.unit() as unit:
            return len(await unit.outbox.page(self.number, kind="originate_call", limit=500))

    async def audited(self, enterprise: EnterpriseNumber | None) -> list[AuditRow]:
        async with self.house.db.unit() as unit:
            rows = await unit.audit.page(enterprise, limit=500)
        return [row for row in reversed(rows) if row.action == "click.refused"]

    def counted(self, reason: str) -> float:
        name = "kommutator_clicks_refused_total"
        value = self.house.metrics.registry.get_sample_value(name, {"reason": reason})
        return value or 0.0

    async def set_dialing(self, **dialing: Any) -> None:
        async with self.house.db.unit() as unit:
            await unit.enterprises.update(self.number, settings={"dialing": dialing})


async def found(house: House, number: str, clock: ManualClock) -> Company:
    tenant = await settle_tenant(house, number)
    async with house.db.unit() as unit:
        for extension in range(151, 170):
            await unit.extensions.put(tenant.number, str(extension))
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, tenant.number)
    secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
    form = ConnectionForm(
        ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets, config={"region": "BY"}
    )
    await house.set_up.save(actor, tenant.number, form)
    await house.set_up.activate(actor, tenant.number, ConnectionKind.ASTERISK)
    house.directory.clear()
    account = await house.directory.account_of(tenant.number, ConnectionKind.ASTERISK)
    assert account is not None
    app = create_app(house, families=FAMILIES)
    return Company(house, app, clock, tenant, account.secrets["client_id"])


@pytest.fixture
async def company(database_url: str) -> AsyncIterator[Company]:
    clock = ManualClock()
    async with open_house(database_url, clock=clock) as house:
        yield await found(house, "0367", clock)


# -- who asks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "unknown"), [(CRM, "client_id_unknown"), (PBX, "call_client_id_unknown")]
)
async def test_guessing_ends_after_ten_tries(company: Company, path: str, unknown: str) -> None:
    fields = {"code": "150", "phone": PHONE}
    replies = [await company.ask(path, {**fields, "clientId": guess}) for guess in STRANGE]
    assert [reply.status for reply in replies] == [401] * 10 + [429] * 30
    assert {reply.code for reply in replies} == {unknown, "client_ids_too_many"}
    assert int(replies[-1].header("retry-after") or 0) >= 1
    assert company.counted(unknown) == 10
    assert company.counted("client_ids_too_many") == 30
    rows = await company.audited(None)
    assert [(row.actor, row.detail["reason"], row.detail["times"]) for row in rows] == [
        ("203.0.113.9", unknown, 1),
        ("203.0.113.9", "client_ids_too_many", 1),
    ]
    assert await company.owed() == 0


async def test_a_stranger_is_told_where_a_client_id_comes_from(company: Company) -> None:
    fields = {"code": "150", "phone": PHONE, "clientId": "nobody"}
    reply = await company.ask(PBX, fields)
    assert (reply.status, reply.code) == (401, "call_client_id_unknown")
    assert "kommutator pbx client-id --enterprise" in reply.json()["error"]["action"]


async def test_a_right_client_id_passes_where_others_guess(company: Company) -> None:
    """A CRM speaks from one address for many tenants; a stale one must not silence them."""
    for guess in STRANGE:
        await company.click(clientId=guess)
    assert (await company.click()).status == 200
    assert (await company.order(code="151")).status == 200


async def test_another_address_cannot_be_pretended(company: Company) -> None:
    fields = {"code": "150", "phone": PHONE}
    statuses = [
        (
            await company.ask(
                CRM, {**fields, "clientId": guess}, x_forwarded_for=f"198.51.100.{number}"
            )
        ).status
        for number, guess in enumerate(STRANGE)
    ]
    assert statuses == [401] * 10 + [429] * 30


async def test_a_whole_ipv6_network_is_one_guesser(company: Company) -> None:
    statuses = [
        (await company.click(f"2001:db8::{number:x}", clientId=guess)).status
        for number, guess in enumerate(STRANGE)
    ]
    assert statuses == [401] * 10 + [429] * 30


async def test_a_minute_of_rest_gives_ten_more_guesses(company: Company) -> None:
    for guess in STRANGE:
        await company.click(clientId=guess)
    await company.clock.advance(61)
    statuses = [(await company.click(clientId=guess)).status for guess in STRANGE[:12]]
    assert statuses == [401] * 10 + [429] * 2


async def test_a_number_is_no_client_id_even_where_it_is_accepted_it_is_not_to_be_guessed(
    company: Company,
) -> None:
    assert (await company.click(clientId="0367")).code == "client_id_unknown"
    assert (await company.order(clientId="0367")).code == "call_client_id_unknown"
    async with company.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE connections SET config = config || '{\"accept_number_client_id\": true}'"
        )
    company.house.directory.clear()
    assert (await company.click(clientId="0367")).status == 200
    assert (await company.order(clientId="0367")).code == "call_client_id_unknown"
    asked = [f"{number:04}" for number in range(20)]
    codes = [(await company.click("198.51.100.7", clientId=number)).code for number in asked]
    assert codes == ["client_id_unknown"] * 10 + ["client_ids_too_many"] * 10
    assert (await company.click("198.51.100.7", clientId="0367")).status == 429
    unicode_digits = await company.click("198.51.100.8", clientId="٠٣٦٧")
    assert unicode_digits.code == "client_id_unknown"


async def test_each_secret_opens_its_own_door_only(company: Company) -> None:
    assert (await company.click(clientId=company.pbx_secret)).code == "client_id_unknown"
    assert (await company.order(clientId=company.tenant.client_id)).code == "call_client_id_unknown"
    assert await company.owed() == 0


async def test_a_neighbours_client_id_rings_nobody_here(company: Company) -> None:
    neighbour = await found(company.house, "0411", company.clock)
    async with company.house.db.unit() as unit:
        await unit.extensions.put(company.number, "777")
    for ask in (neighbour.click, neighbour.order):
        assert (await ask(code="777")).code == "extension_unknown"
        assert (await ask(code="151")).status == 200
    assert await company.owed() == 0
    assert await neighbour.owed() == 1  # the second was the first's double
    assert [row.detail["reason"] for row in await company.audited(neighbour.number)] == [
        "extension_unknown"
    ]
    assert await company.audited(company.number) == []


async def test_a_client_id_dies_with_the_registration_it_was_given_for(database_url: str) -> None:
    async with open_service(database_url) as service:
        await service.connect()
        await service.connect_pbx()
        seen = {"clientId": await service.client_id(), "userId": "19", "phone": PHONE}
        assert (await service.stranger.get(CRM, params=seen)).status == 200
        await service.house.enrol.register(ADMIN, SERVED, rotate=True)
        service.forget()
        replayed = await service.stranger.get(CRM, params={**seen, "phone": "+375000000071"})
        assert (replayed.status, replayed.code) == (401, "client_id_unknown")
        renewed = {**seen, "clientId": await service.client_id(), "phone": "+375000000072"}
        assert (await service.stranger.get(CRM, params=renewed)).status == 200
        assert [command["client"] for command in await service.owed()] == [PHONE, "+375000000072"]


# -- which number --------------------------------------------------------------------------------

REFUSED = [
    ("+78091234567", "destination_premium"),
    ("+375902123456&PJSIP/150", "phone_invalid"),
    ("+881612345678", "destination_premium"),
    ("+870773111632", "destination_premium"),
    ("+979123456789", "destination_premium"),
    ("+447012345678", "destination_premium"),
    ("+12425551234", "destination_country"),
    ("+442071234567", "destination_country"),
    ("00442071234567", "destination_country"),
    ("810442071234567", "destination_country"),
    ("112", "destination_short"),
    ("103", "destination_short"),
    ("150", "destination_internal"),
    ("*98", "phone_invalid"),
    ("+375291234567&PJSIP/442071234567@trunk", "phone_invalid"),
    ("+375291234567,1,Dial(PJSIP/442071234567@trunk)", "phone_invalid"),
    ("+375291234567|60|tT", "phone_invalid"),
    ("+375291234567@other-trunk", "phone_invalid"),
    ("+375291234567\r\nAction: Originate", "phone_invalid"),
    ("+375291234567\nVariable: GW_LINE=1", "phone_invalid"),
    ("${EXTEN}+375291234567", "phone_invalid"),
    ("٣٧٥٢٩١٢٣٤٥٦٧", "phone_invalid"),
    ("+37529123456７", "phone_invalid"),
    ("+375" + "9" * 500, "phone_invalid"),
    ("$(touch /tmp/x)", "phone_invalid"),
]


@pytest.mark.parametrize(("phone", "reason"), REFUSED)
async def test_where_nobody_may_call(company: Company, phone: str, reason: str) -> None:
    for ask in (company.click, company.order):
        reply = await ask(phone=phone)
        assert reply.code == reason
        assert reply.status == (400 if reason == "phone_invalid" else 403)
        assert reply.json()["success"] is False
    assert await company.owed() == 0
    assert company.counted(reason) == 2
    (row,) = await company.audited(company.number)
    assert (row.actor, row.detail) == ("retailcrm:150", {"reason": reason, "times": 1})
    assert row.target is not None
    assert row.target.isprintable()


async def test_what_an_administrator_denies_is_closed_for_everybody(company: Company) -> None:
    await company.set_dialing(allowed=["+44"], denied=["+37500", "+44207"])
    assert (await company.click(phone="+441612345678")).status == 200
    assert (await company.click(phone="+442071234567")).code == "destination_denied"
    assert (await company.click(phone=PHONE)).code == "destination_denied"


async def test_an_odd_policy_closes_and_never_opens(company: Company) -> None:
    """Somebody wrote the row by hand."""
    await company.set_dialing(countries="all")
    assert (await company.click()).code == "dialing_invalid"
    assert await company.owed() == 0


@pytest.mark.parametrize("code", ["", "777", "+375291234567", "150&PJSIP/151", "150\r\nX: y", "*"])
async def test_only_own_phones_ring(company: Company, code: str) -> None:
    for ask in (company.click, company.order):
        assert (await ask(code=code)).status == 400
    assert await company.owed() == 0


@pytest.mark.parametrize(
    "second", ["phone=%2B442071234567", "code=151", "clientId=guess", "phone=%2B375000000070%00"]
)
async def test_one_name_with_two_values_is_refused(company: Company, second: str) -> None:
    for path, secret in ((CRM, company.tenant.client_id), (PBX, company.pbx_secret)):
        url = f"{path}?clientId={secret}&code=150&phone={quote(PHONE)}&{second}"
        assert (await Asgi(company.app).get(url)).status == 400
        form = {"clientId": secret, "code": "150", "phone": PHONE}
        mixed = await Asgi(company.app).request("POST", f"{path}?{second}", form=form)
        assert mixed.status == 400
    assert await company.owed() == 0


@pytest.mark.parametrize("missing", ["code", "phone", "clientId"])
async def test_an_order_lacks_nothing(company: Company, missing: str) -> None:
    reply = await company.order(**{missing: ""})
    assert (reply.status, reply.code) == (400, "call_fields_missing")
    assert reply.json()["detail"] == f"The call lacks these fields: {missing}."


@pytest.mark.parametrize("how", ["query", "form", "json"])
async def test_an_order_that_passes(company: Company, how: str) -> None:
    fields = {"code": "150", "phone": PHONE, "clientId": company.pbx_secret}
    caller = Asgi(company.app)
    if how == "query":
        reply = await caller.get(f"{PBX}?{urlencode(fields)}")
    elif how == "form":
        reply = await caller.request("POST", PBX, form=fields)
    else:
        reply = await caller.request("POST", PBX, json_body={**fields, "code": 150})
    assert reply.status == 200, reply.body
    answer = reply.json()
    assert answer == {
        "success": True,
        "message": f"150 → {PHONE}",
        "call_id": answer["call_id"],
        "extension": "150",
        "phone": PHONE,
    }
    assert await company.owed() == 1


# -- how often -----------------------------------------------------------------------------------


def phones(many: int) -> list[str]:
    return [f"+37529{1000000 + number}" for number in range(many)]


async def test_a_burst_of_one_employee_is_cut(company: Company) -> None:
    replies = [await company.click(phone=phone) for phone in phones(20)]
    passed = [reply for reply in replies if reply.status == 200]
    assert 5 <= len(passed) <= 7  # half a minute's worth at once; a slow machine gets a little more
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.code == "clicks_too_many"
    assert 1 <= int(refused.header("retry-after") or 0) <= 10
    assert await company.owed() == len(passed)
    assert company.counted("clicks_too_many") == 20 - len(passed)
    assert (await company.click(code="151", phone=PHONE)).status == 200  # others go on


async def test_many_addresses_help_nobody(company: Company) -> None:
    """The allowance is the employee's, from wherever the clicks come, at once or not."""
    replies = await asyncio.gather(
        *(
            company.click(f"198.51.100.{number}", phone=phone)
            for number, phone in enumerate(phones(20))
        )
    )
    assert 5 <= [reply.status for reply in replies].count(200) <= 7
    assert {reply.status for reply in replies} == {200, 429}


async def test_a_burst_of_a_whole_enterprise_is_cut(company: Company) -> None:
    await company.set_dialing(per_enterprise=20)
    codes = [str(150 + number % 20) for number in range(30)]
    replies = [
        await company.click(code=code, phone=phone)
        for code, phone in zip(codes, phones(30), strict=True)
    ]
    assert 10 <= [reply.status for reply in replies].count(200) <= 13
    neighbour = await found(company.house, "0411", company.clock)
    assert (await neighbour.click()).status == 200


async def test_two_processes_share_the_allowance(company: Company, database_url: str) -> None:
    async with open_house(database_url) as other:
        app = create_app(other, families=FAMILIES)
        twin = Company(other, app, company.clock, company.tenant, company.pbx_secret)
        replies = [
            await (company if number % 2 else twin).click(phone=phone)
            for number, phone in enumerate(phones(20))
        ]
    assert 5 <= [reply.status for reply in replies].count(200) <= 7


async def test_refused_and_doubled_clicks_cost_nothing(company: Company) -> None:
    for _ in range(30):
        assert (await company.click()).status == 200  # the double of the first
        assert (await company.click(phone="+442071234567")).status == 403
    assert await company.owed() == 1
    replies = [await company.click(phone=phone) for phone in phones(4)]
    assert [reply.status for reply in replies] == [200] * 4


async def test_a_switched_off_tenant_calls_nobody(company: Company) -> None:
    async with company.house.db.unit() as unit:
        await unit.enterprises.update(company.number, active=False)
    assert (await company.click()).code == "enterprise_off"
    assert (await company.order()).code == "enterprise_off"
    assert await company.owed() == 0


# -- what is left of it --------------------------------------------------------------------------


async def test_a_flood_leaves_one_line_a_minute(company: Company) -> None:
    for number in range(300):
        await company.click(f"198.51.100.{number % 200}", phone="+442071234567")
    assert [row.detail for row in await company.audited(company.number)] == [
        {"reason": "destination_country", "times": 1}
    ]
    await company.clock.advance(61)

    async def summed() -> bool:
        return len(await company.audited(company.number)) == 2

    await eventually(summed)
    _, rest = await company.audited(company.number)
    assert rest.detail == {
        "reason": "destination_country",
        "times": 299,
        "actors": ["retailcrm:150"],
        "targets": ["+442071234567"],
    }
    assert company.counted("destination_country") == 300


async def test_strangers_from_everywhere_share_one_line(company: Company) -> None:
    for number in range(250):
        await company.click(f"198.51.{number}.7", clientId=f"guess-{number}")
    await company.house.refusals.stop()  # as at the end of the process: nothing is forgotten
    first, rest = await company.audited(None)
    assert (first.detail["times"], rest.detail["times"]) == (1, 249)
    assert len(rest.detail["actors"]) == 10
    told = str([first, rest])
    assert "guess-" not in told


async def test_guesses_by_other_hooks_are_slowed_and_told_apart(company: Company) -> None:
    fields = {"userId": "19", "status": "busy"}
    asked = [{**fields, "clientId": guess} for guess in STRANGE]
    statuses = [(await company.ask("/retailcrm/status", one)).status for one in asked]
    assert statuses == [401] * 10 + [429] * 30
    assert (await company.click(clientId="guess")).status == 429
    async with company.house.db.unit() as unit:
        rows = await unit.audit.page(None)
    assert {row.action for row in rows if row.actor == "203.0.113.9"} == {
        "hook.refused",
        "click.refused",
    }
    assert company.counted("client_id_unknown") == 0
    assert company.counted("client_ids_too_many") == 1


async def test_a_refusal_stands_though_it_cannot_be_written_down(company: Company) -> None:
    async with company.house.db.unit() as unit:
        await unit.connection.execute("ALTER TABLE audit_log RENAME TO audit_away")
    assert (await company.click(phone="112")).code == "destination_short"
    async with company.house.db.unit() as unit:
        await unit.connection.execute("ALTER TABLE audit_away RENAME TO audit_log")
    await company.house.refusals.stop()
    assert [row.detail["times"] for row in await company.audited(company.number)] == [1]
