"""Contacts and leads: found in any spelling, made once, known again."""

import asyncio

import pytest

from kommutator.domain.commands import CreateCustomer
from kommutator.domain.outcome import Failed
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.wire import (
    NOTHING,
    Wire,
    account,
    contact,
    delivery_over,
    due,
    listed,
    made,
)
from tests.connectors.amocrm.writes.commands import (
    CLIENT,
    CUSTOMER,
    NOBODY,
    ORDER,
    UNIX,
    deliver,
    told,
)


async def test_a_contact() -> None:
    outcome, wire = await deliver(CUSTOMER, [*NOBODY, made("contacts", 77)])
    assert told(outcome) == ("77", None)
    assert wire.asked[-1].body == [
        {
            "name": "Новый клиент",
            "custom_fields_values": [
                {"field_code": "PHONE", "values": [{"value": CLIENT, "enum_code": "WORK"}]}
            ],
            "responsible_user_id": 11,
        }
    ]


@pytest.mark.parametrize("spelling", ["8 (916) 000-00-09", "9160000009", "+7 916 0000009"])
async def test_a_contact_that_is_there_in_another_spelling(spelling: str) -> None:
    found = listed("contacts", contact(5, "+79160000010"), contact(77, spelling))
    outcome, _ = await deliver(CUSTOMER, [found])
    assert told(outcome) == ("77", "customer_known")


async def test_a_contact_of_the_tray_or_the_bin_is_none() -> None:
    found = listed("contacts", contact(5, CLIENT, is_unsorted=True))
    binned = listed("contacts", contact(6, CLIENT, is_deleted=True))
    company = listed("companies", contact(8, CLIENT))
    outcome, _ = await deliver(CUSTOMER, [found, company])
    assert told(outcome) == ("8", "customer_known")
    outcome, _ = await deliver(CUSTOMER, [binned, NOTHING, company])
    assert told(outcome) == ("8", "customer_known")


async def test_the_contact_name_by_setting() -> None:
    command = CreateCustomer(client=CLIENT, name=CLIENT)  # a rule without a name
    config = {"contact_name": "Клиент {phone}"}
    _, wire = await deliver(command, [*NOBODY, made("contacts", 77)], config)
    assert wire.asked[-1].body[0]["name"] == f"Клиент {CLIENT}"


async def test_two_calls_at_once_make_one_contact() -> None:
    wire = Wire([*NOBODY, made("contacts", 77)])
    delivery = delivery_over(wire)
    pair = await asyncio.gather(
        delivery.deliver(account(), [due(CUSTOMER, 1)]),
        delivery.deliver(account(), [due(CUSTOMER, 2)]),
    )
    assert [told(outcome) for (outcome,) in pair] == [("77", None), ("77", "customer_known")]
    assert wire.lines.count("POST /api/v4/contacts") == 1


PLACES = {"lead_methods": {"missed": {"pipeline_id": 1301, "status_id": 7, "tags": ["Пропущен"]}}}


async def test_a_lead_of_a_known_client() -> None:
    answers = [listed("contacts", contact(77, CLIENT, owner=99)), made("leads", 501)]
    outcome, wire = await deliver(ORDER, answers, PLACES)
    assert told(outcome) == ("501", None)
    assert wire.asked[-1].body == [
        {
            "name": f"Звонок {CLIENT}",
            "created_at": UNIX,
            "pipeline_id": 1301,
            "status_id": 7,
            "responsible_user_id": 99,
            "_embedded": {
                "tags": [{"name": "Пропущен"}],
                "contacts": [{"id": 77, "is_main": True}],
            },
        }
    ]


async def test_a_lead_of_a_company() -> None:
    answers = [NOTHING, NOTHING, listed("companies", contact(8, CLIENT)), made("leads", 501)]
    _, wire = await deliver(ORDER, answers)
    assert wire.asked[-1].body[0]["_embedded"]["companies"] == [{"id": 8}]


async def test_a_lead_of_a_stranger_comes_with_its_contact() -> None:
    answers = [*NOBODY, (200, [{"id": 501, "contact_id": 77}])]
    outcome, wire = await deliver(ORDER, answers, {"missed_owner": "last_rang"})
    assert told(outcome) == ("501", None)
    assert wire.lines[-1] == "POST /api/v4/leads/complex"
    (lead,) = wire.asked[-1].body
    assert lead["responsible_user_id"] == 11
    assert lead["_embedded"]["tags"] == [{"name": "missed"}]
    assert lead["_embedded"]["contacts"][0]["responsible_user_id"] == 11


async def test_a_lead_is_known_again_by_its_time_and_its_contact() -> None:
    row = {"id": 501, "name": f"Звонок {CLIENT}", "created_at": UNIX}
    mine = {**row, "_embedded": {"contacts": [{"id": 77}], "tags": []}}
    others = {**row, "id": 400, "_embedded": {"contacts": [{"id": 78}], "tags": []}}
    answers = [listed("contacts", contact(77, CLIENT)), listed("leads", others, mine)]
    outcome, _ = await deliver(ORDER, answers, attempt=2, unsure=True)
    assert told(outcome) == ("501", "found_earlier")


async def test_a_lead_that_never_arrived_is_made() -> None:
    answers = [listed("contacts", contact(77, CLIENT)), NOTHING, made("leads", 501)]
    outcome, _ = await deliver(ORDER, answers, attempt=2, unsure=True)
    assert told(outcome) == ("501", None)


async def test_made_and_not_said_what_is_unsure() -> None:
    answers = [listed("contacts", contact(77, CLIENT)), (200, {"_embedded": {}})]
    outcome, _ = await deliver(ORDER, answers)
    assert isinstance(outcome, Failed)
    assert outcome.kind is ErrorKind.UNSURE
