"""Fake messengers, one of each for all tests of a file, and clients that reach them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kommutator.connectors.channels.avito.client import AvitoClients
from kommutator.connectors.channels.avito.desk import AvitoDesk
from kommutator.connectors.channels.avito.writes import AvitoDelivery
from kommutator.connectors.channels.telegram.client import TelegramClients
from kommutator.connectors.channels.telegram.desk import TelegramDesk
from kommutator.connectors.channels.telegram.writes import TelegramDelivery
from kommutator.connectors.channels.whatsapp_cloud.client import CloudClients
from kommutator.connectors.channels.whatsapp_cloud.desk import CloudDesk
from kommutator.connectors.channels.whatsapp_cloud.writes import CloudDelivery
from kommutator.domain.chats import ChannelDesk
from kommutator.domain.commands import SendMessage
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import Budget, Done, Outcome
from kommutator.domain.ports import Delivery, Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from tests.support.messengers import Messenger, open_messenger

AT = datetime(2026, 12, 1, 10, tzinfo=UTC)


@dataclass
class Turns:
    """Lets everybody pass; notes who had to hold back."""

    drawn: list[str] = field(default_factory=list)
    held: list[tuple[str, float]] = field(default_factory=list)

    async def __call__(self, budgets: Sequence[Budget]) -> None:
        self.drawn += [one.key for one in budgets]

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        self.held += [(one.key, seconds) for one in budgets]

    async def late(self, budgets: Sequence[Budget], seconds: float) -> None:  # noqa: ARG002  the port has them
        raise AssertionError("no messenger counts so finely")


@dataclass
class Channel:
    """One messenger with an account of it."""

    twin: Messenger
    account: Account
    delivery: Delivery
    desk: ChannelDesk
    turns: Turns

    async def say(self, chat_id: str, text: str, *, unsure: bool = False, **more: Any) -> Outcome:
        message = SendMessage(chat_id=chat_id, text=text, **more)
        due = Due(1, chat_id, message, attempt=1, unsure=unsure, created_at=AT)
        (outcome,) = await self.delivery.deliver(self.account, [due])
        return outcome

    async def said(self, chat_id: str, text: str, **more: Any) -> Done:
        outcome = await self.say(chat_id, text, **more)
        assert isinstance(outcome, Done), outcome
        return outcome

    async def shown(self, chat_id: str) -> list[str]:
        """What stands in the chat of ours, oldest first."""
        talks = (await self.twin.look("state"))["talks"]
        (talk,) = [one for one in talks if str(one["id"]) == chat_id]
        return [line["text"] for line in talk["lines"] if line["ours"]]

    def with_secrets(self, **secrets: str) -> "Channel":
        return replace(self, account=replace(self.account, secrets=secrets))


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=SystemClock(), allowed_hosts=("127.0.0.1",))
    yield client
    await client.close()


@pytest.fixture(scope="module")
async def telegram_twin() -> AsyncIterator[Messenger]:
    async with open_messenger("telegram") as running:
        yield running


@pytest.fixture(scope="module")
async def avito_twin() -> AsyncIterator[Messenger]:
    async with open_messenger("avito") as running:
        yield running


@pytest.fixture(scope="module")
async def cloud_twin() -> AsyncIterator[Messenger]:
    async with open_messenger("whatsapp_cloud") as running:
        yield running


@pytest.fixture
async def cloud(cloud_twin: Messenger, http: HttpClient) -> Channel:
    await cloud_twin.order("reset")
    keys = await cloud_twin.look("credentials")
    secrets = {name: keys[name] for name in ("access_token", "app_secret")}
    secrets |= {name: keys["numbers"][0][name] for name in ("phone_number_id", "waba_id")}
    turns = Turns()
    clients = CloudClients(http, turn=turns)
    kind, number = ConnectionKind.WHATSAPP_CLOUD, secrets["phone_number_id"]
    account = _account(kind, keys["base_url"], number, secrets)
    delivery = CloudDelivery(clients, clock=SystemClock())
    desk = CloudDesk(clients, clock=SystemClock())
    return Channel(cloud_twin, account, delivery, desk, turns)


@pytest.fixture
async def telegram(telegram_twin: Messenger, http: HttpClient) -> Channel:
    await telegram_twin.order("reset")
    (bot,) = (await telegram_twin.look("credentials"))["bots"]
    turns = Turns()
    clients = TelegramClients(http, turn=turns)
    account = _account(
        ConnectionKind.TELEGRAM, telegram_twin.url, str(bot["id"]), {"token": bot["token"]}
    )
    account.config["way"] = "poll"
    delivery = TelegramDelivery(clients, clock=SystemClock())
    return Channel(telegram_twin, account, delivery, TelegramDesk(clients), turns)


@pytest.fixture
async def avito(avito_twin: Messenger, http: HttpClient) -> Channel:
    await avito_twin.order("reset")
    (one,) = (await avito_twin.look("credentials"))["accounts"]
    turns = Turns()
    clients = AvitoClients(http, turn=turns, clock=SystemClock())
    secrets = {"client_id": one["client_id"], "client_secret": one["client_secret"]}
    account = _account(ConnectionKind.AVITO, avito_twin.url, str(one["id"]), secrets)
    delivery = AvitoDelivery(clients, clock=SystemClock())
    return Channel(avito_twin, account, delivery, AvitoDesk(clients), turns)


def _account(kind: ConnectionKind, url: str, key: str, secrets: dict[str, str]) -> Account:
    return Account(
        enterprise=EnterpriseNumber("0367"),
        connection_id=UUID(int=7),
        kind=kind,
        name="Messenger",
        base_url=url,
        status=ConnectionStatus.ACTIVE,
        config={},
        secrets=secrets,
        account_key=key,
    )
