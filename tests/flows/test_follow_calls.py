"""From journal rows to calls and commands, on a real database."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kommutator.connectors.pbx.asterisk.readers import READERS
from kommutator.connectors.pbx.asterisk.translate import order_key, relevant
from kommutator.domain.calls.reports import Click
from kommutator.domain.commands import CallRecord, Command, RingPopup, kind_of
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.follow_calls import FollowCalls
from kommutator.store.database import Database
from tests.support.calls import CLIENT, NOW, recorded

E = EnterpriseNumber("0367")
PBX = UUID(int=1)
CRM = UUID(int=2)


def account(kind: ConnectionKind, number: UUID, **changes: Any) -> Account:
    return Account(
        **{
            "enterprise": E,
            "connection_id": number,
            "kind": kind,
            "name": kind.value,
            "base_url": "https://crm.example",
            "status": ConnectionStatus.ACTIVE,
            "config": {"trunks": ["trunk"]},
            "secrets": {},
            **changes,
        }
    )


class Accounts:
    """A directory of one tenant."""

    def __init__(self, *accounts: Account) -> None:
        self.listed = list(accounts)

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]:
        return [a for a in self.listed if a.enterprise == enterprise]


class Story:
    """Rows, decided one after the other as the engine would."""

    def __init__(self, db: Database, **crm_config: Any) -> None:
        self.db = db
        self.accounts = Accounts(
            account(ConnectionKind.ASTERISK, PBX),
            account(ConnectionKind.RETAILCRM, CRM, config=crm_config),
        )
        self.follow = FollowCalls(self.accounts, READERS)
        self._number = 0

    async def row(
        self,
        source: str,
        kind: str,
        body: Any,
        *,
        key: str | None = None,
        second: float = 0.0,
        enterprise: EnterpriseNumber = E,
    ) -> Verdict:
        self._number += 1
        row = JournalRow(
            id=self._number,
            enterprise=enterprise,
            source=source,
            kind=kind,
            key=key,
            body=msgspec.json.encode(body),
            connection_id=PBX if source == "ami" else None,
            received_at=NOW + timedelta(seconds=second),
        )
        async with self.db.unit() as unit:
            return await self.follow.decide(unit, row)

    async def replay(self, name: str, **options: Any) -> None:
        for event in recorded(name):
            if relevant(event):
                await self.row("ami", event["Event"], event, key=order_key(event), **options)

    async def http(self, kind: str, second: float, **payload: Any) -> Verdict:
        return await self.row("http", kind, {"payload": payload}, key="1.1", second=second)

    async def calls(self, enterprise: EnterpriseNumber = E) -> list[dict[str, Any]]:
        async with self.db.single() as unit:
            rows = await unit.connection.fetch(
                "SELECT * FROM calls WHERE enterprise = $1 ORDER BY id", enterprise
            )
        return [dict(row) for row in rows]

    async def owed(self, enterprise: EnterpriseNumber = E) -> list[Command]:
        async with self.db.single() as unit:
            rows = await unit.outbox.page(enterprise)
        return [row.command() for row in reversed(rows)]

    async def kinds(self) -> list[str]:
        return [kind_of(command) for command in await self.owed()]

    async def alarms(self) -> dict[str, float]:
        """Kind → seconds after the story's beginning."""
        async with self.db.single() as unit:
            rows = await unit.connection.fetch("SELECT kind, run_at FROM timers ORDER BY id")
        return {row["kind"]: (row["run_at"] - NOW).total_seconds() for row in rows}


async def test_an_inbound_call_is_shown_ended_and_recorded_once(db: Database) -> None:
    story = Story(db)
    await story.replay("inbound_answered")

    (call,) = await story.calls()
    shown = ("phase", "direction", "client", "line", "result", "rang", "answered_by", "talk_s")
    assert {field: call[field] for field in shown} == {
        "phase": "ended",
        "direction": "in",
        "client": CLIENT,
        "line": "+375171234567",
        "result": "answered",
        "rang": ["150", "151"],
        "answered_by": ["150"],
        "talk_s": 2,
    }
    assert (call["source"], call["connection_id"]) == ("ami", PBX)
    assert await story.kinds() == ["ring_popup", "hangup_popup", "call_record"]


