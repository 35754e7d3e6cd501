"""Who does not want to be written to unasked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES
from kommutator.doors.http.outreach.words import ConsentBody, ConsentShown, SaidShown
from kommutator.flows.outreach.consents import Shown

router = APIRouter(prefix="/api/v1/consents", tags=["outreach"], responses=RESPONSES)
Reader = Annotated[Tenant, Depends(demand(Permission.READ_SALON))]
Booker = Annotated[Tenant, Depends(demand(Permission.BOOK))]
Phone = Annotated[
    str, Path(pattern=r"^\+?[0-9]{5,15}$", description="International, with its country code.")
]


@router.get("/{phone}", summary="Show a consent", operation_id="show_consent")
async def show_consent(request: Request, phone: Phone, tenant: Reader) -> ConsentShown:
    """What a number's owner wants, and every word that was said about it."""
    consents = house_of(request).outreach.consents
    return _shown(await consents.of(tenant.enterprise, _whole(phone)))


@router.put("/{phone}", summary="Write a consent down", operation_id="put_consent")
async def put_consent(
    request: Request, phone: Phone, body: ConsentBody, tenant: Booker
) -> ConsentShown:
    """What they told you. Opting out also takes back what has not left yet."""
    consents = house_of(request).outreach.consents
    said = await consents.say(
        tenant.actor, tenant.enterprise, _whole(phone), opted_out=body.opted_out, source="api"
    )
    return _shown(said)


def _whole(phone: str) -> str:
    return phone if phone.startswith("+") else f"+{phone}"


def _shown(found: Shown) -> ConsentShown:
    now = None if found.now is None else SaidShown.model_validate(found.now)
    return ConsentShown(
        phone=found.phone,
        opted_out=now is not None and now.opted_out,
        now=now,
        history=[SaidShown.model_validate(one) for one in found.history],
    )
