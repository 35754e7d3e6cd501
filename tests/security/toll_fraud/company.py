"""A company whose phones strangers would like to use, and its two doors for clicks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.doors.http import asterisk, retailcrm
from kommutator.doors.http.app import create_app
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from kommutator.store.audit import AuditRow
from tests.support.asgi import Asgi, Reply
from tests.support.house import TenantOfTests, settle_tenant
from tests.support.service import PHONE

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
