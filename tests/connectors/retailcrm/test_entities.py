"""Customers, orders and tasks against the live twin."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.writes import RetailCrmDelivery
from kommutator.domain.commands import Command, CreateCustomer, CreateOrder, CreateTask
from kommutator.kit.errors import ErrorKind
from tests.connectors.retailcrm.crm import STRANGER, Crm, due, registration

TESTOV = "+70000000101"


@pytest.fixture(autouse=True)
async def _registered(crm: Crm, desk: RetailCrmDesk) -> None:
    await desk.register(crm.account(), registration())


async def one(delivery: RetailCrmDelivery, crm: Crm, command: Command, **config: Any) -> Any:
    (outcome,) = await delivery.deliver(crm.account(**config), [due(command)])
    return outcome


async def test_customer(delivery: RetailCrmDelivery, crm: Crm) -> None:
    command = CreateCustomer(client=STRANGER, name="Новый клиент", extension="101")
    outcome = await one(delivery, crm, command, default_site="shop-opt")
    customer = (await crm.state())["customers"][-1]
    assert outcome.vendor_id == str(customer["id"])
    assert customer["phones"] == [{"number": STRANGER}]
    assert (customer["firstName"], customer["managerId"], customer["site"]) == (
        "Новый клиент",
        19,
        "shop-opt",
    )


async def test_order_of_a_known_customer(delivery: RetailCrmDelivery, crm: Crm) -> None:
    command = CreateOrder(client=TESTOV, method="missed-call", extension="102", site="shop-main")
    outcome = await one(delivery, crm, command)
    order = (await crm.state())["orders"][-1]
    assert outcome.vendor_id == str(order["id"])
    assert (order["customer"]["id"], order["orderMethod"], order["managerId"]) == (
        5001,
        "missed-call",
        18,
    )
    assert (order["firstName"], order["lastName"]) == ("Андрей", "Тестов")


@pytest.mark.parametrize(
    ("client", "changes", "config", "performer"),
    [
        (TESTOV, {"performer": "102"}, {}, 18),
        (TESTOV, {}, {}, 19),  # the client's own manager
        (STRANGER, {"default_performer": "24"}, {}, 24),
        (STRANGER, {}, {"default_performer": "16"}, 16),
    ],
)
async def test_who_gets_the_task(
    delivery: RetailCrmDelivery,
    crm: Crm,
    client: str,
    changes: dict[str, Any],
    config: dict[str, Any],
    performer: int,
) -> None:
    await one(delivery, crm, CreateTask(client=client, text="Перезвонить", **changes), **config)
    (task,) = (await crm.state())["tasks"]
    assert (task["text"], task["performer"], task["phone"]) == ("Перезвонить", performer, client)
    assert task["datetime"] == "2026-01-20 10:00"  # as soon as possible, Moscow


async def test_task_with_a_deadline(delivery: RetailCrmDelivery, crm: Crm) -> None:
    at = datetime(2026, 1, 21, 6, 15, tzinfo=UTC)
    await one(delivery, crm, CreateTask(client=TESTOV, text="Перезвонить", due_at=at))
    (task,) = (await crm.state())["tasks"]
    assert task["datetime"] == "2026-01-21 09:15"


async def test_task_for_nobody(delivery: RetailCrmDelivery, crm: Crm) -> None:
    outcome = await one(delivery, crm, CreateTask(client=STRANGER, text="Перезвонить"))
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "no_performer")
