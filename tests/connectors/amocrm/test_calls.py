"""Calls in the vendor's words: literal tables."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm import calls, schemas
from kommutator.connectors.crm.amocrm.config import LeadPlace, read_config
from kommutator.domain.commands import (
    CallRecord,
    CallResult,
    Command,
    CreateUnsorted,
    Direction,
)
from kommutator.domain.ports import Due

AT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
CONFIG = read_config({"user_extensions": {"11": "150"}})


def due(command: Command) -> Due:
    return Due(id=5, key="c1", command=command, attempt=1, unsure=False, created_at=AT)


def record(**changes: Any) -> CallRecord:
    return CallRecord(
        **{
            "call_id": "c1",
            "direction": Direction.IN,
            "client": "+79161234567",
            "extension": "150",
            "result": CallResult.ANSWERED,
            "started_at": AT,
            "wait_s": 4,
            "talk_s": 61,
            "line": "+74950000001",
            "record_url": "https://calls.example/r/1",
            **changes,
        }
    )


def test_an_answered_call() -> None:
    told = record()
    assert calls.item_of(CONFIG, due(told), told, "0", owner=11) == {
        "direction": "inbound",
        "uniq": "c1",
        "duration": 61,
        "source": "Kommutator",
        "phone": "+79161234567",
        "link": "https://calls.example/r/1",
        "call_result": "Разговор состоялся",
        "call_status": 4,
        "call_responsible": 11,
        "responsible_user_id": 11,
        "created_by": 11,
        "created_at": 1795194000,
        "request_id": "0",
    }


def test_a_missed_call_of_nobody_has_no_empty_keys() -> None:
    told = record(result=CallResult.NO_ANSWER, talk_s=0, record_url=None, call_id=None)
    assert calls.item_of(CONFIG, due(told), told, "3", owner=None) == {
        "direction": "inbound",
        "uniq": "kommutator-5",
        "duration": 0,
        "source": "Kommutator",
        "phone": "+79161234567",
        "call_result": "Не ответили",
        "call_status": 6,
        "created_at": 1795194000,
        "request_id": "3",
    }


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        (CallResult.ANSWERED, 4, "Talked"),
        (CallResult.NO_ANSWER, 6, "No answer"),
        (CallResult.BUSY, 7, "Busy"),
        (CallResult.CANCELLED, 6, "The caller hung up"),
        (CallResult.FAILED, 6, "Not reached"),
        (CallResult.NOT_ALLOWED, 6, "The call is not allowed"),
    ],
)
def test_how_a_call_ended(result: CallResult, status: int, words: str) -> None:
    told = record(result=result, direction=Direction.OUT)
    item = calls.item_of(read_config({"language": "en"}), due(told), told, "0", owner=None)
    assert (item["call_status"], item["call_result"]) == (status, words)
    assert item["direction"] == "outbound"


def test_every_result_has_words_in_every_language() -> None:
    assert {language: len(words) for language, words in calls.RESULT.items()} == {
        "ru": 6,
        "uk": 6,
        "en": 6,
    }


def test_a_call_as_a_note_of_a_card() -> None:
    told = record(direction=Direction.OUT)
    assert calls.note_of(CONFIG, due(told), told, 77, owner=11) == {
        "entity_id": 77,
        "note_type": "call_out",
        "params": {
            "uniq": "c1",
            "duration": 61,
            "source": "Kommutator",
            "link": "https://calls.example/r/1",
            "phone": "+79161234567",
            "call_result": "Разговор состоялся",
            "call_status": 4,
            "call_responsible": 11,
        },
        "created_at": 1795194000,
        "request_id": "0",
        "responsible_user_id": 11,
        "created_by": 11,
    }


def tray(config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told = record(**changes)
    return calls.unsorted_of(
        read_config(config),
        due(told),
        told,
        name="Звонок",
        place=LeadPlace(1300, None, ("Звонок",)),
        owner=11,
        with_call=True,
    )


def test_a_call_of_the_tray() -> None:
    assert tray({}) == {
        "request_id": "0",
        "source_name": "Kommutator",
        "source_uid": "c1",
        "pipeline_id": 1300,
        "created_at": 1795194000,
        "_embedded": {
            "leads": [{"name": "Звонок", "_embedded": {"tags": [{"name": "Звонок"}]}}],
            "contacts": [
                {
                    "name": "+79161234567",
                    "custom_fields_values": [
                        {
                            "field_code": "PHONE",
                            "values": [{"value": "+79161234567", "enum_code": "WORK"}],
                        }
                    ],
                }
            ],
        },
        "metadata": {
            "is_call_event_needed": True,
            "uniq": "c1",
            "duration": 61,
            "service_code": "kommutator",
            "link": "https://calls.example/r/1",
            "phone": "+79161234567",
            "called_at": 1795194000,
            "from": "+74950000001",
            "call_responsible": 11,
        },
    }


@pytest.mark.parametrize(
    ("word", "phone", "origin"),
    [("client", "+79161234567", "+74950000001"), ("line", "+74950000001", "+79161234567")],
)
def test_whose_number_the_trays_phone_is(word: str, phone: str, origin: str) -> None:
    metadata = tray({"unsorted_phone_is": word})["metadata"]
    assert (metadata["phone"], metadata["from"]) == (phone, origin)


def test_a_call_of_the_tray_without_a_line_or_a_recording() -> None:
    metadata = tray({}, line=None, record_url=None)["metadata"]
    assert metadata["from"] == "Kommutator"
    assert metadata["link"] == ""


def test_a_rules_card_of_the_tray_waits_for_its_record() -> None:
    command = CreateUnsorted(call_id="c1", client="+79161234567", name="", started_at=AT)
    item = calls.unsorted_of(
        CONFIG, due(command), command, name="n", place=LeadPlace(), owner=None, with_call=False
    )
    assert item["metadata"]["is_call_event_needed"] is False
    assert item["metadata"]["service_code"] == "kommutator_rule"
    assert "pipeline_id" not in item


def test_a_card_on_the_screens() -> None:
    assert calls.popup_of("+79161234567", (11, 12)) == {
        "add": [{"type": "phone_call", "phone_number": "+79161234567", "users": [11, 12]}]
    }
    assert calls.popup_of("+79161234567", ()) == {
        "add": [{"type": "phone_call", "phone_number": "+79161234567"}]
    }


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({}, "Перезвонить +79161234567"),
        ({"language": "uk"}, "Передзвонити +79161234567"),
        ({"task": {"text": "Позвонить {phone} сегодня"}}, "Позвонить +79161234567 сегодня"),
        ({"task": {"text": "Пропущенный"}}, "Пропущенный +79161234567"),
    ],
)
def test_a_task_upon_nothing_names_the_number(config: dict[str, Any], text: str) -> None:
    assert calls.call_back_text(read_config(config), "+79161234567") == text


@pytest.mark.parametrize(
    ("phone", "tail"),
    [("+7 (916) 123-45-67", "9161234567"), ("89161234567", "9161234567"), ("123", "123")],
)
def test_two_numbers_are_one_by_their_last_ten_digits(phone: str, tail: str) -> None:
    assert schemas.tail(phone) == tail
