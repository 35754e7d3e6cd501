"""Calls under all their names."""

from datetime import UTC, datetime

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database

E, OTHER = EnterpriseNumber("0367"), EnterpriseNumber("0999")
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def call(call_id: str) -> Call:
    return Call(
        id=call_id, direction=None, client=None, line=None, phase=Phase.RINGING, started_at=NOW
    )


async def save(db: Database, *ids: str, enterprise: EnterpriseNumber = E) -> None:
    async with db.unit() as unit:
        for call_id in ids:
            fold = f'{{"id":"{call_id}"}}'.encode()
            await unit.calls.save(
                enterprise, call(call_id), fold=fold, source="ami", connection_id=None
            )


async def test_other_names_lead_to_the_call_of_their_own_tenant_only(db: Database) -> None:
    await save(db, "a")
    async with db.unit() as unit:
        await unit.calls.name(E, {"leg": "a"})
        (found,) = await unit.calls.find(E, ["leg", "a", "z"])
        assert (found.id, found.aliases) == ("a", ["leg"])
        assert await unit.calls.find(OTHER, ["leg", "a"]) == []
        assert await unit.calls.get(OTHER, "a") is None


async def test_a_merged_call_lives_on_under_all_its_names(db: Database) -> None:
    await save(db, "a", "b")
    async with db.unit() as unit:
        await unit.calls.name(E, {"leg-of-b": "b"})
        await unit.calls.merge(E, "b", "a")
        (stored,) = await unit.calls.find(E, ["b", "leg-of-b"])
        assert (stored.id, set(stored.aliases)) == ("a", {"b", "leg-of-b"})
        found = await unit.calls.get(E, "leg-of-b")
    assert found is not None
    assert found.id == "a"


async def test_what_is_loaded_is_locked_until_the_unit_ends(db: Database) -> None:
    await save(db, "a")
    skip = "SELECT id FROM calls WHERE enterprise = $1 FOR UPDATE SKIP LOCKED"
    async with db.unit() as holder:
        await holder.calls.find(E, ["a"])
        async with db.unit() as other:
            assert await other.connection.fetch(skip, E) == []
    async with db.unit() as after:
        assert len(await after.connection.fetch(skip, E)) == 1


async def test_the_origin_of_a_call_does_not_change(db: Database) -> None:
    await save(db, "a")
    async with db.unit() as unit:
        await unit.calls.save(E, call("a"), fold=b"{}", source="http", connection_id=None)
        (stored,) = await unit.calls.find(E, ["a"])
    assert (stored.source, stored.fold) == ("ami", "{}")


async def test_the_clients_name_is_news_only_once(db: Database) -> None:
    await save(db, "a")
    async with db.unit() as unit:
        assert await unit.calls.name_client(E, "a", "Анна") is True
        assert await unit.calls.name_client(E, "a", "Анна") is False
        assert await unit.calls.name_client(OTHER, "a", "Олег") is False