async def test_hearing_everything_again_owes_nothing_more(db: Database) -> None:
    story = Story(db)
    await story.replay("transfer_blind")
    before = await story.calls(), await story.owed()
    await story.replay("transfer_blind")
    (call,), owed = await story.calls(), await story.owed()

    assert owed == before[1]
    assert {**call, "updated_at": None} == {**before[0][0], "updated_at": None}


async def test_commands_name_the_crms_lane_and_their_row(db: Database) -> None:
    story = Story(db)
    await story.replay("inbound_caller_gave_up")
    async with db.single() as unit:
        rows = await unit.outbox.page(E)

    assert {(row.lane, row.connection_id, row.key, row.call_id) for row in rows} == {
        (f"crm:{CRM}", CRM, "1795193316.6", "1795193316.6")
    }
    assert all(row.journal_id for row in rows)


async def test_an_attended_transfer_leaves_one_call_and_one_record(db: Database) -> None:
    story = Story(db)
    await story.replay("transfer_attended")

    first, second = await story.calls()
    assert (first["id"], first["phase"], first["answered_by"]) == (
        "1795193338.35",
        "ended",
        ["150", "152"],
    )
    assert (second["id"], second["phase"]) == ("1795193339.38", "merged")
    records = [c for c in await story.owed() if isinstance(c, CallRecord)]
    assert [(r.call_id, r.extension) for r in records] == [("1795193338.35", "152")]
    async with db.single() as unit:
        found = await unit.calls.get(E, "1795193339.38")
    assert found is not None
    assert found.id == "1795193338.35"


async def test_tenants_with_the_same_call_id_do_not_meet(db: Database) -> None:
    other = EnterpriseNumber("0999")
    story = Story(db)
    story.accounts.listed.append(account(ConnectionKind.ASTERISK, UUID(int=11), enterprise=other))
    await story.replay("inbound_busy")
    await story.replay("inbound_busy", enterprise=other)

    assert len(await story.calls()) == len(await story.calls(other)) == 1
    assert await story.owed(other) == []
    assert await story.kinds() == ["call_record"]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        (ConnectionStatus.DRAFT, []),
        (ConnectionStatus.REMOVED, []),
        (ConnectionStatus.PAUSED, ["call_record"]),
        (ConnectionStatus.BROKEN, ["call_record"]),
    ],
)
async def test_who_cannot_take_it_now_gets_it_later(
    db: Database, status: ConnectionStatus, kinds: list[str]
) -> None:
    story = Story(db)
    story.accounts.listed[1] = account(ConnectionKind.RETAILCRM, CRM, status=status)
    await story.replay("inbound_busy")

    assert await story.kinds() == kinds


async def test_a_call_that_began_before_we_listened_is_let_go(db: Database) -> None:
    story = Story(db)
    hangup = [e for e in recorded("inbound_answered") if e["Event"] == "Hangup"][-1]
    verdict = await story.row("ami", "Hangup", hangup)

    assert verdict == Ignored("began_before_us")
    assert await story.calls() == []


async def test_http_events_make_a_call_too(db: Database) -> None:
    story = Story(db)
    ends = {"UniqueId": "1.1", "Phone": CLIENT, "CallType": 0}
    await story.http("dial", 0, **ends, Extensions=["150"])
    await story.http("bridge", 3, UniqueId="1.1", Extension="150")
    await story.http("hangup", 33, **ends, CallStatus="2")

    (call,) = await story.calls()
    assert (call["source"], call["result"], call["wait_s"], call["talk_s"]) == (
        "http",
        "answered",
        3,
        30,
    )
    assert await story.kinds() == ["ring_popup", "hangup_popup", "call_record"]


async def test_unknown_http_kinds_are_kept_and_named(db: Database) -> None:
    verdict = await Story(db).http("voicemail", 0, UniqueId="1.1")

    assert verdict == Ignored("not_about_a_call")


async def answered_call(story: Story) -> None:
    ends = {"UniqueId": "1.1", "Phone": CLIENT, "CallType": 1, "Extensions": ["150"]}
    await story.http("dial", 0, **ends)
    await story.http("hangup", 30, **ends, CallStatus="2", duration=25)


