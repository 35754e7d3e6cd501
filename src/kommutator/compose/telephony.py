"""The parts by which calls reach the telephony of salons, and their messages our messengers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from kommutator.compose.yclients import Ground, YClientsSide
from kommutator.connectors.crm.yclients import voip
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.desk import YClientsDesk
from kommutator.connectors.crm.yclients.reports import is_vendors
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import CrmDesk
from kommutator.flows.directory import Directory
from kommutator.flows.salon.operator import Callbacks, CarryMessages
from kommutator.flows.salon.telephony import SalonTelephony, Switch


def compose_telephony(on: Ground, side: YClientsSide | None) -> SalonTelephony:
    """Nothing is started and nothing is asked."""
    return SalonTelephony(on.db, on.vault, None if side is None else _switch(side.clients))


def desks_of(side: YClientsSide | None) -> Mapping[ConnectionKind, CrmDesk]:
    """For the check-up. The phone book has the copy, and asks nobody."""
    return {} if side is None else {ConnectionKind.YCLIENTS: YClientsDesk(side.clients)}


def compose_messages(on: Ground, side: YClientsSide | None, directory: Directory) -> CarryMessages:
    """Likewise."""
    callbacks = None
    if side is not None:
        app = side.clients.app
        callbacks = Callbacks(partial(is_vendors, app), app.partner_token)
    return CarryMessages(on.db, directory, callbacks)


def _switch(clients: YClientsClients) -> Switch:
    async def switch(account: Account, *, enable: bool) -> None:
        token = voip.voip_token(account)
        if token is not None:
            await voip.setup(clients.of(account), token, enable=enable)

    return switch
