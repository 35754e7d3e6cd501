"""The stores of the copies of salons: a part of `SalonStores`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from kommutator.domain.salon.copy import Part
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.crm_hooks import CrmHookStore
from kommutator.store.driver import Connection
from kommutator.store.salon_book import SalonBookStore
from kommutator.store.salon_clients import SalonClientStore
from kommutator.store.salon_days import SalonDayStore
from kommutator.store.salon_lists import SalonListStore
from kommutator.store.salon_visits import SalonVisitStore
from kommutator.store.salon_wanted import SalonWantedStore
from kommutator.store.salons import SalonStore


@dataclass(slots=True)
class ToldParts:
    """What the vendor told of one salon in this unit of work."""

    at: datetime
    wishes: set[tuple[Part, int]] = field(default_factory=set)
    notices: int = 0


class SalonCopyStores:
    """Each on the unit's connection."""

    connection: Connection

    @cached_property
    def salons(self) -> SalonStore:
        return SalonStore(self.connection)

    @cached_property
    def salon_lists(self) -> SalonListStore:
        return SalonListStore(self.connection)

    @cached_property
    def salon_days(self) -> SalonDayStore:
        return SalonDayStore(self.connection)

    @cached_property
    def salon_clients(self) -> SalonClientStore:
        return SalonClientStore(self.connection)

    @cached_property
    def salon_book(self) -> SalonBookStore:
        return SalonBookStore(self.connection)

    @cached_property
    def salon_visits(self) -> SalonVisitStore:
        return SalonVisitStore(self.connection)

    @cached_property
    def salon_wanted(self) -> SalonWantedStore:
        return SalonWantedStore(self.connection)

    @cached_property
    def _told_salons(self) -> dict[tuple[EnterpriseNumber, UUID], ToldParts]:
        return {}

    def salon_changed(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        wishes: Collection[tuple[Part, int]],
        *,
        at: datetime,
    ) -> None:
        """At the commit, once for all that the vendor told meanwhile: have these read again.

        One notice came at `at`.
        """
        told = self._told_salons.setdefault((enterprise, connection_id), ToldParts(at))
        told.wishes.update(wishes)
        told.notices += 1
        told.at = max(told.at, at)

    async def send_salon_news(self) -> None:
        """Before the commit, so that rows that others lock too are held for a moment only."""
        hooks = CrmHookStore(self.connection)
        for (enterprise, connection_id), told in self._told_salons.items():
            await self.salon_wanted.want(enterprise, connection_id, told.wishes)
            await hooks.heard(enterprise, connection_id, told.notices, told.at)
            await self.salons.unheard(enterprise, connection_id, 0)
