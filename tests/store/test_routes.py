"""What a routing decision reads in one statement, and the answers it leaves."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.calls.board import Board
from kommutator.domain.calls.memory import dump
from kommutator.domain.calls.read import read_call
from kommutator.domain.redirect import KnownCaller, PhoneState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from kommutator.store.routes import GivenAnswer, RouteFacts
from tests.support.calls import events_of, recorded

E, OTHER = EnterpriseNumber("0367"), EnterpriseNumber("0999")
PHONE = "+375291234567"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
async def _tenants(db: Database) -> None:
    async with db.unit() as unit:
        for number in (E, OTHER):
            await unit.enterprises.create(number, name=f"Firm {number}")
        for extension in ("150", "151"):
            await unit.extensions.put(E, extension)
        await unit.extensions.put(OTHER, "777")


async def facts(
    db: Database, enterprise: EnterpriseNumber = E, *, phone: str | None = PHONE, call: str = "-"
) -> RouteFacts:
    async with db.single() as unit:
        return await unit.routes.facts(enterprise, phone, call)


async def ring(db: Database, scenario: str, until: str) -> str:
    """Keep the recorded call as it stood right after the first event named `until`."""
    raw = recorded(scenario)
    last = next(i for i, event in enumerate(raw) if event["Event"] == until) if until else len(raw)
    board = Board()
    for event in events_of(scenario, raw[: last + 1]):
        board.feed(event)
    (memory,) = board.calls.values()
    async with db.unit() as unit:
        await unit.calls.save(
            E, read_call(memory), fold=dump(memory), source="ami", connection_id=None
        )
    return memory.id


async def list_caller(db: Database, **columns: object) -> None:
    names = ", ".join(columns)
    marks = ", ".join(f"${n}" for n in range(3, 3 + len(columns)))
    async with db.unit() as unit:
        await unit.connection.execute(
            f"INSERT INTO phone_book (enterprise, phone, {names}) VALUES ($1, $2, {marks})",
            E, PHONE, *columns.values(),
        )  # fmt: skip


async def test_nothing_is_known_of_a_stranger_but_the_phones(db: Database) -> None:
    assert await facts(db) == RouteFacts(None, frozenset({"150", "151"}), {}, stale=True)
    hidden = await facts(db, phone=None)
    assert hidden.entry is None
    assert hidden.numbers == {"150", "151"}


async def test_the_entry_is_of_the_own_tenant(db: Database) -> None:
    await list_caller(db, owner_user="19", crm_at=NOW, last_talker="151", pinned="150", known=True)
    found = await facts(db)
    assert found.entry == KnownCaller(owner_user="19", crm_at=NOW, last_talker="151", pinned="150")
    assert not found.stale
    foreign = await facts(db, OTHER)
    assert (foreign.entry, foreign.numbers, foreign.states) == (None, {"777"}, {})


@pytest.mark.parametrize(
    ("age", "wanted", "stale"),
    [
        (timedelta(minutes=20), None, False),  # NOW is when the whole run began
        (timedelta(minutes=70), None, True),
        (timedelta(minutes=70), NOW, False),
        (None, None, True),
    ],
)
async def test_old_knowledge_is_to_be_renewed_once(
    db: Database, age: timedelta | None, wanted: datetime | None, stale: bool
) -> None:
    await list_caller(db, crm_at=NOW - age if age is not None else None, wanted_at=wanted)
    assert (await facts(db)).stale is stale


@pytest.mark.parametrize(
    ("scenario", "until", "states"),
    [
        ("inbound_answered", "Newstate", {e: PhoneState(ringing=True) for e in ("150", "151")}),
        ("inbound_answered", "BridgeEnter", {"150": PhoneState(talking=True)}),
        ("inbound_answered", "", {}),
        ("outbound_answered", "DialBegin", {"150": PhoneState(talking=True)}),
        ("internal_answered", "BridgeEnter", {e: PhoneState(talking=True) for e in ("150", "151")}),
        ("click2call_answered", "DialEnd", {"150": PhoneState(talking=True)}),
    ],
)
async def test_who_is_in_a_call_is_told_by_its_living_legs(
    db: Database, scenario: str, until: str, states: dict[str, PhoneState]
) -> None:
    call_id = await ring(db, scenario, until)
    assert (await facts(db)).states == states
    assert (await facts(db, OTHER)).states == {}
    assert (await facts(db, call=call_id)).states == {}  # one's own ringing is no hindrance


async def test_presence_and_calls_told_by_http(db: Database) -> None:
    async with db.unit() as unit:
        await unit.presence.put(E, "150", "dinner", "retailcrm")
        await unit.presence.put(E, "152", "free", "retailcrm")
        await unit.connection.execute(
            "INSERT INTO calls (enterprise, id, source, phase, answered_by, started_at, fold) "
            "VALUES ($1, 'h', 'http', 'talking', '{151,150}', now(), '{\"reports\": []}')", E,
        )  # fmt: skip
    assert (await facts(db)).states == {"150": PhoneState("dinner", talking=True)}


async def test_a_wish_is_kept_once_and_only_of_tenants(db: Database) -> None:
    ghost = EnterpriseNumber("404")
    async with db.single() as unit:
        await unit.routes.want_everywhere([(E, PHONE), (ghost, PHONE), (E, PHONE)])
        first = await unit.connection.fetchval("SELECT wanted_at FROM phone_book")
        await unit.routes.want_everywhere([(E, PHONE)])
        await unit.routes.want_everywhere([])
        rows = await unit.connection.fetch("SELECT enterprise, phone, wanted_at FROM phone_book")
    assert [tuple(row) for row in rows] == [(E, PHONE, first)]


async def test_answers_are_kept_in_batches(db: Database) -> None:
    answers = [
        GivenAnswer(
            E, "1.1", NOW, PHONE, None, "150", "route.owner", 2.5, '[["151","talking"]]',
            remembered=True, took_ms=1.5,
        ),
        GivenAnswer(
            OTHER, "1.2", NOW, None, "+375170000001", None, "route.group.off", None, "[]",
            remembered=False, took_ms=0.5,
        ),
    ]  # fmt: skip
    async with db.single() as unit:
        await unit.routes.keep_everywhere(answers)
        rows = await unit.connection.fetch(
            "SELECT enterprise, caller, line, extension, why, age_s, skipped, remembered "
            "FROM route_answers ORDER BY id"
        )
    assert [tuple(row) for row in rows] == [
        (E, PHONE, None, "150", "route.owner", 2.5, [["151", "talking"]], True),
        (OTHER, None, "+375170000001", None, "route.group.off", None, [], False),
    ]
