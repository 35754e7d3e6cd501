"""The statistics page and its files."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.statistics import Counts, Slot, choose_period, spread
from kommutator.doors.console import formats
from kommutator.doors.http import sheets
from kommutator.kit.errors import InvalidInput
from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console, connect_pbx, sign_in
from tests.console.visitor import Visitor, visiting
from tests.support.factories import a_call, value

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)  # already the 26th in Kyiv


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 10, 26), date(2026, 10, 26)),
        ("yesterday", date(2026, 10, 25), date(2026, 10, 25)),
        ("7", date(2026, 10, 20), date(2026, 10, 26)),
        ("30", date(2026, 9, 27), date(2026, 10, 26)),
    ],
)
def test_periods_are_days_of_the_enterprise(name: str, first: date, last: date) -> None:
    period = choose_period(name, "", "", now=NOW, zone=KYIV)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-10-02", "2026-10-01", "period_invalid"),
        ("soon", "2026-10-01", "period_invalid"),
        ("0001-01-01", "0001-01-01", "period_invalid"),
        ("2026-12-31", "9999-12-31", "period_invalid"),
        ("2025-01-01", "2026-10-01", "period_too_long"),
    ],
)
def test_odd_dates_are_refused(first: str, last: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        choose_period("own", first, last, now=NOW, zone=KYIV)
    assert refused.value.code == code


def test_the_repeated_hour_of_a_clock_change_is_counted_once_more() -> None:
    period = choose_period("yesterday", "", "", now=NOW, zone=KYIV)
    slots = [Slot(datetime(2026, 10, 25, hour, tzinfo=UTC), Counts(answered=1)) for hour in (0, 1)]
    told = spread(slots, period)
    assert told.hours[6][3].answered == 2  # three o'clock summer time and winter time
    assert told.days[date(2026, 10, 25)].answered == 2
    assert told.busiest == 2


@pytest.mark.parametrize(
    "text", ["=1+1", "+375290000000", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", '=cmd|"/c calc"!A0']
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert sheets.cell(text) == f"'{text}"


def test_cells_keep_numbers_and_quote_separators() -> None:
    assert sheets.cell(-5) == "-5"  # a number of ours, not somebody's text
    assert sheets.cell(None) == ""
    assert sheets.sheet([["a;b", 'say "hi"', "два\nряда"]], "semicolon") == (
        '"a;b";"say ""hi""";"два\nряда"\r\n'
    )


@pytest.mark.parametrize(
    ("share", "said"), [(None, "—"), (0.0, "0\u00a0%"), (0.996, "99\u00a0%"), (1.0, "100\u00a0%")]
)
def test_nearly_all_is_not_all(share: float | None, said: str) -> None:
    assert formats.percent(share) == said


def rows(text: str, delimiter: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter))


async def test_calls_are_downloaded_whole_and_harmless(visitor: Visitor, console: Console) -> None:
    now = console.house.clock.now()
    for number in range(1003):  # more than one page of the stream
        await a_call(
            console.house.db, HERE, f"c-{number}", now - timedelta(seconds=number),
            client_name='=HYPERLINK("http://evil.example")',
        )  # fmt: skip
    await visitor.sign_in(ADMIN)
    status, text, _ = await visitor.get("/console/statistics/export?what=calls&separator=comma")
    assert status == 200
    head, *calls = rows(text, ",")
    assert head[:4] == ["Started", "Direction", "Client", "Client’s name"]
    assert len({row[-1] for row in calls}) == 1003
    assert {row[2] for row in calls} == {"'+375000000070"}
    assert {row[3] for row in calls} == {'\'=HYPERLINK("http://evil.example")'}


