"""Tasks: listed, created, completed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kommutator.domain.crm_data import CrmTask, EntityKind
from kommutator.domain.crm_ports import TaskQuery
from kommutator.doors.http.amocrm.acting import ByAccount, Repeatable
from kommutator.doors.http.amocrm.bodies import Given, Id
from kommutator.doors.http.amocrm.lists import Ids, Limit, PageNumber
from kommutator.doors.http.amocrm.shown import Listed
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.v1.words import Moment, RowId

router = APIRouter(prefix="/api/v1/amocrm/tasks", tags=["amoCRM: cards"])
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


class Task(BaseModel):
    id: int
    text: str
    complete_till: datetime
    complete_till_unix: int
    is_completed: bool
    result: str | None
    task_type_id: int | None
    responsible_user_id: int | None
    entity_type: EntityKind | None
    entity_id: int | None
    updated_at: datetime


class TaskNew(Given):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "Перезвонить",
                    "complete_till": "2026-12-01T12:00:00Z",
                    "entity_type": "leads",
                    "entity_id": 123456,
                }
            ]
        }
    )
    text: Words
    complete_till: Moment = Field(description="ISO with a time zone, or unix seconds.")
    entity_type: EntityKind | None = None
    entity_id: Id | None = None
    task_type_id: Id | None = Field(None, description="1: call, 2: meeting, or the account's own.")
    responsible_user_id: Id | None = None

    def item(self) -> dict[str, Any]:
        """With unix seconds, as amoCRM takes them."""
        return {**super().item(), "complete_till": int(self.complete_till.timestamp())}


class TaskDone(Given):
    result: Annotated[str, StringConstraints(max_length=5000)] | None = None


@router.get("", summary="List tasks")
async def list_tasks(
    request: Request,
    by: ByAccount,
    *,
    page: PageNumber = 1,
    limit: Limit = 50,
    responsible_user_id: Ids = None,
    is_completed: bool | None = None,
    task_type_id: Ids = None,
    entity_type: EntityKind | None = None,
    entity_id: Ids = None,
    updated_from: Annotated[Moment | None, Query()] = None,
) -> Listed[Task]:
    """As amoCRM has them now."""
    found = await house_of(request).cards.tasks(
        by.account,
        TaskQuery(
            page=page,
            limit=limit,
            responsible_ids=tuple(responsible_user_id or ()),
            completed=is_completed,
            type_ids=tuple(task_type_id or ()),
            kind=entity_type,
            entity_ids=tuple(entity_id or ()),
            updated_from=updated_from,
        ),
    )
    shown = [_task(task) for task in found.items]
    return Listed(data=shown, page=page, limit=limit, has_more=found.more)


@router.post("", summary="Create a task", status_code=201)
async def create_crm_task(
    request: Request, by: ByAccount, body: TaskNew, asked: Repeatable
) -> Task:
    """Repeat it with the same `Idempotency-Key` whenever the answer did not come."""
    return _task(await house_of(request).cards.create_task(by.account, body.item(), asked))


@router.post("/{task_id}/complete", summary="Complete a task")
async def complete_crm_task(
    request: Request, by: ByAccount, task_id: RowId, body: TaskDone | None = None
) -> Task:
    """With a word about what came of it. Twice does no harm."""
    result = None if body is None else body.result
    return _task(await house_of(request).cards.complete_task(by.account, task_id, result))


def _task(task: CrmTask) -> Task:
    return Task(
        id=task.id,
        text=task.text,
        complete_till=task.due_at,
        complete_till_unix=int(task.due_at.timestamp()),
        is_completed=task.completed,
        result=task.result,
        task_type_id=task.type_id,
        responsible_user_id=task.responsible_id,
        entity_type=task.kind,
        entity_id=task.entity_id,
        updated_at=task.updated_at,
    )
