"""What both ways to a PBX have in common: one command at a time over a standing link."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, Generic, TypeVar
from uuid import UUID

from kommutator.domain.commands import Command, SetPresence
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage

CLICK: Final = Patience(
    first=timedelta(seconds=0.5),
    longest=timedelta(seconds=2),
    give_up=timedelta(seconds=15),
    timeout=8.0,  # an action's own time-out and the look-up after it
)
"""Whoever clicked has picked another way after a quarter of a minute."""

PRESENCE: Final = Patience(
    first=timedelta(seconds=1),
    longest=timedelta(seconds=30),
    give_up=timedelta(hours=12),
    timeout=8.0,
)
"""The latest status waits for the PBX through a working day; a newer one takes its place."""

_CONCURRENCY: Final = 8  # OpenSSH opens ten channels in one connection; AMI's answers overlap

Link = TypeVar("Link")


class OverLink(ABC, Generic[Link]):
    """The frame of the `Delivery` port.

    Args:
        link_of: the open link of a connection, None while there is none.
    """

    kind = ConnectionKind.ASTERISK

    def __init__(self, link_of: Callable[[UUID], Link | None], *, clock: Clock) -> None:
        self._link_of = link_of
        self._clock = clock

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the port's signature
        return _CONCURRENCY

    def patience(self, command: Command) -> Patience:
        return PRESENCE if isinstance(command, SetPresence) else CLICK

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  the port's signature
        """None: a PBX has no rate allowance."""
        return ()

    def batch_limit(self, command: Command) -> int:  # noqa: ARG002  the port's signature
        return 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        """Try each once."""
        return [await self._deliver_one(account, due) for due in batch]

    async def _deliver_one(self, account: Account, due: Due) -> Outcome:
        link = self._link_of(account.connection_id)
        if link is None:
            return Failed(
                ErrorKind.TRANSIENT,
                Stage.BEFORE_SENDING,
                "the link to the PBX is down",
                hint="pbx_link_down",
            )
        return await self._try(link, account, due)

    @abstractmethod
    async def _try(self, link: Link, account: Account, due: Due) -> Outcome: ...
