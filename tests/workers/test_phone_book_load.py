"""Twenty thousand clients are read while calls go on: nobody waits for the read."""

import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import PersonPage
from kommutator.flows.ask_crm import AskCrm
from kommutator.flows.directory import Directory
from kommutator.flows.phone_book import PhoneBook
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.twins import TwinsConfig, start_twins
from kommutator.workers.phone_book import PhoneBookFiller
from tests.connectors.retailcrm.crm import Crm as Twin
from tests.connectors.retailcrm.crm import no_wait
from tests.support.book import CRM, HERE, OTHER_CRM, THERE, Crm, account, settle
from tests.support.factories import value
from tests.support.waiting import eventually, takes

CLIENTS = 20_000
CALLS_PER_S = 50
KINDS = [ConnectionKind.RETAILCRM]


class Hurried(RetailCrmDesk):
    """Leaves the CRM no pause: twenty times the pace that the real read has."""

    async def people(self, account: Account, page: int) -> PersonPage:
        return replace(await super().people(account, page), pause_s=0.0)


@pytest.mark.slow
async def test_calls_go_on_while_all_clients_are_read(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        db = await Database.open(database_url, size=6)
        stack.push_async_callback(db.close)
        await settle(db)
        async with db.unit() as unit:
            await unit.connections.remove(THERE, OTHER_CRM)
        http = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
        stack.push_async_callback(http.close)
        twins = await stack.enter_async_context(
            await start_twins(TwinsConfig(ports={"retailcrm": 0}, environment={}))
        )
        twin = await Twin.of(http, twins.base_urls["retailcrm"])
        await twin.order("switches", rate_limits=False)
        await twin.order("customers", many=CLIENTS)
        filler = PhoneBookFiller(db, ask(db, http, twin), clock=SystemClock(), ids=SystemIds())
        await filler.start()
        stack.push_async_callback(filler.stop)
        took = await calls_until_read(db)
        known = "SELECT count(*) FROM phone_book WHERE enterprise = $1 AND known"
        await eventually(lambda: nothing_wanted(db))
        assert await value(db, known, HERE) == CLIENTS + 5
        unnamed = "SELECT count(*) FROM calls WHERE client_name IS NULL"
        assert await value(db, unnamed) == 0, "every call got its client's name"
    assert len(took) >= 50
    took.sort()
    # Waiting for the CRM would take seconds; for a lock of the read, hundreds of milliseconds.
    assert took[int(len(took) * 0.95)] < 0.25, took[-10:]


def ask(db: Database, http: HttpClient, twin: Twin) -> AskCrm:
    there = twin.accounts["demo"]
    accounts = Crm()
    accounts.accounts[CRM] = replace(
        account(), base_url=there["base_url"], secrets={"api_key": there["api_key"]}
    )
    desk: Any = Hurried(http, turn=no_wait)
    return AskCrm(db, cast("Directory", accounts), {desk.kind: desk}, clock=SystemClock())


async def nothing_wanted(db: Database) -> bool:
    return await value(db, "SELECT count(*) FROM phone_book WHERE wanted_at IS NOT NULL") == 0


async def calls_until_read(db: Database) -> list[float]:
    """Calls of clients all over the list, one after the other; seconds that each story took."""
    book, took = PhoneBook(KINDS, clock=SystemClock()), []
    for number in range(5000):
        if await value(db, "SELECT count(finished_at) FROM phone_book_reads"):
            return took
        began = time.perf_counter()
        await one_call(db, book, number)
        took.append(time.perf_counter() - began)
        await takes(1 / CALLS_PER_S)
    raise AssertionError("the read never ended")


async def one_call(db: Database, book: PhoneBook, number: int) -> None:
    """It rings and is answered, as two rows of the journal in one batch."""
    now = datetime.now(UTC)
    ringing = Call(
        id=f"c-{number}", direction="in", client=f"+7001{number * 37 % CLIENTS:07}", line=None,
        phase=Phase.RINGING, started_at=now,
    )  # fmt: skip
    talking = replace(ringing, phase=Phase.TALKING, answered_by=("150",), answered_at=now)
    async with db.unit() as unit:
        for call, before in ((ringing, None), (talking, ringing)):
            await unit.calls.save(HERE, call, fold=b"{}", source="ami", connection_id=None)
            await book.attend(unit, HERE, call, before, [account()])
