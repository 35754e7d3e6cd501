"""Internal numbers, who has which, and the cache of configurations (requirement 002)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from kommutator.domain.ports import Employee
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand_platform, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.retailcrm.reading import body_of, tenant_in_path
from kommutator.doors.http.wording import difference_in_words, person_error
from kommutator.flows.sync_people import PeopleTable, Saved

router = APIRouter(tags=["RetailCRM: extensions and cache"], responses=RESPONSES)

Configurer = Annotated[Tenant, Depends(tenant_in_path(Permission.CONFIGURE))]
_MAPPING_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": True,
                    "example": {"user_extensions": {"19": "150", "22": None}},
                }
            }
        }
    }
}


class Phone(BaseModel):
    phone_number: str
    owner: str | None = Field(description="Who sits there.")
    user_id: str | None = Field(description="CRM user who has the number, by our table.")
    is_free: bool


class Phones(BaseModel):
    success: bool = True
    enterprise_number: str
    phones: list[Phone]


class CrmUser(BaseModel):
    id: str
    name: str
    email: str | None
    status: str | None
    active: bool
    extension: str | None = Field(description="Ours.")
    crm_code: str | None = Field(description="The CRM's, as it holds it now.")
    state: str = Field(description="ok, drift, conflict, unassigned or unknown_user.")


class Extensions(BaseModel):
    success: bool = True
    enterprise_number: str
    user_extensions: dict[str, str]
    users: list[CrmUser]
    last_sync: str | None
    problem: str | None = Field(None, description="Why the CRM's side is missing.")


class SavedExtensions(BaseModel):
    success: bool = True
    user_extensions: dict[str, str]
    displaced: list[str] = Field(description="Users who lost their number to somebody else.")
    synced: bool = Field(description="Whether the CRM holds the same now.")
    problem: str | None = None


class Refreshed(BaseModel):
    success: bool = True
    refreshed: list[str]


class ActiveEnterprises(BaseModel):
    success: bool = True
    enterprises: list[str]
    total: int


class CacheStats(BaseModel):
    success: bool = True
    stats: dict[str, float]


class Matrix(BaseModel):
    success: bool = True
    enterprise_number: str
    integrations: dict[str, bool]


@router.get("/internal-phones/{enterprise}")
async def internal_phones(request: Request, tenant: Configurer) -> Phones:
    """All internal numbers of the enterprise and who has them."""
    table = await house_of(request).sync_people.local(tenant.enterprise)
    holders = {number: user for user, number in table.ours.items()}
    return Phones(
        enterprise_number=tenant.enterprise,
        phones=[
            Phone(
                phone_number=row.phone_number,
                owner=row.holder,
                user_id=holders.get(row.phone_number),
                is_free=row.phone_number not in holders,
            )
            for row in table.extensions
        ],
    )


@router.get("/user-extensions/{enterprise}")
async def user_extensions(request: Request, tenant: Configurer) -> Extensions:
    """Our table beside the CRM's; the first request takes the CRM's codes over."""
    table = await house_of(request).sync_people.table(tenant.actor, tenant.enterprise)
    return _extensions(tenant, table)


@router.post("/save-extensions/{enterprise}", openapi_extra=_MAPPING_BODY)
async def save_extensions(request: Request, tenant: Configurer) -> SavedExtensions:
    """Give and take numbers; null takes one away. The CRM is told at once."""
    body = await body_of(request)
    inner = body.get("user_extensions")
    changes: dict[str, Any] = inner if isinstance(inner, dict) else body
    saved = await house_of(request).sync_people.save(tenant.actor, tenant.enterprise, changes)
    return _saved(request, saved)


@router.post("/sync-extensions/{enterprise}")
async def sync_extensions(request: Request, tenant: Configurer) -> SavedExtensions:
    """Tell the CRM our table as it is."""
    pushed = await house_of(request).sync_people.push(tenant.actor, tenant.enterprise)
    return _saved(request, pushed)


@router.post(
    "/config-cache/refresh-all", dependencies=[Depends(demand_platform(Permission.ADMINISTER))]
)
async def refresh_all(request: Request) -> Refreshed:
    """Load every configuration anew."""
    directory = house_of(request).directory
    await directory.refresh_all()
    return Refreshed(refreshed=list(await directory.active_enterprises()))


@router.post("/config-cache/refresh/{enterprise}")
async def refresh(request: Request, tenant: Configurer) -> Refreshed:
    """Load this enterprise's configuration anew."""
    await house_of(request).directory.refresh(tenant.enterprise)
    return Refreshed(refreshed=[tenant.enterprise])


@router.get("/config-cache/stats", dependencies=[Depends(demand_platform(Permission.ADMINISTER))])
async def cache_stats(request: Request) -> CacheStats:
    """Hits, misses, load times and size of the configurations' cache in this process."""
    return CacheStats(stats=dict(house_of(request).directory.stats()))


@router.get("/config-cache/matrix/{enterprise}")
async def matrix(request: Request, tenant: Configurer) -> Matrix:
    """What is switched on for this enterprise."""
    found = await house_of(request).directory.matrix(tenant.enterprise)
    return Matrix(enterprise_number=tenant.enterprise, integrations=dict(found))


@router.get(
    "/config-cache/active-enterprises",
    operation_id="active_enterprises_of_cache",
    dependencies=[Depends(demand_platform(Permission.ADMINISTER))],
)
@router.get("/active-enterprises", dependencies=[Depends(demand_platform(Permission.ADMINISTER))])
async def active_enterprises(request: Request) -> ActiveEnterprises:
    """Enterprises with something switched on."""
    found = list(await house_of(request).directory.active_enterprises())
    return ActiveEnterprises(enterprises=found, total=len(found))


def _extensions(tenant: Tenant, table: PeopleTable) -> Extensions:
    return Extensions(
        enterprise_number=tenant.enterprise,
        user_extensions=dict(table.ours),
        users=[
            _user(row.user_id, row.state.value, row.ours, row.crm, table.employees)
            for row in table.rows
            if row.user_id is not None
        ],
        last_sync=table.last_sync.isoformat() if table.last_sync else None,
        problem=table.problem.message if table.problem else None,
    )


def _user(user_id: str, state: str, ours: str | None, crm: str | None, employees: Any) -> CrmUser:
    person: Employee | None = employees.get(user_id)
    return CrmUser(
        id=user_id,
        name=person.name if person else "",
        email=person.email if person else None,
        status=person.status if person else None,
        active=person.active if person else False,
        extension=ours,
        crm_code=crm,
        state=state,
    )


def _saved(request: Request, saved: Saved) -> SavedExtensions:
    report = saved.report
    texts, locale = house_of(request).texts, locale_of(request)
    problem: str | None = None
    if saved.problem is not None:
        problem = texts.error(locale, person_error(saved.problem)).message
    elif report is not None and report.differences:
        problem = "; ".join(difference_in_words(texts, locale, one) for one in report.differences)
    return SavedExtensions(
        user_extensions=dict(saved.ours),
        displaced=list(saved.displaced),
        synced=report is not None and report.verified,
        problem=problem,
    )
