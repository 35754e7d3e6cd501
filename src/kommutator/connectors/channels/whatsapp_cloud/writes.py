"""Messages → the Cloud API. Implements `domain.ports.Delivery` for `SendMessage`.

Meta takes no idempotency key and lets nobody look. It gives our outbox row back with each status
(`biz_opaque_callback_data`), so a message whose answer was lost is known for sent after all.
What was sent cannot be put otherwise, so `edits` is not heeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kommutator.connectors.channels.whatsapp_cloud.client import (
    CloudClient,
    CloudClients,
    budgets_of,
)
from kommutator.connectors.channels.whatsapp_cloud.errors import CloudError
from kommutator.connectors.channels.whatsapp_cloud.manifest import (
    CONCURRENCY,
    LONGEST,
    SENDING_S,
    USER_ID,
)
from kommutator.connectors.speaking import Speaking, partly, patience_of
from kommutator.domain.chats import pieces
from kommutator.domain.commands import Command, SendMessage
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Done, Exchange, Outcome
from kommutator.domain.template_message import MessageTemplate
from kommutator.kit.clock import Clock
from kommutator.kit.plain_json import as_text, maps_in

SPEAKING: Final = patience_of(SENDING_S)


class CloudDelivery(Speaking):
    kind = ConnectionKind.WHATSAPP_CLOUD

    def __init__(self, clients: CloudClients, *, clock: Clock) -> None:
        super().__init__(clock=clock, concurrency=CONCURRENCY, patience=SPEAKING)
        self._clients = clients

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        return budgets_of(account, getattr(command, "chat_id", None))

    async def _spoken(self, account: Account, message: SendMessage, row: int) -> Outcome:
        return await _spoken(self._clients.of(account, prepaid=1), message, row)


async def _spoken(client: CloudClient, message: SendMessage, row: int) -> Outcome:
    orders = _orders(message, row)
    done = Done(Exchange())
    for said, order in enumerate(orders):
        try:
            reply = await client.send(message.chat_id, order)
        except CloudError as error:
            return partly(error.as_outcome(), said, len(orders))
        sent = next(maps_in(reply.body.get("messages")), {})
        done = Done(reply.exchange, as_text(sent.get("id")))
    return done


def _orders(message: SendMessage, row: int) -> Sequence[dict[str, Any]]:
    """The last one is what the statuses of the whole are told of."""
    frame: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    named = "recipient" if USER_ID.fullmatch(message.chat_id) else "to"
    frame[named] = message.chat_id
    if message.template is not None:
        orders = [{**frame, "type": "template", "template": _template(message.template)}]
    else:
        texts = pieces(message.text, LONGEST)
        bodies = [{"preview_url": False, "body": one} for one in texts]
        orders = [{**frame, "type": "text", "text": body} for body in bodies]
    return [*orders[:-1], *({**one, "biz_opaque_callback_data": str(row)} for one in orders[-1:])]


def _template(template: MessageTemplate) -> dict[str, Any]:
    values = [{"type": "text", "text": one} for one in template.params]
    parts = [{"type": "body", "parameters": values}] if values else []
    return {
        "name": template.name,
        "language": {"code": template.language},
        **({"components": parts} if parts else {}),
    }
