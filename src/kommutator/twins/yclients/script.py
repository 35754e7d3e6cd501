"""Many changes in a row, the same for the same seed: what a busy desk does in a week."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.hands import Hands
from kommutator.twins.yclients.local_time import at_second, plain
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.random_salon import NAMES
from kommutator.twins.yclients.rows import CAME, CONFIRMED, NO_SHOW, Record

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

DAYS_AHEAD = 14
_ACTS = {"create": 40, "move": 25, "attendance": 15, "cancel": 10, "comment": 10}
_SERVICES_TRIED, _DAYS_TRIED = 4, 5


class Script:
    """Changes made by hand in one branch, drawn from a seed."""

    def __init__(self, world: World, company: Company, seed: int, user: User | None = None) -> None:
        self._world = world
        self._company = company
        self._chance = Random(seed)  # noqa: S311  a seeded invention
        self._hands = Hands(world, company, user)
        self._clients = 0

    def run(self, changes: int, *, pause: float = 0.0) -> dict[str, int]:
        """Make `changes` changes, `pause` twin's seconds apart; how many of each kind there were.

        Raises:
            ValueError: the branch has nobody to book with.
        """
        counted: Counter[str] = Counter()
        names, weights = list(_ACTS), list(_ACTS.values())
        while sum(counted.values()) < changes:
            act = self._chance.choices(names, weights)[0]
            counted[self._one(act)] += 1
            if pause:
                self._world.clock.advance(pause)
        return dict(counted)

    def _one(self, act: str) -> str:
        today = self._world.today(self._company)
        records = self._company.records.values()
        live = [one for one in records if not one.deleted and one.start.date() >= today]
        if act == "create" or not live:
            return self._create(live)
        record = self._chance.choice(live)
        match act:
            case "move":
                found = self._free([line.id for line in record.services])
                if found is None:
                    self._hands.comment({"id": record.id, "comment": "Просят перенести"})
                    return "comment"
                self._hands.move({"id": record.id, **found})
            case "attendance":
                wanted = self._chance.choice((CONFIRMED, CAME, NO_SHOW))
                self._hands.attendance({"id": record.id, "attendance": wanted})
            case "cancel":
                self._hands.cancel({"id": record.id})
            case _:
                words = f"Примечание {self._chance.randrange(1000)}"
                self._hands.comment({"id": record.id, "comment": words})
        return act

    def _create(self, live: list[Record]) -> str:
        for _ in range(_SERVICES_TRIED):
            staff = self._chance.choice(list(self._company.staff.values()))
            if not staff.lengths:
                continue
            service = self._chance.choice(list(staff.lengths))
            found = self._free([service])
            if found is not None:
                self._hands.create({**found, "services": [service], "client": self._client()})
                return "create"
        if not live:
            raise ValueError("the branch has nobody to book with")
        self._hands.cancel({"id": self._chance.choice(live).id})
        return "cancel"

    def _free(self, services: list[int]) -> Json | None:
        """A bookable time of anybody for these services, on a day by chance."""
        today = self._world.today(self._company)
        for _ in range(_DAYS_TRIED):
            day = today + timedelta(self._chance.randrange(DAYS_AHEAD))
            if slots := self._world.times(self._company, 0, day, services):
                slot = self._chance.choice(slots)
                at = plain(at_second(day, slot.start))
                return {"staff_id": slot.staff_id, "datetime": at, "length": slot.length}
        return None

    def _client(self) -> Json:
        self._clients += 1
        return {"name": self._chance.choice(NAMES), "phone": f"7000{self._clients % 300:07d}"}
