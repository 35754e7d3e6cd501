"""The marketplace: applications, and how each stands in each salon (§1.11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from kommutator.twins.orders import OrderRefused
from kommutator.twins.yclients.applications import (
    ACTIVE,
    BY_MARKETPLACE,
    FREEZED,
    PENDING,
    UNINSTALLED,
    Application,
    Connection,
)
from kommutator.twins.yclients.hook_switches import HookSwitches

Json = dict[str, Any]


class Time(Protocol):
    """The twin's time as the marketplace needs it."""

    def epoch(self) -> float:
        """Seconds."""
        ...

    def local(self, salon_id: int) -> str:
        """`Y-m-d H:i:s` in a salon."""
        ...


@dataclass(frozen=True)
class Turn:
    """A connection that changed its state. `source`: marketplace or partner_api."""

    application: Application
    connection: Connection
    before: str
    source: str


class Market:
    """Applications and their connections; listeners hear of every turn."""

    def __init__(self, time: Time, switches: HookSwitches) -> None:
        self._time = time
        self._switches = switches
        self.applications: dict[int, Application] = {}
        self._connections: dict[tuple[int, int], Connection] = {}
        self._payment_number = 0
        self.listeners: list[Callable[[Turn], None]] = []

    def clear(self) -> None:
        """Forget applications and connections; listeners stay."""
        self.applications.clear()
        self._connections.clear()
        self._payment_number = 0

    def application(self, number: Any = None) -> Application:
        """One application; the first for None.

        Raises:
            ValueError: there is none.
        """
        if number is None and self.applications:
            return next(iter(self.applications.values()))
        found = self.applications.get(int(number or 0))
        if found is None:
            raise ValueError(f"no application {number!r}")
        return found

    def connection(self, application: Application, salon_id: int) -> Connection:
        """How the application stands in a salon now; pending ones past their hour fall back."""
        key = (application.id, salon_id)
        found = self._connections.setdefault(key, Connection(salon_id, application.id))
        if found.status == PENDING and self._time.epoch() > found.deadline:
            self._turn(application, found, UNINSTALLED, BY_MARKETPLACE)
        return found

    def connections(self, application: Application | None = None) -> list[Connection]:
        """All that were ever made, of one application or of all."""
        return [
            self.connection(self.applications[number], salon_id)
            for number, salon_id in list(self._connections)
            if application is None or application.id == number
        ]

    def ask(self, application: Application, salon_ids: list[int]) -> None:
        """A person said yes for these salons: all wait for the partner's callback.

        Raises:
            OrderRefused: several salons for an application of one, or one is connected already.
        """
        if not salon_ids or (len(salon_ids) > 1 and not application.multi_branch):
            raise OrderRefused("choose one salon")
        found = [self.connection(application, salon_id) for salon_id in salon_ids]
        if taken := [one.salon_id for one in found if one.installed]:
            raise OrderRefused(f"already connected: {taken}")
        for one in found:
            one.deadline = self._time.epoch() + self._switches.activation_seconds
            one.created_at = self._time.local(one.salon_id)
            if one.status != PENDING:
                self._turn(application, one, PENDING, BY_MARKETPLACE)

    def turn(self, application: Application, salon_id: int, status: str, source: str) -> Connection:
        """Bring a connection into another state.

        Raises:
            OrderRefused: there is no such way from where it stands.
        """
        found = self.connection(application, salon_id)
        if status not in _WAYS[found.status]:
            raise OrderRefused(f"{found.status}, cannot become {status}")
        self._turn(application, found, status, source)
        return found

    def pay(self, application: Application, salon_id: int, payment: Json, source: str) -> Json:
        """Note a payment; a frozen connection is active again. Returns the payment with its id.

        Raises:
            OrderRefused: the application is not installed there.
        """
        found = self.connection(application, salon_id)
        if not found.installed:
            raise OrderRefused(f"{found.status}, nothing to pay for")
        self._payment_number += 1
        row = {"id": self._payment_number, **payment, "is_refunded": False}
        found.payments.append(row)
        if found.status == FREEZED:
            self._turn(application, found, ACTIVE, source)
        return row

    def payment(self, number: int) -> Json | None:
        """A payment by its id."""
        rows = (row for one in self._connections.values() for row in one.payments)
        return next((row for row in rows if row["id"] == number), None)

    def _turn(
        self, application: Application, connection: Connection, status: str, source: str
    ) -> None:
        before = connection.status
        connection.turn(status, at=self._time.local(connection.salon_id), source=source)
        turn = Turn(application, connection, before, source)
        for listener in self.listeners:
            listener(turn)
        if status == UNINSTALLED:
            connection.forget()


_WAYS = {
    UNINSTALLED: frozenset({PENDING}),
    PENDING: frozenset({ACTIVE, UNINSTALLED}),
    ACTIVE: frozenset({FREEZED, UNINSTALLED}),
    FREEZED: frozenset({ACTIVE, UNINSTALLED}),
}
