"""Visits, free starts and refusals as answers show them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from kommutator.domain.salon.booking import Refused, Start
from kommutator.domain.salon.facts import Visit
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import error_response, locale_of
from kommutator.doors.http.salons.acting import InSalon
from kommutator.flows.salon.came import Declined
from kommutator.kit.errors import Conflict, FieldsRefused, Forbidden, UserError

_FIELD = {
    Refused.BAD_PHONE: "phone",
    Refused.BAD_CODE: "code",
    Refused.NO_NAME: "name",
    Refused.GONE: "service_ids",
}
_TIME = {Refused.TAKEN, Refused.NOBODY, Refused.OVERLAP, Refused.OTHER}


Told = datetime | None
WithOffset = Annotated[datetime, Field(description="With the salon's offset.")]


class BookedService(BaseModel):
    id: int
    title: str
    cost: int


class VisitClient(BaseModel):
    id: int | None
    name: str | None
    phone: str | None


class VisitShown(BaseModel):
    """One line of the salon's journal."""

    id: int = Field(description="Of the record at YClients.")
    company_id: int
    datetime: WithOffset
    seance_length: int = Field(description="Seconds.")
    staff_id: int
    services: list[BookedService]
    client: VisitClient | None
    attendance: int = Field(description="2 confirmed, 1 came, 0 waiting, -1 did not come.")
    confirmed: bool
    deleted: bool
    online: bool
    comment: str
    api_id: str | None
    created_at: Told
    changed_at: Told


class StartShown(BaseModel):
    datetime: WithOffset
    staff_id: int
    seance_length: int = Field(description="Seconds.")


def visit_shown(by: InSalon, visit: Visit) -> VisitShown:
    client = VisitClient(id=visit.client_id, name=visit.client_name, phone=visit.client_phone)
    named = (visit.client_id, visit.client_name, visit.client_phone) != (None, None, None)
    return VisitShown(
        id=visit.id,
        company_id=int(by.account.account_key or 0),
        datetime=by.shown(visit.starts_at),
        seance_length=visit.seance_s,
        staff_id=visit.staff_id,
        services=[
            BookedService(id=one.service_id, title=one.title, cost=one.cost)
            for one in visit.services
        ],
        client=client if named else None,
        attendance=visit.attendance.value,
        confirmed=visit.confirmed,
        deleted=visit.deleted,
        online=visit.online,
        comment=visit.comment,
        api_id=visit.api_id,
        created_at=visit.created_at,
        changed_at=visit.changed_at,
    )


def start_shown(by: InSalon, start: Start) -> StartShown:
    return StartShown(
        datetime=by.shown(start.starts_at), staff_id=start.staff_id, seance_length=start.seance_s
    )


def refusal_of(declined: Declined) -> UserError:
    """Why the salon does not take it, as an error that says what to do."""
    code = f"booking_{declined.reason.value}"
    if declined.reason in _TIME:
        return Conflict(code, words=declined.words)
    if declined.reason is Refused.BLACKLISTED:
        return Forbidden(code)
    field = _FIELD[declined.reason]
    return FieldsRefused(code, fields={field: declined.words or code})


def declined_answer(request: Request, by: InSalon, declined: Declined) -> JSONResponse:
    """An error's answer with `alternatives` beside it."""
    error = refusal_of(declined)
    house = house_of(request)
    answer = error_response(house, locale_of(request), error)
    body: dict[str, Any] = {
        "success": False,
        "alternatives": [
            start_shown(by, start).model_dump(mode="json") for start in declined.alternatives
        ],
    }
    return with_more(answer, body)


def with_more(answer: JSONResponse, more: dict[str, Any]) -> JSONResponse:
    """The same answer with more in its body."""
    body = json.loads(bytes(answer.body)) | more
    return JSONResponse(body, answer.status_code)
