"""One API call on its way through an endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.people import Partner, User
from kommutator.twins.yclients.replies import BAD_FORMAT, NO_BRANCH, Answer, Refusal
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.switches import Switches
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

YES = frozenset({"1", "true"})
# The licence of routes of online booking: 403 by the switch `licence_stops_booking`.
BOOKING_LICENCE = -403
LONGEST_NUMBER = 20


@dataclass
class Call:
    """What an endpoint may use. `query` is parsed as PHP does it; `path` starts with `/`."""

    world: World
    partner: Partner
    user: User | None
    query: Json
    body: Any
    args: dict[str, str]
    path: str
    branch: Company | None = None

    @property
    def switches(self) -> Switches:
        """The twin's open questions."""
        return self.world.switches

    @property
    def company(self) -> Company:
        """The branch in the path.

        Raises:
            Refusal: 404, the path has none.
        """
        if self.branch is None:
            raise Refusal(404, NO_BRANCH)
        return self.branch

    @property
    def asker(self) -> User:
        """The user behind the call; only for routes that need one."""
        if self.user is None:
            raise LookupError("this route asks for no user")
        return self.user

    def id(self, name: str) -> int:
        """A number in the path; 0, which nothing has, for any other word."""
        return number(self.args.get(name))

    def may(self, right: str) -> bool:
        """Whether the asking user holds a right in the branch."""
        return self.user is not None and self.user.may(self.company.id, right)

    def word(self, name: str) -> str:
        """A value of the query, "" without one."""
        value = self.query.get(name, "")
        return value if isinstance(value, str) else ""

    def whole(self, name: str, default: int) -> int:
        """A number of the query; the default for anything else."""
        word = self.word(name)
        return int(word) if _is_number(word) else default

    def yes(self, name: str) -> bool:
        """Whether a flag of the query is set."""
        return self.word(name) in YES

    def many(self, name: str) -> list[int]:
        """Numbers of `name[]=…` in the query; a plain `name=…` is another name, other words go."""
        value = self.query.get(name)
        words = value.values() if isinstance(value, dict) else ()
        return [int(word) for word in map(str, words) if _is_number(word)]

    def words(self, name: str) -> frozenset[str]:
        """Words of `name[]=…`, split at commas."""
        value = self.query.get(name)
        parts = value.values() if isinstance(value, dict) else ()
        return frozenset(word for part in parts for word in str(part).split(",") if word)

    def item(self) -> Json:
        """The body's object.

        Raises:
            Refusal: 400, no JSON object.
        """
        if not isinstance(self.body, dict):
            raise Refusal(400, BAD_FORMAT)
        return self.body

    def staff(self, number: int) -> Staff | None:
        """An employee of the branch."""
        return self.company.staff.get(number)

    def changed(self, resource: str, number: int, status: str) -> None:
        """Tell the world of a change made by this call: `status` create, update or delete."""
        self.world.changed(
            self.company, resource, number, status, user=self.user, partner=self.partner
        )


def number(word: Any) -> int:
    """A number from a path or a body, as PHP's cast; 0 for what is none."""
    if isinstance(word, bool) or word is None:
        return 0
    if isinstance(word, int | float):
        return int(word) if math.isfinite(word) else 0
    text = str(word).strip()
    return int(text) if _is_number(text) else 0


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < LONGEST_NUMBER


Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One method and path, such as `GET /api/v1/records/{company}`.

    Attributes:
        user: a user token is needed; with `{company}` in the path, one with access to it.
        right: what the user must hold there, such as `clients.clients_access`.
        licence: the status answered for a branch that is not paid for; 0: it does not matter;
            negative: only while the switch `licence_stops_booking` is on.
    """

    method: str
    template: str
    endpoint: Endpoint
    user: bool = False
    right: str = ""
    licence: int = 0
