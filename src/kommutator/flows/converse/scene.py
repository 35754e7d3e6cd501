"""Everything that is true at the moment of one turn, read from our copy of the salon."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from kommutator.domain.assistant.frame import Named, Vocabulary
from kommutator.domain.assistant.ports import Client, Scene
from kommutator.domain.assistant.settings import AssistantSettings
from kommutator.domain.assistant.talk import Question
from kommutator.domain.connection import Account
from kommutator.domain.salon.facts import Attendance, SalonClient, Service, StaffMember, Visit
from kommutator.domain.salon.slots import DayBook
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.errors import UserError, VendorError

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_AHEAD: Final = timedelta(days=60)
_HISTORY: Final = 30
_CARDS: Final = 3  # of one phone: families share one
_LOOK_UP_S: Final = 2.0
Hours = Mapping[date, tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever writes.

    Attributes:
        phone: E.164, as the messenger proves it; never one that was only written down.
        records: visits that this very talk made, whatever phone they are under.
        asks_live: look for an unknown phone at the vendor, too.
    """

    phone: str | None = None
    records: Sequence[int] = ()
    asks_live: bool = False


class LooksUp(Protocol):
    """What is needed of `SalonReader`."""

    async def clients_by_phone(self, account: Account, phone: str) -> Sequence[SalonClient]: ...


class SetScene:
    def __init__(self, db: Database, shelf: SalonShelf, reader: LooksUp) -> None:
        self._db = db
        self._shelf = shelf
        self._reader = reader

    async def __call__(
        self,
        account: Account,
        who: Who,
        settings: AssistantSettings,
        *,
        questions: Sequence[Question] = (),
        greet: bool = False,
    ) -> Scene:
        """The salon of `account` as it is now. Raises Unavailable: `salon_not_copied`."""
        salon = await self._shelf.salon(account)
        now = await self._shelf.now(account)
        services = [
            one for one in await self._shelf.services(account) if one.active and one.staff_s
        ]
        staff = [
            one
            for one in await self._shelf.staff(account)
            if one.bookable and not one.fired and not one.hidden
        ]
        key = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            books = await unit.salon_days.between(*key, now.date(), now.date() + _AHEAD)
            cards = await _cards(unit, account, who.phone)
            visits = await _visits(unit, account, who, cards)
        if not cards and who.phone is not None and who.asks_live:
            cards = await self._look_up(account, who.phone)
        hours = _hours(books, {one.id for one in staff}, now.date())
        return Scene(
            salon=salon,
            now=now,
            services=services,
            staff=staff,
            vocabulary=_vocabulary(services, staff, hours, settings),
            client=_client(who.phone, cards, visits, now, {one.id for one in staff}),
            hours=hours,
            questions=questions,
            texts=settings.texts,
            greet=greet,
            currency=salon.currency,
            enterprise=account.enterprise,
        )

    async def _look_up(self, account: Account, phone: str) -> Sequence[SalonClient]:
        """At the vendor; nobody waits long for a name."""
        try:
            async with asyncio.timeout(_LOOK_UP_S):
                return await self._reader.clients_by_phone(account, phone)
        except (TimeoutError, VendorError, UserError) as error:
            _log.info("client_not_looked_up", reason=type(error).__name__)
            return ()


async def _cards(unit: Unit, account: Account, phone: str | None) -> Sequence[SalonClient]:
    if phone is None:
        return ()
    found = await unit.salon_clients.by_phone(account.enterprise, phone)
    return [card for salon, card in found if salon == account.connection_id][:_CARDS]


async def _visits(
    unit: Unit, account: Account, who: Who, cards: Sequence[SalonClient]
) -> Sequence[Visit]:
    """All that are the client's, each once."""
    key = account.enterprise, account.connection_id
    found: dict[int, Visit] = {}
    for card in cards:
        for visit in await unit.salon_visits.of_client(*key, card.id, limit=_HISTORY):
            found[visit.id] = visit
    if who.phone is not None:
        for visit in await unit.salon_visits.of_phone(*key, who.phone, limit=_HISTORY):
            found[visit.id] = visit
    for record_id, kept in (await unit.salon_visits.some(*key, who.records)).items():
        found[record_id] = kept.visit
    return [visit for visit in found.values() if not visit.deleted]


def _client(
    phone: str | None,
    cards: Sequence[SalonClient],
    visits: Sequence[Visit],
    now: datetime,
    staff: Collection[int],
) -> Client:
    came = sorted(
        (one for one in visits if one.attendance is Attendance.CAME),
        key=lambda one: one.starts_at,
        reverse=True,
    )
    usual = Counter(one.staff_id for one in came if one.staff_id in staff).most_common(1)
    to_come = [
        one for one in visits if one.starts_at >= now and one.attendance is not Attendance.NO_SHOW
    ]
    names = [card.name for card in cards] + [one.client_name or "" for one in to_come + came]
    return Client(
        phone=phone,
        name=next((name for name in names if name.strip()), None),
        known=bool(cards or visits),
        visits=sorted(to_come, key=lambda one: (one.starts_at, one.id)),
        usual_staff=usual[0][0] if usual else None,
        usual_services=tuple(one.service_id for one in came[0].services) if came else (),
    )


def _hours(books: Sequence[DayBook], staff: Collection[int], today: date) -> Hours:
    """From the first who comes to the last who leaves; days beyond what was read are left out."""
    if not books:
        return {}
    days: dict[date, list[int]] = {}
    for book in books:
        if book.staff_id in staff:
            days.setdefault(book.day, []).extend(book.hours)
    last = max(book.day for book in books)
    return {
        day: (_clock(min(days[day])), _clock(max(days[day]))) if day in days else None
        for day in (today + timedelta(days=n) for n in range((last - today).days + 1))
    }


def _clock(second: int) -> str:
    minutes = min((second + 59) // 60, 24 * 60)  # the vendor's end of the day is 23:59:59
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _vocabulary(
    services: Sequence[Service],
    staff: Sequence[StaffMember],
    hours: Hours,
    settings: AssistantSettings,
) -> Vocabulary:
    aliases = settings.aliases
    open_days = [one for one in hours.values() if one is not None]
    opens = min((begin for begin, _ in open_days), default="09:00")
    closes = max((end for _, end in open_days), default="21:00")
    return Vocabulary(
        services=tuple(
            Named(one.id, one.title, tuple(aliases.services.get(str(one.id), ())))
            for one in services
        ),
        staff=tuple(
            Named(one.id, one.name, tuple(aliases.staff.get(str(one.id), ()))) for one in staff
        ),
        opens=_time(opens),
        closes=_time(closes),
    )


def _time(text: str) -> time:
    return time.max if text == "24:00" else time.fromisoformat(text)
