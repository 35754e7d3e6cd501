"""Somebody who registered by YClients chooses their first password, by a link that works once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommutator.flows.people import People
from kommutator.flows.yclients.arrive import digest
from kommutator.kit.errors import Forbidden, InvalidInput
from kommutator.kit.passwords import LONGEST, SHORTEST
from kommutator.store.people import User

if TYPE_CHECKING:
    from kommutator.store.database import Database


class FirstPassword:
    def __init__(self, db: Database, people: People) -> None:
        self._db = db
        self._people = people

    async def whose(self, token: str) -> User:
        """Raises Forbidden: `password_link_over`."""
        async with self._db.single() as unit:
            holder = await unit.password_links.look_everywhere(digest(token))
            if holder is None:
                raise Forbidden("password_link_over")
            return await unit.people.get(*holder)

    async def set(self, token: str, password: str) -> User:
        """The password counts, and the link is over.

        Raises:
            Forbidden: `password_link_over`.
            InvalidInput: `password_too_short`, `password_too_long`; the link still works.
        """
        if len(password) < SHORTEST:
            raise InvalidInput("password_too_short", shortest=SHORTEST)
        if len(password) > LONGEST:
            raise InvalidInput("password_too_long", longest=LONGEST)
        async with self._db.single() as unit:
            holder = await unit.password_links.use_everywhere(digest(token))
        if holder is None:
            raise Forbidden("password_link_over")
        enterprise, user_id = holder
        return await self._people.set_password("password link", enterprise, user_id, password)