@pytest.mark.parametrize("what", ["days", "hours", "lines", "employees", "uncalled"])
async def test_each_table_is_a_file(visitor: Visitor, console: Console, what: str) -> None:
    now = console.house.clock.now()
    await a_call(console.house.db, HERE, "c-1", now)
    await a_call(
        console.house.db, HERE, "c-2", now, result="no_answer", answered_by=[], talk_s=0,
        client="+375290000001",
    )  # fmt: skip
    await visitor.sign_in(ADMIN)
    _, text, _ = await visitor.get(f"/console/statistics/export?what={what}&period=today")
    head, *table = rows(text, ";")
    expected = {"days": 1, "hours": 7 * 24, "lines": 1, "employees": 2, "uncalled": 1}
    assert len(table) == expected[what]
    assert {len(row) for row in table} == {len(head)}


async def test_an_unknown_export_is_refused(visitor: Visitor) -> None:
    await visitor.sign_in(ADMIN)
    assert (await visitor.get("/console/statistics/export?what=passwords"))[0] == 400
    assert (await visitor.get("/console/statistics/export?separator=pipe"))[0] == 400
    status, page, _ = await visitor.get("/console/statistics?period=own&first=x")
    assert status == 400
    assert "This period makes no sense" in page


async def test_a_neighbours_calls_are_not_counted(visitor: Visitor, console: Console) -> None:
    await a_call(console.house.db, HERE, "c-1", console.house.clock.now())
    await visitor.sign_in("admin@0411.example")
    _, page, _ = await visitor.get("/console/statistics")
    assert "No calls in this period" in page
    _, text, _ = await visitor.get("/console/statistics/export?what=calls")
    assert len(rows(text, ";")) == 1
    assert (await visitor.get("/console/statistics?enterprise=0367"))[0] == 404
    assert (await visitor.get("/console/statistics/export?enterprise=0367"))[0] == 404


async def _three_calls(console: Console) -> None:
    db, now = console.house.db, console.house.clock.now()
    await a_call(db, HERE, "c-1", now - timedelta(minutes=1), wait_s=7, talk_s=120)
    await a_call(db, HERE, "c-2", now - timedelta(minutes=2), wait_s=33, talk_s=60)
    await a_call(
        db, HERE, "c-3", now - timedelta(minutes=3), result="no_answer", answered_by=[], wait_s=15,
        talk_s=0, client="+375173600071",
    )  # fmt: skip


@pytest.mark.browser
async def test_the_page_tells_the_numbers_and_calls_back(page: Page, console: Console) -> None:
    await _three_calls(console)
    await connect_pbx(console)
    await sign_in(page, console, EMPLOYEE)
    await page.get_by_role("link", name="Статистика").first.click()
    expected = {"answered": "2", "missed": "1", "uncalled": "1", "service": "33\u00a0%"}
    for slug, figure in {**expected, "wait": "0:20", "talk": "3:00"}.items():
        await expect(page.locator(f"#figure-{slug}")).to_have_text(figure)
    await expect(page.locator("#chart canvas")).to_be_visible()
    await expect(page.locator("#days tbody tr")).to_have_count(7)
    await page.get_by_role("button", name="Перезвонить").click()
    await page.get_by_role("button", name="Да", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("снимите трубку на 150")
    owed = await value(console.house.db, "SELECT payload->>'client' FROM outbox")
    assert owed == "+375173600071"


@pytest.mark.browser
async def test_own_dates_are_asked_for_and_the_file_is_downloaded(
    admin: Page, console: Console
) -> None:
    await _three_calls(console)
    await admin.goto(f"{console.url}/console/statistics")
    await expect(admin.get_by_label("С", exact=True)).to_be_hidden()
    await admin.get_by_label("Период").select_option("own")
    await admin.get_by_label("С", exact=True).fill("2020-01-01")
    await admin.get_by_label("По", exact=True).fill("2020-01-31")
    await admin.get_by_role("button", name="Показать").click()
    await expect(admin.get_by_text("За этот период звонков нет")).to_be_visible()
    await admin.get_by_label("Период").select_option("today")
    await admin.get_by_role("button", name="Показать").click()
    async with admin.expect_download() as begun:
        await admin.get_by_role("button", name="Скачать CSV").click()
    file = await (await begun.value).path()
    assert len(rows(file.read_bytes().decode(), ";")) == 4
    assert (await begun.value).suggested_filename.startswith("calls-0367-")
