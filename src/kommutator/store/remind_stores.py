"""The stores of reminders and reviews: a part of `Unit`."""

from __future__ import annotations

from functools import cached_property

from kommutator.store.driver import Connection
from kommutator.store.questions import QuestionStore
from kommutator.store.reviews import ReviewStore


class RemindStores:
    """Each on the unit's connection."""

    connection: Connection

    @cached_property
    def questions(self) -> QuestionStore:
        return QuestionStore(self.connection)

    @cached_property
    def reviews(self) -> ReviewStore:
        return ReviewStore(self.connection)
