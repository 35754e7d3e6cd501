"""The right to work one lane, as those know it who work it."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from kommutator.domain.ports import Delivery
from kommutator.domain.tenancy import EnterpriseNumber


class Lease(Protocol):
    """What is known of the right to a lane."""

    @property
    def lane(self) -> str: ...
    @property
    def enterprise(self) -> EnterpriseNumber: ...
    @property
    def connection_id(self) -> UUID | None: ...
    @property
    def fence(self) -> int: ...
    def alive(self) -> bool:
        """Whether we may still send; turns false before anybody else could own the lane."""
        ...


class Delivering(Protocol):
    """What doors that hold a line need of `workers.delivery_runner.DeliveryRunner`."""

    async def deliver(self, lease: Any, delivery: Delivery, *, linger_s: float) -> None:
        """Work the lane's commands; with an infinite linger until parked, lost or cancelled."""
        ...
