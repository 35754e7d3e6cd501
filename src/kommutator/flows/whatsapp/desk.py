"""The unhurried side of WhatsApp by QR. Implements `domain.chats.ChannelDesk`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kommutator.domain.chats import ChatNews, Polled
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import Probe
from kommutator.domain.whatsapp.journal import read_news
from kommutator.domain.whatsapp.states import TALKS
from kommutator.kit.errors import ErrorKind, Stage, VendorError

if TYPE_CHECKING:
    from kommutator.flows.whatsapp.sessions import WhatsAppSessions


class WhatsAppDesk:
    """News come over the open line; nothing is subscribed to and nothing is asked."""

    kind = ConnectionKind.WHATSAPP

    def __init__(self, sessions: WhatsAppSessions) -> None:
        self._sessions = sessions

    async def probe(self, account: Account) -> Probe:
        """Raises VendorError: the session is not open; `whatsapp_not_open`."""
        shown = await self._sessions.state(account.enterprise, account.connection_id)
        if shown.state not in TALKS:
            raise VendorError(
                ErrorKind.REJECTED, shown.state.value, stage=Stage.BEFORE_SENDING,
                hint="whatsapp_not_open",
            )  # fmt: skip
        details = {"key": account.account_key, "title": account.name}
        return Probe(True, shown.phone or account.name, details=details)

    async def subscribe(self, account: Account, address: str, secret: str) -> None:
        """Nothing to do: whoever holds the line hears."""

    async def unsubscribe(self, account: Account, address: str) -> None:  # noqa: ARG002  as the port
        """The phone forgets us, if it can be told; our keys are wiped in any case."""
        await self._sessions.forget(account.enterprise, account.connection_id)

    async def poll(self, account: Account, position: int) -> Polled:  # noqa: ARG002  as the port
        return Polled((), position)

    def read(self, account: Account, body: bytes) -> Sequence[ChatNews]:  # noqa: ARG002  as the port
        return (read_news(body),)
