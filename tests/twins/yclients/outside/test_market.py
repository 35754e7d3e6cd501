"""How an application stands in a salon, by the twin's clock."""

import pytest

from kommutator.twins.orders import OrderRefused
from kommutator.twins.yclients.applications import (
    ACTIVE,
    BY_MARKETPLACE,
    BY_PARTNER,
    FREEZED,
    PENDING,
    UNINSTALLED,
    Application,
)
from kommutator.twins.yclients.hook_switches import HookSwitches
from kommutator.twins.yclients.market import Market, Turn

SALON = 962302


class HandTime:
    def __init__(self) -> None:
        self.seconds = 0.0

    def epoch(self) -> float:
        return self.seconds

    def local(self, salon_id: int) -> str:
        return f"{salon_id} {self.seconds:g}"


class Stall:
    def __init__(self) -> None:
        self.time = HandTime()
        self.market = Market(self.time, HookSwitches())
        self.turns: list[Turn] = []
        self.market.listeners.append(self.turns.append)
        self.app = Application(1, "App", 10, "https://we.example/")
        self.market.applications[1] = self.app

    def status(self, salon: int = SALON) -> str:
        return self.market.connection(self.app, salon).status

    def turn(self, status: str) -> None:
        self.market.turn(self.app, SALON, status, BY_PARTNER)


@pytest.fixture
def stall() -> Stall:
    return Stall()


def test_the_whole_way(stall: Stall) -> None:
    stall.market.ask(stall.app, [SALON])
    for status in (ACTIVE, FREEZED, ACTIVE, UNINSTALLED):
        stall.turn(status)
    logs = stall.market.connection(stall.app, SALON).logs
    assert [(row["status_from"], row["status_to"], row["source"]) for row in logs] == [
        (UNINSTALLED, PENDING, BY_MARKETPLACE),
        (PENDING, ACTIVE, BY_PARTNER),
        (ACTIVE, FREEZED, BY_PARTNER),
        (FREEZED, ACTIVE, BY_PARTNER),
        (ACTIVE, UNINSTALLED, BY_PARTNER),
    ]
    assert [turn.before for turn in stall.turns] == [row["status_from"] for row in logs]


@pytest.mark.parametrize("status", [ACTIVE, FREEZED, UNINSTALLED])
def test_no_way_from_nowhere(stall: Stall, status: str) -> None:
    with pytest.raises(OrderRefused):
        stall.turn(status)
    assert stall.turns == []


def test_an_hour_to_call_back(stall: Stall) -> None:
    stall.market.ask(stall.app, [SALON])
    stall.time.seconds = 3600
    assert stall.status() == PENDING
    stall.time.seconds = 3600.5
    assert stall.status() == UNINSTALLED
    with pytest.raises(OrderRefused):
        stall.turn(ACTIVE)
    stall.market.ask(stall.app, [SALON])
    stall.turn(ACTIVE)
    stall.time.seconds = 10**6
    assert stall.status() == ACTIVE


def test_asking_again_starts_the_hour_anew(stall: Stall) -> None:
    stall.market.ask(stall.app, [SALON])
    stall.time.seconds = 3000
    stall.market.ask(stall.app, [SALON])
    stall.time.seconds = 6000
    assert stall.status() == PENDING
    assert len(stall.turns) == 1


def test_several_salons_only_where_allowed(stall: Stall) -> None:
    stall.market.ask(stall.app, [1, 2])
    assert [stall.status(1), stall.status(2)] == [PENDING, PENDING]
    stall.app.multi_branch = False
    with pytest.raises(OrderRefused):
        stall.market.ask(stall.app, [3, 4])
    with pytest.raises(OrderRefused):
        stall.market.ask(stall.app, [])
    assert stall.status(3) == UNINSTALLED


def test_nothing_is_half_asked(stall: Stall) -> None:
    stall.market.ask(stall.app, [SALON])
    stall.turn(ACTIVE)
    with pytest.raises(OrderRefused):
        stall.market.ask(stall.app, [1, SALON])
    assert stall.status(1) == UNINSTALLED


def test_a_payment_thaws(stall: Stall) -> None:
    with pytest.raises(OrderRefused):
        stall.market.pay(stall.app, SALON, {"payment_sum": 5}, BY_PARTNER)
    stall.market.ask(stall.app, [SALON])
    stall.turn(ACTIVE)
    first = stall.market.pay(stall.app, SALON, {"payment_sum": 5}, BY_PARTNER)
    stall.turn(FREEZED)
    second = stall.market.pay(stall.app, SALON, {"payment_sum": 6}, BY_PARTNER)
    assert stall.status() == ACTIVE
    assert first["id"] != second["id"]
    assert stall.market.payment(second["id"]) is second
    assert stall.market.payment(99) is None


def test_what_an_uninstalled_application_leaves(stall: Stall) -> None:
    stall.market.ask(stall.app, [SALON])
    stall.turn(ACTIVE)
    connection = stall.market.connection(stall.app, SALON)
    connection.api_key, connection.webhook_urls = "key", ["https://we.example/hook"]
    connection.channels["whatsapp"] = True
    stall.market.pay(stall.app, SALON, {"payment_sum": 5}, BY_PARTNER)
    stall.turn(UNINSTALLED)
    left = connection.dump()
    assert (left["api_key"], left["webhook_urls"], left["channels"]) == (None, [], {})
    assert len(connection.payments) == 1
