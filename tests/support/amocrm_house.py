"""A door of amoCRM's family over cards in memory, with several accounts to tell apart."""

from dataclasses import dataclass
from uuid import UUID

from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from kommutator.flows.amocrm.cards import Cards
from kommutator.flows.amocrm.written import Maker
from kommutator.flows.house import House
from kommutator.kit.clock import SystemClock
from tests.support.asgi import Asgi
from tests.support.cards import Cards as Box
from tests.support.cards import settle_amocrm
from tests.support.house import TenantOfTests


@dataclass
class Door:
    """Attributes:
    box: everybody's cards: which account was meant is asked of the connection elsewhere.
    """

    house: House
    app: object
    box: Box

    def of(self, tenant: TenantOfTests) -> Asgi:
        return Asgi(self.app, headers=tenant.headers)

    def employee_of(self, tenant: TenantOfTests) -> Asgi:
        token = self.house.tokens.issue(tenant.employee).value
        return Asgi(self.app, headers={"authorization": f"Bearer {token}"})


def open_door(house: House) -> Door:
    box = Box()
    house.cards = Cards(box, box, box, house.once, Maker(clock=SystemClock(), settle_s=0.0))
    app = create_app(house, families={"amocrm": amocrm.add})
    return Door(house, app, box)


async def connect(
    door: Door, tenant: TenantOfTests, account: str, *, user_id: UUID | None = None
) -> UUID:
    return await settle_amocrm(door.house, tenant.number, account, user_id=user_id)
