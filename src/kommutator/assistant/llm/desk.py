"""What the model may read in one turn, and what it has read. Each answer is checked and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Final

from kommutator.assistant.dialogue import naming
from kommutator.assistant.dialogue.dates import day_in_words
from kommutator.assistant.dialogue.moment import Moment
from kommutator.assistant.dialogue.offering import HORIZON, fits
from kommutator.assistant.llm.masking import Mask
from kommutator.domain.assistant.frame import When
from kommutator.domain.assistant.model import ModelSettings
from kommutator.domain.assistant.talk import Goal, Offer
from kommutator.domain.salon.facts import Visit

_LONGEST_SPAN: Final = timedelta(days=13)
_SHOWN: Final = 40
_LISTED: Final = 20
JSON = dict[str, Any]


class WrongError(Exception):
    """What the model gave cannot be; the words go back to it, so that it may try again."""


@dataclass(frozen=True, slots=True)
class Found:
    """A free start that was read at the salon.

    Attributes:
        record_id: of the visit that could go there; None: for a new one.
        earlier: shown to the client in an earlier turn.
    """

    offer: Offer
    services: tuple[int, ...] = ()
    record_id: int | None = None
    earlier: bool = False


@dataclass(slots=True)
class Desk:
    """Of one turn of one chat: nothing of any other can be reached from it.

    Attributes:
        m: the turn, read by rules.
        known: what is proved: the client's words and whatever was read.
        found: free starts by the ids that the model is given.
        left_out: sentences of its own that could not be proved.
    """

    m: Moment
    settings: ModelSettings
    mask: Mask
    known: list[str] = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    left_out: int = 0

    def __post_init__(self) -> None:
        self.known.append(self.m.text)
        talk = self.m.talk
        record_id = talk.record_id if talk.goal is Goal.MOVE else None
        for place, offer in enumerate(talk.offered, 1):
            self.found[f"o{place}"] = Found(offer, talk.services, record_id, earlier=True)

    # --- tools -----------------------------------------------------------------------------------

    async def find_times(
        self,
        service_ids: Sequence[int],
        staff_id: int | None,
        first_day: date,
        last_day: date,
        hours: When,
    ) -> JSON:
        """Free starts for a new visit, in time's order."""
        services = self.services(service_ids)
        if not services:
            raise WrongError("name at least one service")
        self._demand_can(services, staff_id)
        self._demand_days(first_day, last_day)
        starts = await self.m.times.starts(services, staff_id, first_day, last_day)
        return self._shown(starts, hours, services, None)

    async def find_moves(self, visit_id: int, first_day: date, last_day: date, hours: When) -> JSON:
        """Where a visit of the client could go."""
        visit = self.visit(visit_id)
        self._demand_days(first_day, last_day)
        starts = await self.m.times.moves(visit.id, first_day, last_day)
        return self._shown(starts, hours, (), visit.id)

    def prices(self, service_ids: Sequence[int]) -> JSON:
        """What services cost and how long they take."""
        scene = self.m.scene
        rows = [
            {
                "service": one.title,
                "price": naming.price(scene, (one.id,)) or None,
                "minutes": one.duration_s // 60,
            }
            for one in naming.services_of(scene, self.services(service_ids))[:_LISTED]
        ]
        return self._keep({"prices": rows})

    def visits(self) -> JSON:
        """The client's own, still to come."""
        scene = self.m.scene
        return self._keep({"visits": [self._visit(one) for one in scene.client.visits[:_LISTED]]})

    def hours(self, first_day: date, last_day: date) -> JSON:
        """When the salon is open; null: closed; a day that is missing is not known."""
        self._demand_days(first_day, last_day)
        days = {
            f"{day} {self._day(day)}": span
            for day, span in self.m.scene.hours.items()
            if first_day <= day <= last_day
        }
        return self._keep({"open": days})

    def address(self) -> JSON:
        salon = self.m.scene.salon
        return self._keep({"salon": salon.title, "address": salon.address, "phone": salon.phone})

    # --- what must be so -------------------------------------------------------------------------

    def services(self, ids: Sequence[int]) -> tuple[int, ...]:
        """Raises WrongError for one that is not offered."""
        known = {one.id for one in self.m.scene.services}
        for one in ids:
            if one not in known:
                raise WrongError(f"there is no service {one}; use ids of salon.services")
        return tuple(dict.fromkeys(ids))

    def staff(self, staff_id: int | None) -> int | None:
        """Raises WrongError for somebody who does not work here."""
        if staff_id is not None and naming.staff_of(self.m.scene, staff_id) is None:
            raise WrongError(f"there is no employee {staff_id}; use ids of salon.staff")
        return staff_id

    def visit(self, visit_id: int) -> Visit:
        """Raises WrongError for any but the client's own."""
        visit = naming.visit_of(self.m.scene, visit_id)
        if visit is None:
            raise WrongError(f"the client has no visit {visit_id}; see `visits`")
        return visit

    def offer(self, offer_id: str) -> Found:
        """Raises WrongError for a time that nobody read."""
        found = self.found.get(offer_id)
        if found is None:
            known = ", ".join(self.found) or "none yet"
            raise WrongError(
                f"there is no time {offer_id!r}; known: {known}. Call find_times or find_moves."
            )
        return found

    def demand_hours(self, when: When) -> When:
        """Raises WrongError for days that do not follow each other, or an empty span."""
        if when.first is not None and when.last is not None and when.last < when.first:
            raise WrongError("last_day is before first_day")
        if when.after is not None and when.before is not None and when.before <= when.after:
            raise WrongError("before must be later than after")
        return when

    def _demand_can(self, services: Sequence[int], staff_id: int | None) -> None:
        can = [one.id for one in naming.who_can(self.m.scene, services)]
        if self.staff(staff_id) is not None and staff_id not in can:
            raise WrongError(f"employee {staff_id} does not do all of this; these do: {can}")

    def _demand_days(self, first: date, last: date) -> None:
        today = self.m.scene.now.date()
        if last < first or last < today or last > today + HORIZON or last - first > _LONGEST_SPAN:
            raise WrongError(f"days must be from {today}, at most 14 at once and 60 days ahead")

    # --- how it is shown -------------------------------------------------------------------------

    def _shown(
        self, starts: Sequence[Offer], hours: When, services: tuple[int, ...], record: int | None
    ) -> JSON:
        hours = self.demand_hours(When(at=hours.at, after=hours.after, before=hours.before))
        scene = self.m.scene
        fitting = [
            one
            for one in starts
            if one.starts_at > scene.now and fits(one, hours)
            if naming.staff_of(scene, one.staff_id)
        ]
        rows = [self._time(one, services, record) for one in fitting[:_SHOWN]]
        return self._keep({"times": rows, "more": len(fitting) > _SHOWN})

    def _time(self, offer: Offer, services: tuple[int, ...], record: int | None) -> JSON:
        number = sum(1 for one in self.found if one.startswith("t")) + 1
        self.found[f"t{number}"] = Found(offer, services, record)
        return {"id": f"t{number}", **self.moment(offer)}

    def moment(self, offer: Offer) -> JSON:
        """A start in words, for the model."""
        return {
            "day": f"{offer.starts_at:%Y-%m-%d} {self._day(offer.starts_at.date())}",
            "time": f"{offer.starts_at:%H:%M}",
            "staff": naming.name_of(self.m.scene, offer.staff_id),
        }

    def _visit(self, visit: Visit) -> JSON:
        return {
            "id": visit.id,
            "services": [one.title for one in visit.services],
            "staff": naming.name_of(self.m.scene, visit.staff_id),
            "day": f"{visit.starts_at:%Y-%m-%d} {self._day(visit.starts_at.date())}",
            "time": f"{visit.starts_at:%H:%M}",
        }

    def _day(self, day: date) -> str:
        return day_in_words(day, self.m.scene.now.date(), self.m.words.language)

    def _keep(self, answer: JSON) -> JSON:
        self.known.append(json.dumps(answer, ensure_ascii=False, default=str))
        return answer


def span(
    first_day: date | None = None,
    last_day: date | None = None,
    at: time | None = None,
    after: time | None = None,
    before: time | None = None,
) -> When:
    """A wished time as the dialogue has it; of one day both ends are it."""
    return When(
        first=first_day,
        last=last_day or first_day,
        at=_plain(at),
        after=_plain(after),
        before=_plain(before),
    )


def _plain(one: time | None) -> time | None:
    return None if one is None else one.replace(tzinfo=None, second=0, microsecond=0)
