"""A PBX connection and a phone book for tests of routing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from kommutator.domain.calls.board import Board
from kommutator.domain.calls.memory import dump
from kommutator.domain.calls.read import read_call
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.store.unit import Unit
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.calls import events_of, recorded

PHONE = "+375291234567"


async def settle_pbx(
    house: House,
    enterprise: EnterpriseNumber,
    *,
    address: str | None = None,
    port: int = 5038,
    ami_secret: str = "not-a-real-secret",  # noqa: S107  for addresses that nobody answers
    config: Mapping[str, Any] | None = None,
) -> Account:
    """An active Asterisk connection; its `hook_secret` is in the account's secrets."""
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, enterprise)
    form = ConnectionForm(
        kind=ConnectionKind.ASTERISK,
        address=address or f"pbx-of-{enterprise}.example",
        secrets={"ami_user": "gateway", "ami_secret": ami_secret},
        config={"ami_port": port, "trunks": ["trunk"], "region": "BY", **(config or {})},
    )
    await house.set_up.save(actor, enterprise, form)
    await house.set_up.activate(actor, enterprise, ConnectionKind.ASTERISK)
    house.directory.clear()
    account = await house.directory.account_of(enterprise, ConnectionKind.ASTERISK)
    assert account is not None
    return account


async def connect_asterisk(
    house: House, enterprise: EnterpriseNumber, asterisk: PrivateAsterisk
) -> Account:
    """An active connection to an Asterisk that really runs."""
    return await settle_pbx(
        house,
        enterprise,
        address=asterisk.host,
        port=asterisk.ports.ami,
        ami_secret=asterisk.ami_secret,
    )


async def a_ringing_call(
    unit: Unit,
    enterprise: EnterpriseNumber,
    call_id: str,
    *,
    scenario: str = "inbound_answered",
    until: str = "Newstate",
    pbx: UUID | None = None,
) -> None:
    """A recorded call as it stood right after the first event named `until`, under `call_id`."""
    raw = recorded(scenario)
    last = next(i for i, event in enumerate(raw) if event["Event"] == until)
    board = Board()
    for event in events_of(scenario, raw[: last + 1]):
        board.feed(event)
    (memory,) = board.calls.values()
    call = replace(read_call(memory), id=call_id)
    fold = dump(msgspec.structs.replace(memory, id=call_id))
    await unit.calls.save(enterprise, call, fold=fold, source="ami", connection_id=pbx)


async def list_client(
    house: House, enterprise: EnterpriseNumber, phone: str = PHONE, *, owner: str = "19"
) -> None:
    """Into the phone book, as the CRM tells it."""
    async with house.db.unit() as unit:
        crm = await unit.connections.of_kind(enterprise, ConnectionKind.RETAILCRM)
        await unit.connection.execute(
            "INSERT INTO phone_book (enterprise, phone, owner_user, known, crm_at, connection_id) "
            "VALUES ($1, $2, $3, true, $4, $5)",
            enterprise, phone, owner, datetime.now(UTC), crm.id if crm else None,
        )  # fmt: skip
