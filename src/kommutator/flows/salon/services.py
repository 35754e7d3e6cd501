"""What doors need to show and change the visits of salons."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.salon.ports import SalonReader, SalonWriter
from kommutator.flows.salon.accounts import SalonAccounts
from kommutator.flows.salon.book import Book
from kommutator.flows.salon.change import ChangeVisit
from kommutator.flows.salon.shelf import SalonShelf


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
    book: Book
    change: ChangeVisit
