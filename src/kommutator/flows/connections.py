"""Switching connections off and on, and removing them. Connecting is told in `install`."""

from __future__ import annotations

from uuid import UUID

from kommutator.domain.connection import CHANNELS, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.house import House
from kommutator.flows.yclients.vendor import FROZEN
from kommutator.kit.errors import Conflict, NotFound
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.unit import Unit

PAUSED_BY_HAND = "paused_by_hand"


def unless_personal(record: ConnectionRecord) -> ConnectionRecord:
    """A person's own is nobody else's to see or to stop; administrators may only end it.

    Raises:
        NotFound: `connection_not_found`.
    """
    if record.user_id is not None:
        raise NotFound("connection_not_found")
    return record


async def pause(
    house: House, by: str, enterprise: EnterpriseNumber, connection_id: UUID
) -> ConnectionRecord:
    """Let work wait.

    Raises:
        NotFound: `connection_not_found`.
        Conflict: `connection_not_active`: only an active one can pause.
    """
    return await _turn(
        house, by, enterprise, connection_id,
        expected=ConnectionStatus.ACTIVE, wanted=ConnectionStatus.PAUSED, action="pause",
    )  # fmt: skip


async def resume(
    house: House, by: str, enterprise: EnterpriseNumber, connection_id: UUID
) -> ConnectionRecord:
    """Let work go on.

    Raises:
        NotFound: `connection_not_found`.
        Conflict: `connection_not_paused`: a draft or broken one must be connected anew;
            `connection_frozen`: the vendor waits to be paid.
    """
    return await _turn(
        house, by, enterprise, connection_id,
        expected=ConnectionStatus.PAUSED, wanted=ConnectionStatus.ACTIVE, action="resume",
    )  # fmt: skip


async def remove(
    house: House, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID
) -> None:
    """Wipe the secrets, end sessions and entry links that came of it; the history stays.

    amoCRM, YClients and messengers are told first; one that does not answer holds nothing back.
    A person's own can be removed too: they may have left the enterprise.

    Raises:
        NotFound: `connection_not_found`, also for one removed before.
    """
    async with house.db.unit() as unit:
        record = await unit.connections.get(enterprise, connection_id)
    if record.kind is ConnectionKind.YCLIENTS:
        await house.yclients.leave(actor, enterprise, connection_id, force=True)
        house.directory.invalidate(enterprise)
        return
    if record.kind is ConnectionKind.AMOCRM:
        await house.amocrm.leave.disconnect(actor, enterprise, record, force=True)
        house.directory.invalidate(enterprise)
        return
    if record.kind in CHANNELS:
        await house.channels.disconnect(actor, enterprise, connection_id)
        house.directory.invalidate(enterprise)
        return
    async with house.db.unit() as unit:
        await unit.connections.remove(enterprise, connection_id)
        await unit.sessions.end_of_connection(enterprise, connection_id)
        await _tell(unit, actor.name, record, "remove")
    house.directory.invalidate(enterprise)


async def _turn(
    house: House,
    by: str,
    enterprise: EnterpriseNumber,
    connection_id: UUID,
    *,
    expected: ConnectionStatus,
    wanted: ConnectionStatus,
    action: str,
) -> ConnectionRecord:
    async with house.db.unit() as unit:
        before = unless_personal(await unit.connections.get(enterprise, connection_id))
        if before.status is wanted:
            return before
        if wanted is ConnectionStatus.ACTIVE and await _is_frozen(unit, before):
            raise Conflict("connection_frozen")
        if before.status is not expected:
            raise Conflict(f"connection_not_{expected.value}")
        reason = PAUSED_BY_HAND if wanted is ConnectionStatus.PAUSED else None
        record = await unit.connections.set_status(enterprise, connection_id, wanted, reason=reason)
        await _tell(unit, by, record, action)
    house.directory.invalidate(enterprise)
    return record


async def _is_frozen(unit: Unit, record: ConnectionRecord) -> bool:
    """Also where an administrator's pause, which came first, hides the vendor's."""
    if record.status_reason == FROZEN:
        return True
    salon = await unit.yclients_salons.of(record.enterprise, record.id)
    return salon is not None and salon.vendor_state == InstallState.FREEZED.value


async def _tell(unit: Unit, by: str, record: ConnectionRecord, action: str) -> None:
    await unit.audit.add(
        record.enterprise,
        actor=by,
        action=f"connection.{action}",
        target=str(record.id),
        detail={"kind": record.kind.value, "name": record.name},
    )
    unit.config_changed(record.enterprise, record.kind.value)
