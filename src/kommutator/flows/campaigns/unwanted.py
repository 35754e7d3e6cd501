"""The do-not-call list: numbers that no campaign of an enterprise calls. Clicks still may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kommutator.domain.campaigns.numbers import read_numbers
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.phones import digits, to_e164
from kommutator.store.do_not_call import Unwanted

if TYPE_CHECKING:
    from kommutator.store.database import Database


@dataclass(frozen=True, slots=True)
class Marked:
    """`new` numbers on the list; `odd` lines held no number."""

    new: int
    known: int
    odd_count: int


class DoNotCall:
    def __init__(self, db: Database, directory: Directory) -> None:
        self._db = db
        self._directory = directory

    async def add(
        self, actor: Actor, enterprise: EnterpriseNumber, text: str, note: str | None = None
    ) -> Marked:
        """One number, or a list as people paste it; counts at once, also for what waits.

        Raises:
            InvalidInput: `phone_invalid` when no line holds a number, `campaign_list_too_long`,
                `campaign_list_invalid`.
        """
        pasted = read_numbers(text, await self._region(enterprise))
        phones = [one.phone for one in pasted.wanted]
        if not phones:
            raise InvalidInput("phone_invalid", phone=text[:40])
        async with self._db.unit() as unit:
            new = await unit.do_not_call.add(enterprise, phones, note=note, by=actor.name)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="do_not_call.add",
                target=phones[0] if len(phones) == 1 else None,
                detail={"new": new},
            )
        return Marked(new, len(phones) - new, pasted.odd_count)

    async def remove(self, actor: Actor, enterprise: EnterpriseNumber, phone: str) -> None:
        """Raises NotFound: `not_on_do_not_call`."""
        number = to_e164(phone, await self._region(enterprise)) or phone
        async with self._db.unit() as unit:
            if not await unit.do_not_call.remove(enterprise, number):
                raise NotFound("not_on_do_not_call", phone=number[:20])
            await unit.audit.add(
                enterprise, actor=actor.name, action="do_not_call.remove", target=number
            )

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        q: str = "",
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Unwanted]:
        """By number; `q` as people type it."""
        async with self._db.unit() as unit:
            return await unit.do_not_call.page(enterprise, q=digits(q), after=after, limit=limit)

    async def count(self, enterprise: EnterpriseNumber) -> int:
        async with self._db.unit() as unit:
            return await unit.do_not_call.count(enterprise)

    async def _region(self, enterprise: EnterpriseNumber) -> str:
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        return str(pbx.config.get("region") or "RU") if pbx is not None else "RU"
