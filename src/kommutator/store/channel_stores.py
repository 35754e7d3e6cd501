"""The stores of messengers, chats and notices: a part of `Unit`."""

from __future__ import annotations

from functools import cached_property

from kommutator.store.channel_reads import ChannelReadStore
from kommutator.store.chats import ChatStore
from kommutator.store.driver import Connection
from kommutator.store.notice_receivers import NoticeReceiverStore
from kommutator.store.notices import NoticeStore


class ChannelStores:
    """Each on the unit's connection."""

    connection: Connection

    @cached_property
    def chats(self) -> ChatStore:
        return ChatStore(self.connection)

    @cached_property
    def channel_reads(self) -> ChannelReadStore:
        return ChannelReadStore(self.connection)

    @cached_property
    def notice_receivers(self) -> NoticeReceiverStore:
        return NoticeReceiverStore(self.connection)

    @cached_property
    def notices(self) -> NoticeStore:
        return NoticeStore(self.connection)
