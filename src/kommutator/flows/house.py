"""Everything a door may ask for, in one place; made by `app.py`, read at `app.state.house`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.amocrm.accounts import Accounts
from kommutator.flows.amocrm.bulk import Bulk
from kommutator.flows.amocrm.cards import Cards
from kommutator.flows.amocrm.fields import Fields
from kommutator.flows.amocrm.services import AmoCrm
from kommutator.flows.api_keys import ApiKeys
from kommutator.flows.campaigns.keep import Campaigns
from kommutator.flows.campaigns.unwanted import DoNotCall
from kommutator.flows.chats.channels import Channels
from kommutator.flows.chats.cloud_numbers import CloudNumbers
from kommutator.flows.click_to_call import ClickToCall
from kommutator.flows.client_ids import ClientIds
from kommutator.flows.converse.client_card import ClientCards
from kommutator.flows.converse.converse import Converse
from kommutator.flows.converse.inbox import Inbox
from kommutator.flows.converse.keep import KeepAssistant
from kommutator.flows.converse.language_models import LanguageModels
from kommutator.flows.converse.rehearse import Rehearse
from kommutator.flows.directory import Directory
from kommutator.flows.doctor import Doctor
from kommutator.flows.enrol import Enrol
from kommutator.flows.entrance import Entrance
from kommutator.flows.grants import Grants
from kommutator.flows.hook_secrets import HookSecrets
from kommutator.flows.intake import Intake
from kommutator.flows.keep_book import KeepBook
from kommutator.flows.notices.keep import Notices
from kommutator.flows.once import Once
from kommutator.flows.outreach.desk import OutreachDesk
from kommutator.flows.pbx_setup import PbxSetUp
from kommutator.flows.people import People
from kommutator.flows.presence import HearPresence
from kommutator.flows.recordings import Recordings
from kommutator.flows.refusals import Refusals
from kommutator.flows.remind.desk import Reminders
from kommutator.flows.reprocess import Reprocess
from kommutator.flows.route import Route
from kommutator.flows.salon.kept import Salons
from kommutator.flows.salon.offer import OfferRules
from kommutator.flows.salon.operator import CarryMessages
from kommutator.flows.salon.services import VisitDesk
from kommutator.flows.salon.telephony import SalonTelephony
from kommutator.flows.set_up import SetUp
from kommutator.flows.sign_in import SignIn
from kommutator.flows.sync_people import SyncPeople
from kommutator.flows.take_over import TakeOver
from kommutator.flows.take_recording import TakeRecording
from kommutator.flows.tokens import Tokens
from kommutator.flows.trials import Trials
from kommutator.flows.whatsapp.sessions import WhatsAppSessions
from kommutator.flows.yclients.services import YClients
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import Ids
from kommutator.kit.metrics import Metrics
from kommutator.kit.news import News
from kommutator.kit.redact import Redactor
from kommutator.kit.texts import Texts
from kommutator.settings import Settings
from kommutator.store.database import Database

Probe = Callable[[], Awaitable[None]]
"""Asks one dependency; raises if it does not answer."""


class ReadEvent(Protocol):
    """Turns an event that a PBX sent by HTTP into an arrival.

    `payload` is what the PBX sent, `raw` the whole body to be journalled. Raises InvalidInput.
    """

    def __call__(
        self, enterprise: EnterpriseNumber, event_type: str, payload: dict[str, Any], raw: bytes
    ) -> Arrival: ...


class Replay(Protocol):
    """Tries given-up commands again; history stays. Returns how many are due again."""

    async def commands(
        self, enterprise: EnterpriseNumber, ids: Sequence[int], *, actor: str
    ) -> int: ...
    async def span(
        self, enterprise: EnterpriseNumber, since: datetime, until: datetime, *, actor: str
    ) -> int: ...


@dataclass(slots=True, kw_only=True)
class House:
    """The services of one process.

    Attributes:
        visits, converse, rehearse: None where no booking system was set up.
        probes: dependency → probe, for /health; "database" is always there.
        replay, reprocess: None in a process that does not deliver.
    """

    settings: Settings
    clock: Clock
    ids: Ids
    db: Database
    vault: Vault
    redactor: Redactor
    metrics: Metrics
    texts: Texts
    directory: Directory
    keys: ApiKeys
    tokens: Tokens
    sign_in: SignIn
    people: People
    intake: Intake
    read_event: ReadEvent
    set_up: SetUp
    enrol: Enrol
    entrance: Entrance
    sync_people: SyncPeople
    clicks: ClickToCall
    campaigns: Campaigns
    do_not_call: DoNotCall
    client_ids: ClientIds
    refusals: Refusals
    presence: HearPresence
    pbx_hooks: HookSecrets
    crm_hooks: HookSecrets
    amocrm_accounts: Accounts
    amocrm_fields: Fields
    grants: Grants
    amocrm: AmoCrm
    yclients: YClients
    channels: Channels
    whatsapp: WhatsAppSessions
    notices: Notices
    outreach: OutreachDesk
    reminders: Reminders
    chat_hooks: Mapping[ConnectionKind, HookSecrets]
    cloud: CloudNumbers
    salons: Salons
    salon_telephony: SalonTelephony
    messages: CarryMessages
    missed_offers: OfferRules
    visits: VisitDesk | None
    inbox: Inbox
    client_cards: ClientCards
    assistant: KeepAssistant
    llm: LanguageModels
    converse: Converse | None
    rehearse: Rehearse | None
    cards: Cards
    bulk: Bulk
    once: Once
    phone_book: KeepBook
    pbx_setup: PbxSetUp
    doctor: Doctor
    trials: Trials
    take_over: TakeOver
    route: Route
    recordings: Recordings
    take_recording: TakeRecording
    news: News = field(default_factory=News)
    replay: Replay | None = None
    reprocess: Reprocess | None = None
    probes: Mapping[str, Probe] = field(default_factory=dict)

    def config_changed(self, payload: str) -> None:
        """News from `kommutator_config`: drop what is no longer true."""
        try:
            enterprise = msgspec.json.decode(payload)["enterprise_number"]
        except (msgspec.DecodeError, KeyError, TypeError):
            self.forget_all()
            return
        self.directory.invalidate(EnterpriseNumber(enterprise))
        self.keys.forget(EnterpriseNumber(enterprise))
        self.grants.forget(EnterpriseNumber(enterprise))

    def forget_all(self) -> None:
        """The listener was away and may have missed something."""
        self.directory.clear()
        self.keys.clear()
        self.grants.clear()
