"""An account's pipelines and people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from kommutator.domain.crm_data import Pipeline
from kommutator.doors.http.amocrm.acting import ByAccount
from kommutator.doors.http.auth import house_of

router = APIRouter(prefix="/api/v1/amocrm", tags=["amoCRM: cards"])


class StageShown(BaseModel):
    id: int = Field(description="142 won, 143 lost: the same in every pipeline.")
    name: str
    sort: int
    color: str | None
    incoming: bool = Field(description="The tray of what nobody has taken yet.")
    won: bool
    lost: bool


class PipelineShown(BaseModel):
    id: int
    name: str
    sort: int
    is_main: bool
    is_archived: bool
    statuses: list[StageShown]


class CrmUserShown(BaseModel):
    id: int
    name: str
    email: str | None
    is_active: bool
    is_admin: bool
    group_id: int | None
    phone: str | None


class Pipelines(BaseModel):
    data: list[PipelineShown]


class CrmUsers(BaseModel):
    data: list[CrmUserShown]


@router.get("/pipelines", summary="List pipelines with their stages")
async def list_pipelines(request: Request, by: ByAccount) -> Pipelines:
    """All of them."""
    found = await house_of(request).cards.pipelines(by.account)
    return Pipelines(data=[_pipeline(pipeline) for pipeline in found])


@router.get("/users", summary="List the account's users")
async def list_crm_users(request: Request, by: ByAccount) -> CrmUsers:
    """All of them. 424 to tokens of people who are no admins, and to external integrations."""
    found = await house_of(request).cards.users(by.account)
    return CrmUsers(
        data=[
            CrmUserShown(
                id=user.id,
                name=user.name,
                email=user.email,
                is_active=user.active,
                is_admin=user.admin,
                group_id=user.group_id,
                phone=user.phone,
            )
            for user in found
        ]
    )


def _pipeline(pipeline: Pipeline) -> PipelineShown:
    return PipelineShown(
        id=pipeline.id,
        name=pipeline.name,
        sort=pipeline.sort,
        is_main=pipeline.main,
        is_archived=pipeline.archived,
        statuses=[
            StageShown(
                id=stage.id,
                name=stage.name,
                sort=stage.sort,
                color=stage.color,
                incoming=stage.incoming,
                won=stage.won,
                lost=stage.lost,
            )
            for stage in pipeline.stages
        ],
    )
