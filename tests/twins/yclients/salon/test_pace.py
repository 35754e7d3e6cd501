"""5 in any second and 200 in any minute of one address, all salons together; faults on order."""

import asyncio

import aiohttp
import pytest

from kommutator.kit.clock import ManualClock
from kommutator.twins.yclients.pace import Pace
from kommutator.twins.yclients.switches import Switches
from tests.support.yclients_town import SALON, SECOND, YTown, open_yclients
from tests.twins.yclients.salon.booth import Booth


def ask(pace: Pace, at: float, ip: str = "a") -> int:
    refusal = pace.refusal(ip, at)
    return refusal.status if refusal else 200


def test_a_true_rolling_second() -> None:
    pace = Pace(Switches())
    assert [ask(pace, 0.5 + n / 100) for n in range(5)] == [200] * 5
    assert ask(pace, 1.4) == 429
    assert ask(pace, 1.4, "b") == 200
    assert ask(pace, 1.501) == 429  # four of the first five and the refused one
    assert ask(pace, 2.41) == 200
    peaks = pace.dump()
    assert (peaks["mostInASecond"], peaks["mostInAMinute"]) == (6, 8)
    assert (peaks["total"], peaks["refused"], peaks["addresses"]["b"]["total"]) == (9, 2, 1)


def test_a_true_rolling_minute() -> None:
    pace = Pace(Switches())
    assert [ask(pace, n * 0.25) for n in range(200)] == [200] * 200
    assert ask(pace, 59.9) == 429
    assert ask(pace, 60.1) == 429  # the first is a minute old, the refused one counts
    assert ask(pace, 60.6) == 200
    assert pace.dump()["mostInAMinute"] == 201


def test_refused_ones_may_count_for_nothing() -> None:
    pace = Pace(Switches(refused_counts=False))
    assert [ask(pace, 0.5) for _ in range(9)] == [200] * 5 + [429] * 4
    assert ask(pace, 1.49) == 429
    assert [ask(pace, 1.51) for _ in range(6)] == [200] * 5 + [429]
    assert pace.dump()["mostInASecond"] == 10


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("json", "application/json"), ("html", "text/html"), ("empty", "")],
)
async def test_on_the_wire_for_all_salons_together(reply: str, kind: str) -> None:
    async with open_yclients(clock=ManualClock(), rate_limits=True) as town:
        await town.order("switches", rate_reply=reply, rate_retry_after=7)
        paths = [f"/records/{salon}" for salon in (SALON, SECOND) * 3]
        answers = [await town.ask("GET", path, user=town.owner_token) for path in paths]
        assert [a.status for a in answers] == [200] * 5 + [429]
        assert answers[5].headers.get("Content-Type", "").startswith(kind)
        assert answers[5].headers["Retry-After"] == "7"
        pace = await town.look("pace")
        assert (pace["mostInASecond"], pace["total"], pace["refused"]) == (6, 6, 1)
        async with town.http.delete(f"{town.url}/_twin/pace") as forgotten:
            assert (await forgotten.json())["total"] == 0


async def test_retry_after_is_absent_unless_asked_for() -> None:
    async with open_yclients(clock=ManualClock(), rate_limits=True) as town:
        for _ in range(6):
            answer = await town.ask("GET", "/companies")
        assert answer.status == 429
        assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(
    ("kind", "status"), [("html_502", 502), ("json_429", 429), ("bare_error", 400)]
)
async def test_faults_of_one_branch(town: YTown, kind: str, status: int) -> None:
    await town.order("faults", kind=kind, account=str(SALON), count=1)
    user = town.owner_token
    assert (await town.ask("GET", f"/records/{SECOND}", user=user)).status == 200
    assert (await town.ask("GET", f"/records/{SALON}", user=user)).status == status
    assert (await town.ask("GET", f"/records/{SALON}", user=user)).status == 200


async def test_a_gateway_timeout_after_the_commit(booth: Booth) -> None:
    await booth.town.order("faults", kind="html_504", after=True, method="POST", count=1)
    assert (await booth.book("10:00", api_id="mine")).status == 504
    (row,) = (await booth.ask("GET", "/records/{c}")).data
    assert row["api_id"] == "mine"
    assert (await booth.book("10:00")).json["meta"]["code"] == 433


async def test_a_dropped_answer_takes_effect(booth: Booth) -> None:
    await booth.town.order("faults", kind="drop", after=True, method="POST", count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await booth.book("10:00")
    assert len((await booth.ask("GET", "/records/{c}")).data) == 1
    rows = (await booth.town.look("journal", method="POST", status="0"))["items"]
    assert len(rows) == 1


async def test_silence_until_the_fault_is_withdrawn(town: YTown) -> None:
    await town.order("faults", kind="hang", path="/api/v1/auth")
    # A GET would be tried again by the client library itself.
    asked = asyncio.create_task(town.ask("POST", "/auth", {}))
    await town.look("journal", method="POST", count=1)
    assert not asked.done()
    async with town.http.delete(f"{town.url}/_twin/faults") as cleared:
        assert (await cleared.json())["cleared"] == 1
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked
