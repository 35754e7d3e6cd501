"""The parts by which visits are booked and changed."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.compose.yclients import Ground, YClientsSide
from kommutator.flows.directory import Directory
from kommutator.flows.salon.accounts import SalonAccounts
from kommutator.flows.salon.book import Book
from kommutator.flows.salon.change import ChangeVisit
from kommutator.flows.salon.kept import Salons
from kommutator.flows.salon.services import ListVisits, VisitDesk
from kommutator.kit.metrics import Metrics
from kommutator.workers.salon_bookings import BookingSettler


@dataclass(frozen=True, slots=True)
class VisitParts:
    """A service for the house, and the work aside."""

    desk: VisitDesk
    settler: BookingSettler


def compose_visits(
    on: Ground, side: YClientsSide | None, directory: Directory, salons: Salons, metrics: Metrics
) -> VisitParts | None:
    """Nothing is started and nothing is asked. None: there is no booking system to book at."""
    if side is None:
        return None
    db, clock = on.db, on.clock
    book = Book(db, side.writer, salons, clock=clock, ids=on.ids, metrics=metrics)
    desk = VisitDesk(
        accounts=SalonAccounts(directory),
        reader=side.reader,
        writer=side.writer,
        shelf=salons,
        listed=ListVisits(db),
        book=book,
        change=ChangeVisit(db, side.writer, salons),
    )
    return VisitParts(desk, BookingSettler(db, directory, book, clock=clock))