async def test_the_record_waits_for_its_recording(db: Database) -> None:
    story = Story(db, recordings=True)
    await answered_call(story)
    assert "call_record" not in await story.kinds()
    assert (await story.alarms())["look_again"] == 50.0

    await story.http("download", 35, UniqueId="1.1", CallUrl="https://pbx.example/1.mp3")
    (record,) = [c for c in await story.owed() if isinstance(c, CallRecord)]
    assert record.record_url == "https://pbx.example/1.mp3"
    assert (await story.calls())[0]["record_url"] == "https://pbx.example/1.mp3"


async def test_and_goes_without_it_when_the_time_is_up(db: Database) -> None:
    story = Story(db, recordings=True)
    await answered_call(story)
    verdict = await story.row("timer", "look_again", {}, key="1.1", second=50)

    assert verdict == Decided()
    (record,) = [c for c in await story.owed() if isinstance(c, CallRecord)]
    assert record.record_url is None
    await story.http("download", 90, UniqueId="1.1", CallUrl="https://pbx.example/1.mp3")
    assert (await story.kinds()).count("call_record") == 1


async def test_an_http_call_without_an_end_is_closed_at_last(db: Database) -> None:
    story = Story(db)
    await story.http("dial", 0, UniqueId="1.1", Phone=CLIENT, CallType=0, Extensions=["150"])
    assert await story.alarms() == {"time_up": 4 * 3600.0}

    await story.row("timer", "time_up", {}, key="1.1", second=4 * 3600)
    (call,) = await story.calls()
    assert (call["phase"], call["result"], call["reason"]) == ("ended", "no_answer", "lost")


CLICK = Click(call_id="gw-c2c-0004", extension="150", client=CLIENT, requested_by="anna")


async def test_a_click_is_a_call_from_its_first_moment(db: Database) -> None:
    story = Story(db)
    await story.row("click", "make-call", CLICK, key=CLICK.call_id)

    (call,) = await story.calls()
    assert (call["phase"], call["direction"], call["client"], call["requested_by"]) == (
        "ringing",
        "out",
        CLIENT,
        "anna",
    )
    assert await story.owed() == []
    assert await story.alarms() == {"time_up": 30.0}


async def test_a_click_at_a_phone_that_is_off(db: Database) -> None:
    story = Story(db)
    await story.row("click", "make-call", CLICK, key=CLICK.call_id)
    await story.replay("click2call_manager_not_registered", second=1.0)
    assert await story.alarms() == {"time_up": 1.5}

    await story.row("timer", "time_up", {}, key=CLICK.call_id, second=1.5)
    (call,) = await story.calls()
    assert (call["phase"], call["result"], call["reason"]) == (
        "ended",
        "failed",
        "manager_unreachable",
    )
    assert await story.owed() == []


async def test_a_click_that_never_reached_the_pbx(db: Database) -> None:
    story = Story(db)
    await story.row("click", "make-call", CLICK, key=CLICK.call_id)
    await story.row("timer", "time_up", {}, key=CLICK.call_id, second=30)

    (call,) = await story.calls()
    assert (call["phase"], call["reason"]) == ("ended", "not_placed")


async def test_a_click_that_worked_becomes_the_call_of_the_same_id(db: Database) -> None:
    story = Story(db)
    click = msgspec.structs.replace(CLICK, call_id="gw-c2c-0001")
    await story.row("click", "make-call", click, key=click.call_id)
    await story.replay("click2call_answered")

    (call,) = await story.calls()
    assert (call["id"], call["result"], call["requested_by"], call["answered_by"]) == (
        "gw-c2c-0001",
        "answered",
        "anna",
        ["150"],
    )
    rings = [c.extensions for c in await story.owed() if isinstance(c, RingPopup)]
    assert rings == [("150",)]


async def test_calls_that_vanished_during_a_gap_are_closed(db: Database) -> None:
    story = Story(db)
    for event in recorded("inbound_answered")[:20]:
        if relevant(event):
            await story.row("ami", event["Event"], event, key=order_key(event))
    assert [c["phase"] for c in await story.calls()] == ["ringing"]

    gap = {"Event": "Reconcile", "Timestamp": "1795193400.0", "Channels": []}
    assert await story.row("ami", "Reconcile", gap) == Decided()
    (call,) = await story.calls()
    assert (call["phase"], call["result"], call["reason"]) == ("ended", "no_answer", "lost")
    assert await story.kinds() == ["ring_popup", "hangup_popup", "call_record"]
