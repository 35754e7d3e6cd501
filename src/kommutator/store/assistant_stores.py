"""The stores of the assistant: a part of `Unit`."""

from __future__ import annotations

from functools import cached_property

from kommutator.store.conversations import ConversationStore
from kommutator.store.driver import Connection
from kommutator.store.language_models import LanguageModelStore
from kommutator.store.turns import TurnStore


class AssistantStores:
    """Each on the unit's connection."""

    connection: Connection

    @cached_property
    def conversations(self) -> ConversationStore:
        return ConversationStore(self.connection)

    @cached_property
    def turns(self) -> TurnStore:
        return TurnStore(self.connection)

    @cached_property
    def language_models(self) -> LanguageModelStore:
        return LanguageModelStore(self.connection)
