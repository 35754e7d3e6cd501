"""`POST /api/v4/calls`: a finished call hung on whoever owns the number (contract §1.5)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.phones import digits
from kommutator.twins.amocrm.replies import (
    FIELD_MISSING,
    NOT_A_CHOICE,
    NOT_NULLABLE,
    PROBLEM,
    Answer,
    ApiError,
    invalid,
    invalid_type,
)
from kommutator.twins.amocrm.rows import new_note
from kommutator.twins.amocrm.whois import ENTITY_TYPES, card_of

Json = dict[str, Any]

NOTE_TYPES = {"inbound": "call_in", "outbound": "call_out"}
REQUIRED = ("direction", "duration", "source", "phone")
# 1 voicemail, 2 call back, 3 not in, 4 talked, 5 wrong number, 6 no answer, 7 busy.
STATUSES = range(1, 8)
NOT_FOUND = 263
NOT_UNIQUE = 264


def add_calls(call: Call) -> Answer:
    """Each call becomes a note of its card; a number nobody has is told of and dropped.

    Raises:
        ApiError: 400 `validation-errors` for the whole batch, or 400 in the same envelope as 200
            when not one number was found.
    """
    items = call.items()
    wrong = [found for place, item in enumerate(items) if (found := _wrong(place, item))]
    if wrong:
        raise invalid(wrong)
    done: list[Json] = []
    errors: list[Json] = []
    for place, item in enumerate(items):
        request_id = str(item.get("request_id", place))
        refusal, row = _take(call, item)
        if row is None:
            errors.append({**refusal, "request_id": request_id})
        else:
            done.append(_shown(call.account, row, request_id))
    body = {"_total_items": len(done), "errors": errors, "_embedded": {"calls": done}}
    if not done:
        raise ApiError(400, body, PROBLEM)
    return Answer(body)


def add_call_note(call: Call, kind: str, number: int, item: Json) -> Json:
    """The note of a call on a card, told to the world."""
    account = call.account
    by = _author(account, item, call.user_id)
    card = account.cards[kind].get(number, {})
    fields = {
        "note_type": NOTE_TYPES[item["direction"]],
        "responsible_user_id": item.get("responsible_user_id")
        or (by if by in account.users else card.get("responsible_user_id")),
        "params": {
            "uniq": item.get("uniq"),
            "duration": item["duration"],
            "source": item["source"],
            "link": item.get("link"),
            "phone": item["phone"],
            "call_responsible": item.get("call_responsible"),
            "call_result": item.get("call_result"),
            "call_status": item.get("call_status"),
        },
    }
    at = int(item.get("created_at") or call.now())
    row = new_note(account, kind, number, fields, by=by, at=at)
    row["updated_by"] = item.get("updated_by") or by
    row["updated_at"] = int(item.get("updated_at") or at)
    call.changed("notes", "add", None, row, by=by)
    return row


def _take(call: Call, item: Json) -> tuple[Json, Json | None]:
    """The refusal, or the note that was made."""
    if call.switches.calls_uniq_is_unique and _known(call.account, item.get("uniq")):
        return {"title": "Call already exists", "status": NOT_UNIQUE}, None
    side = card_of(call.account, str(item["phone"]))
    if side is None:
        return {"title": "Entity not found", "status": NOT_FOUND}, None
    return {}, add_call_note(call, *side, item)


def _known(account: Account, uniq: Any) -> bool:
    return bool(uniq) and any(
        note["params"].get("uniq") == uniq
        for note in account.notes.values()
        if note["note_type"] in NOTE_TYPES.values()
    )


def _author(account: Account, item: Json, user_id: int) -> int:
    """Who stands as the note's author: `created_by` counts only without `call_responsible`.

    `call_responsible` may be a user's id, a number or a name; only an id names a user.
    """
    responsible = item.get("call_responsible")
    if responsible is None:
        return int(item.get("created_by") or user_id)
    word = str(responsible)
    named = int(word) if word.isascii() and word.isdigit() else 0
    return named if named in account.users else 0


def _shown(account: Account, row: Json, request_id: str) -> Json:
    kind, number = str(row["entity_type"]), int(row["entity_id"])
    entity = {"id": number, "_links": {"self": {"href": account.href(f"{kind}/{number}")}}}
    return {
        "id": row["id"],
        "entity_id": number,
        "entity_type": ENTITY_TYPES[kind],
        "account_id": account.id,
        "request_id": request_id,
        "_embedded": {"entity": entity},
    }


def _wrong(place: int, item: Json) -> Json | None:
    """What the vendor has against one call of the batch."""
    found = [(name, FIELD_MISSING) for name in REQUIRED if name not in item]
    found += [
        (name, NOT_NULLABLE)
        for name in (*REQUIRED, "call_result", "call_status")
        if name in item and item[name] is None
    ]
    given = {name: value for name, value in item.items() if value is not None}
    if "direction" in given and given["direction"] not in NOTE_TYPES:
        found.append(("direction", NOT_A_CHOICE))
    if not _is_number(given.get("duration", 0)):
        found.append(("duration", invalid_type("int")))
    if given.get("call_status", 1) not in STATUSES:
        found.append(("call_status", NOT_A_CHOICE))
    found += [
        (name, invalid_type("string"))
        for name in ("source", "call_result", "uniq", "link")
        if not isinstance(given.get(name, ""), str)
    ]
    if "phone" in given and not digits(str(given["phone"])):
        found.append(("phone", invalid_type("string")))
    if not found:
        return None
    errors = [{"code": code, "path": path, "detail": words} for path, (code, words) in found]
    return {"request_id": str(item.get("request_id", place)), "errors": errors}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


ROUTES = (Route("POST", "/api/v4/calls", add_calls),)
