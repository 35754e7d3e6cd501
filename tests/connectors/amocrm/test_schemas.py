"""Readers against the samples and against what no sample shows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm import records, schemas
from kommutator.domain.crm_data import (
    CrmUser,
    EntityKind,
    FieldChoice,
    FieldType,
    Hook,
    VendorEvent,
)
from tests.connectors.amocrm.samples import sample

LEADS, CONTACTS, COMPANIES = EntityKind.LEADS, EntityKind.CONTACTS, EntityKind.COMPANIES


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_lead_of_a_list() -> None:
    body = sample("docs/leads-api__01_GET")
    first, second = schemas.read_entities(LEADS, body["_embedded"]["leads"])
    assert (first.id, first.name, first.price) == (19619, "Сделка для примера", 46333)
    assert (first.pipeline_id, first.status_id, first.closed) == (1300, 142, True)
    assert (first.responsible_id, first.deleted) == (123321, False)
    assert (first.updated_at, first.created_at) == (at(1502193501), at(1453279607))
    assert (first.contact_ids, first.company_ids) == ((), ())
    assert "_links" not in first.raw
    assert second.id == 14460


def test_lead_with_its_neighbours() -> None:
    lead = schemas.read_entity(LEADS, sample("docs/leads-api__02_GET"))
    assert lead is not None
    assert (lead.contact_ids, lead.company_ids, lead.closed) == ((10971465,), (10971463,), True)
    assert lead.raw["_embedded"]["contacts"] == [{"id": 10971465, "is_main": True}]


def test_main_contact_comes_first() -> None:
    contacts = [{"id": 5}, {"id": 9, "is_main": True}, {"id": "7", "is_main": False}, {}]
    lead = schemas.read_entity(LEADS, {"id": 1, "_embedded": {"contacts": contacts}})
    assert lead is not None
    assert lead.contact_ids == (9, 5, 7)


def test_contact_has_its_phones_as_numbers() -> None:
    contact = schemas.read_entity(CONTACTS, sample("docs/contacts-api__02_GET"))
    assert contact is not None
    assert (contact.id, contact.name, contact.company_ids) == (3, "Иван Иванов", (1,))
    assert contact.phones == ()  # "+79123" is no number that can be called
    assert schemas.spellings(contact.raw) == ("+79123",)


def custom(code: str, *values: Any) -> dict[str, Any]:
    return {"field_code": code, "values": [{"value": value} for value in values]}


def test_phones_and_mails() -> None:
    item = {
        "id": "17",
        "name": None,
        "first_name": "Анна",
        "last_name": "Образцова",
        "is_deleted": True,
        "custom_fields_values": [
            custom("PHONE", "8 (900) 000-00-01", "+79000000001", "+375 29 000-00-70", "101", 7),
            custom("EMAIL", "a@firm.example", " a@firm.example "),
            custom("PHONE", None, ""),
            {"field_code": "PHONE", "values": None},
            None,
        ],
    }
    contact = schemas.read_entity(CONTACTS, item)
    assert contact is not None
    assert (contact.id, contact.name, contact.deleted) == (17, "Анна Образцова", True)
    assert contact.phones == ("+79000000001", "+375290000070")
    assert contact.emails == ("a@firm.example",)
    assert contact.updated_at == datetime(1970, 1, 1, tzinfo=UTC)


def test_closed_is_of_leads_only() -> None:
    for kind, closed in ((LEADS, True), (COMPANIES, False)):
        card = schemas.read_entity(kind, {"id": 1, "status_id": 143})
        assert card is not None
        assert card.closed is closed


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": "x"}, {"id": True}, {"id": 1.5}])
def test_what_has_no_id_is_nothing(item: dict[str, Any]) -> None:
    assert schemas.read_entity(LEADS, item) is None
    assert schemas.read_field(LEADS, item) is None
    assert schemas.read_pipeline(item) is None
    for read in (records.read_user, records.read_task, records.read_hook, records.read_account):
        assert read(item) is None
    assert records.read_note(LEADS, item) is None
    assert records.read_event(item) is None


def test_hostile_values() -> None:
    item = {
        "id": 1,
        "updated_at": 10**30,
        "created_at": -5,
        "price": "12",
        "status_id": [],
        "_embedded": [1],
        "custom_fields_values": {"0": {"field_code": "PHONE", "values": {"1": {"value": {}}}}},
    }
    lead = schemas.read_entity(LEADS, item)
    assert lead is not None
    assert (lead.price, lead.status_id, lead.created_at, lead.phones) == (12, None, None, ())


def test_fields() -> None:
    body = sample("docs/custom-fields__01_GET")
    text, date = (schemas.read_field(LEADS, row) for row in body["_embedded"]["custom_fields"])
    assert text is not None
    assert date is not None
    assert (text.id, text.type, text.required, text.required_at) == (
        4439091,
        FieldType.TEXT,
        True,
        ((3142, 41221),),
    )
    assert (date.type, date.required) == (FieldType.DATE, False)


def test_field_with_choices_and_an_unknown_type() -> None:
    enums = [{"id": 5, "value": "VIP", "sort": 2}, {"id": "6", "value": "Обычный", "code": "N"}]
    row = {"id": 1, "name": "Класс", "type": "hologram", "code": "CLASS", "enums": enums}
    spec = schemas.read_field(CONTACTS, row)
    assert spec is not None
    assert (spec.type, spec.type_name, spec.code) == (FieldType.OTHER, "hologram", "CLASS")
    assert spec.choices == (FieldChoice(5, "VIP", None, 2), FieldChoice(6, "Обычный", "N", 0))


def test_pipelines() -> None:
    (row,) = sample("docs/leads_pipelines__01")["_embedded"]["pipelines"]
    pipeline = schemas.read_pipeline(row)
    assert pipeline is not None
    assert (pipeline.id, pipeline.main, pipeline.archived, pipeline.incoming_on) == (
        3177727,
        True,
        False,
        True,
    )
    assert [(stage.id, stage.incoming, stage.won, stage.lost) for stage in pipeline.stages] == [
        (32392156, True, False, False),
        (32392159, False, False, False),
        (32392165, False, False, False),
        (142, False, True, False),
        (143, False, False, True),
    ]


def test_users() -> None:
    rows = sample("docs/users-api__01")["_embedded"]["users"]
    assert records.read_user(rows[0]) == CrmUser(
        123123, "Пользователь для примера 2", "example2@mail.com", active=True, admin=False
    )


def test_event() -> None:
    assert records.read_event(sample("docs/events-and-notes__02")) == VendorEvent(
        id="01pz58t6p04ymgsgfbmfyfy1mf",
        type="lead_added",
        entity_id=26060763,
        entity_type="lead",
        kind=LEADS,
        created_at=at(1888888888),
        created_by=939801,
        before=[],
        after=[{"note": {"id": 42743871}}],
    )


def test_tasks() -> None:
    done, _ = sample("docs/tasks-api__01")["_embedded"]["tasks"]
    task = records.read_task(done)
    assert task is not None
    assert (task.id, task.kind, task.entity_id, task.completed, task.result) == (
        7087,
        LEADS,
        167353,
        True,
        None,
    )
    task = records.read_task(sample("docs/tasks-api__02"))
    assert task is not None
    assert (task.result, task.due_at) == ("Результат есть", at(1575910423))


def test_notes() -> None:
    first, _ = sample("docs/events-and-notes__19")["_embedded"]["notes"]
    note = records.read_note(LEADS, first)
    assert note is not None
    assert (note.id, note.entity_id, note.type, note.params) == (
        42709325,
        26050861,
        "common",
        {"text": "Текст примечания"},
    )


def test_hooks() -> None:
    rows = sample("docs/webhooks-api__01")["_embedded"]["webhooks"]
    assert [records.read_hook(row) for row in rows] == [
        Hook(839656, "https://webhook-uri.com", ("add_task",)),
        Hook(849193, "https://api.test.ru/amoWebHook", ("update_lead",), disabled=True),
    ]
    assert records.read_hook(sample("docs/webhooks-api__03")) == Hook(
        1056949, "https://example.test", ("add_lead",)
    )
