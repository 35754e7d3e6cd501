"""The phone book as people leaf through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.phone_book import COLUMNS, BookEntry
from kommutator.store.views.rows import Connection, Where

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for "has not talked yet" in the order of the list."""

Place = tuple[datetime, str]
"""Last talk and phone of a list's last line."""


@dataclass(frozen=True, slots=True)
class BookFilter:
    """What a person looks for. `text`: part of a name, or digits of a number."""

    text: str = ""
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class BookFigures:
    """Of the whole book: numbers, clients of the CRM among them, and look-ups that wait."""

    numbers: int
    clients: int
    wanted: int


def place_of(entry: BookEntry) -> Place:
    """Where the list goes on after this line."""
    return entry.last_talk_at or NEVER, entry.phone


class PhoneBookViews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self,
        enterprise: EnterpriseNumber,
        wanted: BookFilter,
        *,
        after: Place | None = None,
        limit: int = 50,
    ) -> Sequence[BookEntry]:
        """Whoever talked last first, then by number. What is only wanted yet is not shown."""
        where = Where(enterprise)
        where.add("(known OR last_talker IS NOT NULL OR pinned IS NOT NULL OR crm_at IS NOT NULL)")
        if text := wanted.text.strip():
            _search(where, text)
        if wanted.pinned:
            where.add("pinned IS NOT NULL")
        if after is not None:
            talk = "coalesce(last_talk_at, to_timestamp(0))"
            where.add(f"({talk} < {{}} OR ({talk} = {{}} AND phone > {{}}))", after[0], *after)
        rows = await self._connection.fetch(
            f"""SELECT {COLUMNS} FROM phone_book WHERE enterprise = $1 {where.sql()}
                ORDER BY coalesce(last_talk_at, to_timestamp(0)) DESC, phone LIMIT {int(limit)}""",
            *where.args,
        )
        return [BookEntry(**dict(row)) for row in rows]

    async def figures(self, enterprise: EnterpriseNumber) -> BookFigures:
        row = await self._connection.fetchrow(
            """SELECT count(*) AS numbers, count(*) FILTER (WHERE known) AS clients,
                      count(*) FILTER (WHERE wanted_at IS NOT NULL) AS wanted
               FROM phone_book WHERE enterprise = $1""",
            enterprise,
        )
        return BookFigures(**dict(row))


def _search(where: Where, text: str) -> None:
    """A text of digits, spaces and brackets is a number; anything else a name."""
    digits = "".join(c for c in text if c.isdecimal())
    if digits and set(text) <= set("0123456789 ()+-."):
        # 8 029 123… is how the number is dialled at home; in the book it begins otherwise.
        home = digits[1:].lstrip("0") if digits[0] in "80" and len(digits) > 1 else digits
        where.add("(phone LIKE {} OR phone LIKE {})", f"%{digits}%", f"%{home or digits}%")
        return
    pattern = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    where.add("name ILIKE {}", f"%{pattern}%")
