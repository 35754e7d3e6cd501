"""How the assistant works for an enterprise."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from kommutator.domain.assistant.settings import AssistantSettings
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES

router = APIRouter(prefix="/api/v1/assistant", tags=["chats"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
Words = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Names = Annotated[dict[Words, list[Words]], Field(max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DebounceBody(_Part):
    quiet_s: float = Field(3.5, ge=0, le=60, description="After the last message.")
    longest_s: float = Field(12.0, ge=0, le=120, description="After the first of them.")


class AliasesBody(_Part):
    services: Names = Field({}, description="The vendor's id → how clients call it, too.")
    staff: Names = {}


class AssistantBody(_Part):
    """What is not given becomes the default."""

    on: bool = Field(False, description="In every salon that `salons` does not name.")
    salons: dict[Words, bool] = Field({}, description="Connection of a salon → on or off there.")
    brain: Literal["rules", "llm"] = "rules"
    pause_hours: float = Field(
        12.0, gt=0, le=720, description="How long the bot is silent after a person took over."
    )
    debounce: DebounceBody = DebounceBody()
    aliases: AliasesBody = AliasesBody()
    texts: dict[Words, Words] = Field({}, description="Slug → the enterprise's own words.")


@router.get("/settings", summary="Show the assistant", operation_id="show_assistant")
async def show_assistant(request: Request, tenant: Admin) -> AssistantBody:
    return _shown(await house_of(request).assistant.of(tenant.enterprise))


@router.put("/settings", summary="Set the assistant up", operation_id="put_assistant")
async def put_assistant(request: Request, body: AssistantBody, tenant: Admin) -> AssistantBody:
    """It takes effect with the next message."""
    keep = house_of(request).assistant
    return _shown(await keep.save(tenant.actor, tenant.enterprise, body.model_dump()))


def _shown(settings: AssistantSettings) -> AssistantBody:
    return AssistantBody.model_validate(msgspec.to_builtins(settings))
