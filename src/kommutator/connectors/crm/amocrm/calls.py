"""Calls in the vendor's words: cards, items of /calls, call notes, the tray. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kommutator.connectors.crm.amocrm.config import AmoCrmConfig, LeadPlace, UnsortedPhone
from kommutator.domain.commands import CallRecord, CallResult, CreateUnsorted, Direction
from kommutator.domain.ports import Due

SOURCE: Final = "Kommutator"
SERVICE_CODE: Final = "kommutator"  # of a tray's card that holds the call itself
RULE_CODE: Final = "kommutator_rule"  # of one whose call comes as a record

STATUS: Final[Mapping[CallResult, int]] = {
    CallResult.ANSWERED: 4,
    CallResult.NO_ANSWER: 6,
    CallResult.BUSY: 7,
    CallResult.CANCELLED: 6,
    CallResult.FAILED: 6,  # 5, "wrong number", would be a guess
    CallResult.NOT_ALLOWED: 6,
}
"""`call_status` [D]: 1 voicemail, 2 call back, 3 not in, 4 talked, 5 wrong number, 6 no answer,
7 busy."""

RESULT: Final[Mapping[str, Mapping[CallResult, str]]] = {
    "ru": {
        CallResult.ANSWERED: "Разговор состоялся",
        CallResult.NO_ANSWER: "Не ответили",
        CallResult.BUSY: "Занято",
        CallResult.CANCELLED: "Звонивший положил трубку",
        CallResult.FAILED: "Не дозвонились",
        CallResult.NOT_ALLOWED: "Звонок запрещён",
    },
    "uk": {
        CallResult.ANSWERED: "Розмова відбулася",
        CallResult.NO_ANSWER: "Не відповіли",
        CallResult.BUSY: "Зайнято",
        CallResult.CANCELLED: "Абонент поклав слухавку",
        CallResult.FAILED: "Не додзвонилися",
        CallResult.NOT_ALLOWED: "Дзвінок заборонено",
    },
    "en": {
        CallResult.ANSWERED: "Talked",
        CallResult.NO_ANSWER: "No answer",
        CallResult.BUSY: "Busy",
        CallResult.CANCELLED: "The caller hung up",
        CallResult.FAILED: "Not reached",
        CallResult.NOT_ALLOWED: "The call is not allowed",
    },
}
_LEAD_NAME: Final = {
    "ru": "Звонок {phone}",
    "uk": "Дзвінок {phone}",
    "en": "Call {phone}",
}
_CALL_BACK: Final = {
    "ru": "Перезвонить {phone}",
    "uk": "Передзвонити {phone}",
    "en": "Call back {phone}",
}


def uniq_of(due: Due) -> str:
    """By which a call is known again in the CRM."""
    return due.command.call_id or f"{SERVICE_CODE}-{due.id}"


def unix(moment: datetime) -> int:
    return int(moment.timestamp())


def popup_of(phone: str, users: tuple[int, ...]) -> dict[str, Any]:
    """The body of /api/v2/events. No users: the vendor shows it to everybody."""
    event: dict[str, Any] = {"type": "phone_call", "phone_number": phone}
    if users:
        event["users"] = list(users)
    return {"add": [event]}


def item_of(
    config: AmoCrmConfig, due: Due, record: CallRecord, request_id: str, *, owner: int | None
) -> dict[str, Any]:
    """One item of /calls. No key without a value: the vendor refuses nulls [I#570, #383].

    Analytics counts a call only where `created_by` equals `responsible_user_id` [D].
    """
    item: dict[str, Any] = {
        "direction": "outbound" if record.direction is Direction.OUT else "inbound",
        "uniq": uniq_of(due),
        "duration": record.talk_s,
        "source": SOURCE,
        "phone": record.client,
        "call_result": RESULT[config.language][record.result],
        "call_status": STATUS[record.result],
        "created_at": unix(record.started_at),
        "request_id": request_id,
    }
    if record.record_url:
        item["link"] = record.record_url
    if owner is not None:
        item |= {"call_responsible": owner, "responsible_user_id": owner, "created_by": owner}
    return item


def note_of(
    config: AmoCrmConfig, due: Due, record: CallRecord, entity_id: int, *, owner: int | None
) -> dict[str, Any]:
    """The same call as a note of a card; `created_by` as in `item_of`."""
    item = item_of(config, due, record, "0", owner=owner)
    kept = ("uniq", "duration", "source", "link", "phone", "call_result", "call_status")
    params = {key: item[key] for key in (*kept, "call_responsible") if key in item}
    note: dict[str, Any] = {
        "entity_id": entity_id,
        "note_type": "call_out" if record.direction is Direction.OUT else "call_in",
        "params": params,
        "created_at": item["created_at"],
        "request_id": "0",
    }
    if owner is not None:
        note |= {"responsible_user_id": owner, "created_by": owner}
    return note


def unsorted_of(
    config: AmoCrmConfig,
    due: Due,
    command: CreateUnsorted | CallRecord,
    *,
    name: str,
    place: LeadPlace,
    owner: int | None,
    with_call: bool,
) -> dict[str, Any]:
    """One item of /leads/unsorted/sip.

    Args:
        with_call: the tray's card gets the call's own line too; not where a record of the call
            is on its way, or it would be there twice.

    Whether `link` may be missing is not documented; an empty one is neither missing nor null.
    """
    client, line = command.client, command.line or SOURCE
    from_line = config.unsorted_phone is UnsortedPhone.LINE
    metadata: dict[str, Any] = {
        "is_call_event_needed": with_call,
        "uniq": uniq_of(due),
        "duration": command.talk_s,
        "service_code": SERVICE_CODE if with_call else RULE_CODE,
        "phone": line if from_line else client,
        "called_at": unix(command.started_at),
        "from": client if from_line else line,
        "link": (isinstance(command, CallRecord) and command.record_url) or "",
    }
    if owner is not None:
        metadata["call_responsible"] = owner
    item: dict[str, Any] = {
        "request_id": "0",
        "source_name": SOURCE,
        "source_uid": uniq_of(due),
        "created_at": unix(command.started_at),
        "_embedded": {
            "leads": [{"name": name, **tags_of(place)}],
            "contacts": [contact_of(config, client, owner=None)],
        },
        "metadata": metadata,
    }
    if place.pipeline_id is not None:
        item["pipeline_id"] = place.pipeline_id
    return item


def tags_of(place: LeadPlace) -> dict[str, Any]:
    return {"_embedded": {"tags": [{"name": tag} for tag in place.tags]}} if place.tags else {}


def contact_of(
    config: AmoCrmConfig, phone: str, *, name: str = "", owner: int | None
) -> dict[str, Any]:
    """A new contact with this number."""
    contact: dict[str, Any] = {
        "name": name or named(config.contact_name, phone),
        "custom_fields_values": [
            {"field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}
        ],
    }
    if owner is not None:
        contact["responsible_user_id"] = owner
    return contact


def lead_name(config: AmoCrmConfig, phone: str, name: str = "") -> str:
    return named(name or config.lead_name or _LEAD_NAME[config.language], phone)


def call_back_text(config: AmoCrmConfig, phone: str) -> str:
    """Of a task for a number that has no card: the number must be in it."""
    text = named(config.task_text or _CALL_BACK[config.language], phone)
    return text if phone in text else f"{text} {phone}"


def named(template: str, phone: str) -> str:
    return template.replace("{phone}", phone)
