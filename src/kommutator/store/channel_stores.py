"""The stores of messengers, chats and notices: a part of `Unit`."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.channel_reads import ChannelReadStore
from kommutator.store.chats import ChatStore
from kommutator.store.driver import Connection
from kommutator.store.message_locks import MessageLocks
from kommutator.store.notice_receivers import NoticeReceiverStore
from kommutator.store.notices import NoticeStore
from kommutator.store.whatsapp_keys import WhatsAppKeyStore
from kommutator.store.whatsapp_sent import WhatsAppSentStore
from kommutator.store.whatsapp_sessions import WhatsAppStore
from kommutator.store.whatsapp_watchers import WhatsAppWatcherStore


class ChannelStores:
    """Each on the unit's connection."""

    connection: Connection

    @abstractmethod
    def whatsapp_changed(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None: ...

    @cached_property
    def chats(self) -> ChatStore:
        return ChatStore(self.connection)

    @cached_property
    def message_locks(self) -> MessageLocks:
        return MessageLocks(self.connection)

    @cached_property
    def channel_reads(self) -> ChannelReadStore:
        return ChannelReadStore(self.connection)

    @cached_property
    def notice_receivers(self) -> NoticeReceiverStore:
        return NoticeReceiverStore(self.connection)

    @cached_property
    def notices(self) -> NoticeStore:
        return NoticeStore(self.connection)

    @cached_property
    def whatsapp(self) -> WhatsAppStore:
        return WhatsAppStore(self.connection, self.whatsapp_changed)

    @cached_property
    def whatsapp_keys(self) -> WhatsAppKeyStore:
        return WhatsAppKeyStore(self.connection)

    @cached_property
    def whatsapp_sent(self) -> WhatsAppSentStore:
        return WhatsAppSentStore(self.connection)

    @cached_property
    def whatsapp_watchers(self) -> WhatsAppWatcherStore:
        return WhatsAppWatcherStore(self.connection)
