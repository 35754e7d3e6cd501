"""Phones of an enterprise, as people deal with them: added, linked, stopped, unlinked, removed.

Nothing here touches a socket: wishes are written down, and whoever holds the lane follows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.domain.whatsapp.states import TALKS, WAITS_FOR_PERSON, Reason, SessionState
from kommutator.flows.whatsapp.of_salon import phone_of
from kommutator.flows.whatsapp.shown import SessionShown, shown, with_text
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.phones import to_e164
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.whatsapp_sessions import SessionNews, SessionRow

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
METHODS: Final = ("qr", "code")
_LEAVE_S: Final = 5.0
_LOOK_S: Final = 0.1
_KEPT: Final = frozenset({SessionState.STOPPED, SessionState.REPLACED})
"""Linked all the same: going on needs no new scan."""


class WhatsAppSessions:
    """The service behind pages and the API. All raise NotFound: `connection_not_found`.

    Args:
        most: phones of one enterprise.
    """

    def __init__(self, db: Database, vault: Vault, *, most: int, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._vault = vault
        self._most = most
        self._clock = clock
        self._ids = ids

    async def create(
        self, actor: Actor, enterprise: EnterpriseNumber, salon: UUID | None
    ) -> ConnectionRecord:
        """A phone to be linked; it speaks for this salon, or for the enterprise's only one.

        Raises Conflict: `whatsapp_too_many`.
        """
        async with self._db.unit() as unit:
            return await self._create(unit, actor, enterprise, salon)

    async def of_salon(self, enterprise: EnterpriseNumber, salon: UUID) -> UUID | None:
        """The phone that speaks for this salon, the linked one first; None: there is none."""
        async with self._db.unit() as unit:
            return await phone_of(unit, enterprise, salon)

    async def for_salon(self, actor: Actor, enterprise: EnterpriseNumber, salon: UUID) -> UUID:
        """The same; where there is none it is created, once however many ask.

        Raises Conflict: `whatsapp_too_many`.
        """
        async with self._db.unit() as unit:
            await unit.connections.lock(enterprise, salon)
            found = await phone_of(unit, enterprise, salon)
            return found or (await self._create(unit, actor, enterprise, salon)).id

    async def link(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        method: str = "qr",
        phone: str | None = None,
    ) -> SessionShown:
        """Have a code to scan, or one to type on this phone; also a new one, also to go on.

        Raises:
            InvalidInput: `whatsapp_method_unknown`, `phone_invalid`.
            Conflict: `whatsapp_linked`: a phone is linked and works; log it out first.
        """
        if method not in METHODS:
            raise InvalidInput("whatsapp_method_unknown", method=method[:20])
        number = to_e164(phone or "") if method == "code" else None
        if method == "code" and number is None:
            raise InvalidInput("phone_invalid", phone=(phone or "")[:30])
        async with self._db.unit() as unit:
            row = await self._row(unit, enterprise, connection_id, lock=True)
            linked = row.linked_at is not None
            if linked and row.state not in WAITS_FOR_PERSON:
                raise Conflict("whatsapp_linked")
            keep = linked and row.state in _KEPT
            await self._wake(unit, enterprise, connection_id)
            if not keep:
                await unit.whatsapp_keys.wipe(enterprise, connection_id)
            state = SessionState.CONNECTING if keep else SessionState.STARTING
            await unit.whatsapp.change(
                enterprise, connection_id, "state", {"state": state.value, "reason": None},
                wish=True, wanted=True, log_out=False, method=method, code_phone=number,
                state=state.value, reason=None, next_retry_at=None,
                qr=None, qr_number=None, qr_until=None, code=None,
                **({} if keep else {"linked_at": None, "jid": None, "lid": None}),
            )  # fmt: skip
            status = ConnectionStatus.ACTIVE if keep else ConnectionStatus.DRAFT
            await unit.connections.set_status(enterprise, connection_id, status)
        return await self.state(enterprise, connection_id)

    async def state(self, enterprise: EnterpriseNumber, connection_id: UUID) -> SessionShown:
        async with self._db.unit() as unit:
            row = await self._row(unit, enterprise, connection_id)
        return shown(self._vault, self._clock.now(), enterprise, row)

    async def list(self, enterprise: EnterpriseNumber) -> Sequence[SessionShown]:
        """Of all phones that are not removed."""
        async with self._db.unit() as unit:
            rows = await unit.whatsapp.of(enterprise)
        return [shown(self._vault, self._clock.now(), enterprise, row) for row in rows.values()]

    async def news(
        self, enterprise: EnterpriseNumber, connection_id: UUID, after_seq: int
    ) -> Sequence[SessionNews]:
        """What changed after this number, of the last hour, oldest first.

        Only the code that is good now is told with its text: `body["text"]`.
        """
        async with self._db.unit() as unit:
            found = await unit.whatsapp.news(enterprise, connection_id, after_seq)
            # Afterwards: the code that the last of them tells of must be known here.
            row = await self._row(unit, enterprise, connection_id)
        now = shown(self._vault, self._clock.now(), enterprise, row)
        return [with_text(one, now) for one in found]

    async def stop(self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Close the line and leave it closed; the phone stays linked."""
        async with self._db.unit() as unit:
            await self._row(unit, enterprise, connection_id, lock=True)
            record = await unit.connections.get(enterprise, connection_id)
            await self._wish(unit, enterprise, connection_id, SessionState.STOPPED)
            if record.status is ConnectionStatus.ACTIVE:
                await unit.connections.set_status(
                    enterprise, connection_id, ConnectionStatus.PAUSED, reason="whatsapp_stopped"
                )
            unit.config_changed(enterprise, ConnectionKind.WHATSAPP.value)
            await self._note(unit, actor, record, "connection.pause")

    async def log_out(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> None:
        """Have the phone forget us, if it can be told, and wipe the keys."""
        record = await self._record(enterprise, connection_id)
        await self.leave(enterprise, connection_id)
        async with self._db.unit() as unit:
            await self._note(unit, actor, record, "whatsapp.log_out")

    async def remove(self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Log out, then wipe the session and what was said; the row stays for the history."""
        record = await self._record(enterprise, connection_id)
        await self.forget(enterprise, connection_id)
        async with self._db.unit() as unit:
            await unit.chats.wipe(enterprise, connection_id)
            await unit.connections.remove(enterprise, connection_id)
            unit.whatsapp_changed(enterprise, connection_id)
            unit.config_changed(enterprise, ConnectionKind.WHATSAPP.value)
            await self._note(unit, actor, record, "channel.remove")

    async def forget(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Log out, and keep nothing of the session."""
        await self.leave(enterprise, connection_id)
        async with self._db.unit() as unit:
            await unit.whatsapp.wipe(enterprise, connection_id)
            await unit.whatsapp_sent.forget(enterprise, connection_id)

    async def leave(
        self, enterprise: EnterpriseNumber, connection_id: UUID, *, patience_s: float = _LEAVE_S
    ) -> None:
        """Ask the line's holder to unlink us; after `patience_s` the keys go all the same."""
        async with self._db.unit() as unit:
            row = await unit.whatsapp.get(enterprise, connection_id)
            if row is None:
                return
            held = row.wanted and row.state in TALKS
            if held:
                await self._wake(unit, enterprise, connection_id)
                await unit.whatsapp.change(
                    enterprise, connection_id, "state", {"state": row.state.value, "reason": None},
                    wish=True, log_out=True,
                )  # fmt: skip
        deadline = self._clock.monotonic() + patience_s
        while held and self._clock.monotonic() < deadline:
            await self._clock.sleep(_LOOK_S)
            async with self._db.single() as unit:
                row = await unit.whatsapp.get(enterprise, connection_id)
            held = row is not None and row.log_out
        if held:
            _log.info("whatsapp_not_unlinked", connection_id=str(connection_id))
        async with self._db.unit() as unit:
            await self._forget(unit, enterprise, connection_id)

    # --- steps -----------------------------------------------------------------------------

    async def _create(
        self, unit: Unit, actor: Actor, enterprise: EnterpriseNumber, salon: UUID | None
    ) -> ConnectionRecord:
        if salon is not None:
            of = await unit.connections.get(enterprise, salon)
            if of.kind not in SALONS or of.status is ConnectionStatus.REMOVED:
                raise NotFound("connection_not_found")
        await unit.enterprises.lock(enterprise)
        if len(await unit.whatsapp.of(enterprise)) >= self._most:
            raise Conflict("whatsapp_too_many", most=self._most)
        connection_id = self._ids.uuid()
        record = await unit.connections.create(
            enterprise,
            connection_id,
            kind=ConnectionKind.WHATSAPP,
            name="WhatsApp",
            base_url="",
            account_key=None,
            config={} if salon is None else {"salon": str(salon)},
            sealed={},
        )
        await unit.whatsapp.create(enterprise, connection_id)
        await self._note(unit, actor, record, "channel.connect")
        return record

    async def _forget(self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        await self._wish(
            unit, enterprise, connection_id, SessionState.LOGGED_OUT,
            linked_at=None, jid=None, lid=None, restricted_until=None,
        )  # fmt: skip
        await unit.whatsapp_keys.wipe(enterprise, connection_id)
        await unit.whatsapp.free_phone(enterprise, connection_id)
        await unit.connections.set_status(
            enterprise, connection_id, ConnectionStatus.BROKEN, reason="whatsapp_logged_out"
        )
        unit.config_changed(enterprise, ConnectionKind.WHATSAPP.value)

    async def _wish(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        state: SessionState,
        **more: Any,
    ) -> None:
        """Nobody shall hold the line any more."""
        body = {"state": state.value, "reason": Reason.BY_PERSON.value}
        await unit.whatsapp.change(
            enterprise, connection_id, "state", body, wish=True, wanted=False, log_out=False,
            state=state.value, reason=Reason.BY_PERSON.value, next_retry_at=None,
            qr=None, qr_number=None, qr_until=None, code=None, **more,
        )  # fmt: skip

    async def _wake(self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Before the session changes: its holder locks the lane first, too."""
        await unit.lanes.unpark(enterprise, connection_id=connection_id)
        unit.wake(f"wa:{connection_id}")
        unit.config_changed(enterprise, ConnectionKind.WHATSAPP.value)

    async def _row(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, *, lock: bool = False
    ) -> SessionRow:
        if lock:
            await unit.connections.lock(enterprise, connection_id)
        row = await unit.whatsapp.get(enterprise, connection_id)
        if row is None:
            raise NotFound("connection_not_found")
        return row

    async def _record(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ConnectionRecord:
        async with self._db.unit() as unit:
            await self._row(unit, enterprise, connection_id)
            return await unit.connections.get(enterprise, connection_id)

    async def _note(self, unit: Unit, actor: Actor, record: ConnectionRecord, action: str) -> None:
        await unit.audit.add(
            record.enterprise, actor=actor.name, action=action, target=str(record.id),
            detail={"kind": record.kind.value},
        )  # fmt: skip
