"""The stores of messages nobody asked for: a part of `Unit`."""

from __future__ import annotations

from functools import cached_property

from kommutator.store.consents import ConsentStore
from kommutator.store.driver import Connection
from kommutator.store.outreach import OutreachStore
from kommutator.store.outreach_pauses import OutreachPauseStore
from kommutator.store.outreach_tries import OutreachTryStore
from kommutator.store.outreach_ways import OutreachWayStore


class OutreachStores:
    """Each on the unit's connection."""

    connection: Connection

    @cached_property
    def consents(self) -> ConsentStore:
        return ConsentStore(self.connection)

    @cached_property
    def outreach(self) -> OutreachStore:
        return OutreachStore(self.connection)

    @cached_property
    def outreach_tries(self) -> OutreachTryStore:
        return OutreachTryStore(self.connection)

    @cached_property
    def outreach_ways(self) -> OutreachWayStore:
        return OutreachWayStore(self.connection)

    @cached_property
    def outreach_pauses(self) -> OutreachPauseStore:
        return OutreachPauseStore(self.connection)
