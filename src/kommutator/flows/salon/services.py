"""What doors need to show and change the visits of salons."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.connection import Account
from kommutator.domain.salon.ports import SalonReader, SalonWriter, VisitPage
from kommutator.flows.salon.accounts import SalonAccounts
from kommutator.flows.salon.book import Book
from kommutator.flows.salon.change import ChangeVisit
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.store.database import Database
from kommutator.store.salon_visit_lists import VisitsWanted


class ListVisits:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, account: Account, wanted: VisitsWanted) -> VisitPage:
        """As the copy has them."""
        async with self._db.unit() as unit:
            visits, total = await unit.salon_visit_lists.page(
                account.enterprise, account.connection_id, wanted
            )
        return VisitPage(visits, total, more=wanted.page * wanted.limit < total)


@dataclass(frozen=True, slots=True)
class VisitDesk:
    """The salons of all tenants; every method of its parts takes the account first.

    Attributes:
        reader: the vendor itself, for whoever asks for the very newest.
        shelf: our copy.
    """

    accounts: SalonAccounts
    reader: SalonReader
    writer: SalonWriter
    shelf: SalonShelf
    listed: ListVisits
    book: Book
    change: ChangeVisit
