"""The work of one enterprise: what waits, what failed, and nothing of its neighbour's."""

from datetime import timedelta

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows import check_work
from kommutator.flows.house import House
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.store.views import ConnectionViews
from tests.support.doctor import ADMIN, HERE, NOW, seen
from tests.support.factories import a_command
from tests.support.house import TenantOfTests, settle_tenant


async def test_an_idle_enterprise_is_green_but_for_choices_not_made(
    house: House, here: TenantOfTests
) -> None:
    found = seen(await house.doctor.enterprise(HERE))
    assert found["lanes"] == found["dead"] == found["journal"] == ("ok", "ok")
    assert found["recordings"] == ("ok", "ok")
    assert found["phone_book"] == ("skipped", "never")
    assert found["dialing"] == ("warn", "usual")


async def test_a_neighbours_troubles_are_not_ours(house: House, here: TenantOfTests) -> None:
    there = await settle_tenant(house, "0411")
    await a_command(house.db, there.number, there.crm_id, "c-1", NOW, state="dead", error="no")
    assert seen(await house.doctor.enterprise(HERE))["dead"] == ("ok", "ok")
    assert seen(await house.doctor.enterprise(there.number))["dead"] == ("warn", "some")
    with pytest.raises(NotFound):
        await house.doctor.enterprise(EnterpriseNumber("0999"))


async def test_a_phone_that_was_never_linked_is_no_trouble_of_the_queue(
    house: House, here: TenantOfTests
) -> None:
    phone = house.ids.uuid()
    async with house.db.unit() as unit:
        await unit.connections.create(
            HERE, phone, kind=ConnectionKind.WHATSAPP, name="WhatsApp", base_url="",
            account_key=None, config={}, sealed={},
        )  # fmt: skip
        await unit.connection.execute(
            "INSERT INTO lanes (lane, enterprise, connection_id, parked_reason, parked_at) "
            "VALUES ($1, $2, $3, 'whatsapp_not_linked', now())",
            f"whatsapp:{phone}", HERE, phone,
        )  # fmt: skip
    assert seen(await house.doctor.enterprise(HERE))["lanes"] == ("ok", "ok")


@pytest.mark.parametrize(
    ("sql", "check", "found"),
    [
        (
            (
                "INSERT INTO lanes (lane, enterprise, connection_id, parked_reason, parked_at) "
                "SELECT 'crm:' || id, enterprise, id, 'access_revoked', now() FROM connections"
            ),
            "lanes",
            ("fail", "parked"),
        ),
        (
            (
                "INSERT INTO lanes (lane, enterprise, connection_id, breaker) "
                "SELECT 'crm:' || id, enterprise, id, 'open' FROM connections"
            ),
            "lanes",
            ("warn", "breaker"),
        ),
        (
            (
                "INSERT INTO journal (enterprise, source, kind, dedupe_key, body, state) "
                "VALUES ('0367', 'http', 'dial', 'd', '', 'failed')"
            ),
            "journal",
            ("warn", "failed"),
        ),
        (
            (
                "INSERT INTO journal (enterprise, source, kind, dedupe_key, body, received_at) "
                "VALUES ('0367', 'http', 'dial', 'd', '', now() - interval '1 hour')"
            ),
            "journal",
            ("fail", "late"),
        ),
        (
            (
                "INSERT INTO recordings (enterprise, name, expected_at) "
                "VALUES ('0367', 'gw-1', now() - interval '1 hour')"
            ),
            "recordings",
            ("warn", "late"),
        ),
        (
            (
                "INSERT INTO recordings (enterprise, name, state, expected_at) "
                "VALUES ('0367', 'gw-1', 'missing', now() - interval '1 hour')"
            ),
            "recordings",
            ("warn", "missing"),
        ),
        (
            (
                "INSERT INTO phone_book_reads (enterprise, connection_id, finished_at) "
                "SELECT enterprise, id, now() - interval '5 days' FROM connections"
            ),
            "phone_book",
            ("warn", "old"),
        ),
        (
            (
                "INSERT INTO phone_book_reads (enterprise, connection_id, finished_at, error) "
                "SELECT enterprise, id, now(), 'key_wrong' FROM connections"
            ),
            "phone_book",
            ("warn", "failed"),
        ),
        (
            """UPDATE enterprises SET settings = '{"dialing": {"premium": true}}'""",
            "dialing",
            ("warn", "premium"),
        ),
    ],
)
async def test_one_thing_wrong_with_the_work(
    house: House, here: TenantOfTests, sql: str, check: str, found: tuple[str, str]
) -> None:
    async with house.db.unit() as unit:
        await unit.connection.execute(sql)
    house.directory.clear()
    assert seen(await house.doctor.enterprise(HERE))[check] == found


async def test_commands_that_wait_too_long(house: House, here: TenantOfTests) -> None:
    at = NOW - timedelta(hours=1)
    await a_command(house.db, HERE, here.crm_id, "c-1", at, state="due")
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE outbox SET age_from = now() - interval '1 hour'")
        lines = await ConnectionViews(unit.connection).all(HERE)
    lanes, _ = check_work.lanes(lines, SystemClock().now())
    assert (lanes.word, lanes.facts["minutes"]) == ("late", 60)


async def test_a_ring_that_nobody_takes(house: House, here: TenantOfTests) -> None:
    with pytest.raises(InvalidInput) as refused:
        await house.trials.ring(ADMIN, HERE, "999")
    assert refused.value.code == "extension_unknown"
    assert (await house.trials.ring(ADMIN, HERE, "150")).word == "not_connected"
