"""Messengers connected to a house, receivers who came by their links, visits that change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.changes import VisitChange, news_of
from kommutator.domain.salon.facts import Booked, Salon, Visit
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.house import House
from kommutator.flows.notices.hear import TellOfVisits
from tests.support.messengers import Messenger

SALON = Salon(id=962302, title="Spring", time_zone="Europe/Minsk")
AT = datetime(2026, 12, 1, 10)  # noqa: DTZ001  a salon's own time has no zone


def admin(enterprise: EnterpriseNumber) -> Actor:
    return Actor("tests", Role.ENTERPRISE_ADMIN, enterprise)


def visit(record_id: int = 5, **more: Any) -> Visit:
    given = {
        "id": record_id, "staff_id": 1, "starts_at": AT, "seance_s": 3600,
        "services": (Booked(9, "Haircut", 1500),), "client_name": "Olga",
        "client_phone": "+375000000070", **more,
    }  # fmt: skip
    return Visit(**given)


def change(before: Visit | None, after: Visit) -> VisitChange:
    return VisitChange(before, after, news_of(before, after))


def later(seen: Visit, hours: int = 1) -> Visit:
    return visit(seen.id, starts_at=seen.starts_at + timedelta(hours=hours))


async def a_salon(house: House, enterprise: EnterpriseNumber, salon: Salon = SALON) -> Account:
    """A salon's connection, as another part would have made it."""
    connection_id = house.ids.uuid()
    async with house.db.unit() as unit:
        await unit.connections.create(
            enterprise, connection_id, kind=ConnectionKind.YCLIENTS, name=salon.title,
            base_url="https://api.yclients.example", account_key=f"{enterprise}{salon.id}",
            config={"salon_id": salon.id}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)
    house.directory.clear()
    return await house.directory.account(connection_id)


async def tell(house: House, account: Account, *changes: VisitChange) -> None:
    """What the copy of salons does in its transaction."""
    hear = TellOfVisits(house.texts, clock=house.clock)
    async with house.db.unit() as unit:
        await hear(unit, account, SALON, changes)


async def connect_telegram(house: House, enterprise: EnterpriseNumber, twin: Messenger) -> UUID:
    (bot,) = (await twin.look("credentials"))["bots"]
    record = await house.channels.connect(
        admin(enterprise), enterprise, ConnectionKind.TELEGRAM, {"token": bot["token"]}
    )
    house.directory.clear()
    return record.id


async def connect_avito(house: House, enterprise: EnterpriseNumber, twin: Messenger) -> UUID:
    (one,) = (await twin.look("credentials"))["accounts"]
    secrets = {"client_id": one["client_id"], "client_secret": one["client_secret"]}
    record = await house.channels.connect(
        admin(enterprise), enterprise, ConnectionKind.AVITO, secrets
    )
    house.directory.clear()
    return record.id


async def a_receiver(
    house: House,
    enterprise: EnterpriseNumber,
    connection_id: UUID,
    chat_id: str | None = None,
    *,
    name: str = "Desk",
    wishes: Mapping[str, Any] | None = None,
) -> UUID:
    """With a chat it must be known; see `know_chat`."""
    made = await house.notices.create(
        admin(enterprise), enterprise, name=name, connection_id=connection_id,
        chat_id=chat_id, wishes={"language": "en", **(wishes or {})},
    )  # fmt: skip
    return made.row.id
