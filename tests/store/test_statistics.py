"""Statistics against an independent count in Python, over invented calls around clock changes."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, quantiles
from zoneinfo import ZoneInfo

import pytest

from kommutator.domain.statistics import Period, Report
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from kommutator.store.views import CallFilter, CallViews, CountFilter, StatisticsViews
from tests.support.factories import a_call

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
# Days of 25 and of 23 hours, a zone of 45 minutes, one without changes.
PERIODS = [
    Period(date(2026, 10, 24), date(2026, 10, 26), ZoneInfo("Europe/Kyiv")),
    Period(date(2026, 3, 28), date(2026, 3, 30), ZoneInfo("Europe/Kyiv")),
    Period(date(2026, 11, 20), date(2026, 11, 21), ZoneInfo("Asia/Kathmandu")),
    Period(date(2026, 11, 1), date(2026, 11, 3), ZoneInfo("America/St_Johns")),
    Period(date(2026, 11, 20), date(2026, 11, 20), ZoneInfo("Europe/Minsk")),
]
WITHIN = 4
CALLS = 160


@dataclass(frozen=True)
class Made:
    """A call as the invention knows it."""

    id: str
    direction: str
    client: str | None
    line: str | None
    phase: str
    result: str | None
    rang: tuple[str, ...]
    answered_by: tuple[str, ...]
    dialler: str | None
    at: datetime
    wait_s: int | None
    talk_s: int | None

    @property
    def answered(self) -> bool:
        return self.result == "answered"

    @property
    def workers(self) -> set[str]:
        took_part = self.answered_by if self.answered else self.rang
        return {*took_part, *([self.dialler] if self.dialler else [])}


def invent(seed: int, period: Period) -> Iterator[Made]:
    dice = random.Random(seed)  # noqa: S311 - invents calls, guards nothing
    begin = period.since - timedelta(hours=6)
    seconds = int((period.until - period.since).total_seconds()) + 12 * 3600
    for number in range(CALLS):
        direction = dice.choice(["in", "in", "in", "out", "out", "internal"])
        phase = dice.choice(["ended"] * 8 + ["talking", "merged"])
        answered = dice.random() < 0.5
        phones = dice.sample(["150", "151", "152"], dice.randint(0, 3))
        ended = phase == "ended"
        yield Made(
            id=f"{seed}-{number}",
            direction=direction,
            client=dice.choice([None, *(f"+37529000000{n}" for n in range(6))]),
            line=dice.choice([None, "+375170000001", "+375170000002"]),
            phase=phase,
            result=("answered" if answered else dice.choice(["no_answer", "busy"]))
            if ended
            else None,
            rang=tuple(phones) if direction != "out" else (),
            answered_by=tuple(phones[:2]) if answered else (),
            dialler=dice.choice(["150", "151"]) if direction == "out" else None,
            at=begin + timedelta(seconds=dice.randrange(seconds)),
            wait_s=dice.randrange(60) if ended else None,
            talk_s=(dice.randrange(300) if answered else 0) if ended else None,
        )


async def store(db: Database, enterprise: EnterpriseNumber, made: list[Made]) -> None:
    for call in made:
        await a_call(
            db, enterprise, call.id, call.at, direction=call.direction, client=call.client,
            line=call.line, phase=call.phase, result=call.result, rang=list(call.rang),
            answered_by=list(call.answered_by), dialler=call.dialler, wait_s=call.wait_s,
            talk_s=call.talk_s,
        )  # fmt: skip


def counted(made: list[Made], period: Period, wanted: CountFilter) -> list[Made]:
    return [
        call
        for call in made
        if period.since <= call.at < period.until
        and call.phase == "ended"
        and call.direction in ("in", "out")
        and wanted.direction in ("", call.direction)
        and wanted.line in ("", call.line)
        and (not wanted.extension or wanted.extension in call.workers)
    ]


def called_back(miss: Made, made: list[Made]) -> bool:
    return any(
        other.client == miss.client
        and miss.at < other.at <= miss.at + timedelta(hours=WITHIN)
        and (other.answered or other.phase == "talking")
        for other in made
    )


async def read(db: Database, period: Period, wanted: CountFilter) -> Report:
    async with db.unit() as unit:
        return await StatisticsViews(unit.connection).report(
            HERE, period, wanted, within_hours=WITHIN, most_uncalled=1000
        )


FILTERS = [
    CountFilter(),
    CountFilter(direction="in"),
    CountFilter(line="+375170000001", direction="out"),
    CountFilter(extension="151"),
]


@pytest.mark.parametrize("seed", range(len(PERIODS)))
async def test_all_figures_agree_with_an_independent_count(db: Database, seed: int) -> None:
    period = PERIODS[seed]
    made = list(invent(seed, period))
    await store(db, HERE, made)
    await store(db, THERE, list(invent(seed + 100, period)))  # somebody else's, same numbers
    for wanted in FILTERS:
        report = await read(db, period, wanted)
        calls = counted(made, period, wanted)
        assert calls, "the invention made nothing to count"
        compare_totals(report, calls)
        compare_spread(report, calls, period)
        compare_shares(report, calls)
        compare_uncalled(report, calls, made)


def compare_totals(report: Report, calls: list[Made]) -> None:
    totals, incoming = report.totals, [c for c in calls if c.direction == "in"]
    took = [c for c in incoming if c.answered]
    lost = [c for c in incoming if not c.answered]
    out = [c for c in calls if c.direction == "out"]
    told = totals.counts
    assert (told.answered, told.missed, told.outgoing) == (len(took), len(lost), len(out))
    assert told.reached == sum(c.answered for c in out)
    assert totals.talk_s == sum(c.talk_s or 0 for c in calls)
    assert totals.quick == sum((c.wait_s or 0) <= 20 for c in took)
    if len(took) > 1:
        waits = [float(c.wait_s or 0) for c in took]
        cuts = quantiles(waits, n=10, method="inclusive")
        assert totals.wait_avg_s == pytest.approx(fmean(waits))
        assert (totals.wait_median_s, totals.wait_p90_s) == pytest.approx((cuts[4], cuts[8]))
    if lost:
        assert totals.gave_up_s == pytest.approx(fmean(c.wait_s or 0 for c in lost))


def compare_spread(report: Report, calls: list[Made], period: Period) -> None:
    local = {c.id: c.at.astimezone(period.zone) for c in calls}
    days = Counter(local[c.id].date() for c in calls)
    told = {day: n.incoming + n.outgoing for day, n in report.spread.days.items()}
    assert told == {day: days[day] for day in period.days()}
    lost = Counter(
        (local[c.id].weekday(), local[c.id].hour)
        for c in calls
        if c.direction == "in" and not c.answered
    )
    for weekday, hours in enumerate(report.spread.hours):
        assert [n.missed for n in hours] == [lost[weekday, hour] for hour in range(24)]


def compare_shares(report: Report, calls: list[Made]) -> None:
    lines = Counter(c.line for c in calls)
    assert {x.name: x.counts.incoming + x.counts.outgoing for x in report.lines} == lines
    workers = Counter(worker for c in calls for worker in c.workers)
    told = {x.name: x.counts.incoming + x.counts.outgoing for x in report.employees}
    assert told == workers
    for share in report.employees:
        own = [c for c in calls if c.answered_by and c.answered_by[-1] == share.name]
        assert share.talk_s == sum(c.talk_s or 0 for c in own)


def compare_uncalled(report: Report, calls: list[Made], made: list[Made]) -> None:
    misses = [
        c
        for c in calls
        if c.direction == "in" and not c.answered and c.client and not called_back(c, made)
    ]
    expected = Counter(c.client for c in misses)
    assert {x.client: x.missed for x in report.uncalled.items} == expected
    assert (report.uncalled.clients, report.uncalled.calls) == (len(expected), len(misses))
    for item in report.uncalled.items:
        last = max((c for c in misses if c.client == item.client), key=lambda c: c.at)
        assert (item.call_id, item.last_at) == (last.id, last.at)


async def test_an_empty_period_has_no_averages(db: Database) -> None:
    totals = (await read(db, PERIODS[0], CountFilter())).totals
    assert (totals.wait_avg_s, totals.wait_median_s, totals.service_level) == (None, None, None)
    assert totals.talk_s == 0


async def test_the_file_of_calls_holds_what_was_counted(db: Database) -> None:
    period = PERIODS[0]
    made = list(invent(7, period))
    await store(db, HERE, made)
    wanted = CallFilter(since=period.since, until=period.until, worker="151", counted=True)
    async with db.unit() as unit:
        lines = await CallViews(unit.connection).page(HERE, wanted, limit=1000)
    expected = counted(made, period, CountFilter(extension="151"))
    assert {line.id for line in lines} == {call.id for call in expected}


def test_days_of_a_clock_change_begin_at_midnight() -> None:
    autumn, spring = PERIODS[0], PERIODS[1]
    assert autumn.since == datetime(2026, 10, 23, 21, tzinfo=UTC)
    assert (autumn.until - autumn.since) == timedelta(hours=73)
    assert (spring.until - spring.since) == timedelta(hours=71)
