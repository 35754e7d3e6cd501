"""Messengers of an enterprise: connected, checked, let go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import SecretStr

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.channels.words import (
    ApprovedShown,
    AvitoBody,
    ChannelSalonBody,
    ChannelShown,
    ChatShown,
    KindTemplateBody,
    TelegramBody,
    TemplatesBody,
    TemplatesShown,
    WhatsAppCloudBody,
)
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.paging import Page
from kommutator.doors.http.wording import person_error
from kommutator.flows.chats.channel import Channel
from kommutator.flows.chats.channels import SECRETS
from kommutator.flows.chats.cloud_numbers import Templates
from kommutator.kit.errors import VendorError

router = APIRouter(prefix="/api/v1/channels", tags=["channels"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


@router.get("", summary="List messengers", operation_id="list_channels")
async def list_channels(request: Request, tenant: Admin) -> Page[ChannelShown]:
    """Always complete."""
    found = await house_of(request).channels.list(tenant.enterprise)
    return Page(items=[_shown(request, one) for one in found], next_cursor=None)


@router.post("/telegram", summary="Connect a bot", status_code=201, operation_id="connect_telegram")
async def connect_telegram(request: Request, body: TelegramBody, tenant: Admin) -> ChannelShown:
    """Telegram is asked first. The same bot again: the token is replaced."""
    return await _connected(request, tenant, ConnectionKind.TELEGRAM, {"token": body.token})


@router.post("/avito", summary="Connect an account", status_code=201, operation_id="connect_avito")
async def connect_avito(request: Request, body: AvitoBody, tenant: Admin) -> ChannelShown:
    """Avito is asked first, also whether the tariff has the messenger."""
    secrets = {"client_id": body.client_id, "client_secret": body.client_secret}
    return await _connected(request, tenant, ConnectionKind.AVITO, secrets)


@router.post(
    "/whatsapp_cloud",
    summary="Connect an official WhatsApp number",
    status_code=201,
    operation_id="connect_whatsapp_cloud",
)
async def connect_whatsapp_cloud(
    request: Request, body: WhatsAppCloudBody, tenant: Admin
) -> ChannelShown:
    """Meta is asked first, also whether the app secret is the token's own."""
    secrets = {name: getattr(body, name) for name in SECRETS[ConnectionKind.WHATSAPP_CLOUD]}
    return await _connected(request, tenant, ConnectionKind.WHATSAPP_CLOUD, secrets)


@router.get(
    "/{connection_id}/templates",
    summary="Show message templates",
    operation_id="show_channel_templates",
)
async def show_templates(request: Request, connection_id: UUID, tenant: Admin) -> TemplatesShown:
    """Meta is asked which are approved. Only of an official WhatsApp number."""
    try:
        found = await house_of(request).cloud.templates(tenant.enterprise, connection_id)
    except VendorError as error:
        raise person_error(error) from error
    return _templates(found)


@router.put(
    "/{connection_id}/templates",
    summary="Choose message templates",
    operation_id="choose_channel_templates",
)
async def choose_templates(
    request: Request, connection_id: UUID, body: TemplatesBody, tenant: Admin
) -> TemplatesShown:
    """Only approved ones; what was chosen before and is left out is chosen no more."""
    given = body.model_dump(mode="json")["chosen"]
    try:
        found = await house_of(request).cloud.choose(
            tenant.actor, tenant.enterprise, connection_id, given
        )
    except VendorError as error:
        raise person_error(error) from error
    return _templates(found)


@router.post("/{connection_id}/check", summary="Check a messenger", operation_id="check_channel")
async def check_channel(request: Request, connection_id: UUID, tenant: Admin) -> ChannelShown:
    """Asks the messenger, puts right what is not, and lets waiting messages go."""
    channels = house_of(request).channels
    try:
        await channels.check(tenant.actor, tenant.enterprise, connection_id)
    except VendorError as error:
        raise person_error(error) from error
    return await _one(request, tenant, connection_id)


@router.put("/{connection_id}/salon", summary="Choose a salon", operation_id="choose_channel_salon")
async def choose_salon(
    request: Request, connection_id: UUID, body: ChannelSalonBody, tenant: Admin
) -> ChannelShown:
    """Whose visits the assistant books there, where an enterprise has several salons."""
    channels = house_of(request).channels
    await channels.speak_for(tenant.actor, tenant.enterprise, connection_id, body.salon)
    return await _one(request, tenant, connection_id)


@router.delete(
    "/{connection_id}",
    summary="Disconnect a messenger",
    status_code=204,
    operation_id="disconnect_channel",
)
async def disconnect_channel(request: Request, connection_id: UUID, tenant: Admin) -> None:
    """Its secrets are wiped; receivers stay, and hear nothing."""
    await house_of(request).channels.disconnect(tenant.actor, tenant.enterprise, connection_id)


@router.get("/{connection_id}/chats", summary="List chats", operation_id="list_chats")
async def list_chats(request: Request, connection_id: UUID, tenant: Admin) -> Page[ChatShown]:
    """The last two hundred that were heard."""
    house = house_of(request)
    await house.channels.get(tenant.enterprise, connection_id)
    found = await house.notices.chats(tenant.enterprise, connection_id)
    return Page(items=[ChatShown.model_validate(one) for one in found], next_cursor=None)


async def _connected(
    request: Request, tenant: Tenant, kind: ConnectionKind, secrets: Mapping[str, SecretStr]
) -> ChannelShown:
    opened = {name: value.get_secret_value() for name, value in secrets.items()}
    try:
        record = await house_of(request).channels.connect(
            tenant.actor, tenant.enterprise, kind, opened
        )
    except VendorError as error:
        raise person_error(error) from error
    return await _one(request, tenant, record.id)


async def _one(request: Request, tenant: Tenant, connection_id: UUID) -> ChannelShown:
    found = await house_of(request).channels.list(tenant.enterprise)
    return next(_shown(request, one) for one in found if one.record.id == connection_id)


def _templates(found: Templates) -> TemplatesShown:
    return TemplatesShown(
        approved=[ApprovedShown.model_validate(one) for one in found.approved],
        chosen={
            kind: KindTemplateBody(name=one.name, language=one.language, fills=list(one.fills))
            for kind, one in found.chosen.items()
        },
    )


def _shown(request: Request, channel: Channel) -> ChannelShown:
    record, texts, locale = channel.record, house_of(request).texts, locale_of(request)
    reason = channel.why
    return ChannelShown.model_validate(
        {
            "id": record.id,
            "kind": record.kind.value,
            "name": record.name,
            "account": record.account_key,
            "username": record.config.get("username"),
            "status": record.status,
            "reason": reason,
            "reason_text": texts.translate(locale, channel.words) if reason else None,
            "way": record.config.get("way"),
            "salon": record.config.get("salon"),
            "waiting": channel.lane is not None and channel.lane.parked_reason is not None,
        }
    )
