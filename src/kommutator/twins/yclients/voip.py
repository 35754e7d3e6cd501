"""`/api/v1/voip/integration`: what a PBX tells, and the list of calls (§1.8)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from kommutator.twins.yclients.call import Call, Route, number
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.people import Group
from kommutator.twins.yclients.phone_calls import STATUSES, TYPES, PhoneCall, Popup, Telephony
from kommutator.twins.yclients.phones import digits_of
from kommutator.twins.yclients.replies import (
    ACCEPTED,
    NO_BRANCH,
    NO_BRANCH_RIGHTS,
    TOO_FEW_RIGHTS,
    Answer,
    Refusal,
    invalid,
)

Json = dict[str, Any]

MOST_PER_PAGE, USUAL_PER_PAGE = 1000, 25
# A PBX knows how a call ended only so far.
HISTORY_STATUSES = ("success", "missed")
CALLS_RIGHT = "dashboard.dashboard_calls_access"


def integration(call: Call) -> Answer:
    """`POST`: `command` setup, event or history; all are accepted with 202."""
    body = call.item()
    group = _chain(call, body)
    told = call.world.outside.telephony(group.id)
    match body.get("command"):
        case "setup":
            _set_up(body, told)
        case "event":
            _event(call, body, group, told)
        case "history":
            _history(call, body, group, told)
        case _:
            raise invalid(command="Недопустимая команда")
    told.commands.append({name: v for name, v in body.items() if name != "crm_token"})
    call.world.core.bell.ring()
    return ACCEPTED


def calls(call: Call) -> Answer:
    """`GET /voip/integration/calls`: `salon_id` and filters, in the query or the body."""
    asked: Json = {**(call.body if isinstance(call.body, dict) else {}), **call.query}
    company = call.world.companies.get(number(asked.get("salon_id")))
    if company is None:
        raise Refusal(404, NO_BRANCH)
    if company.id not in call.asker.access:
        raise Refusal(403, NO_BRANCH_RIGHTS)
    if not call.asker.may(company.id, CALLS_RIGHT):
        raise Refusal(403, TOO_FEW_RIGHTS)
    rows = call.world.outside.telephony(company.group_id).calls
    found = [row for row in rows if row.salon_id == company.id and _wanted(row, asked)]
    found.sort(key=lambda row: row.call_date, reverse=True)
    limit = number(asked.get("limit")) or USUAL_PER_PAGE
    if limit > MOST_PER_PAGE:
        raise invalid(limit="Не больше 1000")
    begin = (max(number(asked.get("page")), 1) - 1) * limit
    return Answer([row.api_view() for row in found[begin : begin + limit]])


def _chain(call: Call, body: Json) -> Group:
    token = body.get("crm_token")
    for group in call.world.groups.values():
        if token == group.crm_token:
            return group
    raise Refusal(call.switches.voip_bad_token_status, TOO_FEW_RIGHTS)


def _set_up(body: Json, told: Telephony) -> None:
    if body.get("type") not in ("enable", "disable"):
        raise invalid(type="Недопустимый тип")
    told.enabled = body["type"] == "enable"


def _event(call: Call, body: Json, group: Group, told: Telephony) -> None:
    """A call rings. Only incoming ones are shown."""
    if body.get("type") not in TYPES:
        raise invalid(type="Недопустимый тип")
    phone, user, line = _digits(body), _text(body, "user"), _text(body, "diversion")
    if body["type"] != "incoming" or not told.enabled:
        return
    company = _salon(call, group, told, user, line)
    client = company.client_of_phone(phone)
    told.popups.append(
        Popup(
            id=call.world.next_id("popup"),
            salon_id=company.id,
            phone=f"+{phone}",
            user=user,
            diversion=line,
            at=call.world.now(),
            client_id=client.id if client else 0,
        )
    )


def _history(call: Call, body: Json, group: Group, told: Telephony) -> None:
    """A call is over."""
    if body.get("type") not in TYPES:
        raise invalid(type="Недопустимый тип")
    if body.get("status") not in HISTORY_STATUSES:
        raise invalid(status="Недопустимый статус")
    phone, user, line = _digits(body), _text(body, "user"), _text(body, "diversion")
    company = _salon(call, group, told, user, line)
    at = _local(company, body)
    if not told.enabled:
        return
    client = company.client_of_phone(phone)
    told.popups = [one for one in told.popups if one.phone != f"+{phone}"]
    told.calls.append(
        PhoneCall(
            id=call.world.next_id("call"),
            salon_id=company.id,
            type=str(body["type"]),
            status=str(body["status"]),
            caller_phone=phone,
            call_date=f"{at:%Y-%m-%d %H:%M:%S}",
            duration=number(body.get("duration")),
            record_link=_text(body, "link"),
            client_id=client.id if client else 0,
            user=user,
            diversion=line,
            call_id=_text(body, "call_id"),
        )
    )


def _salon(call: Call, group: Group, told: Telephony, user: str, line: str) -> Company:
    return call.world.company(told.salon_of(user, line, group.company_ids[0]))


def _digits(body: Json) -> str:
    digits = digits_of(body.get("phone"))
    if not digits:
        raise invalid(phone="Необходимо указать телефон")
    return digits


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    return "" if value is None else str(value)


def _local(company: Company, body: Json) -> datetime:
    """When the call was, on the branch's wall."""
    try:
        moment = datetime.fromisoformat(_text(body, "date"))
        if moment.tzinfo is None:
            raise ValueError("no offset")  # noqa: TRY301  one refusal for both
        return company.local(moment)
    except (ValueError, OverflowError):
        raise invalid(date="Ожидается дата в формате ISO8601") from None


def _wanted(row: PhoneCall, asked: Json) -> bool:
    day = row.call_date[:10]
    return (
        _day(asked, "date_from", "0000") <= day <= _day(asked, "date_to", "9999")
        and row.type in (_many(asked, "types") or TYPES)
        and row.status in (_many(asked, "statuses") or STATUSES)
        and digits_of(asked.get("phone")) in ("", row.caller_phone)
    )


def _day(asked: Json, name: str, otherwise: str) -> str:
    word = asked.get(name)
    if word in (None, ""):
        return otherwise
    try:
        return date.fromisoformat(str(word)).isoformat()
    except ValueError:
        raise invalid(**{name: "Ожидается дата Y-m-d"}) from None


def _many(asked: Json, name: str) -> list[str]:
    value = asked.get(name) or []
    parts = value.values() if isinstance(value, dict) else value
    return [str(part) for part in parts] if not isinstance(parts, str) else [parts]


ROUTES = (
    Route("POST", "/api/v1/voip/integration", integration),
    Route("GET", "/api/v1/voip/integration/calls", calls, user=True),
)
