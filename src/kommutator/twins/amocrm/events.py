"""The account's journal: every change writes its events (contract §1.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.changes import Change
from kommutator.twins.amocrm.filters import Test, one_of, within, words_of
from kommutator.twins.amocrm.paging import page, self_link
from kommutator.twins.amocrm.replies import NO_CONTENT, Answer, problem
from kommutator.twins.amocrm.rows import SINGULAR

Json = dict[str, Any]

MOST_EVENTS = 100
MOST_IN_FILTER = 10
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
ULID_LENGTH = 26
NOTES = {
    "call_in": "incoming_call",
    "call_out": "outgoing_call",
    "sms_in": "incoming_sms",
    "sms_out": "outgoing_sms",
    "common": "common_note_added",
    "geolocation": "geo_note_added",
    "service_message": "service_note_added",
    "extended_service_message": "service_note_added",
    "attachment": "attachment_note_added",
}
WORDS = {
    "lead_added": "Новая сделка",
    "lead_deleted": "Сделка удалена",
    "lead_restored": "Сделка восстановлена",
    "lead_status_changed": "Изменение этапа продажи",
    "lead_linked": "Прикрепление сделки",
    "lead_unlinked": "Открепление сделки",
    "contact_added": "Новый контакт",
    "contact_deleted": "Контакт удален",
    "contact_restored": "Контакт восстановлен",
    "contact_linked": "Прикрепление контакта",
    "contact_unlinked": "Открепление контакта",
    "company_added": "Новая компания",
    "company_deleted": "Компания удалена",
    "company_restored": "Компания восстановлена",
    "company_linked": "Прикрепление компании",
    "company_unlinked": "Открепление компании",
    "task_added": "Новая задача",
    "task_deleted": "Задача удалена",
    "task_completed": "Завершение задачи",
    "task_type_changed": "Изменение типа задачи",
    "task_text_changed": "Изменение текста задачи",
    "task_deadline_changed": "Изменение даты исполнения задачи",
    "task_result_added": "Результат по задаче",
    "incoming_call": "Входящий звонок",
    "outgoing_call": "Исходящий звонок",
    "incoming_chat_message": "Входящее сообщение",
    "outgoing_chat_message": "Исходящее сообщение",
    "incoming_sms": "Входящее SMS",
    "outgoing_sms": "Исходящее SMS",
    "entity_tag_added": "Теги добавлены",
    "entity_tag_deleted": "Теги убраны",
    "entity_linked": "Прикрепление",
    "entity_unlinked": "Открепление",
    "sale_field_changed": "Изменение поля «Бюджет»",
    "name_field_changed": "Изменение поля «Название»",
    "entity_responsible_changed": "Ответственный изменен",
    "custom_field_value_changed": "Изменение поля",
    "common_note_added": "Новое примечание",
    "service_note_added": "Новое системное примечание",
    "geo_note_added": "Новое примечание с гео-меткой",
    "attachment_note_added": "Добавлен новый файл",
}
TASK_KEYS: dict[str, tuple[str, Callable[[Json], Json]]] = {
    "text": ("task_text_changed", lambda r: {"task": {"text": r["text"]}}),
    "complete_till": (
        "task_deadline_changed",
        lambda r: {"task_deadline": {"timestamp": r["complete_till"]}},
    ),
    "task_type_id": ("task_type_changed", lambda r: {"task_type": {"id": r["task_type_id"]}}),
}

Told = tuple[str, str, int, list[Json], list[Json]]  # type, entity, id, after, before


def record(account: Account, change: Change) -> None:
    """Write the events of one change; subscribed to the world."""
    for kind, entity, number, after, before in _told(change):
        place = len(account.events)
        account.events.append(
            {
                "id": _ulid(change.at, account.id, place),
                "type": kind,
                "entity_id": number,
                "entity_type": entity,
                "created_by": change.by,
                "created_at": change.at,
                "value_after": after,
                "value_before": before,
                "account_id": account.id,
            }
        )


def list_events(call: Call) -> Answer:
    """A page of the journal, the newest first.

    Raises:
        ApiError: 400 for more than ten entity ids or authors, 422 for a limit above 100.
    """
    tests = list(_tests(call))
    rows = (row for row in reversed(call.account.events) if all(test(row) for test in tests))
    return page(call, "events", rows, lambda row: _show(call.account, row), most=MOST_EVENTS)


def get_event(call: Call) -> Answer:
    """One event; 204 for an unknown id."""
    wanted = call.args["id"]
    row = next((row for row in call.account.events if row["id"] == wanted), None)
    return Answer(_show(call.account, row)) if row else NO_CONTENT


def list_types(call: Call) -> Answer:
    """The types this twin writes."""
    types = [{"key": k, "type": n, "lang": words} for n, (k, words) in enumerate(WORDS.items(), 1)]
    return Answer(
        {"_total_items": len(types)}
        | self_link(call.account.href("events/types"))
        | {"_embedded": {"events_types": types}}
    )


def _told(change: Change) -> Iterator[Told]:
    row = change.after or change.before or {}
    if change.entity in CARD_KINDS:
        yield from _of_card(SINGULAR[change.entity], change)
    elif change.entity == "tasks":
        yield from _of_task(change)
    elif change.entity == "notes" and change.action == "add":
        kind = NOTES.get(row["note_type"], "common_note_added")
        note = [{"note": {"id": row["id"]}}]
        yield kind, SINGULAR.get(row["entity_type"], "lead"), row["entity_id"], note, []
    elif change.entity == "links":
        yield from _of_link(row, change.action)


def _of_card(entity: str, change: Change) -> Iterator[Told]:
    number, before, after = change.id, change.before or {}, change.after or {}
    once = {"add": "added", "delete": "deleted", "restore": "restored"}.get(change.action)
    if once:
        yield f"{entity}_{once}", entity, number, [], []
        return
    if entity == "lead" and change.keys & {"status_id", "pipeline_id"}:
        stage = [[{"lead_status": {"id": r["status_id"], "pipeline_id": r["pipeline_id"]}}]
                 for r in (after, before)]  # fmt: skip
        yield "lead_status_changed", entity, number, stage[0], stage[1]
    for key, kind, name in (
        ("responsible_user_id", "entity_responsible_changed", "responsible_user"),
        ("price", "sale_field_changed", "sale_field_value"),
        ("name", "name_field_changed", "name_field_value"),
    ):
        if key in change.keys:
            inner = {"responsible_user_id": "id", "price": "sale", "name": "name"}[key]
            values = [[{name: {inner: r[key]}}] for r in (after, before)]
            yield kind, entity, number, values[0], values[1]
    yield from _of_tags(entity, number, before, after)
    yield from _of_values(entity, number, before, after)


def _of_tags(entity: str, number: int, before: Json, after: Json) -> Iterator[Told]:
    old, new = before.get("tags") or [], after.get("tags") or []
    come = [{"tag": {"name": tag["name"]}} for tag in new if tag not in old]
    gone = [{"tag": {"name": tag["name"]}} for tag in old if tag not in new]
    if come:
        yield "entity_tag_added", entity, number, come, []
    if gone:
        yield "entity_tag_deleted", entity, number, [], gone


def _of_values(entity: str, number: int, before: Json, after: Json) -> Iterator[Told]:
    old = {f["field_id"]: f for f in before.get("custom_fields_values") or ()}
    new = {f["field_id"]: f for f in after.get("custom_fields_values") or ()}
    for field_id in old | new:
        if old.get(field_id) != new.get(field_id):
            kind = f"custom_field_{field_id}_value_changed"
            yield kind, entity, number, _texts(new.get(field_id)), _texts(old.get(field_id))


def _texts(field: Json | None) -> list[Json]:
    return [
        {
            "custom_field_value": {
                "field_id": field["field_id"],
                "field_type": 8 if field["field_type"] == "multitext" else 1,
                "enum_id": value.get("enum_id"),
                "text": str(value["value"]),
            }
        }
        for value in (field["values"] if field else ())
        if field
    ]


def _of_task(change: Change) -> Iterator[Told]:
    number, before, after = change.id, change.before or {}, change.after or {}
    if change.action in ("add", "delete"):
        yield f"task_{'added' if change.action == 'add' else 'deleted'}", "task", number, [], []
        return
    for key, (kind, value) in TASK_KEYS.items():
        if key in change.keys:
            yield kind, "task", number, [value(after)], [value(before)]
    if "is_completed" in change.keys and after["is_completed"]:
        yield "task_completed", "task", number, [], []
    if "result" in change.keys:
        yield "task_result_added", "task", number, [], []


def _of_link(row: Json, action: str) -> Iterator[Told]:
    one, other = SINGULAR[row["entity_type"]], SINGULAR[row["to_entity_type"]]
    value = [{"link": {"entity": {"type": other, "id": row["to_entity_id"]}}}]
    linked = action == "link"
    yield (
        f"entity_{action}ed",
        one,
        row["entity_id"],
        value if linked else [],
        ([] if linked else value),
    )


def _tests(call: Call) -> Iterator[Test]:
    filters = call.filters()
    for name, key in (("type", "type"), ("entity", "entity_type"), ("id", "id"),
                      ("entity_id", "entity_id"), ("created_by", "created_by")):  # fmt: skip
        if name not in filters:
            continue
        words = {w for word in words_of(filters[name]) for w in word.split(",")}
        if name in ("entity_id", "created_by") and len(words) > MOST_IN_FILTER:
            raise problem(400, f"filter[{name}]: {MOST_IN_FILTER} values at most")
        yield one_of(key, words)
    if "created_at" in filters:
        fits = within(filters["created_at"])
        yield lambda row: fits(row["created_at"])
    for key in ("value_after", "value_before"):
        yield from _values(call, key, filters.get(key))


def _values(call: Call, key: str, wanted: Any) -> Iterator[Test]:
    """`filter[value_after|value_before]` by stages or by the responsible user."""
    for name, value in wanted.items() if isinstance(wanted, dict) else ():
        if name == "leads_statuses":
            yield _holds(key, "lead_status", [p for p in value.values() if isinstance(p, dict)])
        elif name == "responsible_user_id":
            ids = [{"id": w} for word in words_of(value) for w in word.split(",")]
            yield _holds(key, "responsible_user", ids)
        else:
            call.violation("unknown_filter", f"{call.path}: filter[{key}][{name}]")


def _holds(key: str, part: str, wanted: list[Json]) -> Test:
    """Whether a value of an event has what one of the wanted asks of its `part`."""

    def fits(value: Json, one: Json) -> bool:
        return all(
            str(value.get("id" if name == "status_id" else name)) == str(word)
            for name, word in one.items()
        )

    return lambda row: any(
        fits(value[part], one) for value in row[key] if part in value for one in wanted
    )


def _show(account: Account, row: Json) -> Json:
    plural = {one: many for many, one in SINGULAR.items()}[row["entity_type"]]
    entity = {"id": row["entity_id"]} | self_link(account.href(f"{plural}/{row['entity_id']}"))
    return row | self_link(account.href(f"events/{row['id']}")) | {"_embedded": {"entity": entity}}


def _ulid(at: int, account_id: int, place: int) -> str:
    """26 characters that sort by time."""
    number = (at * 1000 << 80) | (account_id << 40) | place
    text = ""
    for _ in range(ULID_LENGTH):
        number, digit = divmod(number, 32)
        text = CROCKFORD[digit] + text
    return text


ROUTES = (
    Route("GET", "/api/v4/events", list_events),
    Route("GET", "/api/v4/events/types", list_types),
    Route("GET", "/api/v4/events/{id}", get_event),
)
