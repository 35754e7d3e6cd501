"""All branches of one running twin, who may ask, and who listens to changes."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.ids import Ids, SystemIds
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import TwinCore
from kommutator.twins.faults import FaultBook
from kommutator.twins.traffic import Traffic
from kommutator.twins.yclients.changes import Change, Listener
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.outside import Outside
from kommutator.twins.yclients.pace import Pace
from kommutator.twins.yclients.people import Group, Partner, User
from kommutator.twins.yclients.replies import FAULT_REPLIES
from kommutator.twins.yclients.request_log import RequestLog
from kommutator.twins.yclients.seed import fill
from kommutator.twins.yclients.slots import Slot, slots_of
from kommutator.twins.yclients.switches import Switches

# Where numbering of each kind begins, near those of the real thing.
_FIRST = {
    "company": 970_001,
    "group": 132_001,
    "user": 7_000_001,
    "partner": 3_001,
    "staff": 2_900_001,
    "position": 400_001,
    "category": 9_000_001,
    "service": 10_000_001,
    "client": 210_000_001,
    "record": 520_000_001,
    "visit": 440_000_001,
    "document": 610_000_001,
    "activity": 3_500_001,
    "review": 18_001,
    "comment": 50_001,
}
_OTHERS_FROM = 1_000_001
STANDING_APPLICATION_ID = 19_999
STANDING_REDIRECT_URL = "http://127.0.0.1:8080/auth/yclients/redirect"


@dataclass(frozen=True)
class Standing:
    """What the configuration gives, so that others can know it beforehand."""

    partner_token: str
    user_token: str
    application_id: int = STANDING_APPLICATION_ID
    # Of the application's card in the developer's cabinet (see `Application`).
    redirect_url: str = STANDING_REDIRECT_URL
    callback_url: str | None = None
    operator_url: str | None = None


class World:
    """The twin's whole state."""

    def __init__(self, core: TwinCore, clock: ShiftedClock, standing: Standing) -> None:
        self.core = core
        self.clock = clock
        self.standing = standing
        self.switches = Switches()
        self.pace = Pace(self.switches)
        self.log = RequestLog()
        self.companies: dict[int, Company] = {}
        self.groups: dict[int, Group] = {}
        self.users: dict[int, User] = {}
        self.partners: dict[int, Partner] = {}
        # The system user of the standing application; its token is `standing.user_token`.
        self.system_user_id = 0
        self._partners_by_token: dict[str, Partner] = {}
        self._users_by_token: dict[str, User] = {}
        self._numbers: dict[str, itertools.count[int]] = {}
        self._listeners: list[Listener] = []
        # What was sent to clients through the API.
        self.mailings: list[dict[str, Any]] = []
        # Called after a reset.
        self.on_reset: list[Callable[[], None]] = []
        fill(self)
        self.outside = Outside(self)

    def now(self) -> float:
        """Epoch seconds of the twin."""
        return self.core.clock.now().timestamp()

    def local_now(self, company: Company) -> datetime:
        """What the clock on the branch's wall shows, naive."""
        return company.local(self.core.clock.now())

    def today(self, company: Company) -> date:
        """The branch's date."""
        return self.local_now(company).date()

    def next_id(self, kind: str) -> int:
        """A fresh number of a kind, unique within the twin."""
        if kind not in self._numbers:
            self._numbers[kind] = itertools.count(_FIRST.get(kind, _OTHERS_FROM))
        return next(self._numbers[kind])

    def hash_of(self, kind: str, number: int) -> str:
        """32 hex digits that nobody guesses from outside, the same for one run."""
        return hashlib.md5(  # noqa: S324  the vendor's hashes look so; it guards nothing real
            f"{self.standing.user_token}:{kind}:{number}".encode()
        ).hexdigest()

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(change)` on every change from now on, in order."""
        self._listeners.append(listener)

    def changed(
        self,
        company: Company,
        resource: str,
        number: int,
        status: str,
        *,
        user: User | None = None,
        partner: Partner | None = None,
    ) -> None:
        """Tell everybody what happened. Called for every change, whoever made it."""
        change = Change(company, resource, number, status, user, partner, self.now())
        for listener in self._listeners:
            listener(change)
        self.core.bell.ring()

    def company(self, number: int | str | None) -> Company:
        """A branch by its id; the first one for None.

        Raises:
            ValueError: there is none.
        """
        if number is None:
            return next(iter(self.companies.values()))
        found = self.companies.get(int(number))
        if found is None:
            raise ValueError(f"no company {number}")
        return found

    def user(self, number: int | str) -> User:
        """A user by id, login or name.

        Raises:
            ValueError: there is none.
        """
        for user in self.users.values():
            if str(number) in (str(user.id), user.login, user.name):
                return user
        raise ValueError(f"no user {number!r}")

    def add_user(self, user: User) -> None:
        """Take a user in; again after a new token."""
        for token in [t for t, known in self._users_by_token.items() if known.id == user.id]:
            del self._users_by_token[token]
        self.users[user.id] = user
        self._users_by_token[user.token] = user

    def add_partner(self, partner: Partner) -> None:
        """Take a developer in."""
        self.partners[partner.id] = partner
        self._partners_by_token[partner.token] = partner

    def partner_of(self, token: str) -> Partner | None:
        """Whose partner token it is."""
        return self._partners_by_token.get(token)

    def user_of(self, token: str) -> User | None:
        """Whose user token it is."""
        return self._users_by_token.get(token)

    def times(
        self, company: Company, staff_id: int, day: date, service_ids: Sequence[int] = ()
    ) -> list[Slot]:
        """Free slots of an employee (0 = any), as `book_times` gives them."""
        return slots_of(
            company,
            staff_id,
            day,
            service_ids,
            now=self.local_now(company),
            default_seconds=self.switches.default_seance_seconds,
        )

    def reset(self) -> None:
        """The whole twin as it was at the start; listeners stay."""
        for book in (
            self.companies,
            self.groups,
            self.users,
            self.partners,
            self._partners_by_token,
            self._users_by_token,
            self._numbers,
        ):
            book.clear()
        self.switches.change(Switches().dump())
        self.pace.clear()
        self.log.clear()
        self.mailings.clear()
        self.core.faults.clear()
        self.core.traffic.clear()
        fill(self)
        for forget in self.on_reset:
            forget()
        self.core.bell.ring()


def bare_world(clock: Clock | None = None, ids: Ids | None = None) -> World:
    """A world without a server, for who asks it in-process."""
    shifted, ids = ShiftedClock(clock or SystemClock()), ids or SystemIds()
    core = TwinCore("http://twin", shifted, ids, FaultBook(ids, FAULT_REPLIES), Traffic())
    return World(core, shifted, Standing(ids.token(15), ids.token(24)))
