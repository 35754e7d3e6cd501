"""The vendor's limits, at ten times the load they allow (promise: limits are respected)."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from kommutator.connectors.crm.retailcrm import manifest
from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.writes import RetailCrmDelivery
from kommutator.domain.commands import CreateCustomer, Direction, RingPopup
from kommutator.domain.outcome import Budget, Done, Failed
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.errors import ErrorKind, Stage, TooMany
from kommutator.kit.http import HttpClient
from kommutator.store.budgets import SLACK
from kommutator.twins import RunningTwins
from tests.connectors.retailcrm.crm import STRANGER, Crm, due, registration


class SpacedBudgets:
    """Slots at even distances, one row of them per key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    async def turn(self, budgets: Sequence[Budget]) -> None:
        now = self._clock.monotonic()
        at = max([now, *(self._next.get(budget.key, 0.0) for budget in budgets)])
        for budget in budgets:
            self._next[budget.key] = at + 1 / budget.rate
        await self._clock.sleep(at - now)


async def test_no_violation_at_ten_times_the_general_limit(
    twins: RunningTwins, http: HttpClient
) -> None:
    """Ten look-then-write commands at once owe thirty requests; ten a second are allowed."""
    crm = await Crm.of(http, twins.base_urls["retailcrm"])
    budgets = SpacedBudgets(SystemClock())
    delivery = RetailCrmDelivery(http, turn=budgets.turn)

    async def deliver(number: int) -> object:
        command = CreateCustomer(client=f"+3750000001{number:02}", name="Новый клиент")
        account = crm.account()
        await budgets.turn(delivery.budgets(account, command))  # as the engine does
        (outcome,) = await delivery.deliver(account, [due(command, number)])
        return type(outcome)

    assert await asyncio.gather(*(deliver(number) for number in range(10))) == [Done] * 10
    state = await crm.state()
    assert state["violations"] == []
    assert state["buckets"]["127.0.0.1 api"]["maxPerSecond"] >= 9  # and the allowance is used
    assert state["requests"] == {"GET /api/v5/customers": 20, "POST /api/v5/customers/create": 10}


async def test_no_violation_at_ten_times_the_telephony_limit(
    twins: RunningTwins, http: HttpClient
) -> None:
    crm = await Crm.of(http, twins.base_urls["retailcrm"])
    budgets = SpacedBudgets(SystemClock())
    await RetailCrmDesk(http, turn=budgets.turn).register(crm.account(), registration())
    delivery = RetailCrmDelivery(http, turn=budgets.turn)

    async def deliver(number: int) -> object:
        command = RingPopup(
            call_id=f"c{number}",
            direction=Direction.IN,
            client="+70000000101",
            extensions=("101",),
            site="shop-main",
        )
        await budgets.turn(delivery.budgets(crm.account(), command))
        (outcome,) = await delivery.deliver(crm.account(), [due(command, number)])
        return type(outcome)

    assert await asyncio.gather(*(deliver(number) for number in range(80))) == [Done] * 80
    state = await crm.state()
    assert state["violations"] == []
    assert state["requests"]["POST /api/v5/telephony/call/event"] == 80


RING = RingPopup(direction=Direction.IN, client="+70000000101", extensions=("101",))
CUSTOMER = CreateCustomer(client="+70000000101", name="x")


def budgets_of(crm: Crm, command: RingPopup | CreateCustomer, **config: object) -> list[Budget]:
    delivery = RetailCrmDelivery(crm.http, turn=SpacedBudgets(SystemClock()).turn, egress="one")
    return list(delivery.budgets(crm.account(**config), command))


async def test_budgets_are_shared_by_address_not_by_tenant(crm: Crm) -> None:
    host = crm.root.removeprefix("http://")
    general = Budget(f"retailcrm:one:{host}:general", 10.0)
    assert budgets_of(crm, CUSTOMER) == [general]
    assert budgets_of(crm, RING) == [Budget(f"retailcrm:one:{host}:telephony", 38.0, 3)]


async def test_own_limit_of_a_tenant(crm: Crm) -> None:
    own = f"retailcrm:account:{UUID(int=7)}"
    assert budgets_of(crm, CUSTOMER, requests_per_second=3)[1] == Budget(own, 3.0)
    assert budgets_of(crm, RING, requests_per_second=3)[1] == Budget(own, 3.0)
    assert len(budgets_of(crm, CUSTOMER, requests_per_second=10)) == 1
    for nonsense in (None, "3", 0, -1, True):
        assert len(budgets_of(crm, RING, requests_per_second=nonsense)) == 1


async def test_full_queue_is_told_as_a_pause(http: HttpClient, crm: Crm) -> None:
    async def full(_budgets: Sequence[Budget]) -> None:
        raise TooMany("vendor_budget_spent", retry_after=7.0)

    delivery = RetailCrmDelivery(http, turn=full)
    stranger = CreateCustomer(client=STRANGER, name="x")
    (outcome,) = await delivery.deliver(crm.account(), [due(stranger)])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage, outcome.retry_after, outcome.hint) == (
        ErrorKind.RATE_LIMITED,
        Stage.BEFORE_SENDING,
        7.0,
        "budget_spent",
    )
    assert (await crm.state())["requests"] == {"GET /api/v5/customers": 1}  # the prepaid one


def test_pace_and_burst_together_stay_below_the_vendors_limit() -> None:
    """In any second: whatever had been saved up, and what the pace lets through."""
    most = manifest.TELEPHONY_AT_ONCE + manifest.TELEPHONY_PACE * SLACK
    assert 0.9 * manifest.TELEPHONY_PER_SECOND <= manifest.TELEPHONY_PACE * SLACK
    assert most <= manifest.TELEPHONY_PER_SECOND
