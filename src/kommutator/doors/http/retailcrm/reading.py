"""Reading what arrives on these paths: JSON or forms, and never a bare 422."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Path, Request

from kommutator.connectors.crm.retailcrm.hooks import Hook, Unknown, parse, read_fields
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import Actor, Permission, enterprise_number
from kommutator.doors.http.auth import Tenant, actor, house_of, permitted_enterprise
from kommutator.flows.refusals import HOOK
from kommutator.kit.errors import InvalidInput
from kommutator.kit.plain_json import read_json

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

EnterprisePath = Annotated[
    str, Path(description="Number of the enterprise, e.g. 0367.", pattern=r"^[0-9]{1,10}$")
]


def tenant_in_path(permission: Permission) -> Callable[..., Awaitable[Tenant]]:
    """A dependency: the actor has this permission in the enterprise of the path."""

    async def permitted(
        request: Request,
        who: Annotated[Actor, Depends(actor)],
        enterprise: EnterprisePath,
    ) -> Tenant:
        wanted = enterprise_number(enterprise)
        return Tenant(who, await permitted_enterprise(request, who, permission, wanted))

    return permitted


async def body_of(request: Request) -> dict[str, Any]:
    """A JSON object or a form as one map; an empty body is an empty map.

    Raises:
        InvalidInput: `json_broken`, `json_not_object`, `request_invalid` for NUL in a text.
    """
    if request.headers.get("content-type", "").startswith(_FORMS):
        form = await request.form()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        _refuse_nul("".join((*fields, *fields.values())))
        return fields
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        body = read_json(raw)
    except ValueError as error:
        raise InvalidInput("json_broken") from error
    if not isinstance(body, dict):
        raise InvalidInput("json_not_object")
    _refuse_nul(raw.decode())
    return body


def _refuse_nul(text: str) -> None:
    # PostgreSQL stores none, plain or escaped; nobody sends one by accident.
    if "\x00" in text or "\\u0000" in text:
        raise InvalidInput("request_invalid")


async def hook_of(request: Request, kind: str) -> Hook:
    """What the CRM sent, by query, form or JSON."""
    query = request.url.query.encode("latin-1", "replace")
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        fields = read_fields(query) | await body_of(request)
    else:
        fields = read_fields(query, await request.body(), content_type)
    return parse(kind, fields)


async def sender_of(request: Request, client_id: str, action: str = HOOK) -> Account:
    """Whose CRM that is. Raises Unauthorized, TooMany: see `ClientIds.sender`."""
    address = request.state.client.neighbourhood
    ids = house_of(request).client_ids
    return await ids.sender(client_id, ConnectionKind.RETAILCRM, address=address, action=action)


def refuse_unusable(hook: Hook) -> None:
    """Raises InvalidInput: `hook_client_id_missing`, `hook_unusable`."""
    if not isinstance(hook, Unknown):
        return
    if hook.reason == "client_id_missing":
        raise InvalidInput("hook_client_id_missing")
    raise InvalidInput("hook_unusable", kind=hook.kind)
