"""What a tenant wants of its amoCRM, read tolerantly."""

from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.config import (
    AmoCrmConfig,
    CallTo,
    LeadPlace,
    MissedOwner,
    Unknown,
    UnsortedPhone,
    read_config,
)
from kommutator.domain.commands import Direction

USERS = {"11": "150", "12": "151", "13": "152"}


def test_everything_said() -> None:
    config = read_config(
        {
            "user_extensions": USERS,
            "default_user": "19",
            "unknown_number": {"in": "unsorted", "out": "skip"},
            "unsorted_phone_is": "line",
            "is_unsorted_on": True,
            "missed_owner": "last_rang",
            "call_to": "contact_note",
            "popup_everybody": True,
            "contact_name": "Клиент {phone}",
            "lead": {
                "pipeline_id": 1300,
                "status_id": "142",
                "tags": ["Звонок"],
                "name": "С {phone}",
            },
            "lead_methods": {"missed-call": {"pipeline_id": 1301, "status_id": 7}},
            "task": {"text": "Перезвонить {phone}", "due_minutes": 15},
            "batch": 20,
            "hooks": ["add_lead", "note_lead"],
            "language": "uk",
        }
    )
    assert config == AmoCrmConfig(
        users={11: "150", 12: "151", 13: "152"},
        default_user=19,
        unknown={Direction.IN: Unknown.UNSORTED, Direction.OUT: Unknown.SKIP},
        missed_owner=MissedOwner.LAST_RANG,
        asks_owner=False,
        call_to=CallTo.CONTACT_NOTE,
        unsorted_phone=UnsortedPhone.LINE,
        unsorted_on=True,
        popup_everybody=True,
        contact_name="Клиент {phone}",
        lead_name="С {phone}",
        lead=LeadPlace(1300, 142, ("Звонок",)),
        lead_methods={"missed-call": LeadPlace(1301, 7)},
        task_text="Перезвонить {phone}",
        task_minutes=15,
        batch=20,
        hook_settings=("add_lead", "note_lead"),
        language="uk",
    )


def test_nothing_said() -> None:
    config = read_config({})
    assert config.unknown == {Direction.IN: Unknown.CONTACT, Direction.OUT: Unknown.CONTACT}
    assert (config.missed_owner, config.asks_owner) == (MissedOwner.CLIENT_OWNER, False)
    assert (config.batch, config.task_minutes, config.language) == (50, 60, "ru")
    assert config.hook_settings[:4] == (
        "add_lead",
        "update_lead",
        "status_lead",
        "responsible_lead",
    )
    assert {"add_contact", "delete_contact", "responsible_company"} < set(config.hook_settings)


@pytest.mark.parametrize(
    "odd",
    [
        {"user_extensions": [], "unknown_number": "skip", "lead": 5, "task": [], "hooks": "x"},
        {"batch": 251, "missed_owner": "boss", "call_to": 7, "language": "de"},
        {"batch": True, "task": {"due_minutes": -1}, "unknown_number": {"in": "mail"}},
        {"user_extensions": {"x": "150", "-1": "151", "9" * 30: "1"}, "is_unsorted_on": "yes"},
        {"default_user": "boss", "lead": {"pipeline_id": "x"}, "popup_everybody": 1},
    ],
)
def test_what_is_odd_is_as_if_it_were_missing(odd: dict[str, Any]) -> None:
    assert read_config(odd) == read_config({})


def test_the_tray_takes_no_outbound_calls() -> None:
    config = read_config({"unknown_number": {"in": "unsorted", "out": "unsorted"}})
    assert config.unknown == {Direction.IN: Unknown.UNSORTED, Direction.OUT: Unknown.CONTACT}


@pytest.mark.parametrize(
    ("host", "language"),
    [("a.amocrm.ru", "ru"), ("a.kommo.com", "en"), ("a.amocrm.com", "en"), (None, "ru")],
)
def test_the_language_of_an_account(host: str | None, language: str) -> None:
    assert read_config({}, host=host).language == language


@pytest.mark.parametrize(
    ("strategy", "extension", "rang", "of_client", "owner"),
    [
        ("client_owner", "150", (), 77, 11),  # answered: who talked
        ("client_owner", "999", (), 77, 77),  # by somebody whom nobody mapped
        ("client_owner", None, (), None, 19),
        ("client_owner", "150", ("150", "151"), 77, 77),
        ("client_owner", "150", ("150", "151"), None, 11),
        ("first_rang", "150", ("150", "151"), 77, 11),
        ("first_rang", "999", ("999", "151"), 77, 12),
        ("last_rang", "150", ("150", "151"), 77, 12),
        ("last_rang", "150", ("150", "999"), 77, 11),
        ("first_rang", "999", ("999",), 77, 19),
        ("default", "150", ("150", "151"), 77, 19),
    ],
)
def test_whose_a_call_is(
    strategy: str,
    extension: str | None,
    rang: tuple[str, ...],
    of_client: int | None,
    owner: int,
) -> None:
    config = read_config({"user_extensions": USERS, "default_user": 19, "missed_owner": strategy})
    assert config.owner(extension=extension, rang=rang, of_client=of_client) == owner


@pytest.mark.parametrize(
    ("method", "place"),
    [
        (None, LeadPlace(1300, 10, ("Звонок",))),
        ("missed-call", LeadPlace(1301, 7, ("Пропущен",))),
        ("1302", LeadPlace(1302, None, ("Звонок",))),
        ("1302:55", LeadPlace(1302, 55, ("Звонок",))),
        ("1302:x", LeadPlace(1300, 10, ("Звонок", "1302:x"))),
        ("Горячий", LeadPlace(1300, 10, ("Звонок", "Горячий"))),
    ],
)
def test_where_a_rules_method_sends_a_lead(method: str | None, place: LeadPlace) -> None:
    config = read_config(
        {
            "lead": {"pipeline_id": 1300, "status_id": 10, "tags": ["Звонок"]},
            "lead_methods": {
                "missed-call": {"pipeline_id": 1301, "status_id": 7, "tags": ["Пропущен"]}
            },
        }
    )
    assert config.place_of(method) == place
