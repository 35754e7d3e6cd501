"""The parts by which calls reach the telephony of salons."""

from __future__ import annotations

from kommutator.compose.yclients import Ground, YClientsSide
from kommutator.connectors.crm.yclients import voip
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.domain.connection import Account
from kommutator.flows.salon.telephony import SalonTelephony, Switch


def compose_telephony(on: Ground, side: YClientsSide | None) -> SalonTelephony:
    """Nothing is started and nothing is asked."""
    return SalonTelephony(on.db, on.vault, None if side is None else _switch(side.clients))


def _switch(clients: YClientsClients) -> Switch:
    async def switch(account: Account, *, enable: bool) -> None:
        token = voip.voip_token(account)
        if token is not None:
            await voip.setup(clients.of(account), token, enable=enable)

    return switch
