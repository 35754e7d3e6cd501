"""One session's state on disk, sealed. Implements `domain.whatsapp.ports.SessionKeys`."""

from __future__ import annotations

import base64
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.ports import Creds, Sent
from kommutator.flows.whatsapp.lasting import LaneLost, WhileOurs
from kommutator.kit.crypto import Place, Vault
from kommutator.kit.sealing import KEY_BYTES, Sealer
from kommutator.store.whatsapp_sessions import Hold

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

_CREDS: Final = "creds"


def place_of(enterprise: EnterpriseNumber, connection_id: UUID, field: str) -> Place:
    """The one place where an envelope of a session opens."""
    return Place(str(enterprise), "whatsapp_sessions", str(connection_id), field)


class KeptKeys:
    """For the owner of the session's lane, as long as it is theirs.

    Everything raises LaneLost when the lease ended, every write when the hold did.

    Args:
        hold: the right to write.
    """

    def __init__(
        self,
        vault: Vault,
        ours: WhileOurs,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        hold: Hold,
    ) -> None:
        self._vault = vault
        self._ours = ours
        self._whose = (enterprise, connection_id)
        self._hold = hold
        self._sealer: Sealer | None = None

    async def creds(self) -> Creds | None:
        """None also for what was left of a pairing by code that did not end.

        Asking for a code names the account before it is ours; such creds only fail.
        """
        sealer = await self._sealed_by()
        sealed = await self._ours.single(lambda unit: unit.whatsapp_keys.creds(*self._whose))
        if sealed is None:
            return None
        creds: dict[str, Any] = msgspec.json.decode(sealer.open(sealed, _CREDS))
        return None if creds.get("me") and not creds.get("account") else creds

    async def set_creds(self, creds: Creds) -> None:
        sealer = await self._sealed_by()
        sealed = sealer.seal(msgspec.json.encode(creds), _CREDS)
        await self._written(
            lambda unit: unit.whatsapp_keys.set_creds(*self._whose, self._hold, sealed)
        )

    async def get(self, kind: str, ids: Sequence[str]) -> Mapping[str, Any]:
        sealer = await self._sealed_by()
        found = await self._ours.single(
            lambda unit: unit.whatsapp_keys.get(*self._whose, kind, ids)
        )
        return {
            key: msgspec.json.decode(sealer.open(sealed, f"{kind}/{key}"))
            for key, sealed in found.items()
        }

    async def set(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        sealer = await self._sealed_by()
        pairs = [((kind, key), value) for kind, of in changes.items() for key, value in of.items()]
        kept = {
            (kind, key): sealer.seal(msgspec.json.encode(value), f"{kind}/{key}")
            for (kind, key), value in pairs
            if value is not None
        }
        gone = [name for name, value in pairs if value is None]
        await self._written(
            lambda unit: unit.whatsapp_keys.set(*self._whose, self._hold, kept=kept, gone=gone)
        )

    async def message(self, message_id: str) -> Mapping[str, Any] | None:
        sealer = await self._sealed_by()
        sealed = await self._ours.single(
            lambda unit: unit.whatsapp_sent.content(*self._whose, message_id)
        )
        if sealed is None:
            return None
        content: dict[str, Any] = msgspec.json.decode(sealer.open(sealed, f"sent/{message_id}"))
        return content

    async def keep_sent(self, sent: Sent) -> None:
        """For a peer that could not read it."""
        sealer = await self._sealed_by()
        sealed = sealer.seal(msgspec.json.encode(sent.content), f"sent/{sent.message_id}")
        await self._ours.single(
            lambda unit: unit.whatsapp_sent.keep(*self._whose, sent.message_id, sealed)
        )

    async def _sealed_by(self) -> Sealer:
        if self._sealer is None:
            place = place_of(*self._whose, "data_key")
            fresh = self._vault.seal(base64.b64encode(os.urandom(KEY_BYTES)).decode(), place)
            envelope = await self._ours.single(
                lambda unit: unit.whatsapp_keys.data_key(*self._whose, fresh)
            )
            if envelope is None:
                raise LaneLost("the session was removed")
            self._sealer = Sealer(base64.b64decode(self._vault.open(envelope, place)))
        return self._sealer

    async def _written(self, write: Callable[[Unit], Awaitable[bool]]) -> None:
        if not await self._ours.single(write):
            raise LaneLost("another worker holds this session")
