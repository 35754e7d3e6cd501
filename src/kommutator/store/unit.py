"""One unit of work: every store on one connection, and the news that go out with the commit."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import cached_property
from uuid import UUID

import msgspec

from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.answered import AnsweredStore
from kommutator.store.assistant_stores import AssistantStores
from kommutator.store.attempts import AttemptStore
from kommutator.store.audit import AuditStore
from kommutator.store.budgets import BudgetStore
from kommutator.store.bulk import BulkStore
from kommutator.store.bulk_work import BulkWorkStore
from kommutator.store.calls import CallStore
from kommutator.store.campaign_items import CampaignItemStore
from kommutator.store.campaigns import CampaignStore
from kommutator.store.channel_stores import ChannelStores
from kommutator.store.connections import ConnectionStore
from kommutator.store.crm_copy import CrmCopyStore
from kommutator.store.crm_hooks import CrmHookStore
from kommutator.store.crm_reads import CrmReadStore
from kommutator.store.crm_references import CrmReferenceStore
from kommutator.store.crm_wanted import CrmWantedStore
from kommutator.store.deliveries import DeliveryStore
from kommutator.store.do_not_call import DoNotCallStore
from kommutator.store.driver import Connection
from kommutator.store.enterprises import EnterpriseStore
from kommutator.store.extensions import ExtensionStore
from kommutator.store.figures import FigureStore
from kommutator.store.grants import GrantStore
from kommutator.store.journal import JournalStore
from kommutator.store.keys import KeyStore
from kommutator.store.lanes import LaneStore
from kommutator.store.limit_blocks import LimitBlockStore
from kommutator.store.oauth_installs import OAuthInstallStore
from kommutator.store.oauth_states import OAuthStateStore
from kommutator.store.outbox import OutboxStore
from kommutator.store.outreach_stores import OutreachStores
from kommutator.store.people import PeopleStore
from kommutator.store.phone_book import PhoneBookStore
from kommutator.store.phone_book_reads import PhoneBookReadStore
from kommutator.store.presence import PresenceStore
from kommutator.store.recordings import RecordingStore
from kommutator.store.remind_stores import RemindStores
from kommutator.store.retention import RetentionStore
from kommutator.store.routes import RouteStore
from kommutator.store.salon_stores import SalonStores
from kommutator.store.sessions import SessionStore
from kommutator.store.timers import TimerStore
from kommutator.store.told_cards import ToldCards
from kommutator.store.unpaid_grants import UnpaidGrantStore
from kommutator.store.workers import WorkerStore

WAKE = "kommutator_wake"
CONFIG = "kommutator_config"
LIVE = "kommutator_live"
WANTED = "kommutator_wanted"  # told by a trigger of `phone_book`

_NOTIFY = "SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS n (c, p)"


class Unit(SalonStores, ChannelStores, AssistantStores, OutreachStores, RemindStores):
    """The stores inside one transaction, a cached property each. `Database.unit()` commits it."""

    def __init__(self, connection: Connection, waker: Callable[[str], None] | None) -> None:
        self.connection = connection
        self._waker = waker
        self._lanes: dict[str, None] = {}
        self._news: dict[tuple[str, str], None] = {}
        self._told: dict[tuple[EnterpriseNumber, UUID], ToldCards] = {}

    @cached_property
    def journal(self) -> JournalStore:
        return JournalStore(self.connection, self.wake)

    @cached_property
    def outbox(self) -> OutboxStore:
        return OutboxStore(self.connection, self.wake)

    @cached_property
    def deliveries(self) -> DeliveryStore:
        return DeliveryStore(self.connection)

    @cached_property
    def attempts(self) -> AttemptStore:
        return AttemptStore(self.connection)

    @cached_property
    def lanes(self) -> LaneStore:
        return LaneStore(self.connection, self.wake)

    @cached_property
    def budgets(self) -> BudgetStore:
        return BudgetStore(self.connection)

    @cached_property
    def timers(self) -> TimerStore:
        return TimerStore(self.connection, self.wake)

    @cached_property
    def calls(self) -> CallStore:
        return CallStore(self.connection)

    @cached_property
    def workers(self) -> WorkerStore:
        return WorkerStore(self.connection)

    @cached_property
    def retention(self) -> RetentionStore:
        return RetentionStore(self.connection)

    @cached_property
    def enterprises(self) -> EnterpriseStore:
        return EnterpriseStore(self.connection)

    @cached_property
    def people(self) -> PeopleStore:
        return PeopleStore(self.connection)

    @cached_property
    def keys(self) -> KeyStore:
        return KeyStore(self.connection)

    @cached_property
    def sessions(self) -> SessionStore:
        return SessionStore(self.connection)

    @cached_property
    def connections(self) -> ConnectionStore:
        return ConnectionStore(self.connection)

    @cached_property
    def audit(self) -> AuditStore:
        return AuditStore(self.connection)

    @cached_property
    def extensions(self) -> ExtensionStore:
        return ExtensionStore(self.connection)

    @cached_property
    def figures(self) -> FigureStore:
        return FigureStore(self.connection)

    @cached_property
    def presence(self) -> PresenceStore:
        return PresenceStore(self.connection)

    @cached_property
    def recordings(self) -> RecordingStore:
        return RecordingStore(self.connection)

    @cached_property
    def routes(self) -> RouteStore:
        return RouteStore(self.connection)

    @cached_property
    def unpaid_grants(self) -> UnpaidGrantStore:
        return UnpaidGrantStore(self.connection)

    @cached_property
    def limit_blocks(self) -> LimitBlockStore:
        return LimitBlockStore(self.connection)

    @cached_property
    def grants(self) -> GrantStore:
        return GrantStore(self.connection)

    @cached_property
    def oauth_states(self) -> OAuthStateStore:
        return OAuthStateStore(self.connection)

    @cached_property
    def oauth_installs(self) -> OAuthInstallStore:
        return OAuthInstallStore(self.connection)

    @cached_property
    def phone_book(self) -> PhoneBookStore:
        return PhoneBookStore(self.connection)

    @cached_property
    def phone_book_reads(self) -> PhoneBookReadStore:
        return PhoneBookReadStore(self.connection)

    @cached_property
    def campaigns(self) -> CampaignStore:
        return CampaignStore(self.connection)

    @cached_property
    def campaign_items(self) -> CampaignItemStore:
        return CampaignItemStore(self.connection)

    @cached_property
    def do_not_call(self) -> DoNotCallStore:
        return DoNotCallStore(self.connection)

    @cached_property
    def bulk(self) -> BulkStore:
        return BulkStore(self.connection)

    @cached_property
    def bulk_work(self) -> BulkWorkStore:
        return BulkWorkStore(self.connection)

    @cached_property
    def answered(self) -> AnsweredStore:
        return AnsweredStore(self.connection)

    @cached_property
    def crm_copy(self) -> CrmCopyStore:
        return CrmCopyStore(self.connection)

    @cached_property
    def crm_wanted(self) -> CrmWantedStore:
        return CrmWantedStore(self.connection)

    @cached_property
    def crm_reads(self) -> CrmReadStore:
        return CrmReadStore(self.connection)

    @cached_property
    def crm_references(self) -> CrmReferenceStore:
        return CrmReferenceStore(self.connection)

    @cached_property
    def crm_hooks(self) -> CrmHookStore:
        return CrmHookStore(self.connection)

    def cards_changed(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        cards: Collection[tuple[EntityKind, int]],
        *,
        notices: int,
        at: datetime,
    ) -> None:
        """At the commit, once for all that a CRM told meanwhile: have these cards read again.

        `notices` came at `at`; see `CrmHookStore.heard`.
        """
        told = self._told.setdefault((enterprise, connection_id), ToldCards(at))
        told.cards.update(cards)
        told.notices += notices
        told.at = max(told.at, at)

    def wake(self, lane: str) -> None:
        """Tell every engine at commit, once per lane; our own first, without the database."""
        self._lanes[lane] = None
        self._news[WAKE, lane] = None

    def config_changed(self, enterprise: EnterpriseNumber, integration_type: str) -> None:
        """Tell every cache of configs at commit."""
        self._tell(CONFIG, enterprise_number=enterprise, integration_type=integration_type)

    def call_changed(self, enterprise: EnterpriseNumber, call_id: str) -> None:
        """Tell every live page at commit."""
        self._tell(LIVE, enterprise_number=enterprise, call_id=call_id)

    def visits_changed(self, connection_id: UUID) -> None:
        """Tell every live page of this salon at commit."""
        self._tell(LIVE, salon=str(connection_id))

    def chat_changed(self, enterprise: EnterpriseNumber, connection_id: UUID, chat: str) -> None:
        """Tell every live page at commit."""
        self._tell(LIVE, enterprise_number=enterprise, chat=f"{connection_id}:{chat}")

    def ticks_changed(self, enterprise: EnterpriseNumber, connection_id: UUID, chat: str) -> None:
        """Tell pages that show this very chat: something of ours went out, arrived or was read."""
        self._tell(LIVE, enterprise_number=enterprise, ticks=f"{connection_id}:{chat}")

    def whatsapp_changed(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Tell every page that watches this session, at commit."""
        self._tell(LIVE, enterprise_number=enterprise, whatsapp=str(connection_id))

    def _tell(self, channel: str, **news: str) -> None:
        self._news[channel, msgspec.json.encode(news).decode()] = None

    async def send_news(self) -> None:
        """The transaction's last statements: PostgreSQL delivers them if the commit succeeds."""
        for (enterprise, connection_id), told in self._told.items():
            await self.crm_wanted.want(enterprise, connection_id, told.cards)
            await self.crm_hooks.heard(enterprise, connection_id, told.notices, told.at)
        await self.send_salon_news()
        if self._news:
            channels, payloads = zip(*self._news, strict=True)
            await self.connection.execute(_NOTIFY, channels, payloads)

    def after_commit(self) -> None:
        """Wake our own process; the listener would take a round trip."""
        if self._waker is not None:
            for lane in self._lanes:
                self._waker(lane)
