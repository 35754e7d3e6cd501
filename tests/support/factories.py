"""Rows of a tenant's past, written as the stores would write them, for pages to show."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.campaigns.numbers import Wanted
from kommutator.domain.campaigns.plan import Plan, dump_plan
from kommutator.domain.commands import OriginateCall
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.house import House
from kommutator.store.database import Database
from kommutator.store.outbox import Owed
from kommutator.store.unit import Unit

CLIENT = "+375000000070"
LINE = "+375000000001"


async def execute(db: Database, statement: str, *args: Any) -> None:
    async with db.unit() as unit:
        await unit.connection.execute(statement, *args)


async def value(db: Database, query: str, *args: Any) -> Any:
    async with db.unit() as unit:
        return await unit.connection.fetchval(query, *args)


async def a_call(
    db: Database, enterprise: EnterpriseNumber, call_id: str, started_at: datetime, **columns: Any
) -> None:
    """An answered incoming call of two minutes, unless `columns` say otherwise."""
    row = {
        "source": "ami",
        "direction": "in",
        "client": CLIENT,
        "line": LINE,
        "phase": "ended",
        "result": "answered",
        "rang": ["150", "151"],
        "answered_by": ["150"],
        "answered_at": started_at + timedelta(seconds=7),
        "ended_at": started_at + timedelta(seconds=127),
        "wait_s": 7,
        "talk_s": 120,
        **columns,
    }
    names = ["enterprise", "id", "started_at", *row]
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    await execute(
        db,
        f"INSERT INTO calls ({', '.join(names)}) VALUES ({places})",
        enterprise, call_id, started_at, *row.values(),
    )  # fmt: skip


async def a_journal_row(
    db: Database,
    enterprise: EnterpriseNumber,
    call_id: str,
    kind: str,
    at: datetime,
    **columns: Any,
) -> None:
    state, note = columns.get("state", "decided"), columns.get("note")
    await execute(
        db,
        """INSERT INTO journal (enterprise, source, kind, key, dedupe_key, received_at, body, state,
                                note) VALUES ($1, 'ami', $2, $3, $4, $5, '{}', $6, $7)""",
        enterprise, kind, call_id, f"{call_id}:{kind}:{at.isoformat()}", at, state, note,
    )  # fmt: skip


async def a_command(
    db: Database,
    enterprise: EnterpriseNumber,
    connection_id: UUID,
    call_id: str,
    at: datetime,
    **columns: Any,
) -> int:
    """A delivered call record, unless `columns` say otherwise; returns the outbox id."""
    row = {
        "kind": "call_record",
        "state": "done",
        "attempts": 1,
        "error_kind": None,
        "error": None,
        "note": None,
        "finished_at": at + timedelta(seconds=1),
        **columns,
    }
    found = await value(
        db,
        """INSERT INTO outbox (enterprise, lane, connection_id, key, kind, payload, once, call_id,
               state, attempts, error_kind, error, note, created_at, age_from, finished_at)
           VALUES ($1, $2, $3, $4, $5, '{}', $6, $4, $7, $8, $9, $10, $11, $12, $12, $13)
           RETURNING id""",
        enterprise, f"crm:{connection_id}", connection_id, call_id, row["kind"],
        f"{call_id}:{row['kind']}", row["state"], row["attempts"], row["error_kind"],
        row["error"], row["note"], at, row["finished_at"],
    )  # fmt: skip
    return int(found)


async def a_click(house: House, unit: Unit, enterprise: EnterpriseNumber, call_id: str) -> None:
    """The command that placed this call, and the PBX it went to."""
    pbx = house.ids.uuid()
    await unit.connections.create(
        enterprise, pbx, kind=ConnectionKind.ASTERISK, name="Office", base_url="ami://pbx:5038",
        account_key=None, config={}, sealed={},
    )  # fmt: skip
    await unit.connections.set_status(enterprise, pbx, ConnectionStatus.ACTIVE)
    placed = OriginateCall(call_id=call_id, extension="150", client=CLIENT, requested_by="tests")
    owed = Owed(f"pbx:{pbx}", pbx, call_id, placed, f"{call_id}:originate")
    await unit.outbox.add(enterprise, [owed])
    await unit.connection.execute(
        "UPDATE calls SET fold = jsonb_build_object('id', id) WHERE enterprise = $1 AND id = $2",
        enterprise, call_id,
    )  # fmt: skip


async def an_attempt(
    db: Database,
    enterprise: EnterpriseNumber,
    connection_id: UUID,
    at: datetime,
    *,
    outbox_id: int | None = None,
    call_id: str | None = None,
    error: str | None = None,
    event_type: str = "call_record",
) -> int:
    found = await value(
        db,
        """INSERT INTO attempts (enterprise, integration_type, connection_id, event_type, outbox_id,
               call_id, at, duration_ms, request, response, status, error_kind, error_message)
           VALUES ($1, 'retailcrm', $2, $3, $4, $5, $6, 84.0, $7::text::jsonb, $8::text::jsonb, $9,
                   $10, $11) RETURNING id""",
        enterprise, connection_id, event_type, outbox_id, call_id, at,
        json.dumps({"path": "/api/v5/telephony/calls/upload", "apiKey": "***"}),
        json.dumps({"status": 400 if error else 200}), "error" if error else "success",
        "rejected" if error else None, error,
    )  # fmt: skip
    return int(found)


async def a_campaign(house: House, unit: Unit, enterprise: EnterpriseNumber) -> UUID:
    """A draft with one number, and one number that must not be called."""
    made = await unit.campaigns.create(
        enterprise, house.ids.uuid(), name=f"only-{enterprise}-knows",
        plan=dump_plan(Plan(agents=("150",))), created_by="tests", filling=None,
    )  # fmt: skip
    wanted = Wanted(f"+37529000{enterprise}", name=f"only-{enterprise}-knows")
    await unit.campaign_items.add(enterprise, made.id, [wanted])
    unwanted = f"only-{enterprise}-knows"
    await unit.do_not_call.add(enterprise, [wanted.phone], note=unwanted, by="tests")
    return made.id
