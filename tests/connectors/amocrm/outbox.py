"""Tries commands as the outbox does, against the running twin; each try may be a new process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.writes import AmoCrmDelivery
from kommutator.domain.connection import Account
from kommutator.domain.delivery import Dead, Finish, Park, Retry, settle
from kommutator.domain.oauth import Access
from kommutator.domain.outcome import Failed
from kommutator.domain.ports import Due
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import HttpClient
from tests.connectors.amocrm import wire

_MOST_TRIES = 60


@dataclass
class Grant:
    """A token that never ends."""

    token: str

    async def access(self, account: Account) -> Access:
        return Access(self.token, 1, account.base_url)

    async def renewed(self, account: Account, stale: Access) -> Access:  # noqa: ARG002  the same
        return await self.access(account)


@dataclass
class Crm:
    """Account `demo` of the twin."""

    http: HttpClient
    root: str
    token: str
    users: list[int]

    @classmethod
    async def of(cls, http: HttpClient, root: str) -> Crm:
        crm = cls(http, root, "", [])
        told = await crm.ask("credentials")
        crm.users = [user["id"] for user in told["accounts"][0]["users"]]
        crm.token = (await crm.order("tokens"))["access_token"]
        await crm.order("switches", rate_limits=False)
        return crm

    def account(self, **config: Any) -> Account:
        people = {str(self.users[0]): "150", str(self.users[1]): "151"}
        return replace(wire.account(user_extensions=people, **config), base_url=self.root)

    def process(self) -> AmoCrmDelivery:
        """A delivery with no memory: as after a crash, or on another machine."""
        clients = AmoCrmClients(self.http, access=Grant(self.token), turn=wire.NoWait())
        return AmoCrmDelivery(clients, clock=SystemClock())

    async def ask(self, path: str) -> Any:
        async with aiohttp.ClientSession() as http, http.get(f"{self.root}/_twin/{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def order(self, path: str, /, **body: Any) -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.root}/_twin/{path}", json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def forget_faults(self) -> None:
        async with (
            aiohttp.ClientSession() as http,
            http.delete(f"{self.root}/_twin/faults") as answer,
        ):
            assert answer.status < 300, await answer.text()

    async def state(self) -> Any:
        return await self.ask("state?account=demo")


async def settled(
    crm: Crm, dues: Sequence[Due], *, at_once: int = 50, **config: Any
) -> dict[int, Finish | Dead]:
    """Try until nothing is owed any more; every try in a process of its own, in turn."""
    account, waiting, fates = crm.account(**config), list(dues), dict[int, Finish | Dead]()
    previous: dict[int, ErrorKind] = {}
    for _ in range(_MOST_TRIES):
        batch, waiting = waiting[:at_once], waiting[at_once:]
        if not batch:
            return fates
        delivery = crm.process()
        outcomes = await delivery.deliver(account, batch)
        for due, outcome in zip(batch, outcomes, strict=True):
            fate = settle(
                due,
                outcome,
                delivery.patience(due.command),
                timedelta(minutes=1),
                0.5,
                previous.get(due.id),
            )
            if isinstance(outcome, Failed):
                previous[due.id] = outcome.kind
            if isinstance(fate, Retry):
                waiting.append(replace(due, attempt=due.attempt + 1, unsure=fate.unsure))
                continue
            assert not isinstance(fate, Park), outcome
            fates[due.id] = fate
    raise AssertionError(f"{len(waiting)} are still owed")


def written(state: Any) -> Counter[str]:
    """How often each call stands somewhere, by its `uniq`."""
    notes = (n for n in state["notes"] if n["note_type"] in ("call_in", "call_out"))
    return Counter(note["params"]["uniq"] for note in notes)


def holders(state: Any, phone: str) -> list[int]:
    """The contacts with a number, by its last ten digits; the tray's too."""
    return [
        contact["id"]
        for contact in state["contacts"]
        for custom in contact["custom_fields_values"] or ()
        for value in custom["values"]
        if "".join(filter(str.isdigit, str(value["value"])))[-10:] == phone[-10:]
    ]
