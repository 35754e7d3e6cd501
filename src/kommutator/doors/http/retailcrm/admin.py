"""`/retailcrm-admin/`: the CRM administrator's page, its API, and the entry by link."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from kommutator.connectors.crm.retailcrm.hooks import read_fields
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.ports import RegistrationReport
from kommutator.domain.tenancy import Permission, enterprise_number
from kommutator.doors.console.connections import render_connection_page
from kommutator.doors.console.render import problem_page
from kommutator.doors.console.visit import Visit
from kommutator.doors.http import cookies
from kommutator.doors.http.auth import (
    Tenant,
    house_of,
    permitted_enterprise,
    session_of,
)
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.retailcrm.form import config_form, flag
from kommutator.doors.http.retailcrm.reading import body_of, tenant_in_path
from kommutator.doors.http.wording import difference_in_words
from kommutator.flows.house import House
from kommutator.flows.sign_in import actor_of_session
from kommutator.kit.errors import InvalidInput, NotFound, Unauthorized, UserError
from kommutator.store.connection_rows import ConnectionRecord

router = APIRouter(prefix="/retailcrm-admin", tags=["RetailCRM: administration"])

Configurer = Annotated[Tenant, Depends(tenant_in_path(Permission.CONFIGURE))]
_KIND = ConnectionKind.RETAILCRM
_CONFIG_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": True,
                    "example": {
                        "domain": "https://example.retailcrm.ru",
                        "api_key": "…",
                        "enabled": True,
                    },
                }
            }
        }
    }
}


class Config(BaseModel):
    """The requirement's document. `api_key` is masked; sending the mask back keeps the key."""

    enabled: bool
    domain: str
    api_key: str | None = Field(description="Masked.")
    user_extensions: dict[str, str | None]
    last_sync: str | None
    status: str = Field(description="draft, active, paused or broken.")
    status_reason: str | None
    options: dict[str, Any] = Field(description="Event flags, lines, rules and limits.")


class ConfigAnswer(BaseModel):
    success: bool = True
    enterprise_number: str
    config: Config | None


class TestAnswer(BaseModel):
    success: bool
    message: str = Field(description="Slug of the finding; its text is `hint.<slug>`.")
    missing_scopes: list[str]
    time_zone: str | None
    sites: list[str]


class RegisterAnswer(BaseModel):
    success: bool = True
    verified: bool = Field(description="Whether the CRM, asked again, shows what we sent.")
    differences: list[str] = Field(description="Sentences, in the reader's language.")
    unknown_users: list[str]
    unknown_sites: list[str]
    codes: dict[str, str]


class RemoveAnswer(BaseModel):
    success: bool = True


@router.get("/", include_in_schema=False)
@router.post("/", include_in_schema=False)
async def page(request: Request) -> Response:
    """The page; with an entry token, an exchange of the token for a session first."""
    token = request.query_params.get("token")
    try:
        return await (_enter(request, token) if token else _show(request))
    except UserError as error:
        if isinstance(error, Unauthorized) and not token:
            target = urlencode({"next": str(request.url.path) + _query(request)})
            return RedirectResponse(f"/console/login?{target}", status_code=303)
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return problem_page(_anybody(request), error)


@router.get("/api/config/{enterprise}", responses=RESPONSES)
async def read_config(request: Request, tenant: Configurer) -> ConfigAnswer:
    """The configuration, secrets masked; `config` is null before the first save."""
    try:
        record = await house_of(request).set_up.stored(tenant.enterprise, _KIND)
    except NotFound:
        return ConfigAnswer(enterprise_number=tenant.enterprise, config=None)
    return ConfigAnswer(enterprise_number=tenant.enterprise, config=_config(record))


@router.put("/api/config/{enterprise}", responses=RESPONSES, openapi_extra=_CONFIG_BODY)
async def save_config(request: Request, tenant: Configurer) -> ConfigAnswer:
    """Save domain, key and options. `enabled` false pauses, true goes on if registered."""
    record = await _save(house_of(request), tenant, await body_of(request))
    return ConfigAnswer(enterprise_number=tenant.enterprise, config=_config(record))


