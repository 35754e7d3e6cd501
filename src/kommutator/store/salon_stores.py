"""The stores of salons, their channels and notices: a part of `Unit`, which would grow too long."""

from __future__ import annotations

from functools import cached_property

from kommutator.store.driver import Connection
from kommutator.store.operator import OperatorStore
from kommutator.store.password_links import PasswordLinkStore
from kommutator.store.salon_bookings import SalonBookingStore
from kommutator.store.salon_copy_stores import SalonCopyStores
from kommutator.store.salon_messengers import SalonMessengerStore
from kommutator.store.salon_visit_lists import SalonVisitListStore
from kommutator.store.yclients_arrivals import YClientsArrivalStore
from kommutator.store.yclients_salons import YClientsSalonStore


class SalonStores(SalonCopyStores):
    """A store is one line here, as in `Unit`."""

    connection: Connection

    @cached_property
    def password_links(self) -> PasswordLinkStore:
        return PasswordLinkStore(self.connection)

    @cached_property
    def yclients_arrivals(self) -> YClientsArrivalStore:
        return YClientsArrivalStore(self.connection)

    @cached_property
    def yclients_salons(self) -> YClientsSalonStore:
        return YClientsSalonStore(self.connection)

    @cached_property
    def salon_bookings(self) -> SalonBookingStore:
        return SalonBookingStore(self.connection)

    @cached_property
    def operator(self) -> OperatorStore:
        return OperatorStore(self.connection)

    @cached_property
    def salon_visit_lists(self) -> SalonVisitListStore:
        return SalonVisitListStore(self.connection)

    @cached_property
    def salon_messengers(self) -> SalonMessengerStore:
        return SalonMessengerStore(self.connection)
