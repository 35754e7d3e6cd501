"""Tokens of vendors that grant them by OAuth, and the ways in to amoCRM."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from kommutator.connectors.crm.amocrm.address import account_base, authorize_page
from kommutator.connectors.crm.amocrm.budgets import budgets_at
from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.oauth import AmoCrmAuthorizer, authorize_url
from kommutator.connectors.crm.amocrm.signed import read_disposable, read_uninstalled
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.oauth import OAuthApp
from kommutator.domain.ports import Turn
from kommutator.flows.amocrm.adopt import Adopt
from kommutator.flows.amocrm.apps import Apps
from kommutator.flows.amocrm.connect import Connect
from kommutator.flows.amocrm.exchange import Exchange
from kommutator.flows.amocrm.keep_settings import KeepSettings
from kommutator.flows.amocrm.leave import Leave, TakeOff
from kommutator.flows.amocrm.services import AmoCrm
from kommutator.flows.amocrm.standing import Standing
from kommutator.flows.amocrm.vendor import AmoCrmVendor, Visitor
from kommutator.flows.amocrm.ways_in import WaysIn
from kommutator.flows.amocrm.widget import Widget
from kommutator.flows.grant_secrets import OAuthVendor
from kommutator.flows.grants import Grants
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.http import HttpClient
from kommutator.kit.ids import Ids
from kommutator.kit.redact import Redactor
from kommutator.settings import Settings
from kommutator.store.database import Database
from kommutator.workers.token_keeper import FirstCode, TokenKeeper


@dataclass(frozen=True, slots=True)
class Granting:
    """What everything else about amoCRM stands on.

    Attributes:
        grants: the `AccessSource` of connectors.
        clients: of amoCRM's API; they tell the grants when an account is turned away.
        oauth: how amoCRM grants; its app's secret also signs the widget's tokens.
        keeper: renews aside.
    """

    grants: Grants
    clients: AmoCrmClients
    oauth: OAuthVendor
    keeper: TokenKeeper
    apps: Apps
    vendor: AmoCrmVendor
    exchange: Exchange
    adopt: Adopt
    ways_in: WaysIn


def compose_grants(
    settings: Settings,
    db: Database,
    vault: Vault,
    http: HttpClient,
    turn: Turn,
    *,
    clock: Clock,
    ids: Ids,
    redactor: Redactor,
) -> Granting:
    """Nothing is started and nothing is asked."""
    hosts = settings.private_hosts
    authorizer = AmoCrmAuthorizer(http, private_hosts=hosts)
    apps = Apps(settings)
    vendor = AmoCrmVendor(
        authorizer=authorizer,
        address=partial(account_base, private_hosts=hosts),
        consent=partial(_consent, settings.amocrm_authorize_url),
        read_visitor=partial(_read_visitor, hosts),
        read_uninstalled=read_uninstalled,
        budgets=lambda app, base_url: budgets_at(base_url, app.client_id),
    )
    oauth = OAuthVendor(authorizer, apps.of, vendor.address)
    grants = Grants(
        db, vault, {ConnectionKind.AMOCRM: oauth}, clock=clock, ids=ids, redactor=redactor
    )
    exchange = Exchange(db, vendor, turn, clock=clock, domain=settings.amocrm_domain)
    adopt = Adopt(db, vault, ids=ids, redactor=redactor)
    ways_in = WaysIn(db, vault, apps, vendor, exchange, adopt, clock=clock, redactor=redactor)
    keeper = TokenKeeper(db, grants, clock=clock, first=_first_code(settings, ways_in))
    clients = AmoCrmClients(
        http, access=grants, turn=turn, unpaid=grants.unpaid, shut_out=grants.shut_out
    )
    return Granting(grants, clients, oauth, keeper, apps, vendor, exchange, adopt, ways_in)


def compose_amocrm(
    made: Granting,
    db: Database,
    vault: Vault,
    take_off: TakeOff,
    widget: Widget,
    *,
    ids: Ids,
) -> AmoCrm:
    """Args: take_off: makes the vendor forget our hooks before a connection goes."""
    return AmoCrm(
        app=made.apps,
        connect=Connect(db, vault, made.apps, made.vendor, made.exchange, made.adopt, ids=ids),
        ways_in=made.ways_in,
        leave=Leave(db, vault, made.apps, made.vendor, take_off),
        standing=Standing(db),
        widget=widget,
        settings=KeepSettings(db),
    )


def _first_code(settings: Settings, ways_in: WaysIn) -> FirstCode | None:
    code = settings.amocrm_auth_code
    if code is None:
        return None
    return partial(
        ways_in.at_start,
        code.get_secret_value(),
        settings.amocrm_enterprise or None,
        domain=settings.amocrm_domain,
    )


def _consent(page: str, base_url: str | None, client_id: str, state: str) -> str:
    return authorize_url(page or authorize_page(base_url), client_id, state)


def _read_visitor(hosts: Collection[str], token: str, app: OAuthApp, now: datetime) -> Visitor:
    return read_disposable(token, app, now=now, private_hosts=hosts)
