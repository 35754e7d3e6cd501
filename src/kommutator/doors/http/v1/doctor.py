"""The check-up, for monitoring."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from kommutator.domain.finding import Finding, Health
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.flows.doctor import tell
from kommutator.kit.texts import choose_locale

router = APIRouter(prefix="/doctor", tags=["doctor"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
_ORDER = (Health.OK, Health.SKIPPED, Health.WARN, Health.FAIL)


class FindingShown(BaseModel):
    check: str = Field(description="Stable slug of what was looked at.")
    health: Health
    word: str = Field(description="Stable slug of what was found.")
    facts: dict[str, Any]
    title: str
    words: str = Field(description="What was found, for people.")
    repair: str = Field(description="The one action; empty where there is nothing to do.")


class CheckUp(BaseModel):
    health: Health = Field(description="The worst of all findings.")
    findings: list[FindingShown]


@router.get("", summary="Check the enterprise's connections and queues")
async def check_up(request: Request, tenant: Admin) -> CheckUp:
    """PBX, CRM, lanes, recordings, phone book; for platform staff the installation, too."""
    house = house_of(request)
    locale = choose_locale(request.headers.get("accept-language"))
    found = await house.doctor.enterprise(tenant.enterprise)
    if tenant.actor.enterprise is None:
        found = [*await house.doctor.platform(), *found]

    def shown(finding: Finding) -> FindingShown:
        told = tell(house.texts, locale, finding)
        return FindingShown(
            check=finding.check,
            health=finding.health,
            word=finding.word,
            facts=dict(finding.facts),
            title=told.title,
            words=told.words,
            repair=told.repair,
        )

    worst = max((finding.health for finding in found), key=_ORDER.index, default=Health.OK)
    return CheckUp(health=worst, findings=[shown(finding) for finding in found])
