"""Telling the vendor that a salon is connected, until it has heard it.

The row is there first. A process killed after the vendor's answer leaves it as it was: whoever
comes next says the same once more, with the same key, and the vendor answers that it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.secrets import open_account
from kommutator.flows.yclients.bind import API_KEY
from kommutator.flows.yclients.vendor import CHANNEL, KIND, Vendors, YClientsVendor, hook_address
from kommutator.kit.backoff import backoff
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import ErrorKind, NotFound, VendorError
from kommutator.kit.ids import Ids
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
_FIRST_S, _LONGEST_S = 15.0, 600.0
_UNREADABLE = "secrets_unreadable"
_NEVER_AGAIN = (ErrorKind.REJECTED, ErrorKind.GONE)


@dataclass(frozen=True, slots=True)
class Result:
    """One salon's.

    Attributes:
        done: it is connected.
        problem: slug of `reason.<slug>`; `detail`: the vendor's words.
        again: it is tried again by itself.
    """

    connection_id: UUID
    salon_id: int
    title: str
    done: bool
    problem: str | None = None
    detail: str | None = None
    again: bool = False


class Activate:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        vendors: Vendors,
        *,
        ids: Ids,
        public_url: str,
    ) -> None:
        self._db = db
        self._vault = vault
        self._vendors = vendors
        self._ids = ids
        self._public_url = public_url

    async def __call__(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Result:
        """Connect one. Never raises what the vendor says: that is the result.

        Raises:
            NotFound: `connection_not_found`, also for a removed one.
            Unavailable: as `Vendors.application`.
        """
        vendor = self._vendors.application()
        async with self._db.single() as unit:
            record = await unit.connections.get(enterprise, connection_id)
        if record.status is ConnectionStatus.REMOVED:
            raise NotFound("connection_not_found")
        if record.status is not ConnectionStatus.DRAFT:
            return _result(record, done=True)
        account = open_account(self._vault, record)
        try:
            await vendor.marketplace.activate(
                int(account.config["salon_id"]),
                api_key=account.secrets[API_KEY],
                hook_urls=(hook_address(self._public_url, account.secrets["hook_secret"]),),
                channels=(CHANNEL,),
            )
        except VendorError as error:
            return await self._refused(vendor, record, error)
        return await self._done(account, record)

    async def all(
        self, enterprise: EnterpriseNumber, connections: Sequence[UUID]
    ) -> Sequence[Result]:
        """Each has its own result; one that fails keeps no other back."""
        return [await self(enterprise, connection_id) for connection_id in connections]

    async def due(self, limit: int = 20) -> int:
        """Those whose time has come; returns how many were tried."""
        async with self._db.single() as unit:
            due = await unit.yclients_salons.due_everywhere(limit)
        for enterprise, connection_id in due:
            try:
                await self(enterprise, connection_id)
            except NotFound:
                continue
            except VaultError:
                await self._unreadable(enterprise, connection_id)
        return len(due)

    async def _unreadable(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Its turn comes last, so that the others have theirs."""
        _log.warning("yclients.secrets_unreadable", connection_id=str(connection_id))
        async with self._db.single() as unit:
            await unit.yclients_salons.failed(
                enterprise, connection_id, _UNREADABLE, None, retry_in_s=_LONGEST_S
            )

    async def _done(self, account: Account, record: ConnectionRecord) -> Result:
        enterprise, connection_id = record.enterprise, record.id
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if stored.status is ConnectionStatus.DRAFT:
                sealed = {k: v for k, v in stored.sealed.items() if k != "user_token"}
                await unit.connections.save(enterprise, connection_id, sealed=sealed)
                await unit.connections.set_status(
                    enterprise, connection_id, ConnectionStatus.ACTIVE
                )
                await unit.yclients_salons.connected(
                    enterprise, connection_id, InstallState.ACTIVE.value
                )
                await unit.lanes.unpark(enterprise, connection_id=connection_id)
                await unit.audit.add(
                    enterprise,
                    actor="yclients",
                    action="yclients.connected",
                    target=str(connection_id),
                    detail={"salon": account.config["salon_id"]},
                )
                unit.config_changed(enterprise, KIND.value)
        if stored.status is ConnectionStatus.REMOVED:
            raise NotFound("connection_not_found")
        return _result(record, done=True)

    async def _refused(
        self, vendor: YClientsVendor, record: ConnectionRecord, error: VendorError
    ) -> Result:
        """Why, as exactly as can be said, and whether it is worth another try."""
        problem = error.hint or "yclients_unconfirmed"
        again = error.kind not in _NEVER_AGAIN
        if not again and await _over(vendor, int(record.config["salon_id"])):
            problem = "yclients_not_pending"
        async with self._db.unit() as unit:
            held = await unit.yclients_salons.of(record.enterprise, record.id)
            tries = held.tries + 1 if held else 1
            wait = backoff(tries, first=_FIRST_S, longest=_LONGEST_S, jitter=self._ids.uniform())
            wait = max(wait, error.retry_after or 0.0)
            await unit.yclients_salons.failed(
                record.enterprise,
                record.id,
                problem,
                error.message,
                retry_in_s=wait if again else None,
            )
        _log.info("yclients.not_connected", problem=problem, again=again)
        return _result(record, done=False, problem=problem, detail=error.message, again=again)


async def _over(vendor: YClientsVendor, salon_id: int) -> bool:
    """The salon's consent ended before we answered, or was taken back."""
    try:
        standing = await vendor.marketplace.standing(salon_id)
    except VendorError:
        return False
    return standing.state is InstallState.NONE


def _result(
    record: ConnectionRecord,
    *,
    done: bool,
    problem: str | None = None,
    detail: str | None = None,
    again: bool = False,
) -> Result:
    salon_id = int(record.config["salon_id"])
    return Result(record.id, salon_id, record.name, done, problem, detail, again)
