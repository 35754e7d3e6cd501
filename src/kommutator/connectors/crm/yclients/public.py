"""What anybody with a partner token may read of a salon: before it has let us in."""

from __future__ import annotations

from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.schemas import read_salon
from kommutator.domain.salon.facts import Salon
from kommutator.kit.errors import ErrorKind, Stage

_ZONE = "Europe/Moscow"


async def public_salon(clients: YClientsClients, salon_id: int) -> Salon:
    """Its name, time zone and address.

    Raises:
        YClientsError: there is no such salon, or no answer.
    """
    reply = await clients.partner().get(f"/company/{salon_id}", user=False)
    found = read_salon(reply.map, {}, _ZONE)
    if found is None or found.id != salon_id:
        raise YClientsError(
            ErrorKind.TRANSIENT, "no salon in the answer", stage=Stage.ANSWERED, status=reply.status
        )
    return found
