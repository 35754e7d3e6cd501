"""What booking needs of the copy of a salon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.facts import Salon, Service, StaffMember, Visit


class SalonShelf(Protocol):
    """Read from our own store; nothing here asks the vendor but `reread`."""

    async def salon(self, account: Account) -> Salon:
        """Raises Unavailable `salon_not_copied` before the first copy is there."""
        ...

    async def services(self, account: Account) -> Sequence[Service]: ...
    async def staff(self, account: Account) -> Sequence[StaffMember]: ...
    async def free(
        self, account: Account, service_ids: Sequence[int], staff_id: int, first: date, last: date
    ) -> Sequence[Start]:
        """Free starts from now on, in time's order; 0 of `staff_id`: of everybody who can."""
        ...

    async def free_to_move(
        self, account: Account, visit: Visit, first: date, last: date
    ) -> Sequence[Start]:
        """Where this visit could go as it is, in time's order; its own time counts as free."""
        ...

    async def now(self, account: Account) -> datetime:
        """The salon's own time."""
        ...

    async def visit(self, account: Account, record_id: int) -> Visit | None: ...
    async def reread(self, account: Account, record_id: int) -> Visit | None:
        """Read this visit at the vendor now, keep it, and let everybody hear what changed."""
        ...
