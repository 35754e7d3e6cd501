"""A CRM's cards in memory; only what campaigns read of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import Entity, EntityKind, EntityPage
from kommutator.domain.crm_ports import EntityQuery
from kommutator.kit.errors import ErrorKind, VendorError


@dataclass
class Cards:
    """`down`: the CRM does not answer. `asked`: every query, in order; `accounts`: of whom.

    `meanwhile`: happens once, while the CRM makes up its mind.
    """

    leads: Sequence[Entity] = ()
    contacts: Sequence[Entity] = ()
    down: bool = False
    meanwhile: Callable[[], Awaitable[object]] | None = None
    asked: list[tuple[EntityKind, EntityQuery]] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)

    async def entities(self, account: Account, kind: EntityKind, query: EntityQuery) -> EntityPage:
        self.asked.append((kind, query))
        self.accounts.append(account)
        if (meanwhile := self.meanwhile) is not None:
            self.meanwhile = None
            await meanwhile()
        if self.down:
            raise VendorError(ErrorKind.TRANSIENT, "the CRM is away")
        if kind is EntityKind.CONTACTS:
            return EntityPage([card for card in self.contacts if card.id in query.ids], more=False)
        start = (query.page - 1) * query.limit
        page = self.leads[start : start + query.limit]
        return EntityPage(page, more=start + query.limit < len(self.leads))

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)
