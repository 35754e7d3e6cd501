"""Where messengers tell what was written: acknowledged when it is on disk, judged later.

Telegram repeats what was not answered, and holds up everything behind it; Avito waits two seconds;
Meta repeats for days, and asks for a challenge before it brings anything.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from kommutator.connectors.channels.avito.hooks import SIGNATURE, hook_id, signed_by
from kommutator.connectors.channels.telegram.hooks import update_id
from kommutator.connectors.channels.whatsapp_cloud import hooks as cloud
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
Connection = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="The connection, as we subscribed.")
]


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
    connection: Connection,
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


@router.get(
    f"{HOOKS}/whatsapp_cloud/{{connection}}",
    summary="Answer Meta's challenge",
    operation_id="answer_whatsapp_challenge",
    response_model=None,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def answer_whatsapp_challenge(
    request: Request,
    connection: Connection,
    mode: Annotated[str, Query(alias="hub.mode", max_length=40)] = "",
    challenge: Annotated[str, Query(alias="hub.challenge", pattern=r"^[A-Za-z0-9_.-]{1,256}$")] = (
        "none"
    ),
    token: Annotated[str, Query(alias="hub.verify_token", max_length=200)] = "",
) -> PlainTextResponse:
    """Asked while we subscribe: whoever knows our token is Meta."""
    await _sender(request, ConnectionKind.WHATSAPP_CLOUD, f"{connection}.{token}")
    if mode != "subscribe":
        raise Unauthorized(_UNKNOWN)
    return PlainTextResponse(challenge)


@router.post(
    f"{HOOKS}/whatsapp_cloud/{{connection}}",
    summary="Take a webhook of the WhatsApp Cloud API",
    operation_id="take_whatsapp_cloud_hook",
)
async def take_whatsapp_cloud_hook(request: Request, connection: Connection) -> Taken:
    """The signature of the bytes proves the sender; numbers of the same app are told, too."""
    house = house_of(request)
    account = await house.cloud.addressed(connection)
    raw, signature = await request.body(), request.headers.get(cloud.SIGNATURE, "")
    if not cloud.signed_by(raw, signature, account.secrets.get("app_secret", "")):
        raise Unauthorized(_UNKNOWN)
    _slow_down(request, account)
    numbers = cloud.numbers_in(raw)
    for other in await house.cloud.beside(account, numbers):
        if cloud.signed_by(raw, signature, other.secrets.get("app_secret", "")):
            await _keep(request, other, cloud.hook_id(raw), raw)
    return await _keep(request, account, cloud.hook_id(raw), raw)


async def _sender(request: Request, kind: ConnectionKind, secret: str) -> Account:
    """Raises Unauthorized: `channel_hook_unknown`; TooMany: `too_many_requests`."""
    account = await house_of(request).chat_hooks[kind].sender(secret)
    _slow_down(request, account)
    return account


def _slow_down(request: Request, account: Account) -> None:
    limits: Throttle = request.app.state.chat_throttle
    if wait := limits.take(account.connection_id.hex):
        raise TooMany("too_many_requests", retry_after=wait)


async def _keep(request: Request, account: Account, news_id: str, raw: bytes) -> Taken:
    await house_of(request).intake.accept(arrival(account, news_id, raw))
    return Taken()
