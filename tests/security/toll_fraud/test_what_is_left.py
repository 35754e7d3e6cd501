"""Toll fraud: what is refused is counted and audited; a flood leaves few lines."""

from tests.security.toll_fraud.company import STRANGE, Company
from tests.support.waiting import eventually


async def test_a_flood_leaves_one_line_a_minute(company: Company) -> None:
    for number in range(300):
        await company.click(f"198.51.100.{number % 200}", phone="+442071234567")
    assert [row.detail for row in await company.audited(company.number)] == [
        {"reason": "destination_country", "times": 1}
    ]
    await company.clock.advance(61)

    async def summed() -> bool:
        return len(await company.audited(company.number)) == 2

    await eventually(summed)
    _, rest = await company.audited(company.number)
    assert rest.detail == {
        "reason": "destination_country",
        "times": 299,
        "actors": ["retailcrm:150"],
        "targets": ["+442071234567"],
    }
    assert company.counted("destination_country") == 300


async def test_strangers_from_everywhere_share_one_line(company: Company) -> None:
    for number in range(250):
        await company.click(f"198.51.{number}.7", clientId=f"guess-{number}")
    await company.house.refusals.stop()  # as at the end of the process: nothing is forgotten
    first, rest = await company.audited(None)
    assert (first.detail["times"], rest.detail["times"]) == (1, 249)
    assert len(rest.detail["actors"]) == 10
    told = str([first, rest])
    assert "guess-" not in told


async def test_guesses_by_other_hooks_are_slowed_and_told_apart(company: Company) -> None:
    fields = {"userId": "19", "status": "busy"}
    asked = [{**fields, "clientId": guess} for guess in STRANGE]
    statuses = [(await company.ask("/retailcrm/status", one)).status for one in asked]
    assert statuses == [401] * 10 + [429] * 30
    assert (await company.click(clientId="guess")).status == 429
    async with company.house.db.unit() as unit:
        rows = await unit.audit.page(None)
    assert {row.action for row in rows if row.actor == "203.0.113.9"} == {
        "hook.refused",
        "click.refused",
    }
    assert company.counted("client_id_unknown") == 0
    assert company.counted("client_ids_too_many") == 1


async def test_a_refusal_stands_though_it_cannot_be_written_down(company: Company) -> None:
    async with company.house.db.unit() as unit:
        await unit.connection.execute("ALTER TABLE audit_log RENAME TO audit_away")
    assert (await company.click(phone="112")).code == "destination_short"
    async with company.house.db.unit() as unit:
        await unit.connection.execute("ALTER TABLE audit_away RENAME TO audit_log")
    await company.house.refusals.stop()
    assert [row.detail["times"] for row in await company.audited(company.number)] == [1]
