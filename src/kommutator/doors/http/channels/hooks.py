"""Where messengers tell what was written: acknowledged when it is on disk, judged later.

Telegram repeats what was not answered, and holds up everything behind it; Avito waits two seconds.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel

from kommutator.connectors.channels.avito.hooks import SIGNATURE, hook_id, signed_by
from kommutator.connectors.channels.telegram.hooks import update_id
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES
from kommutator.flows.chats.ask import arrival
from kommutator.flows.chats.listen import HOOKS
from kommutator.flows.house import House
from kommutator.kit.errors import TooMany, Unauthorized
from kommutator.kit.throttle import Throttle

router = APIRouter(tags=["Messengers call us"], responses=RESPONSES)
_RATE, _BURST = 100, 1_000  # per connection and process
_UNKNOWN = "channel_hook_unknown"


class Taken(BaseModel):
    """It is on disk."""

    ok: bool = True


def throttle(house: House) -> Throttle:
    """How often one connection may be told something."""
    return Throttle(_RATE, _BURST, house.clock)


@router.post(
    f"{HOOKS}/telegram/{{connection}}",
    summary="Take an update of Telegram",
    operation_id="take_telegram_update",
)
async def take_telegram_update(
    request: Request,
    connection: Annotated[
        str, Path(pattern=r"^[0-9a-f]{32}$", description="The connection, as we subscribed.")
    ],
    secret: Annotated[str, Header(alias="X-Telegram-Bot-Api-Secret-Token", max_length=256)] = "",
) -> Taken:
    """The header proves the sender. An update that comes twice is acknowledged and kept once."""
    account = await _sender(request, ConnectionKind.TELEGRAM, f"{connection}.{secret}")
    raw = await request.body()
    return await _keep(request, account, str(update_id(raw)), raw)


@router.post(
    f"{HOOKS}/avito/{{secret}}", summary="Take a hook of Avito", operation_id="take_avito_hook"
)
async def take_avito_hook(
    request: Request,
    secret: Annotated[
        str, Path(max_length=200, description="Of the connection, as we subscribed with it.")
    ],
) -> Taken:
    """The secret proves the sender; a signature that comes all the same is checked, too."""
    account = await _sender(request, ConnectionKind.AVITO, secret)
    raw = await request.body()
    signature = request.headers.get(SIGNATURE)
    own = account.secrets.get("client_secret", "")
    if signature is not None and not signed_by(raw, signature, own):
        raise Unauthorized(_UNKNOWN)
    return await _keep(request, account, hook_id(raw), raw)


async def _sender(request: Request, kind: ConnectionKind, secret: str) -> Account:
    """Raises Unauthorized: `channel_hook_unknown`; TooMany: `too_many_requests`."""
    account = await house_of(request).chat_hooks[kind].sender(secret)
    limits: Throttle = request.app.state.chat_throttle
    if wait := limits.take(account.connection_id.hex):
        raise TooMany("too_many_requests", retry_after=wait)
    return account


async def _keep(request: Request, account: Account, news_id: str, raw: bytes) -> Taken:
    await house_of(request).intake.accept(arrival(account, news_id, raw))
    return Taken()