@router.post("/api/register/{enterprise}", responses=RESPONSES, openapi_extra=_CONFIG_BODY)
async def register(request: Request, tenant: Configurer) -> RegisterAnswer:
    """«Сохранить и зарегистрировать»: save what the body brings, then register the module."""
    house = house_of(request)
    body = await body_of(request)
    rotate = flag(body.pop("rotate", False), "rotate")
    if body:
        await _save(house, tenant, body | {"enabled": None})
    report = await house.enrol.register(tenant.actor, tenant.enterprise, _KIND, rotate=rotate)
    return _registered(request, report)


@router.post("/api/test/{enterprise}", responses=RESPONSES)
async def test(request: Request, tenant: Configurer) -> TestAnswer:
    """Ask the CRM whether address, key and scopes will do. Changes nothing there."""
    probe = await house_of(request).enrol.test(tenant.actor, tenant.enterprise, _KIND)
    return TestAnswer(
        success=probe.ok,
        message=probe.message,
        missing_scopes=list(probe.missing_scopes),
        time_zone=probe.time_zone,
        sites=[site.code for site in probe.sites],
    )


@router.delete("/api/config/{enterprise}", responses=RESPONSES)
async def remove(request: Request, tenant: Configurer, *, force: bool = False) -> RemoveAnswer:
    """Switch the module off in the CRM, wipe our secrets, end everyone's entry."""
    await house_of(request).enrol.remove(tenant.actor, tenant.enterprise, _KIND, force=force)
    return RemoveAnswer()


async def _enter(request: Request, token: str) -> Response:
    """The token never stays in the address bar: the answer leads to a clean address."""
    house = house_of(request)
    fields = read_fields(b"", await request.body()) if request.method == "POST" else {}
    account = await house.entrance.admit(token, client_id=fields.get("clientId"))
    session = await house.sign_in.enter_from_crm(account, replaces=cookies.read(request))
    query = urlencode({"enterprise_number": account.enterprise})
    response = RedirectResponse(f"/retailcrm-admin/?{query}", status_code=303)
    cookies.put(house, response, session)
    return response


async def _show(request: Request) -> Response:
    session = await session_of(request)
    who = actor_of_session(session)
    wanted = request.query_params.get("enterprise_number")
    enterprise = await permitted_enterprise(
        request, who, Permission.CONFIGURE, enterprise_number(wanted) if wanted else None
    )
    return await render_connection_page(request, house_of(request), who, enterprise)


async def _save(house: House, tenant: Tenant, body: dict[str, Any]) -> ConnectionRecord:
    """A document without an address speaks of the account that is stored already."""
    if not (body.get("domain") or body.get("api_url")):
        try:
            body["domain"] = (await house.set_up.stored(tenant.enterprise, _KIND)).base_url
        except NotFound:
            raise InvalidInput("domain_missing") from None
    form, enabled = config_form(body)
    record = await house.set_up.save(tenant.actor, tenant.enterprise, form)
    if enabled is False and record.status is ConnectionStatus.ACTIVE:
        await house.set_up.pause(tenant.actor, tenant.enterprise, _KIND)
    elif enabled is True and record.status is ConnectionStatus.PAUSED:
        await house.set_up.activate(tenant.actor, tenant.enterprise, _KIND)
    return await house.set_up.stored(tenant.enterprise, _KIND)


def _anybody(request: Request) -> Visit:
    """For the page that says why nobody was let in."""
    return Visit(
        request=request,
        house=house_of(request),
        session=None,
        locale=locale_of(request),
        enterprise=None,
    )


def _config(record: ConnectionRecord) -> Config:
    shown = ("user_extensions",)
    return Config(
        enabled=record.status is ConnectionStatus.ACTIVE,
        domain=record.base_url,
        api_key="••••••••" if "api_key" in record.sealed else None,
        user_extensions=record.config.get("user_extensions") or {},
        last_sync=record.last_sync_at.isoformat() if record.last_sync_at else None,
        status=record.status.value,
        status_reason=record.status_reason,
        options={key: value for key, value in record.config.items() if key not in shown},
    )


def _registered(request: Request, report: RegistrationReport) -> RegisterAnswer:
    texts, locale = house_of(request).texts, locale_of(request)
    return RegisterAnswer(
        verified=report.verified,
        differences=[difference_in_words(texts, locale, one) for one in report.differences],
        unknown_users=list(report.unknown_users),
        unknown_sites=list(report.unknown_sites),
        codes=dict(report.codes),
    )


def _query(request: Request) -> str:
    number = request.query_params.get("enterprise_number", "")
    return f"?enterprise_number={number}" if number.isdigit() else ""
