"""What is sent to register, and what is noticed when the CRM made something else of it."""

from typing import Any

from kommutator.connectors.crm.retailcrm import module
from kommutator.connectors.crm.retailcrm.schemas import Module, read_module
from kommutator.domain.ports import Difference
from tests.connectors.retailcrm.crm import registration


def held(raw: dict[str, Any]) -> Module:
    return read_module({"integrationModule": raw})


def wanted(current: Module | None = None, **changes: Any) -> dict[str, Any]:
    return module.wanted(
        current, registration(**changes), code="kommutator-telephony", name="K", allow_edit=False
    )


def test_new_module() -> None:
    assert wanted() == {
        "code": "kommutator-telephony",
        "integrationCode": "kommutator-telephony",
        "active": True,
        "name": "K",
        "logo": "https://kommutator.example/static/logo.svg",
        "clientId": "fake-client-000000000001",
        "baseUrl": "https://kommutator.example/retailcrm",
        "accountUrl": "https://kommutator.example/retailcrm/account",
        "actions": {"activity": "/activity", "settings": "/settings"},
        "integrations": {
            "telephony": {
                "makeCallUrl": "https://kommutator.example/retailcrm/make-call",
                "changeUserStatusUrl": "https://kommutator.example/retailcrm/status",
                "allowEdit": False,
                "inputEventSupported": True,
                "outputEventSupported": True,
                "hangupEventSupported": True,
                "additionalCodes": [
                    {"userId": 18, "code": "102"},
                    {"userId": 19, "code": "101"},
                ],
                "externalPhones": [{"siteCode": "shop-main", "externalPhone": "+70000000900"}],
            }
        },
    }


def test_what_others_put_there_is_sent_back() -> None:
    current = held(
        {
            "code": "kommutator-telephony",
            "integrationCode": "kommutator",
            "freeze": True,
            "availableCountries": ["BY"],
            "actions": {"settings": "/old", "odd": "/odd"},
            "integrations": {
                "store": {"actions": []},
                "telephony": {"someNewOption": 1, "makeCallUrl": None, "additionalCodes": []},
            },
        }
    )
    sent = wanted(current)
    assert sent["integrationCode"] == "kommutator"
    assert sent["availableCountries"] == ["BY"]
    assert "freeze" not in sent  # the CRM's to set
    assert sent["actions"] == {"activity": "/activity", "settings": "/settings"}
    assert sent["integrations"]["store"] == {"actions": []}
    assert sent["integrations"]["telephony"]["someNewOption"] == 1
    assert sent["integrations"]["telephony"]["makeCallUrl"].endswith("/make-call")
    assert len(sent["integrations"]["telephony"]["additionalCodes"]) == 2


def test_nulls_are_never_sent() -> None:
    current = held(
        {"billing": None, "integrations": {"telephony": {"x": None, "list": [{"a": None}]}}}
    )
    sent = wanted(current)
    assert "billing" not in sent
    assert "x" not in sent["integrations"]["telephony"]
    assert sent["integrations"]["telephony"]["list"] == [{}]


def test_no_codes_empties_the_list() -> None:
    telephony = wanted(codes={}, lines={})["integrations"]["telephony"]
    assert (telephony["additionalCodes"], telephony["externalPhones"]) == ([], [])


def differences(sent: dict[str, Any], raw: dict[str, Any]) -> tuple[Difference, ...]:
    return module.differences(sent, held(raw), (), ())


def test_the_same_module_has_no_differences() -> None:
    sent = wanted()
    assert differences(sent, sent) == ()


def test_php_spellings_are_the_same() -> None:
    sent = wanted()
    telephony = sent["integrations"]["telephony"] | {
        "additionalCodes": [{"userId": "19", "code": 101}, {"userId": "18", "code": "102"}]
    }
    del telephony["allowEdit"]  # a false may be left out
    raw = sent | {
        "baseUrl": "https://kommutator.example/retailcrm/",
        "integrations": {"telephony": telephony},
    }
    assert differences(sent, raw) == ()


def test_what_did_not_stick_is_named() -> None:
    sent = wanted(make_call_url="https://k.example/make-call", presence_url="https://k.example/s")
    raw = sent | {
        "active": False,
        "actions": [],
        "integrations": {
            "telephony": {
                "changeUserStatusUrl": "https://other.example",
                "inputEventSupported": True,
                "outputEventSupported": True,
                "additionalCodes": [{"userId": 19, "code": "155"}, {"userId": 7, "code": "1"}],
            }
        },
    }
    assert differences(sent, raw) == (
        Difference("active", sent=True, held=False),
        Difference("activity", "/activity", None),
        Difference("makeCallUrl", "https://k.example/make-call", None),
        Difference("changeUserStatusUrl", "https://k.example/s", "https://other.example"),
        Difference("hangupEventSupported", sent=True, held=None),
        Difference("additionalCodes", "102", None, "18"),
        Difference("additionalCodes", "101", "155", "19"),
        Difference("additionalCodes", None, "1", "7"),
        Difference("externalPhones", "shop-main", None, "+70000000900"),
    )


def test_the_entry_token_is_not_told() -> None:
    sent = wanted() | {"accountUrl": "https://k.example/?enterprise_number=0367&token=fake-token"}
    found = differences(sent, sent | {"accountUrl": "https://k.example/?token=older-fake-token"})
    assert found == (Difference("accountUrl", "https://k.example/?…", "https://k.example/?…"),)
