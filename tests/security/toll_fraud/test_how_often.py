"""Toll fraud: bursts are cut, from however many addresses and processes they come."""

import asyncio

from kommutator.doors.http.app import create_app
from tests.security.toll_fraud.company import FAMILIES, Company, found
from tests.support.house import open_house
from tests.support.service import PHONE


def phones(many: int) -> list[str]:
    return [f"+37529{1000000 + number}" for number in range(many)]


async def test_a_burst_of_one_employee_is_cut(company: Company) -> None:
    replies = [await company.click(phone=phone) for phone in phones(20)]
    passed = [reply for reply in replies if reply.status == 200]
    assert 5 <= len(passed) <= 7  # half a minute's worth at once; a slow machine gets a little more
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.code == "clicks_too_many"
    assert 1 <= int(refused.header("retry-after") or 0) <= 10
    assert await company.owed() == len(passed)
    assert company.counted("clicks_too_many") == 20 - len(passed)
    assert (await company.click(code="151", phone=PHONE)).status == 200  # others go on


async def test_many_addresses_help_nobody(company: Company) -> None:
    """The allowance is the employee's, from wherever the clicks come, at once or not."""
    replies = await asyncio.gather(
        *(
            company.click(f"198.51.100.{number}", phone=phone)
            for number, phone in enumerate(phones(20))
        )
    )
    assert 5 <= [reply.status for reply in replies].count(200) <= 7
    assert {reply.status for reply in replies} == {200, 429}


async def test_a_burst_of_a_whole_enterprise_is_cut(company: Company) -> None:
    await company.set_dialing(per_enterprise=20)
    codes = [str(150 + number % 20) for number in range(30)]
    replies = [
        await company.click(code=code, phone=phone)
        for code, phone in zip(codes, phones(30), strict=True)
    ]
    assert 10 <= [reply.status for reply in replies].count(200) <= 13
    neighbour = await found(company.house, "0411", company.clock)
    assert (await neighbour.click()).status == 200


async def test_two_processes_share_the_allowance(company: Company, database_url: str) -> None:
    async with open_house(database_url) as other:
        app = create_app(other, families=FAMILIES)
        twin = Company(other, app, company.clock, company.tenant, company.pbx_secret)
        replies = [
            await (company if number % 2 else twin).click(phone=phone)
            for number, phone in enumerate(phones(20))
        ]
    assert 5 <= [reply.status for reply in replies].count(200) <= 7


async def test_refused_and_doubled_clicks_cost_nothing(company: Company) -> None:
    for _ in range(30):
        assert (await company.click()).status == 200  # the double of the first
        assert (await company.click(phone="+442071234567")).status == 403
    assert await company.owed() == 1
    replies = [await company.click(phone=phone) for phone in phones(4)]
    assert [reply.status for reply in replies] == [200] * 4


async def test_a_switched_off_tenant_calls_nobody(company: Company) -> None:
    async with company.house.db.unit() as unit:
        await unit.enterprises.update(company.number, active=False)
    assert (await company.click()).code == "enterprise_off"
    assert (await company.order()).code == "enterprise_off"
    assert await company.owed() == 0
