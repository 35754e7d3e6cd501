"""How a messenger's news reach us: brought to an address of ours, or asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kommutator.domain.chats import ChannelDesk
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor
from kommutator.flows.chats.ask import POLL
from kommutator.flows.forms import merged
from kommutator.flows.secrets import open_account
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import VendorError
from kommutator.settings import Settings
from kommutator.store.attempts import Attempt
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

WEBHOOK = "webhook"
HOOKS = "/api/v1/webhooks"
_PROVEN = frozenset({ConnectionKind.TELEGRAM, ConnectionKind.WHATSAPP_CLOUD})


class Listen:
    """Used by `Channels` only; also writes down what a messenger answered to people."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        desks: Mapping[ConnectionKind, ChannelDesk],
        settings: Settings,
    ) -> None:
        self._db = db
        self._vault = vault
        self._desks = desks
        self._settings = settings

    async def to(self, actor: Actor, record: ConnectionRecord) -> ConnectionRecord:
        """Have news brought, or ask for them where nobody brings them."""
        account = open_account(self._vault, record)
        desk = self._desks[account.kind]
        way = WEBHOOK
        secret = account.secrets["hook_secret"].partition(".")[2]
        if self._asks(account.kind):
            way = POLL
            await desk.unsubscribe(account, self.address(account))
        else:
            try:
                await desk.subscribe(account, self.address(account), secret)
            except VendorError as error:
                await self.note(actor, account, "subscribe", error)
                if self._only_brought(account.kind):
                    raise
                way = POLL
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(record.enterprise, record.id)
            saved = await unit.connections.save(
                record.enterprise, record.id, config=merged(stored.config, {"way": way})
            )
            await unit.channel_reads.wipe(record.enterprise, record.id)
            unit.config_changed(record.enterprise, record.kind.value)
        return saved

    def _asks(self, kind: ConnectionKind) -> bool:
        return kind is ConnectionKind.TELEGRAM and self._settings.telegram_updates == POLL

    def _only_brought(self, kind: ConnectionKind) -> bool:
        if kind is ConnectionKind.WHATSAPP_CLOUD:
            return True
        return kind is ConnectionKind.TELEGRAM and self._settings.telegram_updates == WEBHOOK

    def address(self, account: Account) -> str:
        """Telegram and Meta prove themselves by a header, Avito only by knowing the address."""
        below = account.connection_id.hex
        if account.kind not in _PROVEN:
            below = account.secrets.get("hook_secret", "")
        return f"{self._settings.public_url}{HOOKS}/{account.kind.value}/{below}"

    async def broken(self, account: Account, error: VendorError) -> None:
        """A person must repair it; the reason is the slug of the refusal."""
        async with self._db.unit() as unit:
            await unit.connections.set_status(
                account.enterprise,
                account.connection_id,
                ConnectionStatus.BROKEN,
                reason=error.hint or "access_revoked",
                detail=error.message,
            )
            unit.config_changed(account.enterprise, account.kind.value)

    async def note(
        self, actor: Actor, account: Account, event: str, error: VendorError | None = None
    ) -> None:
        """For the log of attempts."""
        async with self._db.unit() as unit:
            await unit.attempts.add(
                account.enterprise,
                Attempt(
                    integration_type=account.kind.value,
                    event_type=event,
                    status="error" if error else "success",
                    connection_id=account.connection_id,
                    request={"address": account.base_url},
                    response={"status": error.status} if error else {},
                    error_kind=error.kind.value if error else None,
                    stage=error.stage.value if error else None,
                    error_message=error.message if error else None,
                    actor=actor.name,
                ),
            )
