"""Where a campaign's leads come from: a port, so that a campaign needs no certain CRM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kommutator.domain.campaigns.numbers import Wanted
from kommutator.domain.campaigns.plan import Source
from kommutator.domain.connection import Account, ConnectionKind


@dataclass(frozen=True, slots=True)
class LeadPage:
    """One page of leads.

    Attributes:
        wanted: those that can be called.
        unwanted: numbers whose owners asked not to be called.
        numberless: leads without a number that can be called.
        more: there is a page after this one.
    """

    wanted: Sequence[Wanted]
    unwanted: Sequence[str] = ()
    numberless: int = 0
    more: bool = False


class LeadSource(Protocol):
    """Reads the leads that a campaign's source means, page by page."""

    @property
    def kind(self) -> ConnectionKind:
        """Whose leads these are, and who is told of results."""
        ...

    async def leads(self, account: Account, source: Source, page: int) -> LeadPage:
        """`page` from 1. Raises VendorError."""
        ...


def crm_for(source: Source, kind: ConnectionKind, accounts: Iterable[Account]) -> Account | None:
    """Whose leads are called and told: the chosen account, else the oldest. None: it is gone."""
    mine = (account for account in accounts if account.kind is kind)
    if source.connection_id is None:
        return next(mine, None)
    return next((one for one in mine if one.connection_id == source.connection_id), None)
