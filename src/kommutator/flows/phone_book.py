"""Who a number belongs to, as the CRM last told us.

Asking never waits: an unknown number is looked up aside, and whoever asked looks again later.
So a call goes its way while the CRM is slow or down.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import CrmDesk, Person
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.cache import Cache
from kommutator.kit.clock import Clock
from kommutator.kit.errors import UserError, VendorError
from kommutator.kit.ids import Ids

_log = structlog.get_logger(__name__)
_TTL_S = (300.0, 600.0)
_SIZE = 50_000
_AT_ONCE = 4  # per account: a CRM that hangs holds up nobody else's look-ups
_MOST_WAITING = 200  # per account; beyond that a call goes without its name

Key = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of the CRM; `person` None means: it does not know this number."""

    person: Person | None


class PhoneBook:
    """Per CRM account and number; remembered for minutes, since clients are made all day."""

    def __init__(
        self,
        directory: Directory,
        desks: Mapping[ConnectionKind, CrmDesk],
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._directory = directory
        self._desks = desks
        self._people: Cache[Key, Found] = Cache(
            self._look_up, ttl=_TTL_S, max_size=_SIZE, clock=clock, ids=ids
        )
        self._rooms: defaultdict[UUID, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(_AT_ONCE)
        )
        self._under_way: set[asyncio.Task[None]] = set()
        self._asked: defaultdict[UUID, set[str]] = defaultdict(set)

    async def knows(
        self,
        enterprise: EnterpriseNumber,  # noqa: ARG002  the account says it already
        account: Account,
        phone: str,
    ) -> bool | None:
        """Whether the CRM has this client; None while nobody has looked. Never waits."""
        found = self._people.peek((account.connection_id, phone))
        if found is None:
            self.warm(account, phone)
            return None
        return found.person is not None and found.person.customer_id is not None

    def warm(self, account: Account, phone: str) -> None:
        """Look the number up aside, unless somebody does already."""
        asked = self._asked[account.connection_id]
        if account.kind not in self._desks or phone in asked or len(asked) >= _MOST_WAITING:
            return
        asked.add(phone)
        task = asyncio.create_task(self._aside((account.connection_id, phone)), name="phone-book")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def forget(self, account: Account, phone: str) -> None:
        """Something about this client was just changed in the CRM."""
        self._people.invalidate((account.connection_id, phone))

    async def stop(self) -> None:
        """End the look-ups under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _aside(self, key: Key) -> None:
        try:
            async with self._rooms[key[0]]:
                await self._people.get(key)
        except (VendorError, UserError) as error:
            _log.info("phone_book.not_found_out", reason=str(error))
        except Exception as error:  # noqa: BLE001  a look-up nobody waits for must not end in silence
            _log.warning("phone_book.failed", error=repr(error))
        finally:
            self._asked[key[0]].discard(key[1])

    async def _look_up(self, key: Key) -> Found:
        connection_id, phone = key
        account = await self._directory.account(connection_id)
        return Found(await self._desks[account.kind].person(account, phone))
