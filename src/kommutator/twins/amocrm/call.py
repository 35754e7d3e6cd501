"""One API call on its way through an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.changes import Change
from kommutator.twins.amocrm.replies import Answer, ApiError, empty_body, invalid, problem

if TYPE_CHECKING:
    from kommutator.twins.amocrm.switches import Switches
    from kommutator.twins.amocrm.tokens import Grant
    from kommutator.twins.amocrm.world import World

Json = dict[str, Any]

MOST_PER_REQUEST = 250
DEFAULT_PER_PAGE = 50


@dataclass
class Call:
    """What an endpoint may use. `query` is parsed as PHP does it; `path` starts with `/`."""

    world: World
    account: Account
    user_id: int
    query: Json
    body: Any
    args: dict[str, str]
    path: str
    raw_query: str = ""
    grant: Grant | None = None

    @property
    def switches(self) -> Switches:
        """The twin's open questions."""
        return self.world.switches

    def now(self) -> int:
        """Epoch seconds."""
        return self.world.now()

    def id(self, name: str = "id") -> int:
        """A number in the path; 0, which nothing has, for any other word."""
        word = self.args[name]
        return int(word) if word.isascii() and word.isdigit() else 0

    def changed(
        self,
        entity: str,
        action: str,
        before: Json | None,
        after: Json | None,
        keys: Collection[str] = (),
        by: int | None = None,
    ) -> None:
        """Tell the world of a change made by this call."""
        self.world.changed(
            self.account,
            Change(
                entity,
                action,
                before,
                dict(after) if after is not None else None,
                self.user_id if by is None else by,
                self.now(),
                frozenset(keys),
            ),
        )

    def items(self, most: int = MOST_PER_REQUEST) -> list[Json]:
        """The body's list of objects.

        Raises:
            ApiError: 400 without data or not a list of objects, 422 above `most`.
        """
        if not self.body:
            raise empty_body()
        if not isinstance(self.body, list):
            raise invalid_body("array")
        if len(self.body) > most:
            raise problem(422, f"Limit {most} per page")
        if not all(isinstance(item, dict) for item in self.body):
            raise invalid_body("object")
        return self.body

    def item(self) -> Json:
        """The body's one object.

        Raises:
            ApiError: 400 without data or not an object.
        """
        if not self.body:
            raise empty_body()
        if not isinstance(self.body, dict):
            raise invalid_body("object")
        return self.body

    def with_words(self) -> frozenset[str]:
        """The words of `with=`."""
        words = self.query.get("with", "")
        parts = words.values() if isinstance(words, dict) else str(words).split(",")
        return frozenset(word.strip() for word in parts)

    def page(self, most: int = MOST_PER_REQUEST) -> tuple[int, int]:
        """`(page, limit)` asked for.

        Raises:
            ApiError: 422 for a limit above `most`, 400 for what is no number.
        """
        limit, page = self._number("limit", DEFAULT_PER_PAGE), self._number("page", 1)
        if limit > most:
            raise problem(422, f"Limit {most} per page")
        return page, limit

    def filters(self) -> Json:
        """The map in `filter`; empty when the account has no filters."""
        value = self.query.get("filter")
        return value if isinstance(value, dict) and self.switches.filters else {}

    def violation(self, kind: str, detail: str) -> None:
        """Write down what the vendor would swallow but a careful client would not send."""
        self.world.core.traffic.violation(
            at=self.now(), account=self.account.name, kind=kind, detail=detail
        )

    def _number(self, name: str, default: int) -> int:
        word = str(self.query.get(name, default))
        if not (word.isascii() and word.isdigit() and int(word) >= 1):
            raise problem(400, f"Invalid value of {name}")
        return int(word)


def invalid_body(name: str) -> ApiError:
    """A body of the wrong type."""
    error = {"code": "InvalidType", "path": "", "detail": f"This value should be of type {name}."}
    return invalid([{"request_id": "0", "errors": [error]}])


Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One method and path, such as `GET /api/v4/leads/{id}`. `admin`: administrators only."""

    method: str
    template: str
    endpoint: Endpoint
    admin: bool = False
