"""A past period concluded anew: what is told, what is corrected, what is owed."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kommutator.connectors.pbx.asterisk.cdr import read_cdr
from kommutator.connectors.pbx.asterisk.readers import READERS
from kommutator.connectors.pbx.asterisk.translate import order_key, relevant
from kommutator.domain.commands import CallRecord
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.follow_calls import FollowCalls
from kommutator.flows.put_right import PutRight
from kommutator.flows.reprocess import Ledger, Outcome, Report, Reprocess
from kommutator.kit.errors import InvalidInput
from kommutator.store.database import Database
from tests.support.calls import NAMES, WIRING, recorded

E = EnterpriseNumber("0367")
OTHER = EnterpriseNumber("0411")
PBX, CRM = UUID(int=1), UUID(int=2)
CLASSIC = [name for name in NAMES if "not_registered" not in name]
FURTHER = (
    "attended_transfer_to_another_client",
    "conference_of_two_employees",
    "parked_and_fetched",
    "picked_up_by_a_colleague",
    "queue_rings_again",
)
DAY = timedelta(days=1)


class Clock:
    def now(self) -> datetime:
        return datetime(2027, 1, 1, tzinfo=UTC)


class Accounts:
    def __init__(self, enterprise: EnterpriseNumber) -> None:
        self.listed = [
            self._account(enterprise, kind, number)
            for kind, number in ((ConnectionKind.ASTERISK, PBX), (ConnectionKind.RETAILCRM, CRM))
        ]

    async def accounts(self, _enterprise: EnterpriseNumber) -> Sequence[Account]:
        return self.listed

    @staticmethod
    def _account(enterprise: EnterpriseNumber, kind: ConnectionKind, number: UUID) -> Account:
        return Account(
            enterprise=enterprise,
            connection_id=number,
            kind=kind,
            name=kind.value,
            base_url="https://crm.example",
            status=ConnectionStatus.ACTIVE,
            config={"trunks": ["trunk"], "region": "BY"},
            secrets={},
        )


class Office:
    """A tenant whose events are journalled and decided as the engine does."""

    def __init__(self, db: Database, enterprise: EnterpriseNumber = E) -> None:
        self.db, self.enterprise = db, enterprise
        accounts = Accounts(enterprise)
        self.follow = FollowCalls(accounts, READERS)
        right = PutRight(db, clock=Clock())
        self.again = Reprocess(db, accounts, self.follow.read, right, clock=Clock())

    async def open(self) -> None:
        async with self.db.unit() as unit:
            await unit.enterprises.create(self.enterprise, name="Firm")
            for number, kind in ((PBX, "asterisk"), (CRM, "retailcrm")):
                await unit.connection.execute(
                    "INSERT INTO connections (enterprise, id, kind, name, base_url, status, "
                    "secrets, created_at) "
                    "VALUES ($1, $2, $3, $3, 'https://crm.example', 'active', '{}', '2026-01-01') "
                    "ON CONFLICT DO NOTHING",
                    self.enterprise, number, kind,
                )  # fmt: skip

    async def play(self, name: str, *, drop: Sequence[str] = ()) -> None:
        """Everything that AMI said; without the events of kinds `drop`, as a bug would."""
        for number, event in enumerate(recorded(name)):
            if relevant(event):
                await self._arrive(f"{name}:{number}", event, heard=event["Event"] not in drop)

    async def _arrive(self, dedupe: str, event: dict[str, Any], *, heard: bool) -> None:
        arrival = Arrival(
            enterprise=self.enterprise,
            source="ami",
            kind=event["Event"],
            key=order_key(event),
            dedupe_key=dedupe,
            body=msgspec.json.encode(event),
            connection_id=PBX,
        )
        at = datetime.fromtimestamp(float(event["Timestamp"]), UTC)
        async with self.db.unit() as unit:
            await unit.journal.append([arrival])
            row = (await unit.journal.fetch_new(self.enterprise, 10))[-1]
            await unit.connection.execute(
                "UPDATE journal SET received_at = $2, state = 'decided' WHERE id = $1", row.id, at
            )
            if heard:
                await self.follow.decide(unit, row)

    async def reprocess(self, **options: Any) -> Report:
        async with self.db.unit() as unit:
            since = await unit.connection.fetchval("SELECT min(received_at) FROM journal")
        begin = options.pop("since", (since or datetime(2026, 11, 20, tzinfo=UTC)) - DAY)
        until = options.pop("until", begin + 3 * DAY)
        return await self.again.span(self.enterprise, begin, until, actor="tests", **options)

    async def calls(self) -> dict[str, dict[str, Any]]:
        async with self.db.single() as unit:
            rows = await unit.connection.fetch(
                "SELECT * FROM calls WHERE enterprise = $1 AND phase <> 'merged'", self.enterprise
            )
        return {row["id"]: {**dict(row), "updated_at": None} for row in rows}

    async def records(self) -> list[CallRecord]:
        async with self.db.single() as unit:
            rows = await unit.outbox.page(self.enterprise, limit=200)
        return [c for c in (row.command() for row in reversed(rows)) if isinstance(c, CallRecord)]

    async def execute(self, statement: str, *args: Any) -> None:
        async with self.db.unit() as unit:
            await unit.connection.execute(statement, *args)


@pytest.fixture
async def office(db: Database) -> Office:
    office = Office(db)
    await office.open()
    return office


@pytest.mark.parametrize("names", [CLASSIC, *([name] for name in FURTHER)], ids=itemgetter(0))
async def test_what_was_right_is_the_same_and_owes_nothing(
    office: Office, names: list[str]
) -> None:
    for name in names:
        await office.play(name)
    before, records = await office.calls(), await office.records()
    report = await office.reprocess(apply=True)

    assert report.counts == {Outcome.SAME: len(before)}
    assert (report.applied, report.owed, report.findings) == (0, 0, [])
    assert (await office.calls(), await office.records()) == (before, records)


async def test_a_wrong_call_is_told_then_corrected_and_recorded_only_once(office: Office) -> None:
    await office.play("transfer_blind", drop=["BlindTransfer", "BridgeEnter"])
    (wrong,) = (await office.calls()).values()
    assert wrong["result"] == "no_answer"
    dry = await office.reprocess()
    (finding,) = dry.findings
    told = {change.field: (change.before, change.after) for change in finding.differences}

    assert (finding.outcome, finding.call_id) == (Outcome.CHANGED, wrong["id"])
    assert told["result"] == ("no_answer", "answered")
    assert told["answered_by"] == ([], ["150", "152"])
    assert told["transfers"] == ([], ["blind:152"])
    assert "client" not in told
    assert (await office.calls())[wrong["id"]]["result"] == "no_answer"

    done = await office.reprocess(apply=True)
    assert (done.counts, done.applied) == ({Outcome.CHANGED: 1}, 1)
    (right,) = (await office.calls()).values()
    assert (right["result"], right["answered_by"]) == ("answered", ["150", "152"])
    # The CRM has its record of this call and does not update records.
    assert (done.owed, len(await office.records())) == (0, 1)
    again = await office.reprocess(apply=True)
    assert (again.counts, again.applied) == ({Outcome.SAME: 1}, 0)


async def test_a_call_nobody_noticed_is_made_and_its_record_owed_once(office: Office) -> None:
    await office.play("inbound_nobody_answers")
    before = await office.calls()
    await office.execute("DELETE FROM calls")
    await office.execute("DELETE FROM call_aliases")
    await office.execute("DELETE FROM outbox")
    done = await office.reprocess(apply=True)

    assert (done.counts, done.owed) == ({Outcome.NEW: 1}, 1)
    (record,) = await office.records()
    assert (record.result, record.extension) == ("no_answer", "150")
    facts = ("direction", "client", "line", "result", "reason", "rang", "wait_s", "phase")
    ((made,), (old,)) = (await office.calls()).values(), before.values()
    assert [made[name] for name in facts] == [old[name] for name in facts]
    assert (await office.reprocess(apply=True)).owed == 0
    assert len(await office.records()) == 1


async def test_a_crm_connected_later_is_not_flooded_with_the_past(office: Office) -> None:
    await office.play("inbound_busy")
    await office.execute("DELETE FROM calls")
    await office.execute("DELETE FROM outbox")
    await office.execute("UPDATE connections SET created_at = '2026-12-24'")

    assert (await office.reprocess(apply=True)).owed == 0


async def test_a_merge_that_is_found_later_keeps_one_call(office: Office) -> None:
    await office.play("transfer_attended", drop=["AttendedTransfer"])
    await office.execute("UPDATE calls SET phase = 'ended' WHERE phase = 'merged'")
    await office.execute("UPDATE calls SET answered_by = '{}' WHERE direction = 'in'")
    dry = await office.reprocess()

    assert dry.counts[Outcome.CHANGED] == 1
    vanished = [f for f in dry.findings if f.outcome is Outcome.VANISHED]
    assert [f.into for f in vanished] == [next(iter(await office.calls()))]
    await office.reprocess(apply=True)
    assert len(await office.calls()) == 1
    assert len(await office.records()) == 1


async def test_calls_without_events_and_living_ones_are_left_alone(office: Office) -> None:
    await office.play("inbound_answered")
    await office.play("outbound_busy")
    await office.execute("DELETE FROM journal WHERE key LIKE '1795193310%'")
    await office.execute("DELETE FROM journal WHERE kind = 'Hangup'")
    before = await office.calls()
    report = await office.reprocess(apply=True, since=datetime(2026, 11, 20, 10, tzinfo=UTC))

    assert report.counts == {Outcome.NO_EVENTS: 1, Outcome.LIVING: 1}
    assert await office.calls() == before


async def test_what_began_before_the_period_is_left_alone(office: Office) -> None:
    await office.play("inbound_answered")
    await office.execute("UPDATE calls SET result = 'failed'")
    began = min(call["started_at"] for call in (await office.calls()).values())
    report = await office.reprocess(since=began + timedelta(seconds=1), apply=True)

    assert report.counts == {Outcome.BEFORE: 1}
    assert {call["result"] for call in (await office.calls()).values()} == {"failed"}


async def test_a_call_that_moves_meanwhile_is_not_overwritten(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.play("inbound_busy")
    await office.execute("UPDATE calls SET result = 'failed'")
    put = PutRight.call

    async def late(self: PutRight, *args: Any) -> int | None:
        await office.execute("UPDATE calls SET fold = fold || '{\"lost\": 1.0}'")
        return await put(self, *args)

    monkeypatch.setattr(PutRight, "call", late)
    report = await office.reprocess(apply=True)

    assert (report.applied, report.counts[Outcome.MOVED]) == (0, 1)
    assert {call["result"] for call in (await office.calls()).values()} == {"failed"}


async def test_a_neighbours_past_stays_his_own(office: Office, db: Database) -> None:
    await office.play("inbound_answered")
    other = Office(db, OTHER)
    await other.open()
    report = await other.reprocess(apply=True)

    assert report.counts == {}
    assert await other.calls() == {}


async def test_a_period_has_a_beginning_and_an_end(office: Office) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    with pytest.raises(InvalidInput) as refused:
        await office.again.span(E, at, at, actor="tests")
    assert refused.value.code == "range_reversed"


CDR = """\
"","+375000000070","375000000001","group","x","PJSIP/trunk-0","PJSIP/150-1","Dial","","2026-11-21 11:43:13","2026-11-21 11:43:15","2026-11-21 11:44:15",62,60,"ANSWERED","DOCUMENTATION","1795261393.0",""
"","+375000000070","375000000001","group","x","PJSIP/trunk-0","PJSIP/151-2","Dial","","2026-11-21 11:43:13",,"2026-11-21 11:43:15",2,0,"NO ANSWER","DOCUMENTATION","1795261393.0",""
"","150","+375000000071","out","x","PJSIP/150-8","PJSIP/trunk-9","Dial","","2026-11-21 11:50:00",,"2026-11-21 11:50:09",9,0,"BUSY","DOCUMENTATION","1795261800.8",""
"""  # noqa: E501  lines of a file


async def test_cdrs_make_coarse_calls_where_nothing_else_is_known(office: Office) -> None:
    ledger = Ledger("cdr", read_cdr(CDR.splitlines(), WIRING, ZoneInfo("UTC")))
    span = {
        "since": datetime(2026, 11, 21, tzinfo=UTC),
        "until": datetime(2026, 11, 22, tzinfo=UTC),
    }
    report = await office.reprocess(apply=True, ledger=ledger, **span)

    assert (report.counts, report.owed) == ({Outcome.NEW: 2}, 2)
    calls = await office.calls()
    answered, busy = calls["1795261393.0"], calls["1795261800.8"]
    assert (answered["source"], answered["result"], answered["talk_s"], answered["wait_s"]) == (
        "cdr", "answered", 60, 2,
    )  # fmt: skip
    assert (answered["answered_by"], answered["line"]) == (["150"], "+375000000001")
    assert (busy["direction"], busy["result"], busy["client"]) == ("out", "busy", "+375000000071")
    again = await office.reprocess(apply=True, ledger=ledger, **span)
    assert (again.applied, again.owed) == (0, 0)


@pytest.mark.parametrize("broken", ['"a","b"\n', "x" * (csv.field_size_limit() + 1)])
async def test_a_file_of_another_kind_is_refused(broken: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_cdr([broken], WIRING, ZoneInfo("UTC"))
    assert refused.value.code == "ledger_not_readable"
