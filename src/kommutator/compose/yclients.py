"""The parts by which salons come from YClients' marketplace, and leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.board import YClientsHooks
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.delivery import YClientsDelivery
from kommutator.connectors.crm.yclients.market import YClientsMarketplace
from kommutator.connectors.crm.yclients.public import public_salon
from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.connectors.crm.yclients.sign_in import user_token
from kommutator.connectors.crm.yclients.signed import read_installer, read_lifecycle
from kommutator.connectors.crm.yclients.writes import YClientsWriter
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import Delivery, Turn
from kommutator.flows.directory import Directory
from kommutator.flows.hook_secrets import HookSecrets
from kommutator.flows.people import People
from kommutator.flows.yclients.activate import Activate
from kommutator.flows.yclients.arrive import Arrive
from kommutator.flows.yclients.bind import Bind
from kommutator.flows.yclients.direct import ConnectDirectly
from kommutator.flows.yclients.first_password import FirstPassword
from kommutator.flows.yclients.join import Join
from kommutator.flows.yclients.leave import Leave
from kommutator.flows.yclients.lifecycle import Lifecycle
from kommutator.flows.yclients.look import Look
from kommutator.flows.yclients.messenger import TellMessenger
from kommutator.flows.yclients.reconcile import Reconcile
from kommutator.flows.yclients.register import Register
from kommutator.flows.yclients.services import YClients
from kommutator.flows.yclients.standing import Standing
from kommutator.flows.yclients.tickets import Tickets
from kommutator.flows.yclients.vendor import KIND, Vendors, YClientsVendor
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.http import HttpClient
from kommutator.kit.ids import Ids
from kommutator.kit.redact import Redactor
from kommutator.settings import Settings
from kommutator.store.database import Database

_TICKET_KEY = "marketplace-tickets"


class Ear:
    """Hears requests that were turned away for good; the clients are made before who listens."""

    def __init__(self) -> None:
        self.look: Look | None = None

    async def __call__(self, account: Account, hint: str, words: str) -> None:
        if self.look is not None:
            await self.look.hear(account, hint, words)


@dataclass(frozen=True, slots=True)
class YClientsSide:
    """The connector's parts, of which an installation with a partner token has one each."""

    clients: YClientsClients
    reader: YClientsReader
    writer: YClientsWriter
    hooks: YClientsHooks
    delivery: YClientsDelivery
    ear: Ear
    vendor: YClientsVendor


def yclients_side(
    settings: Settings, http: HttpClient, turn: Turn, redactor: Redactor
) -> YClientsSide | None:
    """None without a partner token."""
    if settings.yclients_partner_token is None:
        return None
    user = settings.yclients_user_token
    app = Application(
        partner_token=settings.yclients_partner_token.get_secret_value(),
        user_token=None if user is None else user.get_secret_value(),
        application_id=settings.yclients_application_id,
        api_url=settings.yclients_api_url,
        marketplace_url=settings.yclients_marketplace_url,
    )
    redactor.register(*app.secrets())
    ear = Ear()
    clients = YClientsClients(http, app=app, turn=turn, egress=settings.egress, told=ear)
    reader, hooks = YClientsReader(clients), YClientsHooks(clients)
    vendor = YClientsVendor(
        partner_token=app.partner_token,
        application_id=app.application_id,
        api_url=app.api,
        marketplace=YClientsMarketplace(clients),
        reader=reader,
        hooks=hooks,
        read_installer=read_installer,
        read_lifecycle=lambda body: read_lifecycle(body, app),
        public=partial(public_salon, clients),
        user_token_of=partial(user_token, clients),
    )
    delivery = YClientsDelivery(http, clients)
    return YClientsSide(clients, reader, YClientsWriter(clients), hooks, delivery, ear, vendor)


def deliveries_of(side: YClientsSide | None) -> Mapping[ConnectionKind, Delivery]:
    """Calls for the salons' telephony, statuses of messages; nobody's without the connector."""
    return {} if side is None else {side.delivery.kind: side.delivery}


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything here stands on."""

    settings: Settings
    db: Database
    vault: Vault
    clock: Clock
    ids: Ids


def compose_yclients(
    on: Ground, side: YClientsSide | None, directory: Directory, people: People
) -> YClients:
    """Nothing is started and nothing is asked. Without the connector every way in says so."""
    vendor = None if side is None else side.vendor
    db, vault, ids, url = on.db, on.vault, on.ids, on.settings.public_url
    vendors = Vendors(vendor)
    bind = Bind(vault, ids=ids, api_url=vendor.api_url if vendor else "")
    arrive = Arrive(db, vendors, clock=on.clock, ids=ids)
    join = Join(db, vendors, arrive, bind, ids=ids)
    activate = Activate(db, vault, vendors, ids=ids, public_url=url)
    look = Look(db, vault, vendors, clock=on.clock)
    if side is not None:
        side.ear.look = look
    lifecycle = Lifecycle(db, vendors)
    tickets = Tickets(db, vault.derive(_TICKET_KEY), clock=on.clock, ids=ids)
    return YClients(
        vendors=vendors,
        arrive=arrive,
        join=join,
        activate=activate,
        direct=ConnectDirectly(db, vault, vendors, bind, look, clock=on.clock, ids=ids),
        register=Register(db, vault, vendors, arrive, join, activate, tickets),
        leave=Leave(db, vault, vendors, public_url=url),
        lifecycle=lifecycle,
        look=look,
        messenger=TellMessenger(db, vendors, ids=ids),
        reconcile=Reconcile(db, vault, vendors, lifecycle, activate, look),
        standing=Standing(db, clock=on.clock),
        tickets=tickets,
        first_password=FirstPassword(db, people),
        hooks=HookSecrets(directory, KIND, "yclients_hook_secret_unknown"),
    )
