"""Calls and statuses at the twin: each call once, whatever becomes of the answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.delivery import YClientsDelivery
from kommutator.connectors.crm.yclients.desk import YClientsDesk
from kommutator.domain.commands import (
    CallRecord,
    CallResult,
    Command,
    Direction,
    ReportMessages,
    RingPopup,
)
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.domain.ports import Due, Registration
from kommutator.kit.errors import ErrorKind
from tests.connectors.yclients.vendor import SALON, Vendor

NOTHING = Registration("c", "https://us", "https://us", "", "", "", {}, {})
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
CLIENT = "+79161234567"


def record(number: int, **changed: Any) -> CallRecord:
    told: dict[str, Any] = {
        "call_id": f"c-{number}",
        "direction": Direction.IN,
        "client": CLIENT,
        "extension": "101",
        "result": CallResult.ANSWERED,
        "started_at": AT + timedelta(seconds=10 * number),
        "wait_s": 2,
        "talk_s": 60,
        "line": "+74950000000",
    }
    return CallRecord(**(told | changed))


class Chain:
    """A chain of salons whose telephony takes calls."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        token = vendor.known["groups"][0]["crm_token"]
        self.account: Account = vendor.account(voip_token=token)
        self.clients = vendor.clients()
        self.delivery = YClientsDelivery(vendor.http, self.clients)

    async def deliver(self, command: Command, *, unsure: bool = False) -> Outcome:
        due = Due(1, "key", command, 1 + unsure, unsure, AT)
        return (await self.delivery.deliver(self.account, [due]))[0]

    async def until_done(self, command: Command) -> int:
        """How many attempts it took; each as the engine makes it."""
        unsure = False
        for attempt in range(1, 20):
            outcome = await self.deliver(command, unsure=unsure)
            if isinstance(outcome, Done):
                return attempt
            unsure = unsure or outcome.kind is ErrorKind.UNSURE
        raise AssertionError("never done")

    async def calls(self) -> list[dict[str, Any]]:
        said = await self.vendor.look(f"calls?company={SALON}&count=0")
        return list(said["items"])


@pytest.fixture
async def chain(vendor: Vendor) -> Chain:
    chain = Chain(vendor)
    await YClientsDesk(chain.clients).register(chain.account, NOTHING)
    return chain


async def test_a_popup_is_shown(chain: Chain) -> None:
    popup = RingPopup(
        direction=Direction.IN, client=CLIENT, extensions=("101",), line="+74950000000"
    )
    assert isinstance(await chain.deliver(popup), Done)
    shown = await chain.vendor.look(f"telephony?company={SALON}")
    assert CLIENT.removeprefix("+") in repr(shown)


@pytest.mark.parametrize("kind", ["drop", "html_502", "html_504", "truncated", "cut_off"])
@pytest.mark.parametrize("after", [False, True])
async def test_each_call_once_whatever_becomes_of_the_answer(
    chain: Chain, kind: str, *, after: bool
) -> None:
    await chain.vendor.order(
        "faults", kind=kind, count=1, after=after, path="/api/v1/voip/integration", method="POST"
    )
    attempts = [await chain.until_done(record(number)) for number in range(3)]
    assert attempts == [2, 1, 1]
    assert len(await chain.calls()) == 3


async def test_calls_alike_are_two(chain: Chain) -> None:
    """Of one client, as long, ten seconds apart: looking for the second does not find the first."""
    await chain.until_done(record(0))
    assert not isinstance(await chain.deliver(record(1), unsure=True), Failed)
    assert len(await chain.calls()) == 2


async def test_both_ways_and_missed(chain: Chain) -> None:
    await chain.until_done(record(0, direction=Direction.OUT))
    await chain.until_done(record(1, result=CallResult.NO_ANSWER, talk_s=0, extension=None))
    kinds = {(call["type"], call["status"]) for call in await chain.calls()}
    assert kinds == {("outgoing", "success"), ("incoming", "missed")}


async def test_statuses_of_messages_arrive(chain: Chain) -> None:
    to = f"{chain.vendor.root}/smsprovider/status/callback/{{token}}"
    report = ReportMessages(to=to, reports=(("232674", 1), ("232675", 2)))
    assert isinstance(await chain.deliver(report), Done)
    assert isinstance(await chain.deliver(report), Done)  # again does no harm
    heard = await chain.vendor.look("messages")
    assert "232675" in repr(heard["strays"])


async def test_statuses_that_did_not_arrive_are_told_again(chain: Chain) -> None:
    await chain.vendor.order("faults", kind="html_502", count=2, path="/smsprovider/")
    to = f"{chain.vendor.root}/smsprovider/status/callback/{{token}}"
    assert await chain.until_done(ReportMessages(to=to, reports=(("1", 1),))) == 3
